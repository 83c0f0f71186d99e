// The reliability diagram: confidence against accuracy, with the number of examples beneath.

import { find, make, shape } from "../../ui/dom.js";
import { count, many, percent } from "../../ui/numbers.js";
import { interval, percentOrDash } from "./facts.js";

/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./facts.js").Bin} Bin */

const LEFT = 44;
const TOP = 24;
const SIDE = 300;
const STRIP = 44; // height of the bars that count examples
const BASE = TOP + SIDE + 26 + STRIP;
const [WIDTH, HEIGHT] = [364, 444];
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** @param {number} p */
const x = (p) => LEFT + SIDE * p;
/** @param {number} p */
const y = (p) => TOP + SIDE * (1 - p);

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 */
export function drawCalibration(element, { calibration }) {
  find(element, ".hx-ov-sure").textContent = calibration.says;
  find(element, ".hx-ov-diagram").replaceChildren(diagram(calibration));
  const table = find(element, ".hx-ov-bins");
  find(table, "thead").replaceChildren(headRow(["confidence", "examples", "mean", "accuracy", "95 % interval"]));
  find(table, "tbody").replaceChildren(...calibration.bins.map(binRow));
}

/** @param {Facts["calibration"]} calibration */
function diagram({ bins, says }) {
  const picture = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "hx-ov-reliability" });
  picture.setAttribute("aria-label", `Reliability diagram. ${says} ${bins.map(inWords).join(" ")}`);
  const most = Math.max(1, ...bins.map((one) => one.examples));
  picture.append(...TICKS.flatMap(tick), ...bins.map((one) => binShape(one, most)), ...axes());
  return picture;
}

/** @param {Bin} bin */
function inWords(bin) {
  return `Confidence ${percent(bin.confidence)}, accuracy ${percentOrDash(bin.value)} of ${count(bin.examples)}.`;
}

/** @param {number} p */
function tick(p) {
  const text = `${100 * p} %`;
  return [
    shape("line", { x1: x(0), x2: x(1), y1: y(p), y2: y(p), class: "hx-ov-rule" }),
    shape("text", { x: LEFT - 6, y: y(p) + 4, "text-anchor": "end" }, text),
    shape("text", { x: x(p), y: BASE + 16, "text-anchor": "middle" }, text),
  ];
}

/**
 * @param {Bin} bin
 * @param {number} most
 */
function binShape(bin, most) {
  const from = x(bin.from) + 1;
  const width = Math.max(1, x(bin.to) - x(bin.from) - 2);
  const middle = x(bin.confidence);
  const tall = Math.max(1, STRIP * Math.sqrt(bin.examples / most));
  const [value, low, high] = [bin.value ?? 0, bin.low ?? 0, bin.high ?? 0];
  const title = `confidence ${percent(bin.confidence)}, accuracy ${percentOrDash(bin.value)} (${interval(bin)}) `
    + `of ${many(bin.examples, "example")}`;
  const group = shape("g", { class: "hx-ov-bin" });
  group.append(
    shape("title", {}, title),
    shape("rect", { x: from, width, y: y(value), height: SIDE * value, class: "hx-ov-bar" }),
    shape("line", { x1: middle, x2: middle, y1: y(low), y2: y(high), class: "hx-ov-whisker" }),
    shape("circle", { cx: middle, cy: y(value), r: 3.5, class: "hx-ov-point" }),
    shape("rect", { x: from, width, y: BASE - tall, height: tall, class: "hx-ov-count-bar" }),
  );
  return group;
}

function axes() {
  return [
    shape("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), class: "hx-ov-diagonal" }),
    shape("text", { x: x(0), y: TOP - 9, class: "hx-ov-axis" }, "accuracy"),
    shape("text", { x: x(0), y: BASE - STRIP - 5, class: "hx-ov-axis" }, "number of examples (square root)"),
    shape("text", { x: x(0.5), y: BASE + 34, "text-anchor": "middle", class: "hx-ov-axis" }, "confidence"),
  ];
}

/** @param {string[]} titles */
function headRow(titles) {
  const row = make("tr", "");
  row.append(...titles.map((title) => {
    const node = make("th", "", title);
    node.scope = "col";
    return node;
  }));
  return row;
}

/** @param {Bin} bin */
function binRow(bin) {
  const range = make("th", "", `${Math.round(100 * bin.from)} to ${Math.round(100 * bin.to)} %`);
  range.scope = "row";
  const values = [count(bin.examples), percent(bin.confidence), percentOrDash(bin.value), interval(bin)];
  const row = make("tr", "");
  row.append(range, ...values.map((text) => make("td", "", text)));
  return row;
}
