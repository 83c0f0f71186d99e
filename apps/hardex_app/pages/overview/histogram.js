// How confident the model is where it is right and where it is wrong.

import { find, make, plain } from "../../ui/dom.js";
import { count, many } from "../../ui/numbers.js";
import { toExamples } from "./names.js";

/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./facts.js").Bin} Bin */

const SURE = 0.9;
const ROWS = [
  { name: "errors", correct: "no", of: (/** @type {Bin} */ bin) => bin.examples - bin.right },
  { name: "right", correct: "yes", of: (/** @type {Bin} */ bin) => bin.right },
];

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 */
export function drawHistogram(element, { calibration: { bins } }) {
  find(element, ".hx-ov-histogram-note").textContent = sentence(bins);
  find(element, ".hx-ov-histograms").replaceChildren(...ROWS.map((row) => histogram(bins, row)), axis());
}

/**
 * The errors that a threshold on the confidence would not catch.
 *
 * @param {Bin[]} bins
 */
export function sentence(bins) {
  const wrong = sum(bins, ROWS[0].of);
  if (!wrong) return "Every prediction is right.";
  const sure = bins.filter((bin) => bin.from >= SURE);
  if (!sure.length) return `${many(wrong, "error")}; none is made with high confidence.`;
  const least = Math.round(100 * sure[0].from);
  return `${count(sum(sure, ROWS[0].of))} of ${many(wrong, "error")} are made with a confidence above ${least} %.`;
}

/**
 * @param {Bin[]} bins
 * @param {(bin: Bin) => number} of
 */
function sum(bins, of) {
  return bins.reduce((total, bin) => total + of(bin), 0);
}

/**
 * @param {Bin[]} bins
 * @param {typeof ROWS[number]} row
 */
function histogram(bins, { name, correct, of }) {
  const most = Math.max(1, ...bins.map(of));
  const box = make("div", `hx-ov-histogram hx-ov-histogram-${name}`);
  const bars = make("div", "hx-ov-columns");
  bars.append(...bins.filter(of).map((bin) => column(bin, { n: of(bin), most, name, correct })));
  const title = make("h3", "", `${name} `);
  title.append(make("span", "hx-ov-aside", many(sum(bins, of), "example")));
  box.append(title, bars);
  return box;
}

/**
 * A bar as tall as the square root of its number: a bin of one example can be seen beside one of 9,000.
 *
 * @param {Bin} bin
 * @param {{n: number, most: number, name: string, correct: string}} bar
 */
function column(bin, { n, most, name, correct }) {
  const filter = { correct, score: "confidence", least: bin.least, most: bin.most };
  const node = toExamples("hx-ov-column", undefined, filter);
  const range = `${Math.round(100 * bin.from)} to ${Math.round(100 * bin.to)} %`;
  node.title = `${many(n, "example")} (${plain(name)}), confidence ${range}`;
  node.setAttribute("aria-label", node.title);
  node.style.setProperty("--from", String(bin.from));
  node.style.setProperty("--width", String(bin.to - bin.from));
  node.style.setProperty("--tall", String(Math.sqrt(n / most)));
  node.append(make("span", "hx-ov-column-n", count(n)), make("span", "hx-ov-column-bar"));
  return node;
}

function axis() {
  const node = make("div", "hx-ov-column-axis");
  node.append(...["0 %", "50 %", "100 %"].map((text) => make("span", "", text)));
  node.setAttribute("aria-hidden", "true");
  return node;
}
