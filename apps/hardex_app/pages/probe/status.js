// The line at the top of the page that says what is wrong, or what the page waits for.

import { find, plain } from "../../ui/dom.js";

/**
 * A line at the top of the page; "" for none.
 *
 * @param {HTMLElement} element
 * @param {string} text
 */
export function showStatus(element, text) {
  const line = find(element, ".hx-status");
  line.textContent = plain(text);
  line.hidden = !text;
}
