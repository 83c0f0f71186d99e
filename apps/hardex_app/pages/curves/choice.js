// What a visitor chose to see, as the address holds it.

import { address, go, stay } from "../../ui/address.js";

/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./facts.js").Finding} Finding */

/**
 * @typedef {object} Choice
 * @property {Set<number>} runs those that are shown
 * @property {string} metric of the third chart; "" for none
 * @property {number} smooth from 0 to 100
 * @property {boolean} isLog
 * @property {string} axis
 * @property {{run: number, index: number} | null} finding whose part of the curve is shown
 */

const FIRST = 20; // runs that are shown until somebody chooses
const NONE = "none";
const OWN_CHARTS = ["loss", "accuracy"];

/**
 * The choice in the address; what makes no sense is left out.
 *
 * @param {Record<string, string>} view
 * @param {Facts} facts
 * @returns {Choice}
 */
export function choiceOf(view, facts) {
  const finding = findingOf(view.finding, facts);
  const runs = runsOf(view.runs, facts.runs.length);
  if (finding) runs.add(finding.run);
  const smooth = Math.round(Number(view.smooth));
  return {
    runs, finding,
    metric: otherKinds(facts).includes(view.metric) ? view.metric : "",
    smooth: smooth >= 0 && smooth <= 100 ? smooth : 0,
    isLog: view.log === "yes",
    axis: facts.axes.includes(view.x) ? view.x : usualAxis(facts),
  };
}

/**
 * Show something else, and let the address say so.
 *
 * @param {Record<string, string | null>} changes
 */
export function choose(changes) {
  go({ ...address(), page: "curves", ...changes }, { instead: !("finding" in changes) });
}

/**
 * Say in the address what is shown already.
 *
 * @param {Record<string, string | null>} changes
 */
export function note(changes) {
  stay(changes);
}

/**
 * The metrics that have no chart of their own.
 *
 * @param {Facts} facts
 */
export function otherKinds({ kinds }) {
  return kinds.filter((kind) => !OWN_CHARTS.includes(kind));
}

/**
 * Runs as the address writes them: null for the usual ones.
 *
 * @param {Set<number>} runs
 * @param {number} count
 */
export function writtenRuns(runs, count) {
  const all = [...runs].sort((a, b) => a - b);
  if (all.length === Math.min(count, FIRST) && all.every((one, i) => one === i)) return null;
  return all.length ? all.join(".") : NONE;
}

/**
 * @param {string | undefined} text
 * @param {number} count
 */
function runsOf(text, count) {
  if (text === NONE) return new Set(/** @type {number[]} */ ([]));
  const found = (text ?? "").split(".").filter(Boolean).map(Number).filter((one) => Number.isInteger(one)
    && one >= 0 && one < count);
  return new Set(found.length ? found : Array.from({ length: Math.min(count, FIRST) }, (_, i) => i));
}

/**
 * @param {string | undefined} text
 * @param {Facts} facts
 */
function findingOf(text, { runs }) {
  const [run, index] = (text ?? "").split(".").map(Number);
  return runs[run]?.findings[index] ? { run, index } : null;
}

/**
 * The axis over which most of the runs can be drawn.
 *
 * @param {Facts} facts
 */
function usualAxis({ axes, runs }) {
  const count = /** @param {string} axis */ (axis) => runs.filter((run) => run.axes.includes(axis)).length;
  return axes.reduce((best, axis) => (count(axis) > count(best) ? axis : best), axes[0] ?? "epoch");
}
