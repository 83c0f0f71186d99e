// Words of the page: the list is "errors", the model is wrong, the label is mislabelled.

import { plain } from "../../ui/dom.js";

/** @type {Record<string, string>} */
const LISTS = { hard: "hard", unsure: "unsure", wrong: "errors", all: "all examples" };

/** @param {string} list as the address names it */
export function listName(list) {
  return LISTS[list] ?? list;
}

/** The lists with their names, in order. */
export const LIST_NAMES = Object.entries(LISTS);

/**
 * The place of an example in a list: "errors 3".
 *
 * @param {string} list
 * @param {number} rank
 */
export function placeText(list, rank) {
  return `${listName(list)} ${rank}`;
}

/**
 * A stored verdict: "mislabelled, 7 → 1".
 *
 * @param {{value: string, words: string}[]} verdicts that there are
 * @param {string} verdict
 * @param {string} given
 * @param {string} newLabel
 */
export function verdictText(verdicts, verdict, given, newLabel) {
  const words = (verdicts.find((one) => one.value === verdict)?.words ?? verdict).toLowerCase();
  return newLabel ? `${words}, ${plain(given)} → ${plain(newLabel)}` : words;
}

/**
 * Classes that match what is typed: those that begin with it before those that hold it, likely ones first.
 *
 * @param {string[]} likely
 * @param {string[]} names
 * @param {string} typed
 * @param {number} most
 */
export function matchingClasses(likely, names, typed, most) {
  const wanted = typed.trim().toLowerCase();
  const all = [...new Set([...likely, ...names])];
  const begins = all.filter((name) => name.toLowerCase().startsWith(wanted));
  const holds = all.filter((name) => !begins.includes(name) && name.toLowerCase().includes(wanted));
  return [...begins, ...holds].slice(0, most);
}
