// What hardex finds in each training: its findings with confidence, evidence and remedy, its best epoch, its notes.

import { find, make, makeButton, plain } from "../../ui/dom.js";
import { choose, writtenRuns } from "./choice.js";
import { short } from "./picture.js";

/** @typedef {import("./choice.js").Choice} Choice */
/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./facts.js").Finding} Finding */
/** @typedef {import("./facts.js").Run} Run */

const CALM = ["healthy", "appended", "too_noisy"];
const BEST = /** @type {Record<string, string>} */ ({
  val_loss: "validation loss", val_accuracy: "validation accuracy",
});

/**
 * Whether a finding is no reason to act.
 *
 * @param {string} code
 */
export function isCalm(code) {
  return CALM.includes(code);
}

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 * @param {() => Choice} now
 */
export function drawSaid(element, { runs }, now) {
  /** @param {number} run @param {number} index */
  const show = (run, index) => {
    const { finding, runs: shown } = now();
    const isShown = finding?.run === run && finding.index === index;
    choose(isShown ? { finding: null }
      : { finding: `${run}.${index}`, runs: writtenRuns(new Set([...shown, run]), runs.length) });
  };
  find(element, ".hx-cu-said").replaceChildren(...runs.map((run, number) => {
    const items = run.findings.map((finding, index) => item(finding, `${number}.${index}`, () => show(number, index)));
    return box(run, number, items);
  }));
}

/**
 * @param {Run} run
 * @param {number} number
 * @param {HTMLElement[]} items its findings
 */
function box(run, number, items) {
  const title = make("h3", "hx-cu-run-title", plain(run.label));
  title.style.setProperty("--key", `var(--hx-series-${number % 9})`);
  title.title = plain(run.name);
  title.append(make("span", "hx-cu-size", plain(run.size)));
  const findings = make("ul", "hx-cu-findings");
  findings.append(...items);
  const node = make("article", "hx-cu-run");
  node.append(title, findings, ...best(run));
  if (run.notes.length) {
    const notes = make("ul", "hx-cu-notes");
    notes.append(...run.notes.map((note) => make("li", "", plain(note))));
    node.append(notes);
  }
  return node;
}

/**
 * Mark the finding whose part of the curve is shown.
 *
 * @param {HTMLElement} element
 * @param {Choice} choice
 */
export function markChosen(element, { finding }) {
  for (const button of element.querySelectorAll(".hx-cu-finding")) {
    const isChosen = finding !== null && button instanceof HTMLElement
      && button.dataset.finding === `${finding.run}.${finding.index}`;
    button.setAttribute("aria-pressed", String(isChosen));
  }
}

/**
 * @param {Finding} finding
 * @param {string} key
 * @param {() => void} show
 */
function item({ code, words, severity, confidence, why, remedy }, key, show) {
  const button = makeButton("hx-button hx-cu-finding", plain(words), show);
  button.dataset.finding = key;
  button.classList.toggle("hx-cu-calm", isCalm(code));
  const sure = `${severity ? `${plain(severity)}, ` : ""}confidence ${Math.round(100 * confidence)} %`;
  const head = make("p", "hx-cu-finding-head");
  head.append(button, make("span", "hx-cu-sure", sure));
  const node = make("li", "");
  node.append(head, make("p", "hx-cu-why", plain(why)), make("p", "hx-cu-remedy", plain(remedy)));
  return node;
}

/** @param {Run} run */
function best({ best: found }) {
  if (!found.length) return [];
  const parts = found.map(({ metric, value, at }) => {
    const [axis, place] = Object.entries(at)[0];
    const text = metric === "val_accuracy" ? `${(100 * value).toFixed(2)} %` : short(value);
    return `${BEST[metric]} ${text} at ${axis} ${short(place)}`;
  });
  return [make("p", "hx-cu-best", `Best ${parts.join(", ")}.`)];
}
