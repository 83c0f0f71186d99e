// What a list of the comparison holds, in words.

import { plain } from "../../ui/dom.js";
import { many } from "../../ui/numbers.js";

/** @type {Record<string, (a: string, b: string) => string>} */
const TITLES = {
  wrong_in_all: () => "that all models have wrong",
  suspects: () => "that all models contradict with the same class",
  falling: () => "whose label is believed less by every next model",
  only_wrong: (a) => `that only ${a} has wrong`,
  only_right: (a) => `that only ${a} has right`,
  repaired: (a, b) => `that ${a} has wrong and ${b} right`,
  broken: (a, b) => `that ${a} has right and ${b} wrong`,
  both_wrong: (a, b) => (a === b ? `that ${a} has wrong` : `that ${a} and ${b} both have wrong`),
  disagree: (a, b) => `on which ${a} and ${b} differ`,
};

/**
 * @param {number} total
 * @param {{list: string, a: string, b: string}} wanted
 */
export function titleOf(total, { list, a, b }) {
  const words = TITLES[list];
  return `${many(total, "example")} ${words ? words(plain(a), plain(b)) : plain(list)}`;
}
