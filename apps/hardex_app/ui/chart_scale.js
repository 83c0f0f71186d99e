// The numbers behind a chart: what is drawn, where it lies, which values the axes name.

/**
 * One value; `y` is null where there is none, and a line has a gap. `low` and `high` are the ends of an interval.
 *
 * @typedef {{x: number, y: number | null, low?: number, high?: number}} Point
 */

/**
 * @typedef {object} Series
 * @property {string} name
 * @property {"line" | "bars" | "points"} [kind] "line" by default
 * @property {Point[]} points in ascending order of x
 * @property {boolean} [strong] drawn thicker than the others
 * @property {string} [note] follows the name in the legend
 * @property {number} [colour] which of the colours of the style; by default that of its place among the series
 * @property {boolean} [dashed] whether its line is
 */

/**
 * @typedef {object} Axis
 * @property {number} [least]
 * @property {number} [most]
 * @property {string[]} [names] the classes at 0, 1, 2 …, in place of `least` and `most`
 * @property {(value: number) => string} [write] a value as a tick shows it
 * @property {(value: number) => string} [read] a value as the readout shows it; as a tick unless given
 * @property {number[]} [steps] the distances between ticks to choose from, in ascending order
 * @property {string} [title]
 */

/** @typedef {{x: number, label: string}} Marker a place on the x axis that the chart names */
/** @typedef {{x: number, step: number}} Cursor the value that the chart is a slider of; `step` is that of a key */
/** @typedef {{series: Series[], x: Axis, y: Axis, markers?: Marker[], cursor?: Cursor}} Data */
/** @typedef {{text: string, from: number, lane: number, at: number}} Label */

/**
 * Where a chart of some size draws, in CSS pixels.
 *
 * @typedef {object} Plot
 * @property {number} width
 * @property {number} height
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 * @property {number} least of the x axis
 * @property {number} most
 * @property {(value: number) => number} x
 * @property {(value: number) => number} y
 * @property {number[]} xTicks
 * @property {number[]} yTicks
 * @property {Label[]} labels of the markers, in lanes above the lines
 */

export const LANE = 17; // height of a line of text
const GAP = 6;
const LEAST_WIDTH = 72; // of the lines
const TICK_GAP = 16;
const NAME_WIDTH = 40; // names of classes are shortened to fit
const TICK_HEIGHT = 48;
const NEAR = 1e-9; // floating point

/** @type {CanvasRenderingContext2D | null} */
let ruler = null;

/**
 * The width of text as the chart writes it.
 *
 * @param {string} text
 */
export function widthOf(text) {
  ruler ??= document.createElement("canvas").getContext("2d");
  if (!ruler) return 7 * text.length;
  ruler.font = "12px system-ui, sans-serif";
  return ruler.measureText(text).width;
}

/**
 * @param {Data} data
 * @param {number} width
 * @param {number} height
 * @returns {Plot | null} null where there is no room
 */
export function plotOf(data, width, height) {
  const [[least, most], [low, high]] = [rangeOf(data.x), rangeOf(data.y)];
  const yTicks = ticksOf(data.y, Math.max(2, Math.floor(height / TICK_HEIGHT)));
  const left = Math.ceil(Math.max(...yTicks.map((value) => widthOf(written(data.y, value))))) + 10;
  const right = width - 26;
  if (right - left < LEAST_WIDTH || !height) return null;
  const x = scaleOf(least, most, left, right);
  const labels = labelsOf(data.markers ?? [], x, width);
  const top = 10 + LANE * (Math.max(-1, ...labels.map((one) => one.lane)) + 1) + (data.y.title ? LANE : 0);
  const bottom = height - 27 - (data.x.title ? LANE : 0);
  const xTicks = ticksOf(data.x, Math.floor((right - left) / tickWidth(data.x)));
  const y = scaleOf(low, high, bottom, top);
  return { width, height, left, right, top, bottom, least, most, x, y, xTicks, yTicks, labels };
}

/**
 * The room that one tick of the x axis takes.
 *
 * @param {Axis} axis
 */
function tickWidth(axis) {
  const widest = Math.max(...rangeOf(axis).map((value) => widthOf(written(axis, value))));
  return (axis.names ? NAME_WIDTH : widest) + TICK_GAP;
}

/** @param {Axis} axis */
function rangeOf({ least = 0, most = 1, names }) {
  return names ? [-0.5, names.length - 0.5] : [least, most];
}

/**
 * @param {number} least
 * @param {number} most
 * @param {number} from
 * @param {number} to
 */
function scaleOf(least, most, from, to) {
  const factor = (to - from) / (most - least || 1);
  return /** @param {number} value */ (value) => from + (value - least) * factor;
}

/**
 * A value as the axis writes it.
 *
 * @param {Axis} axis
 * @param {number} value
 */
export function written({ names, write }, value) {
  if (names) return names[value] ?? "";
  return write ? write(value) : String(value);
}

/**
 * The values that an axis names: multiples of a round step, about as many as there is room for.
 *
 * @param {Axis} axis
 * @param {number} count
 */
function ticksOf(axis, count) {
  const [least, most] = rangeOf(axis);
  const room = Math.max(1, count);
  if (axis.names) {
    const every = Math.ceil(axis.names.length / room);
    return axis.names.map((_, i) => i).filter((i) => i % every === 0);
  }
  const step = stepOf(most - least, room, axis.steps);
  const first = Math.ceil(least / step - NEAR);
  const last = Math.floor(most / step + NEAR);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/**
 * @param {number} span
 * @param {number} count
 * @param {number[]} [steps]
 */
function stepOf(span, count, steps) {
  const size = 10 ** Math.floor(Math.log10(span / count));
  const round = steps ?? [1, 2, 2.5, 5, 10].map((one) => one * size);
  return round.find((one) => span / one <= count + NEAR) ?? span / 2;
}

/**
 * Labels of markers beside their lines, each in the first lane in which it covers no other.
 *
 * @param {Marker[]} markers
 * @param {(value: number) => number} x
 * @param {number} width
 * @returns {Label[]}
 */
function labelsOf(markers, x, width) {
  /** @type {Label[]} */
  const placed = [];
  for (const marker of [...markers].sort((a, b) => a.x - b.x)) {
    const [at, text] = [x(marker.x), marker.label];
    const wide = widthOf(text);
    const from = Math.max(0, Math.min(width - wide - 2, at - wide / 2));
    let lane = 0;
    while (placed.some((one) => one.lane === lane && from < one.from + widthOf(one.text) + GAP)) lane += 1;
    placed.push({ text, from, lane, at });
  }
  return placed;
}

/**
 * The index of the value that is nearest; null where there are none.
 *
 * @param {number[]} values
 * @param {number} value
 */
export function nearest(values, value) {
  if (!values.length) return null;
  const distance = /** @param {number} i */ (i) => Math.abs(values[i] - value);
  return values.reduce((best, _, i) => (distance(i) < distance(best) ? i : best), 0);
}

/**
 * How far apart the values of bars are.
 *
 * @param {Point[]} points
 */
export function spacingOf(points) {
  const between = points.slice(1).map((point, i) => point.x - points[i].x);
  return between.length ? Math.min(...between) : 1;
}
