// One row of pictures for each cause: its hardest examples.

import { fillPlaces } from "../../ui/place_pictures.js";
import { link } from "../../ui/address.js";
import { find, make, plain } from "../../ui/dom.js";
import { count, percent } from "../../ui/numbers.js";
import { toExamples } from "./facts.js";

/** @typedef {import("./facts.js").Count} Count */
/** @typedef {import("./facts.js").Example} Example */

const TOGETHER = 20; // pictures of one request

/**
 * @param {HTMLElement} element
 * @param {import("../../ui/context.js").Context["server"]} server
 * @param {import("./facts.js").Diagnosis} diagnosis
 */
export function drawRows(element, server, { counts }) {
  const box = find(element, ".hx-ca-rows");
  box.replaceChildren(...counts.filter(({ examples }) => examples.length).map(row));
  const places = /** @type {HTMLElement[]} */ ([...box.querySelectorAll(".hx-ca-place")]);
  for (let at = 0; at < places.length; at += TOGETHER) fillPlaces(server, places.slice(at, at + TOGETHER));
}

/** @param {Count} one */
function row({ cause, words, count: n, examples }) {
  const title = make("h3", "");
  title.append(toExamples("hx-ca-link", `${plain(words)}, ${count(n)}`, { cause }));
  const pictures = make("div", "hx-ca-pictures");
  pictures.append(...examples.map((example) => card(example, cause)));
  const node = make("div", "hx-ca-row");
  node.append(title, pictures);
  return node;
}

/**
 * @param {Example} example
 * @param {string} cause
 */
function card({ id, given, predicted, confidence }, cause) {
  const node = link("hx-ca-card", undefined, { page: "browse", list: "all", sort: "loss", cause, id });
  const place = make("span", "hx-ca-place");
  place.dataset.id = id;
  const sure = confidence === null ? "" : ` (${percent(confidence)})`;
  node.title = `${plain(id)}: given ${plain(given)}, predicted ${plain(predicted)}${sure}`;
  node.setAttribute("aria-label", `example ${plain(id)}, given ${plain(given)}, predicted ${plain(predicted)}`);
  const labels = given === predicted ? plain(given) : `${plain(given)} → ${plain(predicted)}`;
  node.append(place, make("span", "hx-ca-shift", labels));
  return node;
}
