// The curves of one metric -> what the chart draws: lines, the best epoch, the evidence, and the ranges of the axes.

import { count } from "../../ui/numbers.js";
import { pointAt } from "../../ui/chart_scale.js";
import { smoothed } from "./smoothing.js";

/** @typedef {import("../../ui/chart_scale.js").Series} Series */
/** @typedef {import("../../ui/chart_scale.js").Point} Point */
/** @typedef {import("./choice.js").Choice} Choice */
/** @typedef {import("./facts.js").Curves} Curves */
/** @typedef {import("./facts.js").Drawn} Drawn */
/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./facts.js").Finding} Finding */

/** @typedef {{number: number, training: Point[], validation: Point[], series: Series[]}} Lines of one run */
/** @typedef {{from: number, to: number}} Range */

export const AXIS_NAMES = /** @type {Record<string, string>} */ ({
  epoch: "epochs", step: "steps", evaluation: "evaluations",
});
const VALIDATION = "val_";
const AROUND = 0.15; // of a finding's part is shown on either side of it
const LEAST_AROUND = 0.04; // of the whole curve
const REACH = 1 / 300; // of the axis
export const PALE_MOST = 8; // more runs would hide each other
const ROOM = 0.05; // above and below the curves
const WHOLE_STEPS = Array.from({ length: 8 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
const UNKNOWN = { from: 0.1, to: 1 }; // no value is seen
const LEAST_SPAN = 3; // below it, ticks between whole epochs are of use

/**
 * @param {string} kind
 * @param {Map<number, Curves>} curves by the number of the run; all of them are drawn
 * @param {Choice} choice
 * @param {Facts} facts
 * @returns {import("../../ui/chart_scale.js").Data | null} null where there is nothing to draw
 */
export function pictureOf(kind, curves, choice, facts) {
  const isLog = choice.isLog && kind !== "accuracy";
  const drawn = [...curves].map(([number, one]) => linesOf(number, one, choice, facts, isLog));
  const lines = drawn.flatMap((one) => one.series);
  const solid = lines.filter((one) => !one.silent);
  const whole = rangeOf(lines.flatMap((one) => one.points.map((point) => point.x)));
  if (!whole || !solid.length) return null;
  const part = partOf(kind, choice, facts);
  const seen = part ? around(part, whole) : widened(whole);
  const inside = /** @param {Point} point */ (point) => point.x >= seen.from && point.x <= seen.to;
  const ys = solid.flatMap((one) => one.points.filter(inside).map((point) => Number(point.y)));
  const range = heightOf(rangeOf(ys) ?? UNKNOWN, isLog);
  const marks = drawn.flatMap((one) => marksOf(kind, one, choice, facts));
  const series = [...marks.filter((one) => one.kind === "halo"), ...lines,
    ...marks.filter((one) => one.kind !== "halo")];
  return {
    series: series.map((one) => ({ ...one, points: one.points.filter(inside).map((point) => held(point, range)) })),
    bands: part ? [part] : [],
    x: xAxis(choice.axis, seen),
    y: { least: range.from, most: range.to, log: isLog, ...numbersOf(kind) },
  };
}

/**
 * The part of the curve that shows the chosen finding; null where there is none.
 *
 * @param {string} kind
 * @param {Choice} choice
 * @param {Facts} facts
 */
function partOf(kind, { finding, axis }, { runs }) {
  const chosen = finding && runs[finding.run].findings[finding.index];
  return chosen && isSeenIn(chosen, kind) ? chosen.place?.[axis] ?? null : null;
}

/**
 * @param {string} axis
 * @param {Range} seen
 * @returns {import("../../ui/chart_scale.js").Axis}
 */
function xAxis(axis, { from, to }) {
  return {
    least: from, most: to, title: AXIS_NAMES[axis], reach: (to - from) * REACH, write: written,
    steps: to - from >= LEAST_SPAN ? WHOLE_STEPS : undefined, read: (value) => `${axis} ${written(value)}`,
  };
}

/**
 * Whether a log scale has to leave out values of a metric.
 *
 * @param {Map<number, Curves>} curves
 */
export function hasNoLog(curves) {
  return [...curves.values()].some(({ training, validation }) => [training, validation].some((one) => (
    one?.y.some((value) => value <= 0))));
}

/**
 * @param {Finding} finding
 * @param {string} kind
 */
export function isSeenIn({ metric }, kind) {
  return metric === kind || metric === VALIDATION + kind;
}

// ------------------------------------------------------------------ lines

/**
 * @param {number} number
 * @param {Curves} curves
 * @param {Choice} choice
 * @param {Facts} facts
 * @param {boolean} isLog
 * @returns {Lines}
 */
function linesOf(number, { training, validation, batches }, { smooth, runs: shown }, { runs }, isLog) {
  const isAlone = runs.length === 1; // then training and validation have a colour each
  const { label } = runs[number];
  const group = String(number);
  /** @type {Series[]} */
  const series = [];
  /** @param {Drawn | null} curve @param {Partial<Series>} look */
  const add = (curve, look) => {
    if (!curve) return [];
    const pale = { colour: number, group, name: label, ...look, faint: true, silent: true, dashed: false };
    if (smooth && shown.size <= PALE_MOST) series.push({ ...pale, points: pointsOf(curve, isLog) });
    const points = pointsOf(smooth ? smoothed(curve.means ?? curve, smooth) : curve, isLog);
    series.push({ colour: number, group, name: label, points, ...look });
    return points;
  };
  if (batches) {
    const points = pointsOf(smooth ? smoothed(batches.means ?? batches, smooth) : batches, isLog);
    series.push({ colour: number, group, name: label, points, faint: true, silent: true });
  }
  const name = /** @param {string} what */ (what) => (isAlone ? what : `${label}, ${what}`);
  const trained = add(training, { name: name("training") });
  const validated = add(validation, { name: name("validation"), dashed: true, ...(isAlone ? { colour: 1 } : {}) });
  return { number, training: trained, validation: validated, series };
}

/**
 * @param {import("./facts.js").Values} curve
 * @param {boolean} isLog
 * @returns {Point[]}
 */
function pointsOf({ x, y }, isLog) {
  const points = x.map((at, i) => ({ x: at, y: y[i] }));
  return isLog ? points.filter((point) => point.y > 0) : points;
}

// ------------------------------------------------------------------ marks

/**
 * The best epoch as a ring, the evidence of the findings as a halo or, at one place, as a dot.
 *
 * @param {string} kind
 * @param {Lines} lines
 * @param {Choice} choice
 * @param {Facts} facts
 * @returns {Series[]}
 */
function marksOf(kind, { number, training, validation, series }, { axis, finding: chosen }, { runs }) {
  const look = { group: String(number), name: "", silent: true };
  const colourOf = /** @param {Point[]} points */ (points) => (
    series.find((one) => one.points === points)?.colour ?? number);
  const marks = runs[number].findings.flatMap((finding, index) => {
    const place = finding.place?.[axis];
    if (!place || !isSeenIn(finding, kind)) return [];
    const isValidated = finding.metric.startsWith(VALIDATION);
    const [first, second] = isValidated ? [validation, training] : [training, validation];
    const line = first.length ? first : second;
    const strong = chosen?.run === number && chosen.index === index;
    return evidence(line, place, { ...look, colour: colourOf(line), strong });
  });
  const best = runs[number].best.find((one) => one.metric === VALIDATION + kind);
  const at = best && pointAt(validation, best.at[axis], Infinity);
  if (at) marks.push({ ...look, colour: colourOf(validation), kind: "rings", points: [at] });
  return marks;
}

/**
 * @param {Point[]} line
 * @param {Range} place
 * @param {Omit<Series, "points" | "kind">} look
 * @returns {Series[]}
 */
function evidence(line, { from, to }, look) {
  const points = line.filter((point) => point.x >= from && point.x <= to);
  if (points.length > 1) return [{ ...look, kind: "halo", points }];
  const one = pointAt(line, (from + to) / 2, Infinity);
  return one ? [{ ...look, kind: "points", points: [one] }] : [];
}

// ------------------------------------------------------------------ axes

/**
 * @param {number[]} values
 * @returns {Range | null}
 */
function rangeOf(values) {
  if (!values.length) return null;
  return { from: values.reduce((a, b) => Math.min(a, b)), to: values.reduce((a, b) => Math.max(a, b)) };
}

/**
 * @param {Range} part
 * @param {Range} whole
 */
function around({ from, to }, whole) {
  const room = Math.max(AROUND * (to - from), LEAST_AROUND * (whole.to - whole.from));
  return widened({ from: Math.max(whole.from, from - room), to: Math.min(whole.to, to + room) });
}

/** @param {Range} range */
function widened({ from, to }) {
  return to > from ? { from, to } : { from: from - 0.5, to: to + 0.5 };
}

/**
 * @param {Range} range
 * @param {boolean} isLog
 */
function heightOf({ from, to }, isLog) {
  if (isLog) {
    const factor = (to / from) ** ROOM * 1.02;
    return { from: from / factor, to: to * factor };
  }
  const room = ROOM * (to - from) || Math.abs(to) * ROOM || 1;
  return { from: from - room, to: to + room };
}

/**
 * Pale lines do not stretch the axis: a spike of a batch ends at its edge.
 *
 * @param {Point} point
 * @param {Range} range
 */
function held(point, { from, to }) {
  return { ...point, y: Math.min(to, Math.max(from, Number(point.y))) };
}

/** @param {number} value */
function written(value) {
  return Number.isInteger(value) ? count(value) : String(Number(value.toFixed(2)));
}

/**
 * How the values of a metric are written.
 *
 * @param {string} kind
 */
function numbersOf(kind) {
  if (kind !== "accuracy") return { write: short, read: short };
  return {
    write: /** @param {number} value */ (value) => `${Number((100 * value).toPrecision(6))} %`,
    read: /** @param {number} value */ (value) => `${(100 * value).toFixed(2)} %`,
  };
}

/** @param {number} value */
export function short(value) {
  const size = Math.abs(value);
  if (size && (size < 1e-4 || size >= 1e6)) return value.toExponential(2).replace(/\.?0+e/, "e");
  return String(Number(value.toPrecision(4)));
}
