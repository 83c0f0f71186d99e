// Figures of people, in words.

import { count, many, percent } from "../../ui/numbers.js";

/** @typedef {{value: number | null, low: number | null, high: number | null, of: number}} Rate */

/**
 * "87.5 % of 8", "" where there is nothing to compare.
 *
 * @param {Rate | null} rate
 */
export function rateText(rate) {
  if (!rate || rate.value === null || !rate.of) return "";
  return `${percent(rate.value)} of ${count(rate.of)}`;
}

/**
 * The states of a person's links: "2 open, 1 revoked".
 *
 * @param {Record<string, number>} links
 */
export function linksText(links) {
  return Object.entries(links).map(([state, n]) => `${n} ${state === "unconfirmed" ? "off" : state}`).join(", ");
}

/**
 * @param {{alpha: number | null, low: number | null, high: number | null, why: string, examples: number,
 *   overlapping: number}} agreement
 */
export function alphaText({ alpha, low, high, why, examples, overlapping }) {
  if (alpha === null) return why ? `${why[0].toUpperCase()}${why.slice(1)}` : "Nobody has judged an example yet.";
  const range = low === null || high === null ? "" : ` (95 % interval ${low.toFixed(2)} to ${high.toFixed(2)})`;
  return `Krippendorff's alpha is ${alpha.toFixed(2)}${range}: 1 is perfect agreement, 0 is chance. `
    + `${many(examples, "example")} judged, ${count(overlapping)} of them by two or more.`;
}

/**
 * "4 say 7, 1 says 1"
 *
 * @param {[string, number][]} answers
 */
export function answersText(answers) {
  return answers.map(([answer, n]) => `${n} ${n === 1 ? "says" : "say"} ${answer}`).join(", ");
}
