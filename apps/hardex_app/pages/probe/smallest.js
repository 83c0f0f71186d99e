// The smallest changes that break or restore the prediction.

import { find, make, makeButton, plain } from "../../ui/dom.js";
import { amountText } from "./amounts.js";
import { askOnce } from "./ask_once.js";
import { showAlong } from "./curve.js";
import { setAmounts } from "./sliders.js";
import { labelName, nothingYet, requestOf } from "./state.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./facts.js").Slider} Slider */
/** @typedef {import("./facts.js").Change} Change */
/** @typedef {import("./facts.js").SmallestAnswer} SmallestAnswer */

const PIXELS_TITLE = "how much the pixels change: root mean square, of 255";

/** @param {Page} page */
export function startSmallest(page) {
  const button = find(page.element, ".hx-find", HTMLButtonElement);
  button.addEventListener("click", () => search(page, button));
}

/** @param {Page} page */
export function forgetSmallest({ element }) {
  find(element, ".hx-smallest-says").textContent = "";
  find(element, ".hx-smallest-found").replaceChildren();
}

/**
 * @param {Page} page
 * @param {HTMLButtonElement} button
 */
async function search(page, button) {
  const { state, element } = page;
  const [request, picture] = [requestOf(state), state.pictures];
  forgetSmallest(page);
  /** @param {string} text */
  const say = (text) => {
    find(element, ".hx-smallest-says").textContent = plain(text);
  };
  if (!request) {
    say(nothingYet(state));
    return;
  }
  button.disabled = true;
  say("Searching…");
  const answer = await askOnce(page, "smallest", request, say);
  button.disabled = false;
  if (picture !== state.pictures) {
    forgetSmallest(page); // it was of another picture
    return;
  }
  say(answer.error || answer.sentence);
  if (!answer.error) find(element, ".hx-smallest-found").replaceChildren(...findings(page, answer));
}

/**
 * @param {Page} page
 * @param {SmallestAnswer} answer
 */
function findings(page, { breaking, restoring, unchanged }) {
  /** @type {HTMLElement[]} */
  const nodes = [];
  if (breaking.length) nodes.push(table(page, "Breaks the prediction", breaking));
  if (restoring.length) nodes.push(table(page, `Restores the ${labelName(page.state)}`, restoring));
  const labels = unchanged.map((name) => page.rows.get(name)?.slider.label.toLowerCase() ?? name);
  if (labels.length) {
    const sentence = `Alone, these do not change the prediction at any amount tried: ${labels.join(", ")}.`;
    nodes.push(make("p", "hx-muted", sentence));
  }
  return nodes;
}

/**
 * @param {Page} page
 * @param {string} caption
 * @param {Change[]} changes
 */
function table(page, caption, changes) {
  const node = make("table", "hx-small-table");
  const head = node.createTHead().insertRow();
  for (const text of ["change", "becomes", "pixels"]) {
    const cell = make("th", "", text);
    cell.scope = "col";
    if (text === "pixels") cell.title = PIXELS_TITLE;
    head.append(cell);
  }
  const body = node.createTBody();
  for (const change of changes) {
    const slider = page.rows.get(change.transform)?.slider;
    if (slider) body.append(tableRow(page, slider, change));
  }
  node.prepend(make("caption", "", caption));
  return node;
}

/**
 * @param {Page} page
 * @param {Slider} slider
 * @param {Change} change
 */
function tableRow(page, slider, { amount, class: name, change }) {
  const row = make("tr", "");
  const button = makeButton("hx-take-it", `${slider.label} ${amountText(slider, amount)}`, () => {});
  button.title = "Set the sliders to this change";
  const cell = make("td", "");
  cell.append(button);
  row.append(cell, make("td", "", plain(name)), make("td", "hx-number-cell", change.toFixed(1)));
  row.addEventListener("click", () => {
    showAlong(page, slider.name);
    setAmounts(page, { [slider.name]: amount }, { resetOthers: true });
  });
  return row;
}
