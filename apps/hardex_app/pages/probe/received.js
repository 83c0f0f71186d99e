// The facts of the run and its model: they come once, and again where a picture has another shape.

import { find, plain } from "../../ui/dom.js";
import { askOnce } from "./ask_once.js";
import { offerBeside } from "./beside.js";
import { showNothing } from "./answer.js";
import { offerAlong, showCurve } from "./curve.js";
import { restoreDraft } from "./draft.js";
import { hardestOf, showExamples } from "./examples.js";
import { padOf, showPad } from "./pad.js";
import { makeSliders } from "./sliders.js";
import { orderKinds, showSource } from "./source.js";
import { showStatus } from "./status.js";
import { follow } from "./view.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./facts.js").Facts} Facts */

/**
 * @param {Page} page
 * @param {Facts} facts
 */
export function receive(page, facts) {
  const { state } = page;
  const isFirst = !state.facts;
  state.facts = facts;
  if (isFirst) startDraft(page, facts);
  if (!state.draft.pictures.strokes.length) state.draft.pictures.canvas = facts.canvas;
  showFacts(page, facts);
  const hasChanged = makeSliders(page);
  offerAlong(page);
  offerBeside(page);
  for (const show of [showExamples, showSource, showPad, showCurve]) show(page);
  if (facts.problem) {
    showStatus(page.element, facts.problem);
    showNothing(page);
  } else if (facts.closed) showStatus(page.element, facts.closed);
  if (state.wanted) follow(page, state.wanted);
  else if (hasChanged && !isFirst) page.changed.transform(facts.sliders.map((one) => one.name));
}

/**
 * @param {Page} page
 * @param {Facts} facts
 */
function startDraft(page, facts) {
  const { draft } = page.state;
  draft.brush = facts.brush;
  draft.pictures.normalize = facts.digits;
  restoreDraft(page);
  if (page.state.leftAt === null) openFirst(page.state, facts);
  page.keeper.open();
}

/**
 * Nothing was left in this tab: the page opens on the hardest example, or, for an annotator who may not draw
 * yet, on the last one judged.
 *
 * @param {import("./state.js").State} state
 * @param {Facts} facts
 */
function openFirst({ draft }, facts) {
  const first = facts.may.upload || facts.closed ? hardestOf(facts.examples) : null;
  if (first && !draft.pictures.strokes.length) Object.assign(draft, { kind: "example", example: first.id });
}

/**
 * @param {Page} page
 * @param {Facts} facts
 */
function showFacts(page, facts) {
  const { element } = page;
  for (const name of [".hx-expected", ".hx-keep-expected"]) {
    const select = find(element, name, HTMLSelectElement);
    const chosen = select.value;
    select.replaceChildren(select.options[0], ...facts.class_names.map((one) => new Option(plain(one), one)));
    select.value = chosen;
  }
  find(element, ".hx-keep-name", HTMLInputElement).maxLength = facts.limits.name;
  find(element, ".hx-keep-note", HTMLTextAreaElement).maxLength = facts.limits.note;
  find(element, '.hx-switch [data-kind="image"]').hidden = !facts.may.upload;
  orderKinds(page);
  showPaint(element, facts.colored);
  padOf(page).style.aspectRatio = `${facts.canvas[0]} / ${facts.canvas[1]}`;
  find(element, ".hx-order").textContent = facts.order;
}

/**
 * @param {HTMLElement} element
 * @param {boolean} colored
 */
export function showPaint(element, colored) {
  for (const name of [".hx-ink-box", ".hx-paper-box"]) find(element, name).hidden = !colored;
  for (const name of [".hx-grey-box", ".hx-normalize-box"]) find(element, name).hidden = colored;
}

/**
 * A picture has another shape than the sliders are for: the model wants another one than the run was made
 * with, or takes any. What goes with a shape is requested once.
 *
 * @param {Page} page
 * @param {import("./facts.js").Shape} shape
 */
export async function learnShape(page, shape) {
  const { state, shapes } = page;
  const key = String(shape);
  if (!state.facts || key === String(state.facts.shape)) return;
  if (!shapes.has(key)) {
    shapes.set(key, null);
    const answer = await askOnce(page, "facts_of_shape", { shape });
    if (answer.error) shapes.delete(key);
    else shapes.set(key, answer);
  }
  const known = shapes.get(key);
  const isShown = String(state.answer?.before.shape) === key && String(state.facts.shape) !== key;
  if (known && isShown) receive(page, { ...state.facts, ...known });
}
