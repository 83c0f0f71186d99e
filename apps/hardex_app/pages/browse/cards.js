// The cards of the grid: one example each.

import { find, make, makeButton, plain } from "../../ui/dom.js";
import { placeText } from "../../ui/lists.js";
import { percent } from "../../ui/numbers.js";

/** @typedef {import("./desk.js").State} State */
/** @typedef {import("./desk.js").Row} Row */

/**
 * @param {State} state
 * @param {Row} row
 * @param {(row: Row, event: MouseEvent) => void} clicked
 */
export function card(state, row, clicked) {
  const button = makeButton("hx-card", "", (event) => clicked(row, event));
  const given = plain(row.given);
  const predicted = plain(row.predicted);
  const ranks = Object.entries(row.ranks);
  const places = ranks.map(([list, rank]) => `${placeText(list, rank)}, `).join("");
  button.dataset.id = row.id;
  button.dataset.label = `${places}given ${given}, predicted ${predicted}, confidence ${row.confidence.toFixed(2)}`
    + (row.cause ? `, cause ${plain(row.cause.words)}` : "");
  button.title = `given ${given}, predicted ${predicted}\n${plain(row.id)}`;
  const line = make("span", "hx-line");
  line.append(...ranks.map(([list, rank]) => make("span", `hx-tag hx-${list}`, placeText(list, rank))));
  if (row.cause) line.append(causeTag(row.cause));
  button.append(make("span", "hx-place"), make("span", "hx-row-id", plain(row.id)), head(state, row), line);
  drawVerdicts(state, button, row);
  const item = make("div", "hx-item");
  item.setAttribute("role", "listitem");
  item.append(button);
  return item;
}

/**
 * Why the example is hard, with how sure that is and what else it may be on hovering.
 *
 * @param {NonNullable<Row["cause"]>} cause
 */
function causeTag({ cause, words, confidence, second }) {
  const tag = make("span", "hx-tag hx-why", plain(words));
  const sure = confidence === null || cause === "unexplained" ? "" : ` (${percent(confidence)})`;
  tag.title = `why it is hard: ${plain(words)}${sure}${second ? `, or else ${plain(second)}` : ""}`;
  return tag;
}

/**
 * @param {State} state
 * @param {Row} row
 */
function head(state, row) {
  const labels = make("strong", "hx-shift");
  const second = row.given === row.predicted ? "✓" : `→ ${plain(row.predicted)}`;
  labels.append(make("span", "", plain(row.given)), make("span", "", second));
  const { sort } = state.view;
  const byScore = sort && sort !== "confidence" && row.score !== null;
  const number = make("span", "hx-conf", byScore ? (row.score ?? 0).toFixed(3) : percent(row.confidence));
  number.title = byScore ? plain(sort) : "confidence";
  const node = make("span", "hx-card-head");
  node.append(labels, number);
  return node;
}

/**
 * The verdicts on a card: "right", "wrong ×2", "right, wrong".
 *
 * @param {State} state
 * @param {HTMLElement} button
 * @param {Row} row
 */
export function drawVerdicts(state, button, { verdicts }) {
  button.querySelector(".hx-mark")?.remove();
  const text = verdictsText(state, verdicts);
  button.setAttribute("aria-label", button.dataset.label + (text ? `, judged ${text}` : ""));
  if (!text) return;
  const kind = new Set(verdicts).size > 1 ? "split" : verdicts[0];
  const mark = make("span", `hx-tag hx-mark hx-mark-${kind}`, `✎ ${text}`);
  mark.title = `verdicts on the given label: ${text}`;
  find(button, ".hx-line").append(mark);
}

/**
 * @param {State} state
 * @param {string[]} verdicts
 */
function verdictsText({ facts }, verdicts) {
  return [...new Set(verdicts)].map((value) => {
    const times = verdicts.filter((other) => other === value).length;
    const name = facts?.verdicts.find((one) => one.value === value)?.words ?? value;
    return name.toLowerCase() + (times > 1 ? ` ×${times}` : "");
  }).join(", ");
}
