// The readout of a chart: the values of all series at one place, as rows and as a sentence.

import { make, plain } from "./dom.js";
import { nearest, written } from "./chart_scale.js";
import { key } from "./chart_shapes.js";

/** @typedef {import("./chart_scale.js").Axis} Axis */
/** @typedef {import("./chart_scale.js").Data} Data */

const SPOKEN = 3; // a sentence names the largest few
const ASIDE = 14; // pixels between the place and the readout

/**
 * @param {Axis} axis
 * @param {number} value
 */
function readAs(axis, value) {
  return axis.read && !axis.names ? axis.read(value) : written(axis, value);
}

/**
 * The values at a place, the largest first.
 *
 * @param {Data} data
 * @param {number} x
 */
function valuesAt({ series }, x) {
  return series
    .map((one, number) => ({ one, number, name: one.name, y: one.points.find((point) => point.x === x)?.y ?? null }))
    .filter(({ y }) => y !== null)
    .sort((a, b) => Number(b.y) - Number(a.y));
}

/**
 * @param {Data} data
 * @param {number} x
 */
export function readoutRows(data, x) {
  const rows = valuesAt(data, x).map(({ one, number, name, y }) => {
    const row = make("div", "hx-chart-row");
    row.append(key(one, number, plain(name)), make("span", "hx-chart-value", readAs(data.y, Number(y))));
    return row;
  });
  return [make("strong", "", plain(readAs(data.x, x))), ...rows];
}

/**
 * "+30°: 7 93.1 %, 1 4.0 %", with the values at the nearest place that has some.
 *
 * @param {Data} data
 * @param {number} x
 * @param {number[]} places
 */
export function readoutText(data, x, places) {
  const index = nearest(places, x);
  const values = index === null ? [] : valuesAt(data, places[index]).slice(0, SPOKEN);
  const text = values.map(({ name, y }) => `${plain(name)} ${readAs(data.y, Number(y))}`).join(", ");
  return plain(readAs(data.x, x)) + (text && `: ${text}`);
}

/**
 * Beside the place, on the side that has more room.
 *
 * @param {HTMLElement} readout
 * @param {import("./chart_scale.js").Plot} plot
 * @param {number} x
 */
export function placeReadout(readout, plot, x) {
  const at = plot.x(x);
  const after = at < (plot.left + plot.right) / 2;
  readout.style.left = after ? `${at + ASIDE}px` : "";
  readout.style.right = after ? "" : `${plot.width - at + ASIDE}px`;
  readout.style.maxWidth = `${(after ? plot.width - at : at) - ASIDE}px`;
  readout.style.top = `${plot.top}px`;
}
