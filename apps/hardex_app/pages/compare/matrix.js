// One matrix of all models: what one has right and another wrong, what both have wrong, where they differ.

import { find, make, makeButton, plain } from "../../ui/dom.js";
import { count, many, percent } from "../../ui/numbers.js";
import { toList } from "./facts.js";

/** @typedef {import("./facts.js").Figures} Figures */

/**
 * @typedef {object} Kind
 * @property {string} list
 * @property {string} title
 * @property {string} note
 * @property {(figures: Figures, a: number, b: number) => number} count
 */

/** @type {Kind[]} */
const KINDS = [
  {
    list: "broken", title: "Right, wrong", count: ({ broken }, a, b) => broken[a][b],
    note: "Examples that the model of the row has right and that of the column wrong. Choose a cell to see them.",
  },
  {
    list: "both_wrong", title: "Both wrong", count: ({ both_wrong: both }, a, b) => both[a][b],
    note: "Examples that both models have wrong; on the diagonal, all errors of one. Choose a cell to see them.",
  },
  {
    list: "disagree", title: "Differ",
    count: ({ agreement, examples }, a, b) => Math.round((1 - agreement[a][b]) * examples),
    note: "Examples for which the two models predict different classes. Choose a cell to see them.",
  },
];

/**
 * @param {HTMLElement} element
 * @param {Figures} figures
 * @param {string[]} runs all that are open
 * @param {string} list the kind that is shown, by its list
 * @param {(list: string) => void} choose
 */
export function drawMatrix(element, figures, runs, list, choose) {
  const kind = KINDS.find((one) => one.list === list) ?? KINDS[0];
  find(element, ".hx-co-switch").replaceChildren(...KINDS.map((one) => {
    const button = makeButton("", one.title, () => choose(one.list));
    button.setAttribute("aria-pressed", String(one === kind));
    return button;
  }));
  find(element, ".hx-co-matrix-note").textContent = kind.note;
  find(element, ".hx-co-matrix caption").textContent = kind.note;
  const names = figures.runs.map(({ name }) => name);
  const head = make("tr", "");
  head.append(make("td", ""), ...names.map((name) => heading("col", name)));
  find(element, ".hx-co-matrix thead").replaceChildren(head);
  const most = Math.max(1, ...names.flatMap((_, a) => names.map((__, b) => (a === b ? 0 : kind.count(figures, a, b)))));
  find(element, ".hx-co-matrix tbody").replaceChildren(...names.map((name, a) => {
    const line = make("tr", "");
    const cells = names.map((other, b) => cell(kind, figures, runs, { a, b, name, other, most }));
    line.append(heading("row", name), ...cells);
    return line;
  }));
}

/**
 * @param {"row" | "col"} scope
 * @param {string} name
 */
function heading(scope, name) {
  const node = make("th", "");
  node.scope = scope;
  const text = make("span", "", plain(name));
  text.title = plain(name);
  node.append(text);
  return node;
}

/**
 * @param {Kind} kind
 * @param {Figures} figures
 * @param {string[]} runs
 * @param {{a: number, b: number, name: string, other: string, most: number}} place
 */
function cell(kind, figures, runs, { a, b, name, other, most }) {
  const node = make("td", "");
  const n = kind.count(figures, a, b);
  if (a === b && kind.list !== "both_wrong") {
    node.textContent = "–";
    return node;
  }
  const to = toList("hx-co-cell", count(n), runs, { list: kind.list, a: name, b: other });
  to.style.setProperty("--depth", String(a === b ? 0 : Math.sqrt(n / most)));
  to.title = `${percent(n / Math.max(1, figures.examples))} of all`;
  to.setAttribute("aria-label", `${plain(name)}, ${plain(other)}: ${many(n, "example")}`);
  node.append(to);
  return node;
}
