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
  explain(element, facts, selftest);
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
 * What was done, and how to read the numbers.
 *
 * @param {HTMLElement} element
 * @param {Facts} facts
 * @param {SelfTest} selftest
 */
function explain(element, { least_power: power, most_false_credit: credit }, { examples, threshold }) {
  find(element, ".hx-ca-how").textContent = "Causes were planted in some of "
    + `${count(examples)} examples that the model has right, and these were diagnosed like the others: of each it is `
    + "known what is true. In brackets: 95 % intervals.";
  const terms = [
    ["power", `the share of the plants of a cause that was named so; the cause may be named if the lower end is `
      + `at least ${whole(power)}`],
    ["false credit", "the share of exchanged labels, junk and untouched examples that was named so by mistake; "
      + `the upper end must be at most ${whole(credit)}`],
    ["coverage", `the share of plants that got an answer, which needs at least ${whole(threshold)} of the votes, for `
      + "most causes more; the others are unexplained"],
    ["accuracy", "the share of these answers that is right"],
    ["calibration error", "how far the stated confidence is from that share, on average"],
  ];
  find(element, ".hx-ca-terms").replaceChildren(...terms.flatMap(([term, meaning]) => [
    make("dt", "", term), make("dd", "", meaning),
  ]));
}

/** @param {number} p */
function whole(p) {
  return `${Math.round(100 * p)} %`;
}

/**
 * A share with its interval, which may come on a line of its own.
 *
 * @param {Share} share
 */
function share({ value, low, high, of }) {
  const node = make("span", "hx-ca-value", of ? percent(value) : "–");
  const range = make("span", "hx-ca-interval", `(${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)})`);
  if (of) node.append(" ", range);
  return node;
}

/**
 * @param {string} name
 * @param {string | HTMLElement} value
 * @param {string} note
 */
function figure(name, value, note) {
  const box = make("div", "hx-ca-figure");
  const number = make("dd", "");
  number.append(value, make("span", "hx-ca-aside", note));
  box.append(make("dt", "", name), number);
  return box;
}

/** @param {SelfTest["causes"][number]} test */
function row({ words, planted, power, false_credit: credit, given, why_not: why }) {
  const name = make("th", "", plain(words));
  name.scope = "row";
  const node = make("tr", given ? "" : "hx-ca-not-named");
  const named = given ? "yes" : `no${why ? `: ${plain(why)}` : ""}`;
  const cells = [count(planted), share(power), share(credit)].map((value) => {
    const cell = make("td", "");
    cell.append(value);
    return cell;
  });
  node.append(name, ...cells, make("td", "hx-ca-named", named));
  return node;
}
