// The exact tensor the model receives, as a table.

import { find, make } from "../../ui/dom.js";
import { bytesOf } from "./pixels.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./facts.js").Picture} Picture */
/** @typedef {import("./facts.js").CurveAnswer} CurveAnswer */
/** @typedef {(byte: number, channel: number) => number} Preprocess */

const MOST_PIXELS = 4096; // of a table that a browser draws at once
const LIGHT = 117; // from this level on, black text is easier to read than white

/** @param {Page} page */
export function startTensor(page) {
  const { element } = page;
  find(element, ".hx-tensor").addEventListener("toggle", () => showTensor(page));
  find(element, ".hx-tensor-table").addEventListener("pointerover", (event) => {
    const cell = event.target instanceof HTMLElement ? event.target : null;
    if (cell?.dataset.says) find(element, ".hx-tensor-at").textContent = cell.dataset.says;
  });
}

/**
 * Fill the table, if it is open.
 *
 * @param {Page} page
 */
export function showTensor({ element, state }) {
  if (!state.answer || !find(element, ".hx-tensor", HTMLDetailsElement).open) return;
  const { after } = state.answer;
  const [height, width, channels] = after.shape;
  const bytes = bytesOf(after.pixels);
  const tables = state.curve?.preprocess_table;
  const received = state.curve?.preprocess_swaps_channels ? swapped(bytes, channels) : bytes;
  /** @type {Preprocess} */
  const number = (byte, channel) => (tables ? (tables[channel] ?? tables[0])[byte] : byte);
  const values = Array.from(received, (byte, i) => number(byte, i % channels));
  find(element, ".hx-tensor-about").textContent = summary(after, values, state.curve);
  const scroll = find(element, ".hx-tensor-scroll");
  scroll.hidden = height * width > MOST_PIXELS;
  if (scroll.hidden) return;
  const rows = Array.from({ length: height }, (_, y) => tableRow(after, { bytes, received }, number, y));
  find(element, ".hx-tensor-table").replaceChildren(...rows);
}

/**
 * The last channel first, in every pixel.
 *
 * @param {Uint8Array} bytes
 * @param {number} channels
 */
function swapped(bytes, channels) {
  return bytes.map((_, i) => bytes[i - (i % channels) + channels - 1 - (i % channels)]);
}

/** @param {HTMLElement} element */
export function clearTensor(element) {
  find(element, ".hx-tensor-about").textContent = "";
  find(element, ".hx-tensor-at").textContent = "";
  find(element, ".hx-tensor-table").replaceChildren();
}

/**
 * @param {Picture} picture
 * @param {number[]} values
 * @param {CurveAnswer | null} curve
 */
function summary({ shape }, values, curve) {
  const [least, most] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const own = curve?.preprocess.startsWith("standardized") ? ", by this picture's own mean and deviation" : "";
  const before = curve && !curve.preprocess_table ? `${own}; the table shows the pixels before preprocessing` : "";
  return `shape (1, ${shape.join(", ")}), float32, min ${least.toFixed(4)}, max ${most.toFixed(4)}, `
    + `mean ${mean.toFixed(4)}, preprocessing ${curve ? curve.preprocess : "?"}${before}`;
}

/**
 * @param {Picture} picture
 * @param {{bytes: Uint8Array, received: Uint8Array}} pixels as shown, and in the model's order of channels
 * @param {Preprocess} number
 * @param {number} y
 */
function tableRow({ shape: [, width, channels] }, { bytes, received }, number, y) {
  const row = make("tr", "");
  row.append(...Array.from({ length: width }, (_, x) => {
    const at = (y * width + x) * channels;
    const [shown, given] = [bytes, received].map((all) => all.subarray(at, at + channels));
    return tableCell(`row ${y}, column ${x}`, shown, given, number);
  }));
  return row;
}

/**
 * @param {string} place
 * @param {Uint8Array} pixel
 * @param {Uint8Array} received the same in the model's order of channels
 * @param {Preprocess} number
 */
function tableCell(place, pixel, received, number) {
  const isGrey = pixel.length === 1;
  const cell = make("td", "", number(received[0], 0).toFixed(2).replace(/^(-?)0\./, "$1."));
  cell.style.background = `rgb(${isGrey ? [pixel[0], pixel[0], pixel[0]] : [...pixel]})`;
  cell.style.color = pixel[isGrey ? 0 : 1] > LIGHT ? "#000" : "#fff"; // green is most of brightness
  const says = Array.from(received, (byte, channel) => `${number(byte, channel)} (pixel ${byte})`);
  cell.dataset.says = `${place}: ${says.join(", ")}`;
  return cell;
}
