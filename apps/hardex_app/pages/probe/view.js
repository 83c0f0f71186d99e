// The address of the Probe page: it names an example or a kept probe, and the changes; it names no drawing.

import { address, stay } from "../../ui/address.js";
import { clamped } from "./amounts.js";
import { chooseBeside } from "./beside.js";
import { openKept } from "./kept.js";
import { closeKept, isAnnotator } from "./state.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./facts.js").Slider} Slider */
/** @typedef {Record<string, string>} View */

const REST_MS = 300;
const FIRST_ALONG = "rotation";

/**
 * What the address says of the state; "" is left out.
 *
 * @param {State} state
 * @returns {View}
 */
function viewOf({ draft, facts, beside }) {
  const changes = (facts?.sliders ?? []).map(({ name, start }) => {
    const amount = draft.transform[name];
    return [name, amount === start || amount === undefined ? "" : String(amount)];
  });
  return {
    id: draft.kind === "example" ? draft.example ?? "" : "",
    probe: draft.kept ?? "",
    along: draft.along === FIRST_ALONG ? "" : draft.along,
    beside: beside.run,
    ...Object.fromEntries(changes),
  };
}

/**
 * Write the address once the hand rests.
 *
 * @param {Page} page
 */
export function writeAddress(page) {
  clearTimeout(page.timers.address);
  page.timers.address = setTimeout(() => {
    if (address().page === "probe" && page.state.facts) stay(viewOf(page.state));
  }, REST_MS);
}

/**
 * Show what an address names. Where it names no picture, that is the draft.
 *
 * @param {Page} page
 * @param {View} view
 */
export function follow(page, view) {
  const { state } = page;
  if (!state.facts) {
    state.wanted = view;
    return;
  }
  state.wanted = null;
  clearTimeout(page.timers.address); // it was to write of what was left
  const isFirst = state.openings === 0;
  state.openings += 1;
  page.ask.kept();
  if (isAnnotator(state) && !isFirst) page.ask.judged();
  const shown = viewOf(state);
  const names = Object.keys(shown);
  const isShown = names.every((name) => (view[name] ?? "") === shown[name]);
  const isReload = location.search === state.leftAt || !names.some((name) => name in view);
  if (isFirst && (isShown || isReload)) {
    chooseBeside(page, view.beside ?? "");
    page.changed.draft();
  } else if (!isShown) show(page, view, isFirst);
}

/**
 * @param {Page} page
 * @param {View} view
 * @param {boolean} isFirst an address that names no picture leaves the one that the page opens on
 */
function show(page, view, isFirst) {
  const { draft, facts } = page.state;
  const sliders = facts?.sliders ?? [];
  draft.along = sliders.some((one) => one.name === view.along) ? view.along : FIRST_ALONG;
  const transform = amountsIn(sliders, view);
  chooseBeside(page, view.beside ?? "");
  if (view.probe) {
    const isChanged = sliders.some(({ name }) => name in view);
    openKept(page, view.probe, isChanged ? transform : null);
    return;
  }
  if (view.id || !isFirst) choosePicture(draft, view);
  draft.transform = transform;
  page.changed.draft();
}

/**
 * @param {import("./state.js").Draft} draft
 * @param {{id?: string | null}} view
 */
function choosePicture(draft, { id = null }) {
  const shown = draft.kind === "example" ? draft.example : null;
  if (id === shown && !draft.kept) return;
  closeKept(draft);
  if (id) Object.assign(draft, { kind: "example", example: id });
  else if (draft.kind === "example") draft.kind = draft.pictures.kind;
}

/**
 * @param {Slider[]} sliders
 * @param {View} view
 */
function amountsIn(sliders, view) {
  const amount = /** @param {Slider} one */ (one) => clamped(one, one.name in view ? Number(view[one.name]) : NaN);
  return Object.fromEntries(sliders.map((one) => [one.name, amount(one)]));
}
