// What the findings say together: tests against chance, the pattern of wrong labels, leakage, notes.

import { link } from "../../ui/address.js";
import { find, make, plain } from "../../ui/dom.js";
import { count, many } from "../../ui/numbers.js";
import { toExamples } from "./facts.js";

/** @typedef {import("./facts.js").Diagnosis} Diagnosis */

const FIRST = 8;

/**
 * @param {HTMLElement} element
 * @param {Diagnosis} diagnosis
 */
export function drawDataSet(element, diagnosis) {
  drawTests(element, diagnosis);
  const { label_errors: labels, leakage, not_judged: missing, notes } = diagnosis;
  fill(element, ".hx-ca-labels", labels ? [labelErrors(labels)] : []);
  fill(element, ".hx-ca-leakage", leakage?.examples ? leaked(leakage) : []);
  const left = missing.map(({ words, why }) => item([make("strong", "", plain(words)), `: ${plain(why)}`]));
  fill(element, ".hx-ca-not-judged", left);
  fill(element, ".hx-ca-notes", notes.map((note) => item([plain(note)])));
}

/**
 * @param {HTMLElement} element
 * @param {Diagnosis} diagnosis
 */
function drawTests(element, { tests, test_count: all }) {
  const list = find(element, ".hx-ca-tests");
  const more = find(element, ".hx-ca-more-tests");
  /** @param {number} most */
  const show = (most) => {
    list.replaceChildren(...tests.slice(0, most).map(({ cause, given_label: given, sentence }) => {
      return item([toExamples("hx-ca-link", plain(sentence), given ? { cause, given } : { cause })]);
    }));
    if (!tests.length) list.append(item(["No cause is more frequent in a class than chance explains."]));
    else if (most > FIRST && tests.length < all) list.append(item([`… and ${count(all - tests.length)} more`]));
  };
  more.hidden = tests.length <= FIRST;
  more.textContent = `Show all ${count(tests.length)}`;
  more.onclick = () => {
    more.hidden = true;
    show(tests.length);
    list.querySelector("a")?.focus();
  };
  show(FIRST);
}

/** @param {NonNullable<Diagnosis["label_errors"]>} labels */
function labelErrors({ pair, sentence, pattern }) {
  const given = pattern === "one_pair" && pair.length ? { given: pair[0] } : {};
  return toExamples("hx-ca-link", plain(sentence), { cause: "mislabelled", ...given });
}

/** @param {NonNullable<Diagnosis["leakage"]>} leakage */
function leaked({ examples, other_label: other, ids }) {
  const is = examples === 1 ? "is" : "are";
  const differ = other ? `, ${count(other)} of them under another label` : "";
  const text = `${many(examples, "example")} ${is} pixel for pixel in the training data, too${differ}: `;
  const links = ids.flatMap((id, at) => {
    const one = link("hx-ca-link", plain(id), { page: "browse", list: "all", id });
    return at ? [", ", one] : [one];
  });
  return [text, ...links, ids.length < examples ? ", …" : ""];
}

/**
 * @param {HTMLElement} element
 * @param {string} box
 * @param {(string | HTMLElement)[]} content goes into its paragraph or list; without any it is hidden
 */
function fill(element, box, content) {
  find(element, box).hidden = !content.length;
  find(element, `${box} > p, ${box} > ul`).replaceChildren(...content);
}

/** @param {(string | HTMLElement)[]} content */
function item(content) {
  const node = make("li", "");
  node.append(...content);
  return node;
}
