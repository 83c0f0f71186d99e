// The trainings as switches, each in its colour. Whoever points at one sees its curves alone.

import { find, make, makeButton, plain } from "../../ui/dom.js";
import { choose, writtenRuns } from "./choice.js";
import { isCalm } from "./said.js";

/** @typedef {import("./choice.js").Choice} Choice */
/** @typedef {import("./facts.js").Facts} Facts */

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 * @param {() => Choice} now
 */
export function drawLegend(element, { runs }, now) {
  const count = runs.length;
  /** @param {Set<number>} shown */
  const show = (shown) => choose({ runs: writtenRuns(shown, count), ...(now().finding ? { finding: null } : {}) });
  find(element, ".hx-cu-runs").replaceChildren(...runs.map((run, number) => {
    const button = makeButton("hx-button hx-cu-switch", "", () => {
      const shown = new Set(now().runs);
      if (!shown.delete(number)) shown.add(number);
      show(shown);
    });
    button.append(make("span", "hx-cu-switch-name", plain(run.label)));
    const [first] = run.findings;
    if (first) button.append(make("span", `hx-cu-says ${isCalm(first.code) ? "hx-cu-calm" : ""}`, first.words));
    button.title = plain(run.name);
    button.dataset.run = String(number);
    button.style.setProperty("--key", `var(--hx-series-${number % 9})`);
    for (const event of ["pointerenter", "focus"]) button.addEventListener(event, () => light(element, number));
    for (const event of ["pointerleave", "blur"]) button.addEventListener(event, () => light(element, chosen(now())));
    return button;
  }));
  find(element, ".hx-cu-all").hidden = count < 3;
  find(element, ".hx-cu-show-all").onclick = () => show(new Set(runs.keys()));
  find(element, ".hx-cu-show-none").onclick = () => show(new Set());
}

/**
 * @param {HTMLElement} element
 * @param {Choice} choice
 */
export function markShown(element, choice) {
  for (const button of element.querySelectorAll(".hx-cu-switch")) {
    if (!(button instanceof HTMLElement)) continue;
    button.setAttribute("aria-pressed", String(choice.runs.has(Number(button.dataset.run))));
  }
  light(element, chosen(choice));
}

/** @param {Choice} choice */
function chosen({ finding }) {
  return finding ? finding.run : null;
}

/**
 * Make the curves of the other runs pale.
 *
 * @param {HTMLElement} element
 * @param {number | null} run null for none
 */
function light(element, run) {
  for (const group of element.querySelectorAll("[data-group]")) {
    if (!(group instanceof SVGElement)) continue;
    group.classList.toggle("hx-cu-dim", run !== null && group.dataset.group !== String(run));
  }
}
