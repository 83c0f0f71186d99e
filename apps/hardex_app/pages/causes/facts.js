// What the server sends to the Causes page, as types, and the links from it.

import { link } from "../../ui/address.js";

/** @typedef {{value: number, low: number, high: number, of: number}} Share with its 95 % interval */

/** @typedef {{id: string, given: string, predicted: string, confidence: number | null}} Example */

/** @typedef {{cause: string, words: string, count: number, remedy: string, examples: Example[]}} Count */

/** @typedef {{cause: string, words: string, given_label: string, sentence: string}} GroupTest */

/**
 * @typedef {object} Diagnosis
 * @property {number} examples how many were diagnosed
 * @property {number} wrong how many of them the model has wrong
 * @property {string} chosen which were diagnosed, a clause
 * @property {string} scope what they were compared with, a clause
 * @property {{cause: string, words: string, why: string}[]} not_judged
 * @property {Count[]} counts the most frequent first
 * @property {GroupTest[]} tests the surest first
 * @property {number} test_count
 * @property {{count: number, pattern: string, pair: string[], sentence: string} | null} label_errors
 * @property {{examples: number, other_label: number, ids: string[]} | null} leakage
 * @property {string[]} notes
 */

/**
 * @typedef {object} SelfTest
 * @property {number} examples that the plants were made of
 * @property {{cause: string, words: string, planted: number, power: Share, false_credit: Share, given: boolean,
 *   why_not: string}[]} causes
 * @property {Share} accuracy
 * @property {Share} coverage
 * @property {number} threshold
 * @property {number} calibration_error
 * @property {string[]} notes
 */

/**
 * @typedef {object} Facts
 * @property {Diagnosis | null} diagnosis
 * @property {SelfTest | null} selftest
 * @property {string} command that makes both
 * @property {number} least_power
 * @property {number} most_false_credit
 */

/**
 * A link to the examples of a cause, hardest first.
 *
 * @param {string} className
 * @param {string | undefined} text
 * @param {{cause: string, given?: string}} filter
 */
export function toExamples(className, text, filter) {
  return link(className, text, { page: "browse", list: "all", sort: "loss", ...filter });
}
