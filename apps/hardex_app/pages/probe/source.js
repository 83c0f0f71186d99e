// Where the picture comes from: a drawing, an image or an example; and the label that it should have.

import { find } from "../../ui/dom.js";
import { showPicked } from "./examples.js";
import { showTools } from "./pad.js";
import { adoptKept, closeKept } from "./state.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./facts.js").Kind} Kind */

/** @type {Record<Kind, string>} */
const BOXES = { sketch: ".hx-draw", image: ".hx-take", example: ".hx-pick" };

const DRAWN_MOST = 64; // pixels a side

/** @param {Page} page */
export function startSource(page) {
  for (const button of buttonsOf(page)) {
    button.addEventListener("click", () => chooseKind(page, /** @type {Kind} */ (button.dataset.kind)));
  }
  const select = find(page.element, ".hx-expected", HTMLSelectElement);
  select.addEventListener("change", () => expectLabel(page, select.value));
}

/** @param {Page} page */
function buttonsOf({ element }) {
  return /** @type {HTMLElement[]} */ ([...element.querySelectorAll(".hx-switch button")]);
}

/**
 * Small grey pictures are quickly drawn; of photographs, a drawing says little.
 *
 * @param {Page} page
 */
export function orderKinds(page) {
  const buttons = buttonsOf(page);
  const box = buttons[0].parentElement;
  const last = buttons.find((one) => one.dataset.kind === (isQuicklyDrawn(page.state.facts) ? "image" : "sketch"));
  if (box && last) box.append(last);
}

/** @param {import("./facts.js").Facts | null} facts */
function isQuicklyDrawn(facts) {
  return !facts?.colored && Math.max(...(facts?.shape ?? [0])) <= DRAWN_MOST;
}

/**
 * @param {Page} page
 * @param {Kind} kind
 */
export function chooseKind(page, kind) {
  const { draft } = page.state;
  if (kind === draft.kind) return;
  closeKept(draft);
  draft.kind = kind;
  if (kind !== "example") draft.pictures.kind = kind;
  page.changed.draft();
}

/**
 * @param {Page} page
 * @param {string} label
 */
function expectLabel(page, label) {
  const { draft } = page.state;
  if (draft.kind === "example") return;
  adoptKept(draft);
  draft.pictures.expected[draft.kind] = label;
  draft.texts.expected = null;
  page.changed.picture();
}

/** @param {Page} page */
export function showSource(page) {
  const { element, state: { draft } } = page;
  const { kind, pictures } = draft;
  for (const button of buttonsOf(page)) button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
  for (const [name, box] of Object.entries(BOXES)) find(element, box).hidden = name !== kind;
  find(element, ".hx-expect").hidden = kind === "example";
  find(element, ".hx-expected", HTMLSelectElement).value = kind === "example" ? "" : pictures.expected[kind];
  find(element, ".hx-taken").textContent = pictures.imageNote;
  showTools(page);
  showPicked(page);
}
