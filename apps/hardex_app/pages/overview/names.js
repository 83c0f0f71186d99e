// Class names and the links that lead from them to the examples.

import { link } from "../../ui/address.js";
import { make, plain } from "../../ui/dom.js";

/**
 * A name may be long, or written in another direction: it is isolated, and can be read whole.
 *
 * @param {keyof HTMLElementTagNameMap} tag
 * @param {string} text
 */
export function nameNode(tag, text) {
  const node = make(tag, "hx-ov-name", plain(text));
  node.title = plain(text);
  return node;
}

/**
 * A link to the examples of this filter, hardest first.
 *
 * @param {string} className
 * @param {string | undefined} text
 * @param {import("../../ui/address.js").View} filter
 */
export function toExamples(className, text, filter) {
  return link(className, text, { page: "browse", list: "all", sort: "loss", ...filter });
}

/**
 * A link with the name of a class in it.
 *
 * @param {string} className
 * @param {string} name
 * @param {import("../../ui/address.js").View} filter
 */
export function classLink(className, name, filter) {
  const node = toExamples(className, undefined, filter);
  node.append(nameNode("bdi", name));
  return node;
}

/**
 * "given → predicted", added to a node.
 *
 * @param {HTMLElement} node
 * @param {string} given
 * @param {string} predicted
 */
export function addArrow(node, given, predicted) {
  const to = make("span", "hx-ov-to", "→ ");
  to.append(nameNode("bdi", predicted));
  node.append(nameNode("bdi", given), " ", to);
}

/**
 * A button under a table that shows all rows, or only the first again.
 *
 * @param {HTMLElement} button
 * @param {{all: number, first: number, open: boolean, noun: string}} rows
 */
export function labelMore(button, { all, first, open, noun }) {
  button.hidden = all <= first;
  button.textContent = open ? `Show the first ${first}` : `Show all ${all.toLocaleString("en")} ${noun}`;
}
