// The smallest changes that break or restore the prediction.

import { find, make, makeButton, plain } from "../../ui/dom.js";
import { percent } from "../../ui/numbers.js";
import { amountText } from "./amounts.js";
import { askOnce } from "./ask_once.js";
import { showAlong } from "./curve.js";
import { setAmounts } from "./sliders.js";
import { labelName, nothingYet, requestOf } from "./state.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./facts.js").Slider} Slider */
/** @typedef {import("./facts.js").Change} Change */
/** @typedef {import("./facts.js").SmallestAnswer} SmallestAnswer */

const SHARE_TITLE = "how far from the start to the end of the slider";
const PIXELS_TITLE = "how much the pixels change: root mean square, of 255";

const FIND = "Find the smallest changes";

/** @param {Page} page */
export function startSmallest(page) {
  const button = find(page.element, ".hx-find", HTMLButtonElement);
  /** @type {AbortController | null} */
  let searching = null;
  button.addEventListener("click", async () => {
    if (searching) {
      searching.abort();
      return;
    }
    searching = new AbortController();
    button.textContent = "Cancel";
    await search(page, searching.signal);
    button.textContent = FIND;
    searching = null;
  });
}

/** @param {Page} page */
export function forgetSmallest({ element }) {
  find(element, ".hx-smallest-says").textContent = "";
  find(element, ".hx-smallest-found").replaceChildren();
}

/**
 * Ask for part after part of the search, and show what is known by then. The server computes a part only while
 * it is asked for.
 *
 * @param {Page} page
 * @param {AbortSignal} signal
 */
async function search(page, signal) {
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
  say("Searching…");
  for (;;) {
    const answer = await askOnce(page, "smallest", request, say);
    if (picture !== state.pictures) {
      forgetSmallest(page); // it was of another picture
      return;
    }
    const isOver = Boolean(answer.error) || answer.done >= answer.total;
    say(answer.error || answer.sentence + (isOver ? "" : howFar(answer, signal)));
    if (!answer.error) find(element, ".hx-smallest-found").replaceChildren(...findings(page, answer, isOver));
    if (isOver || signal.aborted) return;
  }
}

/**
 * @param {SmallestAnswer} answer
 * @param {AbortSignal} signal
 */
function howFar({ done, total }, signal) {
  return signal.aborted ? " Cancelled." : ` (${Math.floor((100 * done) / total)} % searched)`;
}

/**
 * @param {Page} page
 * @param {SmallestAnswer} answer
 * @param {boolean} isOver
 */
function findings(page, { breaking, restoring, unchanged }, isOver) {
  /** @type {HTMLElement[]} */
  const nodes = [];
  if (breaking.length) nodes.push(table(page, "Breaks the prediction", breaking));
  if (restoring.length) nodes.push(table(page, `Restores the ${labelName(page.state)}`, restoring));
  const labels = unchanged.map((name) => page.rows.get(name)?.slider.label.toLowerCase() ?? name);
  if (labels.length && isOver) {
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
  for (const text of ["change", "becomes", "of its range", "pixels"]) {
    const cell = make("th", "", text);
    cell.scope = "col";
    if (text === "of its range") cell.title = SHARE_TITLE;
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
function tableRow(page, slider, { amount, class: name, share, change, rough }) {
  const row = make("tr", "");
  const button = makeButton("hx-take-it", `${slider.label} ${rough ? "at most " : ""}${amountText(slider, amount)}`,
    () => {});
  button.title = "Set the sliders to this change";
  const cell = make("td", "");
  cell.append(button);
  row.append(cell, make("td", "", plain(name)), make("td", "hx-number-cell", percent(share)),
    make("td", "hx-number-cell", change === undefined ? "…" : change.toFixed(1)));
  row.addEventListener("click", () => {
    showAlong(page, slider.name);
    setAmounts(page, { [slider.name]: amount }, { resetOthers: true });
  });
  return row;
}
