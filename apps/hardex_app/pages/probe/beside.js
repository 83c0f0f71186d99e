// The response curve of another model in the same picture, where several runs are open.

import { find, plain } from "../../ui/dom.js";
import { NOT_READY_MS } from "./ask_once.js";
import { showCurve } from "./curve.js";
import { requestOf, sourceOf } from "./state.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./state.js").State} State */

/** @param {Page} page */
export function startBeside(page) {
  const select = find(page.element, ".hx-beside-model", HTMLSelectElement);
  select.addEventListener("change", () => {
    chooseBeside(page, select.value);
    page.ask.beside();
    page.changed.view();
  });
}

/**
 * Offer the models that the facts name; they are the owner's.
 *
 * @param {Page} page
 */
export function offerBeside({ element, state }) {
  const models = state.facts?.models ?? [];
  const select = find(element, ".hx-beside-model", HTMLSelectElement);
  select.replaceChildren(select.options[0], ...models.map((name) => new Option(plain(name), name)));
  select.value = state.beside.run;
  find(element, ".hx-beside").hidden = !models.length;
}

/**
 * @param {Page} page
 * @param {string} run its name; one that is not open is none
 */
export function chooseBeside(page, run) {
  const { state, element } = page;
  const known = state.facts?.models.includes(run) ? run : "";
  if (known === state.beside.run) return;
  state.beside = { run: known, curve: null };
  find(element, ".hx-beside-model", HTMLSelectElement).value = known;
  showCurve(page);
  say(page, known ? `Asking ${plain(known)}…` : "");
}

/** @param {Page} page */
export async function askBeside(page) {
  const { state, server } = page;
  const { run } = state.beside;
  const request = requestOf(state);
  if (!run || !request) return;
  const { along } = state.draft;
  const answer = await server.curve_of({ ...request, along, run });
  if (state.beside.run !== run || state.draft.along !== along || !sourceOf(state)) {
    page.ask.beside(); // another is wanted by then
    return;
  }
  if (answer.waiting) setTimeout(page.ask.beside, NOT_READY_MS);
  if (answer.waiting || answer.error) {
    say(page, answer.waiting || answer.error);
    return;
  }
  state.beside.curve = answer;
  say(page, `Dashed: ${plain(run)}. ${plain(answer.sentence)}${answer.finished ? "" : " Trying more amounts…"}`);
  showCurve(page);
  if (!answer.finished) page.ask.beside();
}

/**
 * Its lines, in the colours that the classes have in the curve of the first model.
 *
 * @param {State} state
 * @param {string[]} own the classes of the first model's lines, in their order
 */
export function seriesBeside({ beside: { run, curve } }, own) {
  if (!curve) return [];
  const others = curve.lines.filter((line) => !own.includes(line.class)).map((line) => line.class);
  return curve.lines.map((line) => ({
    name: `${line.class}, ${run}`,
    points: line.probabilities.map((y, i) => ({ x: curve.amounts[i], y })),
    colour: own.includes(line.class) ? own.indexOf(line.class) : own.length + others.indexOf(line.class),
    dashed: true,
    ...(line.class === curve.given ? { strong: true } : {}),
  }));
}

/**
 * @param {Page} page
 * @param {string} sentence
 */
function say({ element }, sentence) {
  find(element, ".hx-beside-says").textContent = sentence;
}
