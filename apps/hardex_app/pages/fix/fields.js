// Fields of the cards: each is a label with its control, and tells a new value when the hand has left it.

import { make, plain } from "../../ui/dom.js";

const PATH_MOST = 4000; // characters, as the server takes them

/**
 * @param {string} words
 * @param {HTMLElement} control
 * @param {string} key by which the focus is found again after the cards are drawn anew
 */
function labelled(words, control, key) {
  const node = make("label", "hx-fx-field");
  control.dataset.key = key;
  node.append(make("span", "", words), control);
  return node;
}

/**
 * @param {string} words
 * @param {number | null | undefined} value
 * @param {(value: number | null) => void} change null where the field is empty
 * @param {{key: string, step?: string, hint?: string}} options
 */
export function numberField(words, value, change, { key, step = "any", hint = "" }) {
  const input = make("input", "hx-fx-number");
  Object.assign(input, { type: "number", step, placeholder: hint, value: value ?? "" });
  input.addEventListener("change", () => {
    const number = input.valueAsNumber;
    change(input.value === "" || Number.isNaN(number) ? null : number);
  });
  return labelled(words, input, key);
}

/**
 * @param {string} words
 * @param {[string, string][]} options each value with its name
 * @param {string} value
 * @param {(value: string) => void} change
 * @param {string} key
 */
export function choiceField(words, options, value, change, key) {
  const select = make("select", "");
  select.append(...options.map(([one, name]) => new Option(plain(name), one, false, one === value)));
  select.addEventListener("change", () => change(select.value));
  return labelled(words, select, key);
}

/**
 * @param {string} words
 * @param {string} value
 * @param {(value: string) => void} change
 * @param {{key: string, hint?: string}} options
 */
export function textField(words, value, change, { key, hint = "" }) {
  const input = make("input", "hx-fx-path");
  Object.assign(input, { type: "text", placeholder: hint, value, maxLength: PATH_MOST, autocomplete: "off" });
  input.spellcheck = false;
  input.addEventListener("change", () => change(input.value.trim()));
  const node = labelled(words, input, key);
  node.classList.add("hx-fx-wide");
  return node;
}

/**
 * @param {string} words
 * @param {boolean} isOn
 * @param {(isOn: boolean) => void} change
 * @param {string} key
 */
export function checkField(words, isOn, change, key) {
  const input = make("input", "");
  Object.assign(input, { type: "checkbox", checked: isOn });
  input.dataset.key = key;
  input.addEventListener("change", () => change(input.checked));
  const node = make("label", "hx-fx-check");
  node.append(input, make("span", "", words));
  return node;
}

/** @type {WeakMap<HTMLElement, () => void>} */
const later = new WeakMap();

/**
 * Draw again, and give the focus back to the same field. While somebody types in one, it waits: what is typed and
 * not told yet would be lost.
 *
 * @param {HTMLElement} box
 * @param {() => void} draw
 */
export function keepingFocus(box, draw) {
  const active = document.activeElement;
  if (active instanceof HTMLInputElement && active.type !== "checkbox" && box.contains(active)) {
    if (!later.has(box)) box.addEventListener("focusout", () => setTimeout(() => drawLate(box)), { once: true });
    later.set(box, draw);
    return;
  }
  const key = active instanceof HTMLElement && box.contains(active) ? active.dataset.key : undefined;
  draw();
  const again = key && [...box.querySelectorAll("[data-key]")].find((one) => (
    one instanceof HTMLElement && one.dataset.key === key));
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}

/** @param {HTMLElement} box */
function drawLate(box) {
  const draw = later.get(box);
  later.delete(box);
  if (draw) keepingFocus(box, draw);
}
