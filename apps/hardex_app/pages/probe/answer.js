// Before and after: both pictures, and what the model says about them.

import { find, make, plain } from "../../ui/dom.js";
import { percent } from "../../ui/numbers.js";
import { showCurve } from "./curve.js";
import { paint } from "./pixels.js";
import { labelName, nothingYet } from "./state.js";
import { clearTensor, showTensor } from "./tensor.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./facts.js").Picture} Picture */
/** @typedef {import("./facts.js").ClassBar} ClassBar */

/** @param {Page} page */
export function showAnswer(page) {
  const { element, state } = page;
  if (!state.answer) return;
  const { before, after } = state.answer;
  showPicture(element, "before", before);
  showPicture(element, "after", after);
  find(element, ".hx-quick").textContent = `The model says ${plain(after.predicted)}, ${percent(after.confidence)}`;
  showBars(element, state.answer, labelName(state));
  showTensor(page);
  element.dataset.answers = String(Number(element.dataset.answers || 0) + 1);
}

/**
 * @param {HTMLElement} element
 * @param {"before" | "after"} name
 * @param {Picture} picture
 */
function showPicture(element, name, picture) {
  const { predicted, confidence } = picture;
  const canvas = find(element, `.hx-${name}`, HTMLCanvasElement);
  paint(canvas, picture);
  canvas.setAttribute("aria-label", `${name}: the model says ${plain(predicted)}, ${percent(confidence)}`);
  const says = find(element, `.hx-says-${name}`);
  says.replaceChildren(make("span", "hx-says-class", plain(predicted)), make("span", "", percent(confidence)));
  says.title = predicted;
}

/**
 * @param {HTMLElement} element
 * @param {import("./facts.js").ProbeAnswer} answer
 * @param {string} label what the label is called that the picture should have
 */
function showBars(element, { classes, given, after }, label) {
  const bars = find(element, ".hx-pair-bars");
  const key = classes.map((one) => one.class).join("\n");
  if (bars.dataset.key !== key) {
    bars.replaceChildren(...classes.map(pairBar));
    bars.dataset.key = key;
  }
  for (const [i, one] of classes.entries()) {
    const bar = /** @type {HTMLElement} */ (bars.children[i]);
    bar.classList.toggle("hx-is-given", one.class === given);
    bar.classList.toggle("hx-is-predicted", one.class === after.predicted);
    bar.title = one.class === given ? `${one.class}: the ${label}` : one.class;
    fillBar(bar, one);
  }
}

/**
 * @param {HTMLElement} bar
 * @param {ClassBar} probabilities
 */
function fillBar(bar, { before, after }) {
  find(bar, ".hx-fill-before").style.width = `${100 * before}%`;
  find(bar, ".hx-fill-after").style.width = `${100 * after}%`;
  const [from, to] = [percent(before), percent(after)];
  find(bar, ".hx-value").textContent = from === to ? to : `${from.replace(" %", "")} → ${to}`;
}

/** @param {ClassBar} one */
function pairBar(one) {
  const bar = make("div", "hx-bar");
  const tracks = make("span", "hx-track hx-two");
  tracks.append(make("span", "hx-fill hx-fill-before"), make("span", "hx-fill hx-fill-after"));
  bar.append(make("span", "hx-class", plain(one.class)), tracks, make("span", "hx-value"));
  return bar;
}

/**
 * There is no picture: nothing of the last answer remains.
 *
 * @param {Page} page
 */
export function showNothing(page) {
  const { element, state } = page;
  state.answer = state.curve = state.beside.curve = null;
  for (const name of ["before", "after"]) {
    const canvas = find(element, `.hx-${name}`, HTMLCanvasElement);
    canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height);
    canvas.setAttribute("aria-label", `${name}: nothing yet`);
    Object.assign(find(element, `.hx-says-${name}`), { textContent: "", title: "" });
  }
  find(element, ".hx-quick").textContent = "";
  const bars = find(element, ".hx-pair-bars");
  bars.replaceChildren();
  bars.dataset.key = "";
  clearTensor(element);
  showCurve(page);
  find(element, ".hx-curve-says").textContent = plain(nothingYet(state));
}
