// What the accuracy is worth, and classes that are predicted clearly more or less often than they are given.

import { find, make, plain } from "../../ui/dom.js";
import { count } from "../../ui/numbers.js";
import { classLink } from "./names.js";

/** @typedef {import("./facts.js").Facts} Facts */

/** @type {Record<string, string>} */
export const FLAGS = { never: "never predicted", seldom: "seldom predicted", often: "often predicted" };
const NAMED_MOST = 12;

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 */
export function drawBalance(element, facts) {
  const worth = find(element, ".hx-ov-worth");
  worth.textContent = plain(facts.sentences.join(" "));
  worth.hidden = !facts.sentences.length;
  const note = find(element, ".hx-ov-balance");
  find(element, ".hx-ov-rule-of-balance").textContent = facts.problem ? "" : facts.balance_rule;
  if (facts.problem)
    {note.textContent = "Without confusion.csv, numbers of given and predicted labels cannot be compared.";}
  else if (facts.classes.every((one) => !one[5]))
    {note.textContent = "Balance: no class is predicted clearly more or less often than it is given.";}
  else note.replaceChildren("Balance: ", ...Object.keys(FLAGS).flatMap((flag) => sentence(facts, flag)));
}

/**
 * @param {Facts} facts
 * @param {string} flag
 */
function sentence(facts, flag) {
  const numbers = facts.classes.map((_, i) => i).filter((i) => facts.classes[i][5] === flag);
  if (!numbers.length) return [];
  const named = numbers.slice(0, NAMED_MOST).flatMap((i, place) => [place ? ", " : "", ...oneClass(facts, i, flag)]);
  const rest = numbers.length - NAMED_MOST;
  return [make("strong", "", `${FLAGS[flag]}: `), ...named, rest > 0 ? ` and ${rest} more. ` : ". "];
}

/**
 * @param {Facts} facts
 * @param {number} i
 * @param {string} flag
 */
function oneClass(facts, i, flag) {
  const [given, predicted] = facts.classes[i];
  const name = facts.class_names[i];
  const inside = classLink("hx-ov-link", name, flag === "often" ? { predicted: name } : { given: name });
  return [inside, ` (${count(predicted)} times, given ${count(given)})`];
}
