// The slices: the error rate of each value of the further columns of the data.

import { find, make, plain } from "../../ui/dom.js";
import { count, percent } from "../../ui/numbers.js";
import { interval } from "./facts.js";
import { labelMore, toExamples } from "./names.js";

/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./facts.js").Slice} Slice */

const FIRST = 12;
const TITLES = ["slice", "examples", "wrong", "error rate", "95 % interval", "p"];

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 * @param {boolean} open whether all are shown
 */
export function drawSlices(element, { slices }, open) {
  const { rows, says } = slices;
  find(element, ".hx-ov-slices-panel").hidden = !says;
  find(element, ".hx-ov-slices-note").textContent = plain(says);
  const table = find(element, ".hx-ov-slices");
  table.hidden = !rows.length;
  const head = make("tr", "");
  head.append(...TITLES.map((title) => {
    const node = make("th", "", title);
    node.scope = "col";
    return node;
  }));
  find(table, "thead").replaceChildren(head);
  find(table, "tbody").replaceChildren(...(open ? rows : rows.slice(0, FIRST)).map(row));
  labelMore(find(element, ".hx-ov-more-slices"), { all: rows.length, first: FIRST, open, noun: "slices" });
}

/** @param {Slice} one */
function row(one) {
  const name = make("th", "");
  name.scope = "row";
  const text = plain(one.slice.map(([column, value]) => `${column} = ${value}`).join(", "));
  name.append(one.filter ? toExamples("hx-ov-link", text, viewOf(one.filter)) : text);
  if (one.p !== null) name.append(" ", make("span", "hx-ov-flag", "more errors"));
  const values = [count(one.examples), count(one.wrong), percent(one.error.value ?? 0), interval(one.error),
    one.p === null ? "" : one.p.toPrecision(2)];
  const node = make("tr", "");
  node.append(name, ...values.map((value) => make("td", "hx-ov-num", value)));
  return node;
}

/** @param {Record<string, string>} filter values by name of their column */
function viewOf(filter) {
  return Object.fromEntries(Object.entries(filter).map(([name, value]) => [`meta.${name}`, value]));
}
