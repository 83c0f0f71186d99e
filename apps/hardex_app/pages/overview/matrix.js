// The confusion matrix: one row per given class, one column per predicted class.

import { find, make, plain } from "../../ui/dom.js";
import { count, many, percent } from "../../ui/numbers.js";
import { shareOf } from "./facts.js";
import { classLink, toExamples } from "./names.js";

/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {{facts: Facts, shares: boolean, dense: boolean}} Look what the cells show, and how */

const DENSE_FROM = 16; // classes a side: from here on cells are small

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 * @param {boolean} shares
 * @returns {number} classes a side; 0 without a matrix
 */
export function drawMatrix(element, facts, shares) {
  const table = find(element, ".hx-ov-matrix", HTMLTableElement);
  const confusion = facts.confusion;
  find(element, ".hx-ov-switch").hidden = table.hidden = !confusion;
  find(element, ".hx-ov-matrix-note").textContent = confusion ? note(facts, confusion, shares) : facts.problem;
  if (!confusion) return 0;
  const look = { facts, shares, dense: confusion.classes.length >= DENSE_FROM };
  find(table, "caption").textContent = caption(shares);
  find(table, "thead").replaceChildren(headRow(look, confusion.classes));
  find(table, "tbody").replaceChildren(...bodyRows(look, confusion));
  size(table, look, confusion.classes);
  return confusion.classes.length;
}

/**
 * @param {Facts} facts
 * @param {NonNullable<Facts["confusion"]>} confusion
 * @param {boolean} shares
 */
function note(facts, confusion, shares) {
  const shown = confusion.classes.length;
  const all = facts.class_names.length;
  const chosen = shown < all
    ? `The ${shown} classes with the most errors, of ${count(all)}; the list of pairs leads to the others. `
    : "";
  const numbers = shares ? "Numbers are percent of the given class. " : "";
  return `${chosen}${numbers}Rows are given, columns predicted. Choose a cell to see its examples.`;
}

/** @param {boolean} shares */
function caption(shares) {
  const numbers = shares ? "shares of the given class in percent" : "numbers of examples";
  return `Confusion matrix: one row per given class, one column per predicted class, ${numbers}. `
    + "Arrow keys move, Enter opens the examples.";
}

/**
 * @param {HTMLTableElement} table
 * @param {Look} look
 * @param {number[]} classes
 */
function size(table, look, classes) {
  const signs = [...table.querySelectorAll("td a")].map((one) => (one.textContent ?? "").length);
  const longest = look.dense ? 2 : 3;
  table.style.setProperty("--cells", String(classes.length));
  table.style.setProperty("--signs", String(Math.max(...signs, 1)));
  table.classList.toggle("hx-ov-dense", look.dense);
  table.classList.toggle("hx-ov-upright", classes.every((i) => [...look.facts.class_names[i]].length <= longest));
}

/**
 * @param {Look} look
 * @param {number[]} classes
 */
function headRow(look, classes) {
  const corner = make("td", "hx-ov-corner", "given ↓\npredicted →");
  corner.setAttribute("role", "gridcell");
  const row = make("tr", "");
  row.append(corner, ...classes.map((i) => heading("col", "predicted", look.facts.class_names[i])));
  return row;
}

/**
 * @param {Look} look
 * @param {NonNullable<Facts["confusion"]>} confusion
 */
function bodyRows(look, { classes, counts }) {
  const values = counts.map((line, r) => line.map((n) => (look.shares ? shareOf(look.facts, n, classes[r]) : n)));
  const most = Math.max(0, ...values.flatMap((line, r) => line.filter((_, c) => c !== r))) || 1;
  const best = Math.max(...values.map((line, r) => line[r])) || 1;
  return classes.map((given, r) => {
    const row = make("tr", "");
    row.append(heading("row", "given", look.facts.class_names[given]), ...classes.map((predicted, c) => {
      const depth = r === c ? values[r][c] / best : Math.sqrt(values[r][c] / most);
      return cell(look, { given, predicted, n: counts[r][c], depth });
    }));
    return row;
  });
}

/**
 * @param {"row" | "col"} scope
 * @param {"given" | "predicted"} what
 * @param {string} name
 */
function heading(scope, what, name) {
  const node = make("th", "");
  node.scope = scope;
  node.setAttribute("role", scope === "col" ? "columnheader" : "rowheader");
  const inside = classLink("hx-ov-cell", name, { [what]: name });
  inside.setAttribute("aria-label", `${what} ${plain(name)}`);
  node.append(inside);
  return node;
}

/**
 * @param {Look} look
 * @param {{given: number, predicted: number, n: number, depth: number}} one `depth` of its colour, 0 to 1
 */
function cell(look, { given, predicted, n, depth }) {
  const names = look.facts.class_names;
  const node = make("td", given === predicted ? "hx-ov-right" : "hx-ov-wrong");
  node.setAttribute("role", "gridcell");
  node.style.setProperty("--depth", depth.toFixed(3));
  const label = `given ${plain(names[given])}, predicted ${plain(names[predicted])}: `;
  if (!n) {
    node.classList.add("hx-ov-cell");
    node.setAttribute("aria-label", `${label}none`);
    return node;
  }
  const share = shareOf(look.facts, n, given);
  const text = look.shares ? shareText(share, look.dense) : countText(n, look.dense);
  const inside = toExamples("hx-ov-cell", text, { given: names[given], predicted: names[predicted] });
  inside.title = `${label}${many(n, "example")}, ${percent(share)}`;
  inside.setAttribute("aria-label", inside.title);
  node.append(inside);
  return node;
}

/**
 * @param {number} n
 * @param {boolean} dense
 */
function countText(n, dense) {
  if (n < (dense ? 1000 : 10000)) return String(n);
  return n.toLocaleString("en", { notation: "compact", maximumFractionDigits: 0 });
}

/**
 * @param {number} share
 * @param {boolean} dense
 */
function shareText(share, dense) {
  const text = (100 * share).toFixed(dense || share === 1 ? 0 : 1);
  if (Number(text) === 0) return dense ? "<1" : "<0.1";
  return text === "100.0" ? "99.9" : text;
}
