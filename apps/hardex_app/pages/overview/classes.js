// The table of classes: accuracy with its interval, numbers of examples, balance.

import { find, make, makeButton, plain } from "../../ui/dom.js";
import { count, percent } from "../../ui/numbers.js";
import { FLAGS } from "./balance.js";
import { balance, COLUMNS, ordered } from "./class_order.js";
import { interval } from "./facts.js";
import { classLink, labelMore, toExamples } from "./names.js";

/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./class_order.js").Order} Order */
/** @typedef {import("./class_order.js").Column} Column */

const FIRST = 50;
const FLOORS = [0.95, 0.9, 0.8, 0.5]; // where the axis of accuracy may begin

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 * @param {{open: boolean, order: Order}} shown
 * @param {(order: Order) => void} reorder called when a heading is pressed
 */
export function drawClasses(element, facts, { open, order }, reorder) {
  const floor = floorOf(facts);
  const numbers = ordered(facts, order);
  const head = make("tr", "");
  head.append(...COLUMNS.map((column) => heading(column, floor, order, reorder)));
  const table = find(element, ".hx-ov-classes");
  find(table, "thead").replaceChildren(head);
  const rows = (open ? numbers : numbers.slice(0, FIRST)).map((i) => classRow(facts, i, floor));
  find(table, "tbody").replaceChildren(...rows);
  labelMore(find(element, ".hx-ov-more-classes"), { all: numbers.length, first: FIRST, open, noun: "classes" });
}

/**
 * Where the axis of accuracy begins, so that the lowest interval fits.
 *
 * @param {Facts} facts
 */
function floorOf({ classes }) {
  const least = Math.min(1, ...classes.map((one) => one[3] ?? 1));
  return FLOORS.find((one) => one <= least) || 0;
}

/**
 * @param {Column} column
 * @param {number} floor
 * @param {Order} order
 * @param {(order: Order) => void} reorder
 */
function heading({ name, down }, floor, order, reorder) {
  const node = make("th", `hx-ov-col-${name}`);
  node.scope = "col";
  const chosen = order.by === name;
  if (chosen) node.setAttribute("aria-sort", order.down ? "descending" : "ascending");
  const button = makeButton("hx-ov-sort", name, () => reorder({ by: name, down: chosen ? !order.down : down }));
  button.append(sortMark(chosen, order.down));
  node.append(button);
  if (name === "accuracy") node.append(make("span", "hx-ov-aside", `${100 * floor} to 100 %, with 95 % interval`));
  return node;
}

/**
 * @param {boolean} chosen
 * @param {boolean} down
 */
function sortMark(chosen, down) {
  const mark = make("span", "", chosen ? (down ? " ↓" : " ↑") : "");
  mark.setAttribute("aria-hidden", "true");
  return mark;
}

/**
 * @param {Facts} facts
 * @param {number} i
 * @param {number} floor
 */
function classRow(facts, i, floor) {
  const [given, predicted] = facts.classes[i];
  const className = facts.class_names[i];
  const name = make("th", "hx-ov-col-class");
  name.scope = "row";
  name.append(classLink("hx-ov-link", className, { given: className }));
  const row = make("tr", "");
  row.append(name, accuracyCell(facts, i, floor), countCell("given", given, className),
    countCell("predicted", predicted, className), balanceCell(facts, i));
  return row;
}

/**
 * @param {Facts} facts
 * @param {number} i
 * @param {number} floor
 */
function accuracyCell(facts, i, floor) {
  const [, , value, low, high] = facts.classes[i];
  const node = make("td", "hx-ov-col-accuracy");
  if (value === null || low === null || high === null)
    {node.append(make("span", "hx-ov-aside", "no example is given this class"));}
  else
    {node.append(whiskers({ value, low, high, all: facts.accuracy.value ?? 0 }, floor),
      make("span", "hx-ov-value", percent(value)));}
  return node;
}

/**
 * A point with its interval, and a line at the accuracy of all classes.
 *
 * @param {{value: number, low: number, high: number, all: number}} accuracy
 * @param {number} floor
 */
function whiskers(accuracy, floor) {
  const node = make("span", "hx-ov-whiskers");
  for (const [name, p] of Object.entries(accuracy))
    {node.style.setProperty(`--${name}`, `${(100 * Math.max(0, p - floor)) / (1 - floor)}%`);}
  node.append(make("span", "hx-ov-all"), make("span", "hx-ov-range"), make("span", "hx-ov-dot"));
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", `95 % interval ${interval(accuracy)}`);
  node.title = `${percent(accuracy.value)}, 95 % interval ${interval(accuracy)}`;
  return node;
}

/**
 * @param {"given" | "predicted"} column
 * @param {number} n
 * @param {string} className
 */
function countCell(column, n, className) {
  const node = make("td", `hx-ov-col-${column} hx-ov-num`);
  if (!n) {
    node.append("0");
    return node;
  }
  const inside = toExamples("hx-ov-link", count(n), { [column]: className });
  inside.setAttribute("aria-label", `${count(n)} ${column} ${plain(className)}`);
  node.append(inside);
  return node;
}

/**
 * @param {Facts} facts
 * @param {number} i
 */
function balanceCell(facts, i) {
  const [given, predicted, , , , flag] = facts.classes[i];
  const node = make("td", "hx-ov-col-balance");
  if (flag) node.append(make("span", `hx-ov-flag hx-ov-flag-${flag}`, FLAGS[flag]));
  else if (given && !predicted) node.append(make("span", "hx-ov-aside", "none, too few to judge"));
  else if (given) node.append(make("span", "hx-ov-times", `× ${(balance(facts, i) ?? 0).toFixed(2)}`));
  return node;
}
