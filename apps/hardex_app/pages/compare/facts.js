// What the server sends to the Compare page, as types, and the links from it.

import { address, link } from "../../ui/address.js";

/** @typedef {{runs: string[], command: string, class_names: string[], lists: string[]}} Facts */

/** @typedef {{value: number, low: number, high: number}} Share with its 95 % interval */

/**
 * @typedef {object} Model
 * @property {string} name
 * @property {Share} accuracy
 * @property {number} errors
 * @property {number} only_wrong
 * @property {number} only_right
 * @property {number} calibration_error
 */

/** @typedef {{a: string, b: string, p_holm: number, says: string, classes: string}} Pair */

/**
 * @typedef {object} Figures
 * @property {number} examples
 * @property {Model[]} runs
 * @property {Pair[]} pairs
 * @property {number[][]} both_wrong
 * @property {number[][]} broken row's model right, column's wrong
 * @property {number[][]} agreement shares
 * @property {number} wrong_in_all
 * @property {number} suspects
 * @property {number} falling
 * @property {string} how_often
 * @property {string} drift
 * @property {string[]} notes
 */

/** @typedef {{run: string, predicted: string, confidence: number, label_probability: number}} Answer */

/** @typedef {{id: string, given: string, answers: Answer[]}} Example */

/**
 * @typedef {object} ListPage
 * @property {number} total
 * @property {number} page
 * @property {number} pages
 * @property {Example[]} examples
 * @property {[string, number][]} classes
 * @property {[string, string, number][]} pairs
 */

/** @typedef {Record<string, string>} View the words of the address */

/**
 * The models of a view, by name. The address names them by their place, from 1.
 *
 * @param {View} view
 * @param {string[]} runs
 */
export function modelsOf({ models }, runs) {
  const places = (models ?? "").split(".").map(Number);
  const chosen = runs.filter((_, at) => places.includes(at + 1));
  return chosen.length > 1 ? chosen : runs;
}

/**
 * @param {string[]} chosen
 * @param {string[]} runs
 */
export function modelsWord(chosen, runs) {
  return chosen.length === runs.length ? "" : chosen.map((name) => runs.indexOf(name) + 1).join(".");
}

/**
 * The run that a word of a view names by its place.
 *
 * @param {string | undefined} word
 * @param {string[]} runs
 */
export function runOf(word, runs) {
  return runs[Number(word) - 1] ?? "";
}

/**
 * A link to a list of the comparison, with the same models.
 *
 * @param {string} className
 * @param {string | undefined} text
 * @param {string[]} runs all of them
 * @param {{list: string, a?: string, b?: string}} wanted
 */
export function toList(className, text, runs, { list, a = "", b = "" }) {
  const place = /** @param {string} name */ (name) => (name ? runs.indexOf(name) + 1 : "");
  return link(className, text, { page: "compare", models: address().models, list, a: place(a), b: place(b) });
}
