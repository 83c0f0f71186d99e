// The table of the models and the sentences on their differences.

import { find, make, plain } from "../../ui/dom.js";
import { count } from "../../ui/numbers.js";
import { toList } from "./facts.js";

/** @typedef {import("./facts.js").Figures} Figures */

const FIRST = 4; // sentences

/**
 * @param {HTMLElement} element
 * @param {Figures} figures
 * @param {string[]} runs all that are open
 */
export function drawRuns(element, figures, runs) {
  find(element, ".hx-co-runs tbody").replaceChildren(...figures.runs.map((model) => row(model, runs)));
  drawSentences(element, figures);
}

/**
 * @param {import("./facts.js").Model} model
 * @param {string[]} runs
 */
function row(model, runs) {
  const { name, accuracy, errors, only_wrong: onlyWrong, only_right: onlyRight } = model;
  const line = make("tr", "");
  const head = make("th", "", plain(name));
  head.scope = "row";
  const share = make("td", "", points(accuracy.value));
  share.append(make("span", "hx-co-interval", `${points(accuracy.low)} to ${points(accuracy.high)}`));
  line.append(head, share,
    linked(errors, runs, { list: "both_wrong", a: name, b: name }, `${count(errors)} errors of ${plain(name)}`),
    linked(onlyWrong, runs, { list: "only_wrong", a: name }, `${count(onlyWrong)} only wrong in ${plain(name)}`),
    linked(onlyRight, runs, { list: "only_right", a: name }, `${count(onlyRight)} only right in ${plain(name)}`),
    make("td", "", model.calibration_error.toFixed(4)));
  return line;
}

/**
 * @param {number} n
 * @param {string[]} runs
 * @param {{list: string, a?: string, b?: string}} wanted
 * @param {string} label
 */
function linked(n, runs, wanted, label) {
  const cell = make("td", "");
  const node = toList("hx-co-link", count(n), runs, wanted);
  node.setAttribute("aria-label", label);
  cell.append(node);
  return cell;
}

/** @param {number} share */
function points(share) {
  return `${(100 * share).toFixed(2)} %`;
}

/**
 * @param {HTMLElement} element
 * @param {Figures} figures
 */
function drawSentences(element, { pairs }) {
  const list = find(element, ".hx-co-says");
  const more = find(element, ".hx-co-more-says");
  const surest = [...pairs].sort((a, b) => a.p_holm - b.p_holm);
  /** @param {number} most */
  const show = (most) => list.replaceChildren(...surest.slice(0, most).map(sentence));
  more.hidden = pairs.length <= FIRST;
  more.textContent = `Show all ${count(pairs.length)} pairs`;
  more.onclick = () => {
    more.hidden = true;
    show(pairs.length);
  };
  show(FIRST);
}

/** @param {import("./facts.js").Pair} pair */
function sentence({ says, classes }) {
  const item = make("li", "", plain(says));
  if (classes) item.append(make("span", "hx-co-classes", plain(classes)));
  return item;
}
