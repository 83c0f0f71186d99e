// One chart for all pages: lines, bars and points over an axis, drawn as SVG at the size that it has.
// A readout follows pointer, finger and keys. Where the page gives a cursor, the chart is its slider.

import { make } from "./dom.js";
import { nearest, plotOf } from "./chart_scale.js";
import { cursorLine, legendKeys, picture, readingMarks } from "./chart_shapes.js";
import { placeReadout, readoutRows, readoutText } from "./chart_readout.js";

/** @typedef {import("./chart_scale.js").Data} Data */

/**
 * @typedef {object} Options
 * @property {string} label what the chart shows, for people who do not see it
 * @property {(x: number) => void} [onPick] called with any value of the x axis that a visitor points at, or
 *   reaches by keys; the page rounds it and moves the cursor
 * @property {boolean} [hasLegend] false: the page has a legend of its own
 */

/**
 * @typedef {object} Chart
 * @property {HTMLElement} plotBox the part that takes pointer, keys and focus
 * @property {HTMLElement} readout
 * @property {HTMLElement} legend
 * @property {string} label
 * @property {((x: number) => void) | undefined} onPick
 * @property {boolean} hasLegend
 * @property {Data | null} data
 * @property {import("./chart_scale.js").Plot | null} plot null while the chart is hidden
 * @property {number[]} places every x that a series has a value for, in ascending order
 * @property {number | null} reading the index in `places` that the readout shows
 */

const KEYS = /** @type {Record<string, number>} */ ({
  ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10,
});
const ENDS = /** @type {Record<string, number>} */ ({ Home: 0, End: 1 });
const FAR = 10; // how many steps the Shift key makes of one

/**
 * Put a chart into a container.
 *
 * @param {HTMLElement} container
 * @param {Options} options
 * @returns {{draw: (data: Data) => void, moveCursor: (x: number) => void, rename: (label: string) => void}}
 */
export function chart(container, { label, onPick, hasLegend = true }) {
  const plotBox = make("div", "hx-chart-plot");
  plotBox.tabIndex = 0;
  plotBox.setAttribute("role", "slider");
  plotBox.setAttribute("aria-label", label);
  plotBox.setAttribute("aria-valuenow", "0"); // until there is something to read
  const [readout, legend] = [make("div", "hx-chart-readout"), make("div", "hx-chart-legend")];
  readout.hidden = true;
  container.classList.add("hx-chart");
  container.replaceChildren(plotBox, legend);
  /** @type {Chart} */
  const self = {
    plotBox, readout, legend, label, onPick, hasLegend, data: null, plot: null, places: [], reading: null,
  };
  listen(self);
  new ResizeObserver(() => redraw(self)).observe(plotBox);
  return {
    draw: (data) => draw(self, data),
    moveCursor: (x) => moveCursor(self, x),
    rename: (text) => {
      self.label = text;
      describe(self);
    },
  };
}

/**
 * @param {Chart} self
 * @param {Data} data
 */
function draw(self, data) {
  self.data = data;
  const places = data.series.filter((one) => !one.silent).flatMap((one) => one.points.map((point) => point.x));
  self.places = [...new Set(places)].sort((a, b) => a - b);
  self.reading = null;
  self.legend.replaceChildren(...(self.hasLegend ? legendKeys(data.series) : []));
  redraw(self);
}

/** @param {Chart} self */
function redraw(self) {
  const { plotBox, data } = self;
  if (!data) return;
  self.plot = plotOf(data, plotBox.clientWidth, plotBox.clientHeight);
  describe(self);
  if (!self.plot) return;
  plotBox.replaceChildren(picture(data, self.plot), self.readout);
  showReading(self);
}

/**
 * @param {Chart} self
 * @param {number} x
 */
function moveCursor(self, x) {
  const { data, plot, plotBox } = self;
  if (!data?.cursor) return;
  data.cursor = { ...data.cursor, x };
  describe(self);
  const line = plotBox.querySelector(".hx-chart-cursor");
  if (plot && line) line.replaceWith(cursorLine(plot, x));
}

