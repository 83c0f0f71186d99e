// The SVG of a chart. Colours are those of the page's style, so that they follow light and dark.

import { make, plain, shape } from "./dom.js";
import { LANE, spacingOf, widthOf, written } from "./chart_scale.js";

/** @typedef {import("./chart_scale.js").Data} Data */
/** @typedef {import("./chart_scale.js").Plot} Plot */
/** @typedef {import("./chart_scale.js").Series} Series */
/** @typedef {import("./chart_scale.js").Point} Point */

const COLOURS = 9; // as many as the style names
const SPARSE = 10; // a line of fewer values shows each of them
const BAR_SHARE = 0.8; // of the room between two values

/**
 * @param {Data} data
 * @param {Plot} plot
 */
export function picture(data, plot) {
  const svg = shape("svg", { width: plot.width, height: plot.height, "aria-hidden": "true" });
  const bars = data.series.filter((one) => one.kind === "bars");
  svg.append(
    ...plot.yTicks.flatMap((value) => yTick(data, plot, value)),
    ...plot.xTicks.map((value) => xTick(data, plot, value)),
    ...titles(data, plot),
    ...data.series.map((series, i) => seriesShape(plot, series, i, bars)),
    ...plot.labels.flatMap((label) => markerShapes(plot, label)),
  );
  if (data.cursor) svg.append(cursorLine(plot, data.cursor.x));
  return svg;
}

/**
 * @param {Data} data
 * @param {Plot} plot
 * @param {number} value
 */
function yTick({ y }, plot, value) {
  const at = plot.y(value);
  return [
    shape("line", { x1: plot.left, x2: plot.right, y1: at, y2: at, class: "hx-chart-rule" }),
    shape("text", { x: plot.left - 6, y: at + 4, "text-anchor": "end" }, written(y, value)),
  ];
}

/**
 * @param {Data} data
 * @param {Plot} plot
 * @param {number} value
 */
function xTick({ x }, plot, value) {
  const room = x.names && plot.xTicks.length > 1 ? plot.x(plot.xTicks[1]) - plot.x(plot.xTicks[0]) - 4 : Infinity;
  const text = shortened(plain(written(x, value)), room);
  return shape("text", { x: plot.x(value), y: plot.bottom + 19, "text-anchor": "middle" }, text);
}

/**
 * @param {string} text
 * @param {number} room
 */
function shortened(text, room) {
  let short = text;
  while (short.length > 1 && widthOf(short) > room) short = `${short.replace(/…$/, "").slice(0, -1)}…`;
  return short;
}

/**
 * @param {Data} data
 * @param {Plot} plot
 */
function titles({ x, y }, plot) {
  const middle = (plot.left + plot.right) / 2;
  return [
    ...(y.title ? [shape("text", { x: 0, y: 12, class: "hx-chart-title" }, y.title)] : []),
    ...(x.title
      ? [shape("text", { x: middle, y: plot.height - 4, "text-anchor": "middle", class: "hx-chart-title" }, x.title)]
      : []),
  ];
}

/**
 * @param {Plot} plot
 * @param {Series} series
 * @param {number} number which of the chart's series it is
 * @param {Series[]} bars those that share the room of a bar
 */
function seriesShape(plot, series, number, bars) {
  const looks = `${series.strong ? " hx-chart-strong" : ""}${series.dashed ? " hx-chart-dashed" : ""}`;
  const group = shape("g", { class: `hx-chart-series${looks}` });
  group.style.setProperty("--key", colour(series.colour ?? number));
  const known = series.points.filter((point) => point.y !== null);
  const { kind = "line" } = series;
  if (kind === "bars") {
    group.append(...barShapes(plot, series, bars));
    return group;
  }
  if (kind === "line") group.append(shape("path", { d: pathOf(plot, series.points), class: "hx-chart-line" }));
  group.append(...known.flatMap((point) => whisker(plot, point, plot.x(point.x))));
  if (kind === "points" || known.length < SPARSE) group.append(...known.map((point) => dot(plot, point)));
  return group;
}

