// The figures of the whole run.

import { find, make } from "../../ui/dom.js";
import { count } from "../../ui/numbers.js";
import { interval } from "./facts.js";
import { toExamples } from "./names.js";

/** @typedef {import("./facts.js").Facts} Facts */

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 */
export function drawFigures(element, facts) {
  const figures = [accuracy(facts), wrong(facts), examples(facts), calibration(facts)];
  if (facts.sealed) figures.push(figure("sealed", count(facts.sealed), "kept unseen for a later proof"));
  find(element, ".hx-ov-figures").replaceChildren(...figures);
}

/** @param {Facts} facts */
function accuracy(facts) {
  const places = decimals(facts);
  const range = interval(facts.accuracy, places);
  return figure("accuracy", finely(facts.accuracy.value, places), range && `95 % interval ${range}`);
}

/** @param {Facts} facts */
function wrong(facts) {
  if (!facts.wrong) return figure("errors", "0", "every prediction agrees with its label");
  return figure("errors", count(facts.wrong), "prediction and given label differ", { correct: "no" });
}

/** @param {Facts} facts */
function examples(facts) {
  const classes = facts.class_names.length;
  return figure("examples", count(facts.examples), classes === 1 ? "1 class" : `${count(classes)} classes`, {});
}

/** @param {Facts} facts */
function calibration(facts) {
  const value = finely(facts.calibration.error, decimals(facts));
  return figure("calibration error", value, "mean distance of confidence and accuracy");
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string} note
 * @param {import("../../ui/address.js").View} [filter] of the examples that it leads to
 */
function figure(name, value, note, filter) {
  const box = make("div", `hx-ov-figure hx-ov-figure-${name.replace(/ .*/, "")}`);
  const number = make("dd", "");
  number.append(filter ? toExamples("hx-ov-number", value, filter) : make("span", "hx-ov-number", value));
  if (note) number.append(make("span", "hx-ov-aside", note));
  box.append(make("dt", "", name), number);
  return box;
}

/**
 * Decimal places: as many as the number of examples allows.
 *
 * @param {Facts} facts
 */
function decimals(facts) {
  return facts.examples >= 1000 ? 2 : 1;
}

/**
 * @param {number | null} p
 * @param {number} places
 */
function finely(p, places) {
  if (p === null) return "–";
  const text = (100 * p).toFixed(places);
  if (p < 1 && Number(text) === 100) return `> ${(100 - 10 ** -places).toFixed(places)} %`;
  return p > 0 && Number(text) === 0 ? `< ${(10 ** -places).toFixed(places)} %` : `${text} %`;
}