/**
 * What assistive technology reads: a slider whose value is the cursor, or else what is read.
 *
 * @param {Chart} self
 */
function describe({ plotBox, data, label, reading, places }) {
  plotBox.setAttribute("aria-label", label);
  if (!data) return;
  const x = data.cursor?.x ?? places[reading ?? 0] ?? data.x.least ?? 0;
  plotBox.setAttribute("aria-valuemin", String(data.x.least ?? 0));
  plotBox.setAttribute("aria-valuemax", String(data.x.most ?? Math.max(0, places.length - 1)));
  plotBox.setAttribute("aria-valuenow", String(x));
  plotBox.setAttribute("aria-valuetext", readoutText(data, x, places));
}

/** @param {Chart} self */
function listen(self) {
  const { plotBox } = self;
  plotBox.addEventListener("click", (event) => self.onPick?.(valueAt(self, event)));
  plotBox.addEventListener("pointermove", (event) => {
    if (event.buttons & 1) self.onPick?.(valueAt(self, event));
    read(self, nearest(self.places, valueAt(self, event)));
  });
  plotBox.addEventListener("pointerdown", (event) => read(self, nearest(self.places, valueAt(self, event))));
  plotBox.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch") read(self, null); // under a finger it stays, to be read when the finger is gone
  });
  plotBox.addEventListener("blur", () => read(self, null));
  plotBox.addEventListener("keydown", (event) => pressed(self, event));
}

/**
 * @param {Chart} self
 * @param {MouseEvent} event
 */
function valueAt({ plotBox, plot, data }, event) {
  if (!plot || !data) return 0;
  const across = event.clientX - plotBox.getBoundingClientRect().left;
  const { least, most } = plot;
  const value = least + ((across - plot.left) / (plot.right - plot.left)) * (most - least);
  return Math.min(most, Math.max(least, value));
}

/**
 * @param {Chart} self
 * @param {KeyboardEvent} event
 */
function pressed(self, event) {
  if (event.key === "Escape") read(self, null);
  if (!self.data || !self.plot || event.altKey || event.ctrlKey || event.metaKey) return;
  if (!(event.key in KEYS || event.key in ENDS)) return;
  event.preventDefault();
  if (self.onPick && self.data.cursor) moveByKey(self, event);
  else readByKey(self, event);
}

/**
 * @param {Chart} self
 * @param {KeyboardEvent} event
 */
function moveByKey(self, { key, shiftKey }) {
  const { data, plot, places } = self;
  if (!data?.cursor || !plot) return;
  const { x, step } = data.cursor;
  const steps = KEYS[key] * (shiftKey ? FAR : 1);
  self.onPick?.(key in ENDS ? [plot.least, plot.most][ENDS[key]] : x + steps * step);
  read(self, nearest(places, data.cursor?.x ?? x));
}

/**
 * Without a cursor, keys lead the readout from value to value.
 *
 * @param {Chart} self
 * @param {KeyboardEvent} event
 */
function readByKey(self, { key, shiftKey }) {
  const last = self.places.length - 1;
  const steps = KEYS[key] * (shiftKey ? FAR : 1);
  const from = self.reading ?? (steps > 0 ? -1 : last + 1);
  if (last >= 0) read(self, key in ENDS ? ENDS[key] * last : Math.min(last, Math.max(0, from + steps)));
}

/**
 * @param {Chart} self
 * @param {number | null} reading
 */
function read(self, reading) {
  self.reading = reading;
  if (!self.data?.cursor) describe(self);
  showReading(self);
}

/** @param {Chart} self */
function showReading({ plotBox, readout, data, plot, places, reading }) {
  plotBox.querySelector(".hx-chart-reading")?.remove();
  readout.hidden = reading === null || reading < 0 || !data || !plot;
  if (readout.hidden || !data || !plot || reading === null) return;
  const x = places[reading];
  plotBox.querySelector("svg")?.append(readingMarks(data, plot, x));
  readout.replaceChildren(...readoutRows(data, x));
  placeReadout(readout, plot, x);
}
