// Parts of a proof: an interval as a picture, cards of examples, the table of classes.

import { make, plain } from "../../ui/dom.js";
import { count } from "../../ui/numbers.js";

/** @typedef {{id: string, given: string, image: string}} Picture */

/**
 * @typedef {object} Group
 * @property {string} class
 * @property {number} examples
 * @property {number} difference
 * @property {number} low
 * @property {number} high
 * @property {number} repaired
 * @property {number} broken
 * @property {number} p_holm
 */

const CLASSES = 12;

/**
 * A share as points of a hundred, with its sign.
 *
 * @param {number} value
 */
export function points(value) {
  const text = (100 * value).toFixed(2);
  return `${value > 0 ? "+" : ""}${text.replace("-", "−")}`;
}

/**
 * A difference with its interval on a line that has zero in the middle.
 *
 * @param {{value: number, low: number, high: number}} found
 */
export function interval({ value, low, high }) {
  const reach = 1.15 * Math.max(Math.abs(low), Math.abs(high), 0.001);
  const place = /** @param {number} at */ (at) => `${(50 + (50 * at) / reach).toFixed(2)}%`;
  const line = make("div", "hx-fx-interval");
  for (const [name, at] of Object.entries({ "--low": low, "--high": high, "--value": value })) {
    line.style.setProperty(name, place(at));
  }
  line.classList.toggle("hx-fx-up", low > 0);
  line.classList.toggle("hx-fx-down", high < 0);
  line.append(make("span", "hx-fx-zero"), make("span", "hx-fx-range"), make("span", "hx-fx-value"));
  line.setAttribute("role", "img");
  const text = `${points(value)} points, interval ${points(low)} to ${points(high)}`;
  line.setAttribute("aria-label", text);
  const ends = make("div", "hx-fx-ends");
  ends.append(make("span", "", "worse"), make("strong", "", text), make("span", "", "better"));
  const node = make("div", "hx-fx-interval-box");
  node.append(line, ends);
  return node;
}

/** @param {Picture[]} list */
export function pictures(list) {
  const node = make("ul", "hx-fx-pictures");
  node.append(...list.map(({ id, given, image }) => {
    const item = make("li", "");
    const place = make("span", "hx-fx-place", image ? undefined : "no image");
    if (image) {
      const picture = make("img", "hx-pixels");
      Object.assign(picture, { src: image, alt: "" });
      place.append(picture);
    }
    item.append(place, make("span", "hx-fx-id", plain(id)));
    if (given) item.append(make("span", "hx-fx-given", `given ${plain(given)}`));
    item.title = plain(id);
    return item;
  }));
  return node;
}

/**
 * The classes that changed most, the worst first.
 *
 * @param {Group[]} groups
 */
export function classTable(groups) {
  const sorted = [...groups].sort((a, b) => a.difference - b.difference);
  const half = CLASSES / 2;
  const shown = sorted.length > CLASSES ? [...sorted.slice(0, half), ...sorted.slice(-half)] : sorted;
  const head = make("tr", "");
  head.append(...["class", "difference", "interval", "repaired", "broken", "p (Holm)"].map((name) => {
    const cell = make("th", "", name);
    cell.scope = "col";
    return cell;
  }));
  const top = make("thead", "");
  top.append(head);
  const body = make("tbody", "");
  body.append(...shown.map((one) => {
    const title = make("th", "", plain(one.class));
    title.scope = "row";
    const row = make("tr", "");
    const cells = [points(one.difference), `${points(one.low)} to ${points(one.high)}`, count(one.repaired),
      count(one.broken), one.p_holm < 1e-4 ? "< 0.0001" : String(Number(one.p_holm.toPrecision(2)))];
    row.append(title, ...cells.map((text) => make("td", "hx-fx-num", text)));
    return row;
  }));
  const table = make("table", "hx-fx-table");
  table.append(top, body);
  const node = make("div", "hx-fx-scroll");
  node.tabIndex = 0;
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", "difference in each class");
  node.append(table);
  if (shown.length < sorted.length) {
    const wrap = make("div", "");
    wrap.append(node, make("p", "hx-fx-note", `The ${half} that lost most and the ${half} that gained most, of `
      + `${count(sorted.length)} classes.`));
    return wrap;
  }
  return node;
}
