// The address says which page is open and what it shows, so that a link opens the same view again.
// Pages do not know each other: a page goes to an address, and the page it names shows itself.

import { isModified, make } from "./dom.js";

/**
 * A view: `page` and the names and values of what it shows.
 *
 * @typedef {Record<string, string | number | null | undefined>} View
 */

const CHANGED = "hardex:address";
const FIRST_PAGE = "overview";
const OF_GRADIO = /^__/; // Gradio's own names in an address, such as __theme, are kept

/**
 * The view in the address. There the page is called `view`: Gradio uses `page` for itself.
 *
 * @returns {Record<string, string>}
 */
export function address() {
  const { view, page: _, ...names } = Object.fromEntries(new URLSearchParams(location.search));
  return view ? { page: view, ...names } : names;
}

/**
 * The page that a view names, or the first one.
 *
 * @param {View} view
 */
export function pageOf({ page }) {
  return String(page || FIRST_PAGE);
}

/** @param {View} view */
export function addressOf({ page, ...names }) {
  const kept = Object.entries(address()).filter(([name]) => OF_GRADIO.test(name));
  const wanted = Object.entries({ view: page, ...names })
    .filter(([name, value]) => value !== "" && value !== null && value !== undefined && !OF_GRADIO.test(name))
    .map(([name, value]) => [name, String(value)]);
  return `?${new URLSearchParams([...wanted, ...kept])}`;
}

/**
 * Open another view.
 *
 * @param {View} view
 * @param {{instead?: boolean}} [options] `instead`: replace this step of the browser's history, as
 *   while somebody types, rather than add one.
 */
export function go(view, { instead = false } = {}) {
  const before = pageOf(address());
  history[instead ? "replaceState" : "pushState"](null, "", addressOf(view));
  announce();
  if (before !== pageOf(view)) window.scrollTo(0, 0);
}

/**
 * Change the address a little: no step in the history, and no page is told.
 *
 * @param {View} changes
 */
export function stay(changes) {
  history.replaceState(null, "", addressOf({ ...address(), ...changes }));
}

/** Tell the pages that the address has changed. */
export function announce() {
  window.dispatchEvent(new Event(CHANGED));
}

/** @param {() => void} look called at each change of the address */
export function whenAddressChanges(look) {
  window.addEventListener(CHANGED, look);
  window.addEventListener("popstate", look);
}

/**
 * Call `show` now and at each change of the address, while the address names this page.
 *
 * @param {string} page
 * @param {(view: Record<string, string>) => void} show
 */
export function whenAddressed(page, show) {
  const look = () => {
    if (pageOf(address()) === page) show(address());
  };
  whenAddressChanges(look);
  look();
}

/**
 * A real link to a view: it can be opened in another tab, and a plain click stays in this one.
 *
 * @param {string} className
 * @param {string | undefined} text
 * @param {View} view
 */
export function link(className, text, view) {
  const node = make("a", className, text);
  node.href = addressOf(view);
  node.addEventListener("click", (event) => {
    if (isModified(event)) return;
    event.preventDefault();
    go(view);
  });
  return node;
}
