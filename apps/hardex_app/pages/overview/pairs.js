// The most confused pairs of classes.

import { find, make, plain } from "../../ui/dom.js";
import { count, many, percent } from "../../ui/numbers.js";
import { shareOf } from "./facts.js";
import { addArrow, labelMore, toExamples } from "./names.js";

/** @typedef {import("./facts.js").Facts} Facts */

const FIRST = 20;

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 * @param {boolean} open whether all are shown
 */
export function drawPairs(element, facts, open) {
  const { pairs } = facts;
  const shown = open ? pairs : pairs.slice(0, FIRST);
  const most = pairs.length ? pairs[0][2] : 1;
  find(element, ".hx-ov-pairs-note").textContent = note(facts);
  find(element, ".hx-ov-pairs").replaceChildren(...shown.map((one) => item(facts, one, most)));
  labelMore(find(element, ".hx-ov-more-pairs"), { all: pairs.length, first: FIRST, open, noun: "pairs" });
}

/** @param {Facts} facts */
function note({ pairs, pair_count: all, problem }) {
  if (problem) return problem;
  if (!all) return "No class is mistaken for another: every prediction agrees with the given label.";
  if (all > pairs.length) {
    return `The ${count(pairs.length)} most frequent of ${count(all)} pairs (given → predicted).`;
  }
  return `${many(all, "pair")} (given → predicted), with the share of the given class.`;
}

/**
 * @param {Facts} facts
 * @param {[number, number, number]} pair
 * @param {number} most
 */
function item(facts, [given, predicted, n], most) {
  const names = [facts.class_names[given], facts.class_names[predicted]];
  const share = percent(shareOf(facts, n, given));
  const inside = toExamples("hx-ov-pair", undefined, { given: names[0], predicted: names[1] });
  const both = make("span", "hx-ov-pair-names");
  addArrow(both, names[0], names[1]);
  const track = make("span", "hx-ov-pair-track");
  track.style.setProperty("--share", String(n / most));
  inside.append(both, track, make("span", "hx-ov-pair-count", count(n)), make("span", "hx-ov-pair-share", share));
  inside.setAttribute("aria-label",
    `given ${plain(names[0])}, predicted ${plain(names[1])}: ${many(n, "example")}, ${share} of the given class`);
  const node = make("li", "");
  node.append(inside);
  return node;
}
