// One example, with its labels, probabilities, scores and why it is in a list.

import { addressOf } from "../../ui/address.js";
import { copy } from "../../ui/copy.js";
import { find, make, makeButton, plain } from "../../ui/dom.js";
import { placeText } from "../../ui/lists.js";
import { percent } from "../../ui/numbers.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Example} Example */

const COPIED_MS = 1500;

/**
 * @param {HTMLElement} element
 * @param {Example} shown
 */
export function drawDetail(element, shown) {
  find(element, ".hx-hint").hidden = true;
  find(element, ".hx-detail-body").hidden = false;
  find(element, ".hx-says").textContent = title(shown);
  find(element, ".hx-probe-this", HTMLAnchorElement).href = addressOf({ page: "probe", id: shown.id });
  find(element, ".hx-facts").replaceChildren(...facts(shown));
  find(element, ".hx-reasons").replaceChildren(...reasons(shown));
  find(element, ".hx-bars").replaceChildren(...shown.bars.map((one) => bar(one, shown)));
  const probabilities = shown.bars.map((one) => `${plain(one.class)} ${percent(one.p)}`).join(", ");
  find(element, ".hx-bars").setAttribute("aria-label", `probabilities: ${probabilities}`);
  find(element, ".hx-score-list").replaceChildren(...shown.scores.flatMap(score));
}

/** @param {Example} shown */
function title({ given, predicted }) {
  if (given === predicted) return `${plain(given)}, and the model agrees`;
  return `Given ${plain(given)}, the model says ${plain(predicted)}`;
}

/** @param {Example} shown */
function facts(shown) {
  return [
    ...fact("id", "id", shown.id, true),
    ...(shown.file_name ? fact("file", "file name", shown.file_name, true) : []),
    ...Object.entries(shown.meta).flatMap(([name, value]) => fact("meta", plain(name), value)),
  ];
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {string} text
 * @param {boolean} copied whether there is a button that copies it
 */
function fact(kind, name, text, copied = false) {
  const value = make("dd", `hx-fact-${kind}`);
  const shown = make("span", "hx-fact-text", plain(text));
  value.append(shown);
  if (copied) {
    const button = makeButton("hx-copy", "Copy", () => copyText(text, button, shown));
    button.setAttribute("aria-label", `copy the ${name}`);
    value.append(button);
  }
  return [make("dt", "", name), value];
}

/**
 * @param {string} text
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} shown
 */
async function copyText(text, button, shown) {
  if (!(await copy(text))) {
    getSelection()?.selectAllChildren(shown);
    button.textContent = "Selected: press Ctrl-C";
    return;
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, COPIED_MS);
}

/** @param {Example} shown */
function reasons(shown) {
  if (!shown.reasons.length) return [make("li", "hx-quiet", "in neither list of hard examples")];
  return shown.reasons.map(({ list, rank, reason }) => {
    const item = make("li", "");
    item.append(make("span", `hx-tag hx-${list}`, placeText(list, rank)), ` ${plain(reason)}`);
    return item;
  });
}

/**
 * @param {import("./desk.js").Bar} one
 * @param {{given: string, predicted: string}} shown
 */
export function bar(one, shown) {
  const row = make("div", "hx-bar");
  row.classList.toggle("hx-is-given", one.class === shown.given);
  row.classList.toggle("hx-is-predicted", one.class === shown.predicted);
  const track = make("span", "hx-track");
  const fill = make("span", "hx-fill");
  fill.style.width = `${100 * one.p}%`;
  track.append(fill);
  const name = make("span", "hx-class", plain(one.class));
  name.title = plain(one.class);
  row.append(name, track, make("span", "hx-value", percent(one.p)));
  return row;
}

/** @param {Example["scores"][number]} one */
function score(one) {
  const name = make("dt", "");
  const value = make("dd", "");
  const meaning = [one.meaning, one.formula].filter(Boolean).join(": ");
  name.append(make("strong", "", plain(one.name)), make("span", "hx-meaning", meaning));
  const easier = make("span", "hx-meaning hx-easier");
  easier.dataset.score = one.name;
  value.append(make("strong", "", one.value.toFixed(4)), easier);
  return [name, value];
}

/**
 * How many examples are easier takes longer than the rest, and follows it.
 *
 * @param {Desk} desk
 */
export async function askEasier({ element, server, state }) {
  const id = state.shown?.id;
  const answer = (await server.easier(id).catch(() => null)) || {};
  if (state.shown?.id !== id) return;
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll(".hx-easier"))) {
    const easier = answer[node.dataset.score ?? ""];
    if (typeof easier !== "number") continue;
    node.textContent = `harder than ${(Math.floor(10000 * easier) / 100).toFixed(2)} % of all`;
  }
}
