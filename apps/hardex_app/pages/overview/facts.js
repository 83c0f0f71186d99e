// What the server sends to the Overview page, as types, and what follows from it.

import { percent } from "../../ui/numbers.js";

/**
 * A share with its 95 % interval; null where there are no examples.
 *
 * @typedef {{value: number | null, low: number | null, high: number | null}} Share
 */

/**
 * One class: examples given it, examples predicted as it, accuracy, the ends of the 95 % interval, a flag or "".
 *
 * @typedef {[number, number, number | null, number | null, number | null, string]} ClassRow
 */

/**
 * One range of confidence; `least` and `most` are its ends as a filter takes them.
 *
 * @typedef {{from: number, to: number, least: number, most: number, examples: number, right: number,
 *   confidence: number} & Share} Bin
 */

/**
 * Examples with one value of a further column, or two; `p` where they have more errors than the rest.
 *
 * @typedef {{slice: [string, string][], examples: number, wrong: number, error: Share, p: number | null,
 *   filter: Record<string, string> | null}} Slice
 */

/** @typedef {{id: string, given: string, predicted: string, confidence: number, image: string}} Example */

/**
 * @typedef {object} Facts
 * @property {string[]} class_names
 * @property {number} examples
 * @property {number} wrong
 * @property {number} sealed
 * @property {Share} accuracy
 * @property {ClassRow[]} classes
 * @property {{classes: number[], counts: number[][]} | null} confusion numbers of classes, and examples between them
 * @property {[number, number, number][]} pairs given class, predicted class, examples
 * @property {number} pair_count
 * @property {{code: string, evidence: string, advice: string}[]} doctor what the check in the ranking found
 * @property {string[]} notes what was done so that model and data fit
 * @property {string} problem why there is no confusion matrix
 * @property {string} balance_rule
 * @property {string[]} sentences what the accuracy is worth
 * @property {{error: number | null, bins: Bin[], says: string}} calibration
 * @property {{rows: Slice[], says: string}} slices
 * @property {{examples: number, count: number, counts: {cause: string, words: string, count: number}[]} | null} causes
 *   the most frequent of them; null without a diagnosis
 * @property {Record<string, {total: number, examples: Example[]}>} heads
 */

/**
 * What share of the given class `n` examples are.
 *
 * @param {Facts} facts
 * @param {number} n
 * @param {number} given
 */
export function shareOf(facts, n, given) {
  const all = facts.classes[given][0];
  return all ? n / all : 0;
}

/** @param {number | null} p */
export function percentOrDash(p) {
  return p === null ? "–" : percent(p);
}

/**
 * "95.1 to 96.3 %"
 *
 * @param {Share} share
 * @param {number} places
 */
export function interval({ low, high }, places = 1) {
  if (low === null || high === null) return "";
  return `${(100 * low).toFixed(places)} to ${(100 * high).toFixed(places)} %`;
}
