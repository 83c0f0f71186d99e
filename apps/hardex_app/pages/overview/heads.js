// The first examples of both lists.

import { link } from "../../ui/address.js";
import { find, make, plain } from "../../ui/dom.js";
import { listName } from "../../ui/lists.js";
import { count, percent } from "../../ui/numbers.js";
import { addArrow, nameNode } from "./names.js";

/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./facts.js").Example} Example */

const NONE_WRONG = "Every prediction agrees with its given label. The unsure list still shows where the model "
  + "hesitates; examples that the model was not trained or tuned on may show more.";
const EMPTY = "This list is empty. Rank again with a higher --count to fill it.";

/**
 * @param {HTMLElement} box
 * @param {Facts} facts
 */
export function drawHead(box, facts) {
  const list = box.dataset.list ?? "";
  const { total, examples } = facts.heads[list];
  const title = find(box, ".hx-ov-title");
  const cards = find(box, ".hx-ov-cards");
  title.querySelector("a")?.remove();
  if (total) {
    title.append(wholeList(list, total));
    cards.replaceChildren(...examples.map((one) => card(list, one)));
  } else {
    cards.replaceChildren(make("p", "hx-ov-note", list === "wrong" && !facts.wrong ? NONE_WRONG : EMPTY));
  }
}

/**
 * @param {string} list
 * @param {number} total
 */
function wholeList(list, total) {
  const node = link("hx-ov-link", `All ${count(total)} of the list`, { page: "browse", list });
  node.setAttribute("aria-label", `All ${count(total)} of the list ${listName(list)}`);
  return node;
}

/**
 * @param {string} list
 * @param {Example} one
 */
function card(list, one) {
  const { given, predicted } = one;
  const confidence = percent(one.confidence);
  const node = link("hx-ov-card", undefined, { page: "browse", list, id: one.id });
  const labels = make("span", "hx-ov-shift");
  if (given === predicted) labels.append(nameNode("bdi", given), " ✓");
  else addArrow(labels, given, predicted);
  node.append(picture(one), labels, make("span", "hx-ov-aside", confidence));
  node.setAttribute("aria-label",
    `${plain(one.id)}: given ${plain(given)}, predicted ${plain(predicted)}, confidence ${confidence}`);
  return node;
}

/** @param {Example} one */
function picture({ image }) {
  if (!image) return make("span", "hx-noimage", "no image");
  const node = make("img", "hx-pixels");
  node.src = image;
  node.alt = "";
  return node;
}
