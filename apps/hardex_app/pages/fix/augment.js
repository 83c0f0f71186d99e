// The card of transforms: one row for each, with the range in which it is drawn.

import { make, makeButton, plain } from "../../ui/dom.js";
import { choiceField, numberField } from "./fields.js";

/** @typedef {import("./facts.js").Transform} Transform */
/** @typedef {Record<string, any>} Augment */

/** At first, of a transform that is added by hand. */
const FIRST = /** @type {Record<string, any>} */ ({
  rotation: [-30, 30], shift: [[-3, 3], [-3, 3]], scale: [0.8, 1.25], shear: [-0.3, 0.3], contrast: [0.6, 1.6],
  blur: [0, 1.5], noise: [0, 0.1], stroke: [-1, 1],
});
const HALF = 0.5; // of the images, as in a recipe that says nothing
const SIDES = ["right, ", "down, "];

/** A card that is switched on without a suggestion. */
export const FIRST_AUGMENT = { share: HALF, rotation: FIRST.rotation };

/**
 * @param {Augment} augment
 * @param {Transform[]} transforms all that there are
 * @param {(augment: Augment) => void} change
 * @returns {HTMLElement[]}
 */
export function augmentFields(augment, transforms, change) {
  const used = transforms.filter(({ name }) => name in augment);
  const free = transforms.filter(({ name }) => !(name in augment));
  const rows = used.map((one) => row(one, augment, used.length > 1, change));
  const percent = Math.round(100 * (augment.share ?? HALF));
  const share = numberField("Share of the images in each epoch, %", percent, (value) => {
    change({ ...augment, share: value === null ? HALF : value / 100 });
  }, { key: "augment.share", step: "5" });
  const names = free.map(({ name, words }) => [name, words]);
  const options = /** @type {[string, string][]} */ ([["", "choose…"], ...names]);
  const add = choiceField("Add a transform", options, "", (name) => {
    if (name) change({ ...augment, [name]: FIRST[name] ?? true });
  }, "augment.add");
  return [...rows, share, ...(free.length ? [add] : [])];
}

/**
 * @param {Transform} transform
 * @param {Augment} augment
 * @param {boolean} isRemovable
 * @param {(augment: Augment) => void} change
 */
function row({ name, words, unit }, augment, isRemovable, change) {
  const node = make("div", "hx-fx-transform");
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", plain(words));
  node.append(make("strong", "", plain(words)));
  const value = augment[name];
  if (Array.isArray(value)) {
    const isOne = !Array.isArray(value[0]);
    const ranges = isOne ? [value] : value;
    const set = () => { // from all fields of the row: another one may have been changed just now
      const ends = [...node.querySelectorAll("input")].map((input) => input.valueAsNumber);
      if (ends.some(Number.isNaN)) return;
      const next = ranges.map((_, at) => ends.slice(2 * at, 2 * at + 2));
      change({ ...augment, [name]: isOne ? next[0] : next });
    };
    ranges.forEach((range, at) => {
      const side = ranges.length > 1 ? SIDES[at] : "";
      const ends = [`${side}from${unit && ` (${unit.trim()})`}`, `${side}to`];
      node.append(...ends.map((text, end) => (
        numberField(text, range[end], set, { key: `augment.${name}.${at}.${end}` }))));
    });
  }
  if (isRemovable) {
    const remove = makeButton("hx-button hx-fx-remove", "×", () => {
      const { [name]: _, ...others } = augment;
      change(others);
    });
    remove.setAttribute("aria-label", `remove ${plain(words)}`);
    node.append(remove);
  }
  return node;
}
