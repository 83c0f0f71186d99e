// Answers as sentences.

import { plain } from "../../ui/dom.js";

/** @typedef {import("./session.js").Facts} Facts */
/** @typedef {import("./session.js").Choice} Choice */

/**
 * A choice in words: the class, or "not sure".
 *
 * @param {Facts} facts
 * @param {Choice} choice
 */
export function inWords({ undecided }, { label = "", verdict }) {
  const named = undecided.find((one) => one.value === verdict);
  return named ? named.words.toLowerCase() : plain(label);
}

/**
 * An answer beside the given label and the prediction.
 *
 * @param {Facts} facts
 * @param {import("./session.js").Stored} stored
 */
export function comparison(facts, { said, verdict, given, predicted }) {
  const answer = inWords(facts, { label: said, verdict });
  return `Your answer: ${answer}. Given label: ${plain(given)}; prediction: ${plain(predicted)}.`;
}