/** @param {number} number */
function colour(number) {
  return `var(--hx-series-${number % COLOURS})`;
}

/**
 * @param {Plot} plot
 * @param {Point[]} points
 */
function pathOf(plot, points) {
  let pen = "M";
  return points.map(({ x, y }) => {
    const step = y === null ? "" : `${pen}${plot.x(x).toFixed(1)} ${plot.y(y).toFixed(1)}`;
    pen = y === null ? "M" : "L";
    return step;
  }).join("");
}

/**
 * @param {Plot} plot
 * @param {Point} point
 */
function dot(plot, { x, y }) {
  return shape("circle", { cx: plot.x(x), cy: plot.y(y ?? 0), r: 4, class: "hx-chart-dot" });
}

/**
 * @param {Plot} plot
 * @param {Series} series
 * @param {Series[]} bars
 */
function barShapes(plot, series, bars) {
  const all = (plot.x(spacingOf(series.points)) - plot.x(0)) * BAR_SHARE;
  const width = Math.max(1, all / bars.length);
  const offset = bars.indexOf(series) * width - all / 2;
  return series.points.filter((point) => point.y !== null).flatMap((point) => {
    const [from, top] = [plot.x(point.x) + offset, plot.y(point.y ?? 0)];
    const height = Math.max(0, plot.bottom - top);
    const bar = shape("rect", { x: from, width: Math.max(1, width - 1), y: top, height, class: "hx-chart-bar" });
    return [bar, ...whisker(plot, point, from + width / 2)];
  });
}

/**
 * @param {Plot} plot
 * @param {Point} point
 * @param {number} at
 */
function whisker(plot, { low, high }, at) {
  if (low === undefined || high === undefined) return [];
  return [shape("line", { x1: at, x2: at, y1: plot.y(low), y2: plot.y(high), class: "hx-chart-whisker" })];
}

/**
 * @param {Plot} plot
 * @param {import("./chart_scale.js").Label} label
 */
function markerShapes(plot, { text, from, lane, at }) {
  const base = plot.top - 10 - lane * LANE;
  return [
    shape("line", { x1: at, x2: at, y1: base + 4, y2: plot.bottom, class: "hx-chart-marker" }),
    shape("text", { x: from, y: base, class: "hx-chart-label" }, text),
  ];
}

/**
 * @param {Plot} plot
 * @param {number} x
 */
export function cursorLine(plot, x) {
  const [at, group] = [plot.x(x), shape("g", { class: "hx-chart-cursor" })];
  group.append(
    shape("line", { x1: at, x2: at, y1: plot.top, y2: plot.bottom }),
    shape("circle", { cx: at, cy: plot.bottom, r: 5 }),
  );
  return group;
}

/**
 * A thin line through what is read, and a dot on each series.
 *
 * @param {Data} data
 * @param {Plot} plot
 * @param {number} x
 */
export function readingMarks({ series }, plot, x) {
  const [at, group] = [plot.x(x), shape("g", { class: "hx-chart-reading" })];
  group.append(shape("line", { x1: at, x2: at, y1: plot.top, y2: plot.bottom }));
  for (const [number, one] of series.entries()) {
    const point = one.kind === "bars" ? undefined : one.points.find((each) => each.x === x && each.y !== null);
    if (!point) continue;
    const mark = dot(plot, point);
    mark.style.setProperty("--key", colour(one.colour ?? number));
    group.append(mark);
  }
  return group;
}

/**
 * One key for each series; a single one needs none.
 *
 * @param {Series[]} series
 */
export function legendKeys(series) {
  return series.length < 2 ? [] : series.map((one, number) => {
    const node = key(one, number, plain(one.name) + (one.note ? ` (${one.note})` : ""));
    node.title = one.name;
    return node;
  });
}

/**
 * @param {{colour?: number, dashed?: boolean}} series
 * @param {number} number its place among the series
 * @param {string} name
 */
export function key(series, number, name) {
  const node = make("span", `hx-chart-key${series.dashed ? " hx-chart-key-dashed" : ""}`, name);
  node.style.setProperty("--key", colour(series.colour ?? number));
  return node;
}
