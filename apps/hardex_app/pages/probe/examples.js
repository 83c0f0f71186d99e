// The examples to choose from: hard ones, or those that an annotator has judged.

import { find, make, makeButton, plain } from "../../ui/dom.js";
import { placeText } from "../../ui/lists.js";
import { closeKept, isAnnotator } from "./state.js";
import { showStatus } from "./status.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./facts.js").Example} Example */

const MARGIN = 8; // pixels above the chosen one

/** @param {Page} page */
export function startExamples(page) {
  const strip = find(page.element, ".hx-strip");
  strip.addEventListener("keydown", (event) => moveFocus(strip, event));
}

/**
 * The first of the list of wrong predictions, or else the first of all.
 *
 * @param {Example[]} examples
 * @returns {Example | null}
 */
export function hardestOf(examples) {
  return examples.find((one) => one.list === "wrong") ?? examples[0] ?? null;
}

/** @param {Page} page */
export function showExamples(page) {
  const { element, state } = page;
  const examples = state.facts?.examples ?? [];
  const strip = find(element, ".hx-strip");
  strip.replaceChildren(...examples.map((one) => tile(page, one)));
  if (examples.length) strip.setAttribute("role", "listbox");
  else {
    strip.append(make("p", "hx-muted", isAnnotator(state)
      ? "Examples that you have judged can be probed here. You have not judged any yet."
      : "This run has no hard examples. Open any example on Browse to probe it."));
  }
  showPicked(page);
}

/**
 * @param {Page} page
 * @param {Example} example
 */
function tile(page, { id, list, rank, given, predicted, image }) {
  const button = makeButton("hx-tile", "", () => pick(page, id));
  button.dataset.id = id;
  button.setAttribute("role", "option");
  button.setAttribute("aria-label", `${placeText(list, rank)}: given ${plain(given)}, predicted ${plain(predicted)}`);
  if (image) button.append(thumbnail(image));
  button.append(make("span", "", `${plain(given)} → ${plain(predicted)}`));
  return button;
}

/** @param {string} address */
export function thumbnail(address) {
  const image = make("img", "hx-pixels");
  Object.assign(image, { src: address, alt: "" });
  return image;
}

/**
 * Another example starts without changes.
 *
 * @param {Page} page
 * @param {string} id
 */
function pick(page, id) {
  const { draft, facts } = page.state;
  if (draft.kind !== "example" || draft.example !== id) {
    draft.transform = Object.fromEntries((facts?.sliders ?? []).map(({ name, start }) => [name, start]));
  }
  closeKept(draft);
  Object.assign(draft, { kind: "example", example: id });
  page.changed.draft();
}

/** @param {HTMLElement} strip */
function tilesOf(strip) {
  return /** @type {HTMLElement[]} */ ([...strip.querySelectorAll(".hx-tile")]);
}

/** @param {Page} page */
export function showPicked(page) {
  const { element, state } = page;
  const strip = find(element, ".hx-strip");
  const tiles = tilesOf(strip);
  for (const one of tiles) one.setAttribute("aria-selected", String(one.dataset.id === state.draft.example));
  const chosen = tiles.find((one) => one.getAttribute("aria-selected") === "true");
  makeTabStop(tiles, chosen ?? tiles[0]);
  if (chosen) requestAnimationFrame(() => scrollTo(strip, chosen));
  find(element, ".hx-picked").textContent = pickedText(page);
}

/**
 * Scroll the strip alone, and only where the chosen tile is out of sight.
 *
 * @param {HTMLElement} strip
 * @param {HTMLElement} chosen
 */
function scrollTo(strip, chosen) {
  const top = chosen.getBoundingClientRect().top - strip.getBoundingClientRect().top;
  if (top < 0 || top + chosen.offsetHeight > strip.clientHeight) strip.scrollTop += top - MARGIN;
}

/** @param {Page} page */
function pickedText({ state }) {
  const id = state.draft.example;
  const known = state.facts?.examples.find((one) => one.id === id);
  const labels = known ? `given ${plain(known.given)}, predicted ${plain(known.predicted)}` : "";
  if (id === null) return "";
  if (isAnnotator(state)) return known ? `Judged example: ${labels}` : ""; // its id is a secret
  return `Example ${plain(id)}` + (known ? `: ${placeText(known.list, known.rank)}, ${labels}` : "");
}

/**
 * One tile is in the Tab order; arrow keys go on from there.
 *
 * @param {HTMLElement[]} tiles
 * @param {HTMLElement} [stop]
 */
function makeTabStop(tiles, stop) {
  for (const one of tiles) one.tabIndex = one === stop ? 0 : -1;
}

/**
 * @param {HTMLElement} strip
 * @param {KeyboardEvent} event
 */
function moveFocus(strip, event) {
  const tiles = tilesOf(strip);
  const at = tiles.findIndex((one) => one === document.activeElement);
  const across = getComputedStyle(strip).gridTemplateColumns.split(" ").length;
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - across, ArrowDown: at + across, Home: 0,
    End: tiles.length - 1 }[event.key];
  if (at < 0 || to === undefined || !tiles[to]) return;
  event.preventDefault();
  makeTabStop(tiles, tiles[to]);
  tiles[to].focus();
}

/**
 * An annotator goes on judging after the page was loaded, which may open the pad.
 *
 * @param {Page} page
 */
export async function listJudged(page) {
  const facts = await page.server.facts({});
  if (!facts?.examples || !page.state.facts) return;
  const opens = Boolean(page.state.facts.closed) && !facts.closed;
  Object.assign(page.state.facts, { examples: facts.examples, closed: facts.closed });
  if (facts.closed) showStatus(page.element, facts.closed);
  if (opens) {
    showStatus(page.element, "");
    page.ask.probe();
  }
  showExamples(page);
}
