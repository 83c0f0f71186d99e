// What the server sends to the Curves page, as types.

/** @typedef {Record<string, {from: number, to: number, at: number | null}>} Place where a finding is seen, by axis */

/**
 * @typedef {object} Finding
 * @property {string} code
 * @property {string} words the name of the code
 * @property {number} confidence
 * @property {string} severity "mild", "severe" or ""
 * @property {string} why
 * @property {string} remedy
 * @property {string} metric
 * @property {Place | null} place null where the whole curve is meant
 */

/** @typedef {{metric: string, value: number, at: Record<string, number>}} Best where validation is best, by axis */

/**
 * @typedef {object} Run
 * @property {string} name
 * @property {string} label the end of its name that tells it from the others
 * @property {string} size
 * @property {string[]} notes
 * @property {Finding[]} findings
 * @property {Best[]} best
 * @property {string[]} axes
 * @property {string[]} kinds
 */

/**
 * @typedef {object} Facts
 * @property {Run[]} runs
 * @property {string[]} kinds the metrics of all runs, loss and accuracy first
 * @property {string[]} axes
 * @property {{log: string, why: string}[]} problems
 * @property {string} command
 */

/** @typedef {{x: number[], y: number[]}} Values */
/** @typedef {Values & {means: Values | null}} Drawn a curve; the means of its buckets where it was thinned */
/** @typedef {{training: Drawn | null, validation: Drawn | null, batches: Drawn | null}} Curves of a run and metric */

export {};
