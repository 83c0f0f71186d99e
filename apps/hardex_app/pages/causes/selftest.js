// The self-test: how often planted causes were found, and how often they were named wrongly.

import { find, make, plain } from "../../ui/dom.js";
import { count, percent } from "../../ui/numbers.js";

/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./facts.js").Share} Share */
/** @typedef {import("./facts.js").SelfTest} SelfTest */

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 */
export function drawSelfTest(element, facts) {
  const { diagnosis, selftest, command } = facts;
  find(element, ".hx-ca-selftest").hidden = !diagnosis && !selftest;
  find(element, ".hx-ca-tested").hidden = !selftest;
  const untested = find(element, ".hx-ca-untested");
  untested.hidden = Boolean(selftest);
  untested.replaceChildren("Without a self-test nobody knows how far this diagnosis can be trusted; to make it, type ",
    make("code", "", plain(command)), ".");
  if (!selftest) return;
  find(element, ".hx-ca-how").textContent = howToRead(facts, selftest);
  find(element, ".hx-ca-figures").replaceChildren(
    figure("coverage", share(selftest.coverage), "plants that got an answer"),
    figure("accuracy", share(selftest.accuracy), "answers that are right"),
    figure("calibration error", percent(selftest.calibration_error), "of the stated confidence"));
  find(element, ".hx-ca-table tbody").replaceChildren(...selftest.causes.map(row));
  const notes = find(element, ".hx-ca-test-notes");
  notes.hidden = !selftest.notes.length;
  notes.replaceChildren(...selftest.notes.map((note) => make("li", "", plain(note))));
}

/**
 * @param {Facts} facts
 * @param {SelfTest} selftest
 */
function howToRead({ least_power: power, most_false_credit: credit }, { examples, threshold }) {
  return `Each cause was planted in copies of ${count(examples)} examples that the model has right, and these were `
    + "diagnosed like the others. Power: the share of the plants of a cause that was named so. False credit: the "
    + "share of exchanged labels, junk and untouched examples that was named so by mistake. A cause is named only "
    + `with a power of at least ${whole(power)} and a false credit of at most ${whole(credit)}, and an example gets `
    + `an answer only from a confidence of ${whole(threshold)}. Coverage is the share of plants with an answer, `
    + "accuracy the share of these answers that is right; the calibration error is how far the stated confidence is "
    + "from that on average. In brackets: 95 % intervals.";
}

/** @param {number} p */
function whole(p) {
  return `${Math.round(100 * p)} %`;
}

/** @param {Share} share */
function share({ value, low, high, of }) {
  if (!of) return "–";
  return `${percent(value)} (${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)})`;
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string} note
 */
function figure(name, value, note) {
  const box = make("div", "hx-ca-figure");
  const number = make("dd", "", value);
  number.append(make("span", "hx-ca-aside", note));
  box.append(make("dt", "", name), number);
  return box;
}

/** @param {SelfTest["causes"][number]} test */
function row({ words, planted, power, false_credit: credit, given, why_not: why }) {
  const name = make("th", "", plain(words));
  name.scope = "row";
  const node = make("tr", given ? "" : "hx-ca-not-named");
  node.append(name, make("td", "", count(planted)), make("td", "", share(power)), make("td", "", share(credit)),
    make("td", "hx-ca-named", given ? "yes" : `no${why ? `: ${plain(why)}` : ""}`));
  return node;
}
