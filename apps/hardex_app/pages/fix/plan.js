// What the recipe will do, how it is carried out, and the recipe as text and as a command.

import { copy as copyText } from "../../ui/copy.js";
import { find, make, plain } from "../../ui/dom.js";
import { download } from "../../ui/download.js";
import { count } from "../../ui/numbers.js";
import { checkField, choiceField, keepingFocus, textField } from "./fields.js";

/** @typedef {import("./facts.js").Desk} Desk */
/** @typedef {import("./facts.js").Order} Order */

const COPIED_MS = 2000;
const TYPED_MS = 250; // a hand that types is not asked about each letter
const TIMES = /** @type {[string, string][]} */ ([
  ["1", "one model with the remedies, one without"],
  ["3", "three of each: tells the remedy from a new training"],
  ["5", "five of each"],
]);

/** @param {Desk} desk */
export function listenToPlan(desk) {
  const { element } = desk;
  const text = find(element, ".hx-fx-text", HTMLTextAreaElement);
  /** @type {number | undefined} */
  let timer;
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => desk.write({ text: text.value }), TYPED_MS);
  });
  const button = find(element, ".hx-fx-copy");
  button.addEventListener("click", async () => {
    button.textContent = (await copyText(desk.checked?.command ?? "")) ? "Copied" : "Press Ctrl-C";
    setTimeout(() => {
      button.textContent = "Copy the command";
    }, COPIED_MS);
  });
  find(element, ".hx-fx-download").addEventListener("click", () => download("recipe.yaml", desk.text));
}

/** @param {Desk} desk */
export function drawPlan(desk) {
  const { element, checked, problem, text } = desk;
  find(element, ".hx-fx-says").replaceChildren(...(checked?.says ?? []).map((line) => make("li", "", plain(line))));
  const line = find(element, ".hx-fx-recipe-problem");
  line.textContent = plain(problem);
  line.hidden = !problem;
  const area = find(element, ".hx-fx-text", HTMLTextAreaElement);
  if (area !== document.activeElement) area.value = text;
  area.setAttribute("aria-invalid", String(Boolean(problem)));
  find(element, ".hx-fx-command").textContent = plain(checked?.command ?? "");
  drawOrder(desk);
  drawButton(desk);
}

/** @param {Desk} desk */
export function drawButton({ element, checked, problem, standing, order }) {
  const train = find(element, ".hx-fx-train", HTMLButtonElement);
  const isRunning = standing?.state === "running" || standing?.state === "left";
  train.disabled = Boolean(problem) || !checked?.parts.length || isRunning || !order.train;
  train.textContent = checked && checked.parts.length && !checked.trains ? "Make the new model" : "Train";
}

/** @param {Desk} desk */
function drawOrder(desk) {
  const { order } = desk;
  const box = find(desk.element, ".hx-fx-order");
  /** @param {Partial<Order>} change */
  const set = (change) => {
    Object.assign(order, change);
    desk.write({});
  };
  keepingFocus(box, () => {
    const { facts, checked } = desk;
    const seeds = String(order.seeds);
    const other = /** @type {[string, string]} */ ([seeds, `${seeds} of each`]);
    const times = TIMES.some(([one]) => one === seeds) ? TIMES : [...TIMES, other];
    box.replaceChildren(
      textField("Training data", order.train, (value) => set({ train: value }),
        { key: "order.train", hint: "a folder, a table, mnist:train, …" }),
      ...(order.train ? [] : [make("p", "hx-fx-note", "Name the training data of the model, as in hardex rank; "
        + "hardex serve RUN --train DATA fills this in.")]),
      ...(checked?.trains === false ? [] : [choiceField("How many models", times, seeds,
        (value) => set({ seeds: Number(value), controls: Number(value) }), "order.seeds")]),
      checkField("Prove it afterwards", order.prove, (on) => set({ prove: on }), "order.prove"),
      ...(order.prove ? proofFields(facts, order, set) : []),
    );
  });
}

/**
 * Where it is proved.
 *
 * @param {import("./facts.js").Facts} facts
 * @param {Order} order
 * @param {(change: Partial<Order>) => void} set
 */
function proofFields({ seal }, order, set) {
  const field = textField("Prove it on data that nobody looked at", order.confirm, (value) => set({ confirm: value }),
    { key: "order.confirm", hint: seal ? "the sealed examples of this run" : "a folder, a table, …" });
  return [field, make("p", "hx-fx-note", whereText(seal, order.confirm))];
}

/**
 * @param {import("./facts.js").Facts["seal"]} seal
 * @param {string} confirm
 */
export function whereText(seal, confirm) {
  if (confirm) return "Examples of this data that the run or the training holds are left out.";
  if (!seal) {
    return "This run has no seal, so without such data nothing is provable: all its examples were looked at. "
      + "hardex rank --seal 0.5 keeps half of them for a proof.";
  }
  const examples = seal.examples === null ? "The sealed examples" : `The ${count(seal.examples)} sealed examples`;
  const nth = seal.uses ? `use ${seal.uses + 1}` : "the first use";
  return `${examples} of this run are opened for it. It is ${nth} of the seal, judged at the level `
    + `${Number(seal.level.toPrecision(2))}: each use leaves less.`;
}
