// A page of examples.

import { find, makeButton } from "../../ui/dom.js";
import { count, many } from "../../ui/numbers.js";
import { card } from "./cards.js";
import { showProblem } from "./desk.js";
import { filtersOf } from "./filters.js";
import { askPictures } from "./pictures.js";
import { markOpen, open, openFirst, turn } from "./selection.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").PageOfRows} PageOfRows */

const WAITING_MS = 500;
/** @type {Record<string, string>} */
const NOUNS = { hard: "hard example", unsure: "unsure example", wrong: "error" };
/** @type {PageOfRows} */
const NOTHING = { total: 0, page: 1, pages: 1, size: 0, of_list: 0, of_all: 0, examples: [], empty: "" };

/** @param {Desk} desk */
export async function askPage(desk) {
  const { element, server, state } = desk;
  const filters = filtersOf(state.view);
  const key = JSON.stringify(filters);
  if (state.asked === key || !state.facts) return;
  const answer = await server.browse(filters);
  if (answer.waiting) {
    setTimeout(desk.askPage, WAITING_MS);
    return;
  }
  state.asked = key;
  showProblem(element, ".hx-page-problem", answer.error);
  drawPage(desk, answer.error ? NOTHING : answer);
}

/**
 * @param {Desk} desk
 * @param {PageOfRows} page
 */
function drawPage(desk, page) {
  const { element, grid, state } = desk;
  const inGrid = grid.contains(document.activeElement);
  state.page = page;
  drawCount(desk, page);
  drawEmpty(element, page.empty);
  drawPager(element, page);
  grid.replaceChildren(...page.examples.map((one) => card(state, one, (row, event) => {
    if (!desk.selected.click(row, event)) open(desk, row.id, true);
  })));
  desk.selected.draw();
  grid.classList.toggle("hx-as-rows", state.facts?.images === false);
  const opened = markOpen(desk);
  if (inGrid) focusOn(opened ?? grid.querySelector(".hx-card"));
  openWaiting(desk, page);
  openFirst(desk);
  if (state.asked === JSON.stringify(filtersOf(state.view))) state.filtered = false; // no older page came late
  askPictures(desk, page.examples.map((one) => one.id));
  element.dataset.pages = String(Number(element.dataset.pages || 0) + 1);
}

/**
 * Why there are no examples, with the button that removes the filters where there are any.
 *
 * @param {HTMLElement} element
 * @param {string} text
 */
function drawEmpty(element, text) {
  const clear = find(element, ".hx-clear-filters");
  const button = makeButton("hx-button", clear.textContent ?? "", () => clear.click());
  const isFiltered = text !== "" && !clear.hidden;
  find(element, ".hx-empty").replaceChildren(text, ...(isFiltered ? [" ", button] : []));
}

/** @param {Element | null} node */
function focusOn(node) {
  if (node instanceof HTMLElement) node.focus({ preventScroll: true });
}

/**
 * The example to which a step over the edge of the last page leads.
 *
 * @param {Desk} desk
 * @param {PageOfRows} page
 */
function openWaiting(desk, { examples }) {
  const { openAt } = desk.state;
  if (!openAt || !examples.length) return;
  open(desk, examples[openAt === "last" ? examples.length - 1 : 0].id);
  desk.state.openAt = null;
}

/**
 * How many there are, of how many in the list; and a button that widens the same filters to all examples.
 *
 * @param {Desk} desk
 * @param {PageOfRows} page
 */
function drawCount({ element, state }, page) {
  const list = state.view.list || "hard";
  find(element, ".hx-count").textContent = countText(page, list);
  const widen = find(element, ".hx-widen");
  widen.textContent = `${count(page.of_all)} in all examples`;
  widen.hidden = list === "all" || page.of_all <= page.total;
}

/**
 * @param {PageOfRows} page
 * @param {string} list
 */
function countText({ examples, total, page, size, of_list }, list) {
  const noun = NOUNS[list] ?? "example";
  const whole = total < of_list ? `${count(total)} of ${many(of_list, noun)}` : many(total, noun);
  if (total <= examples.length) return whole;
  const first = (page - 1) * size;
  const shown = `${count(first + 1)}–${count(first + examples.length)}`;
  return total < of_list ? `${shown} of the ${whole}` : `${shown} of ${whole}`;
}

/**
 * @param {HTMLElement} element
 * @param {PageOfRows} page
 */
function drawPager(element, { page, pages }) {
  find(element, ".hx-pager").hidden = pages <= 1;
  const number = find(element, ".hx-page-number", HTMLInputElement);
  number.value = String(page);
  number.max = String(pages);
  find(element, ".hx-pages-count").textContent = `of ${count(pages)}`;
  for (const name of [".hx-first", ".hx-prev"]) find(element, name, HTMLButtonElement).disabled = page <= 1;
  for (const name of [".hx-next", ".hx-last"]) find(element, name, HTMLButtonElement).disabled = page >= pages;
}

/** @param {Desk} desk */
export function listenToPager(desk) {
  const { element, state } = desk;
  /** @type {Record<string, (page: PageOfRows) => number>} */
  const targets = {
    ".hx-first": () => 1,
    ".hx-prev": ({ page }) => page - 1,
    ".hx-next": ({ page }) => page + 1,
    ".hx-last": ({ pages }) => pages,
  };
  for (const [name, target] of Object.entries(targets)) {
    find(element, name).addEventListener("click", () => turn(desk, target(state.page ?? NOTHING)));
  }
  const number = find(element, ".hx-page-number", HTMLInputElement);
  number.addEventListener("change", () => turn(desk, Math.max(1, Math.round(Number(number.value)) || 1)));
}
