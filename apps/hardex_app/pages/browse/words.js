// Words of the page: the label is mislabelled.

import { plain } from "../../ui/dom.js";

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
 * The classes of some bars, the most likely first; bars of few classes come in the order of the classes.
 *
 * @param {{class: string, p: number}[]} bars
 */
export function likeliest(bars) {
  return [...bars].sort((a, b) => b.p - a.p).map((one) => one.class);
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
