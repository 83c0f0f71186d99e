// The sliders and switches of the transforms.

import { find, make, makeButton } from "../../ui/dom.js";
import { amountText, clamped } from "./amounts.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./facts.js").Slider} Slider */
/** @typedef {import("./facts.js").Amounts} Amounts */
/** @typedef {{slider: Slider, node: HTMLElement, show: (value: number) => void}} Row */

const MAIN = ["scale", "rotation", "shift_x", "shift_y"]; // the others are under "More changes"

/** @param {Page} page */
export function startSliders(page) {
  find(page.element, ".hx-reset").addEventListener("click", () => setAmounts(page, {}, { resetOthers: true }));
}

/**
 * Set amounts and let the page follow.
 *
 * @param {Page} page
 * @param {Amounts} amounts
 * @param {{resetOthers?: boolean}} [options]
 */
export function setAmounts(page, amounts, { resetOthers = false } = {}) {
  const { draft, facts } = page.state;
  const sliders = (facts?.sliders ?? []).filter(({ name }) => resetOthers || name in amounts);
  const changed = [];
  for (const slider of sliders) {
    const value = clamped(slider, slider.name in amounts ? amounts[slider.name] : slider.start);
    if (value !== draft.transform[slider.name]) changed.push(slider.name);
    draft.transform[slider.name] = value;
    page.rows.get(slider.name)?.show(value);
  }
  if (!changed.length) return;
  if (showHowMany(page) && resetOthers) openMore(page);
  page.changed.transform(changed);
}

/**
 * Make the sliders that go with the facts.
 *
 * @param {Page} page
 * @returns {boolean} whether amounts have changed to fit
 */
export function makeSliders(page) {
  const { draft, facts } = page.state;
  const sliders = facts?.sliders ?? [];
  const before = JSON.stringify(draft.transform);
  draft.transform = Object.fromEntries(sliders.map((one) => [one.name, clamped(one, draft.transform[one.name])]));
  const rows = sliders.map((one) => (one.switch ? switchRow(page, one) : sliderRow(page, one)));
  page.rows.clear();
  for (const row of rows) page.rows.set(row.slider.name, row);
  for (const [name, isMain] of /** @type {const} */ ([["main", true], ["more", false]])) {
    const shown = rows.filter(({ slider }) => MAIN.includes(slider.name) === isMain);
    find(page.element, `.hx-sliders-${name}`).replaceChildren(...shown.map((row) => row.node));
  }
  showAmounts(page);
  return JSON.stringify(draft.transform) !== before;
}

/**
 * Show all amounts; where one under "More changes" is set, that is open.
 *
 * @param {Page} page
 */
export function showAmounts(page) {
  for (const [name, row] of page.rows) row.show(page.state.draft.transform[name]);
  if (showHowMany(page)) openMore(page);
}

/** @param {Page} page */
function openMore({ element }) {
  find(element, ".hx-more-changes", HTMLDetailsElement).open = true;
}

/** @param {Page} page */
function showHowMany({ element, rows, state }) {
  const set = [...rows.values()].filter(({ slider: { name, start } }) =>
    !MAIN.includes(name) && state.draft.transform[name] !== start).length;
  find(element, ".hx-more-set").textContent = set ? ` (${set} set)` : "";
  return set;
}

/**
 * @param {Page} page
 * @param {Slider} slider
 * @returns {Row}
 */
function sliderRow(page, slider) {
  const { name, start, label } = slider;
  const set = /** @param {number} value */ (value) => setAmounts(page, { [name]: value });
  const node = make("div", "hx-slider");
  const range = rangeInput(slider, set);
  const number = numberInput(slider, set, () => page.state.draft.transform[name]);
  const reset = makeButton("hx-reset-one", "↺", () => {
    set(start);
    range.focus();
  });
  reset.title = `Reset ${label.toLowerCase()}`;
  reset.setAttribute("aria-label", reset.title);
  const caption = make("label", "", label);
  caption.htmlFor = range.id;
  const box = make("span", "hx-amount");
  box.append(number, make("span", "hx-unit", slider.unit));
  node.append(caption, range, box, reset);
  return { slider, node, show: (value) => showRow({ node, range, number }, slider, value) };
}

/**
 * @param {{node: HTMLElement, range: HTMLInputElement, number: HTMLInputElement}} parts
 * @param {Slider} slider
 * @param {number} value
 */
function showRow({ node, range, number }, slider, value) {
  range.value = String(value);
  range.setAttribute("aria-valuetext", amountText(slider, value));
  if (document.activeElement !== number) number.value = String(value); // not while somebody types
  node.classList.toggle("hx-set", value !== slider.start);
  const share = /** @param {number} at */ (at) => `${(100 * (at - slider.least)) / (slider.most - slider.least)}%`;
  range.style.setProperty("--from", share(Math.min(value, slider.start))); // filled from where nothing is done
  range.style.setProperty("--to", share(Math.max(value, slider.start)));
}

/**
 * @param {Slider} slider
 * @param {(value: number) => void} set
 */
function rangeInput({ name, least, most, step, start }, set) {
  const input = make("input", `hx-${name}`);
  Object.assign(input, { type: "range", id: `probe-${name}`, min: least, max: most, step });
  input.addEventListener("input", () => set(Number(input.value)));
  input.addEventListener("dblclick", () => set(start));
  return input;
}

/**
 * @param {Slider} slider
 * @param {(value: number) => void} set
 * @param {() => number} value
 */
function numberInput({ label, least, most, step, start }, set, value) {
  const input = make("input", "hx-number");
  Object.assign(input, { type: "number", min: least, max: most, step });
  input.setAttribute("aria-label", `${label}, as a number`);
  input.addEventListener("input", () => {
    if (input.value !== "" && input.checkValidity()) set(Number(input.value));
  });
  input.addEventListener("change", () => {
    set(input.value === "" ? start : Number(input.value));
    input.value = String(value());
  });
  return input;
}

/**
 * @param {Page} page
 * @param {Slider} slider
 * @returns {Row}
 */
function switchRow(page, slider) {
  const node = make("label", "hx-slider hx-toggle");
  const input = make("input", `hx-${slider.name}`);
  input.type = "checkbox";
  input.setAttribute("role", "switch");
  input.addEventListener("change", () => setAmounts(page, { [slider.name]: input.checked ? 1 : 0 }));
  node.append(make("span", "", slider.label), input);
  const show = /** @param {number} value */ (value) => {
    input.checked = Boolean(value);
    node.classList.toggle("hx-set", input.checked);
  };
  return { slider, node, show };
}
