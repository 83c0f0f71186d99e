// Answers that the server refused stay in view until the annotator has read them.

import { find, make, plain } from "../../ui/dom.js";
import { thumbnailOf } from "./picture.js";
import { inWords } from "./sentences.js";

/** @typedef {import("./session.js").Session} Session */

/**
 * What the server refused, and comments on examples that were labelled elsewhere.
 *
 * @param {Session} session
 */
export function drawRefused({ element, state, outbox }) {
  const ids = [...outbox.refused, ...state.dropped].map((one) => one.id).join(" ");
  const list = find(element, ".hx-ann-refused-list");
  if ((list.dataset.of ?? "") === ids) return; // a screen reader announces them once
  list.dataset.of = ids;
  find(element, ".hx-ann-refused").hidden = !ids;
  const refused = outbox.refused.map((entry) => refusedItem(
    `${refusedText(state, entry)} – ${plain(entry.refused)}`, state.refusedImages.get(entry.id)));
  const dropped = state.dropped.map(({ comment, image }) => refusedItem(
    `Your unfinished comment (${plain(comment)}): `
      + "you have labelled this example meanwhile, in another window or on another device.", image));
  list.replaceChildren(...refused, ...dropped);
}

/**
 * @param {import("./session.js").State} state
 * @param {import("../../ui/outbox.js").Entry} entry
 */
function refusedText({ facts }, { kind, payload }) {
  const text = kind === "undo" || !facts ? "You undid an answer" : `Your answer: ${inWords(facts, payload)}`;
  return payload.comment ? `${text} (${plain(payload.comment)})` : text;
}

/**
 * @param {string} text
 * @param {string | undefined} image
 */
function refusedItem(text, image) {
  const item = make("li", "");
  if (image) item.append(thumbnailOf(image));
  item.append(make("span", "", text));
  return item;
}

/** @param {Session} session */
export function closeRefused({ element, state, outbox, draw }) {
  state.dropped = [];
  for (const entry of outbox.refused) outbox.remove(entry.id);
  draw();
  find(element, ".hx-ann-figure").focus({ preventScroll: true });
}
