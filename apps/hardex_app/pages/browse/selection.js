// Which example is open, and the way to the next one.

import { address, go, stay } from "../../ui/address.js";
import { find } from "../../ui/dom.js";
import { PHONE_BELOW } from "./desk.js";

/** @typedef {import("./desk.js").Desk} Desk */

/**
 * @param {Desk} desk
 * @returns {HTMLElement | undefined} the card of the open example
 */
export function markOpen({ element, grid, state }) {
  const cards = /** @type {HTMLElement[]} */ ([...grid.querySelectorAll(".hx-card")]);
  const opened = cards.find((one) => one.dataset.id === state.id);
  for (const one of cards) {
    one.setAttribute("aria-pressed", String(one === opened));
    one.tabIndex = one === (opened || cards[0]) ? 0 : -1; // one stop for Tab; arrow keys do the rest
  }
  const at = opened ? cards.indexOf(opened) : -1;
  const { page, pages } = state.page || { page: 1, pages: 1 };
  const before = find(element, ".hx-before-this", HTMLButtonElement);
  const after = find(element, ".hx-after-this", HTMLButtonElement);
  before.disabled = at < 0 || (at === 0 && page <= 1);
  after.disabled = at < 0 || (at === cards.length - 1 && page >= pages);
  return opened;
}

/**
 * @param {Desk} desk
 * @param {string} id
 * @param {boolean} byHand
 */
export function open(desk, id, byHand = false) {
  desk.state.id = id;
  desk.state.byHand = byHand;
  stay({ page: "browse", id });
  const opened = desk.state.page && markOpen(desk);
  if (opened) opened.scrollIntoView({ block: "nearest" });
  desk.askExample();
}

/**
 * Open the first example where none is open, so that there is something to look at and to step from; after a
 * change of filters also where the open one is not on the page, so that nobody judges what is not in the list.
 *
 * @param {Desk} desk
 */
export function openFirst(desk) {
  const { page, id, filtered } = desk.state;
  const isStale = filtered && !page?.examples.some((one) => one.id === id);
  const isNeeded = (!id || isStale) && page?.examples.length && address().page === "browse";
  if (isNeeded && window.innerWidth >= PHONE_BELOW) open(desk, page.examples[0].id);
}

/**
 * @param {Desk} desk
 * @param {number} page
 */
export function turn({ state }, page) {
  go({ ...state.view, page: "browse", id: "", p: page > 1 ? page : "" });
}

/**
 * @param {Desk} desk
 * @param {-1 | 1} by
 */
function step(desk, by) {
  const { element, grid, state } = desk;
  // A focus ring around a verdict would look like a verdict on the next example.
  if (find(element, ".hx-judge").contains(document.activeElement)) {
    find(element, ".hx-detail").focus({ preventScroll: true });
  }
  const ids = idsOf(desk);
  const at = ids.indexOf(state.id ?? "");
  if (at < 0) {
    if (ids.length) open(desk, ids[0]);
  } else if (ids[at + by] !== undefined) {
    openAndFollow(desk, ids[at + by], grid.contains(document.activeElement));
  } else {
    stepOverPages(desk, by);
  }
}

/**
 * @param {Desk} desk
 * @param {-1 | 1} by
 */
function stepOverPages(desk, by) {
  const { state } = desk;
  if (!state.page || (by < 0 ? state.page.page <= 1 : state.page.page >= state.page.pages)) return;
  state.openAt = by < 0 ? "last" : "first";
  turn(desk, state.page.page + by);
}

/** @param {Desk} desk */
function idsOf({ state }) {
  return state.page ? state.page.examples.map((one) => one.id) : [];
}

/**
 * @param {Desk} desk
 * @param {string} id
 * @param {boolean} focus
 */
function openAndFollow(desk, id, focus) {
  open(desk, id);
  if (focus) find(desk.grid, '[aria-pressed="true"]').focus();
}

/** @param {Desk} desk */
export function listenToSteps(desk) {
  const { element, grid } = desk;
  find(element, ".hx-before-this").addEventListener("click", () => step(desk, -1));
  find(element, ".hx-after-this").addEventListener("click", () => step(desk, 1));
  find(element, ".hx-to-list").addEventListener("click", () => {
    const card = /** @type {HTMLElement} */ (grid.querySelector('[aria-pressed="true"]') || grid);
    card.scrollIntoView({ block: "center" });
    card.focus({ preventScroll: true });
  });
}

/**
 * An arrow key anywhere on the page; in the grid also up and down.
 *
 * @param {Desk} desk
 * @param {KeyboardEvent} event
 */
export function onArrow(desk, event) {
  const at = /** @type {HTMLElement} */ (event.target);
  if (hasModifier(event) || isBusy(desk, at)) return;
  const inGrid = desk.grid.contains(at);
  const columns = getComputedStyle(desk.grid).gridTemplateColumns.split(" ").length;
  const rows = { ArrowUp: -columns, ArrowDown: columns };
  /** @type {Record<string, number>} */
  const moves = { ArrowLeft: -1, ArrowRight: 1, ...(inGrid ? rows : {}) };
  const by = moves[event.key];
  if (by === undefined) return;
  event.preventDefault();
  if (Math.abs(by) === 1) {
    step(desk, by < 0 ? -1 : 1);
    return;
  }
  const ids = idsOf(desk);
  const next = ids[ids.indexOf(desk.state.id || (at.dataset.id ?? "")) + by];
  if (next !== undefined) openAndFollow(desk, next, true);
}

/** @param {KeyboardEvent} event */
function hasModifier(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
}

/**
 * Whether arrow keys belong to where the focus is, or to another page.
 *
 * @param {Desk} desk
 * @param {HTMLElement} at
 */
function isBusy({ element }, at) {
  if (at !== document.body && !element.contains(at)) return true;
  return Boolean(at.closest("input, select, textarea, [contenteditable], .hx-figure"));
}
