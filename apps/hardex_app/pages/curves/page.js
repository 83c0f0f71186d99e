// The Curves page: training curves and the findings about them.

import { address, pageOf, whenAddressChanges, whenAddressed } from "../../ui/address.js";
import { chart } from "../../ui/chart.js";
import { find, make, makeButton, plain } from "../../ui/dom.js";
import { untilReady } from "../../ui/facts.js";
import { choiceOf, choose, note, otherKinds } from "./choice.js";
import { drawLegend, markShown } from "./legend.js";
import { AXIS_NAMES, hasNoLog, isSeenIn, PALE_MOST, pictureOf } from "./picture.js";
import { drawSaid, markChosen } from "./said.js";

/** @typedef {import("./choice.js").Choice} Choice */
/** @typedef {import("./facts.js").Curves} Curves */
/** @typedef {import("./facts.js").Facts} Facts */

/** @typedef {{box: HTMLElement, chart: ReturnType<typeof chart>}} Panel */

/**
 * @typedef {object} Page
 * @property {HTMLElement} element
 * @property {import("../../ui/context.js").Context["server"]} server
 * @property {Facts | null} facts
 * @property {string} shown the facts as text
 * @property {Choice | null} choice
 * @property {Map<string, Curves>} known by metric, axis and run
 * @property {Panel[]} panels of loss, accuracy and another metric
 * @property {number} turn of showing; an older one that still waits gives up
 * @property {boolean} isDue whether the next picture of the screen is drawn anew
 */

const TOGETHER = 40; // runs of one request

/** @param {import("../../ui/context.js").Context} context */
export function start({ element, server }) {
  const panels = ["loss", "accuracy", "other"].map((name) => {
    const box = find(element, `[data-chart="${name}"]`);
    return { box, chart: chart(find(box, ".hx-cu-chart"), { label: `Curves of ${name}`, hasLegend: false }) };
  });
  /** @type {Page} */
  const page = {
    element, server, facts: null, shown: "", choice: null, known: new Map(), panels, turn: 0, isDue: false,
  };
  listen(page);
  let isHere = false;
  whenAddressChanges(() => {
    if (pageOf(address()) !== "curves") isHere = false;
  });
  whenAddressed("curves", () => {
    if (isHere) show(page);
    else ask(page); // a log may have been written since
    isHere = true;
  });
}

/** @param {Page} page */
async function ask(page) {
  const { element, server } = page;
  const wait = find(element, ".hx-cu-wait");
  const answer = await untilReady(() => server.facts({}), (sentence) => {
    wait.textContent = plain(sentence);
  });
  wait.hidden = true;
  const problem = find(element, ".hx-cu-problem");
  problem.textContent = plain(answer.error ?? "");
  problem.hidden = answer.error === undefined;
  find(element, ".hx-cu-body").hidden = answer.error !== undefined;
  const now = JSON.stringify(answer);
  if (answer.error !== undefined || now === page.shown) return;
  page.shown = now;
  page.facts = answer;
  page.known.clear();
  drawFacts(page, answer);
  show(page);
}

/**
 * @param {Page} page
 * @param {Facts} facts
 */
function drawFacts(page, facts) {
  const { element } = page;
  const { runs, problems, command } = facts;
  const none = find(element, ".hx-cu-none");
  none.hidden = runs.length > 0;
  none.replaceChildren("There is no training log here; let ", make("code", "", 'hardex.CurveDoctor("training.csv")'),
    " write one while the model trains (it goes into ", make("code", "", "callbacks"), " of ",
    make("code", "", "model.fit"), "), then type ", make("code", "", plain(command)), ".");
  const unreadable = find(element, ".hx-cu-unreadable");
  unreadable.hidden = !problems.length;
  unreadable.replaceChildren(...problems.map(({ why }) => make("li", "", plain(why))));
  find(element, ".hx-cu-found").hidden = !runs.length;
  if (!runs.length) return;
  const now = () => page.choice ?? choiceOf(address(), facts);
  drawLegend(element, facts, now);
  drawSaid(element, facts, now);
  drawAxes(element, facts);
  find(element, ".hx-cu-key").classList.toggle("hx-cu-alone", runs.length === 1);
  const select = find(element, ".hx-cu-metric", HTMLSelectElement);
  select.replaceChildren(...["", ...otherKinds(facts)].map((kind) => new Option(kind ? plain(kind) : "none", kind)));
  find(element, ".hx-cu-best-key").hidden = !runs.some((run) => run.best.length);
  find(element, ".hx-cu-evidence-key").hidden = !runs.some((run) => run.findings.some((one) => one.place));
}

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 */
function drawAxes(element, { axes }) {
  const box = find(element, ".hx-cu-axes");
  box.hidden = axes.length < 2;
  box.replaceChildren(...axes.map((axis) => {
    const button = makeButton("", AXIS_NAMES[axis], () => choose({ x: axis }));
    button.dataset.axis = axis;
    return button;
  }));
}

/** @param {Page} page */
function listen(page) {
  const { element } = page;
  const slider = find(element, ".hx-cu-smooth", HTMLInputElement);
  slider.addEventListener("input", () => {
    if (!page.choice) return;
    page.choice.smooth = Number(slider.value);
    sayTools(page, page.choice);
    drawSoon(page);
  });
  slider.addEventListener("change", () => note({ smooth: slider.value === "0" ? null : slider.value }));
  const log = find(element, ".hx-cu-log", HTMLInputElement);
  log.addEventListener("change", () => choose({ log: log.checked ? "yes" : null }));
  const metric = find(element, ".hx-cu-metric", HTMLSelectElement);
  metric.addEventListener("change", () => choose({ metric: metric.value || null }));
  find(element, ".hx-cu-whole").addEventListener("click", () => choose({ finding: null }));
}

/**
 * Draw in the next picture of the screen; a slider may ask more often.
 *
 * @param {Page} page
 */
function drawSoon(page) {
  if (page.isDue) return;
  page.isDue = true;
  requestAnimationFrame(() => {
    page.isDue = false;
    drawCharts(page);
  });
}

/** @param {Page} page */
async function show(page) {
  const { facts, element } = page;
  if (!facts?.runs.length) return;
  const before = page.choice?.finding;
  const choice = choiceOf(address(), facts);
  page.choice = choice;
  page.turn += 1;
  const turn = page.turn;
  sayTools(page, choice);
  markShown(element, choice);
  markChosen(element, choice);
  const problem = await fetched(page, choice, facts);
  if (turn !== page.turn) return;
  const line = find(element, ".hx-cu-problem");
  line.textContent = plain(problem);
  line.hidden = !problem;
  drawCharts(page);
  const { finding } = choice;
  if (finding && (finding.run !== before?.run || finding.index !== before.index)) scrollTo(page, choice, facts);
}

/**
 * @param {Page} page
 * @param {Choice} choice
 */
function sayTools({ element, facts }, choice) {
  find(element, ".hx-cu-smooth", HTMLInputElement).value = String(choice.smooth);
  find(element, ".hx-cu-smooth-says").textContent = choice.smooth ? `${choice.smooth} %` : "off";
  find(element, ".hx-cu-log", HTMLInputElement).checked = choice.isLog;
  find(element, ".hx-cu-metric", HTMLSelectElement).value = choice.metric;
  find(element, ".hx-cu-whole").hidden = !choice.finding;
  for (const button of element.querySelectorAll("[data-axis]")) {
    button.setAttribute("aria-pressed", String(button.getAttribute("data-axis") === choice.axis));
  }
  const left = [...choice.runs].filter((one) => facts && !facts.runs[one].axes.includes(choice.axis));
  const line = find(element, ".hx-cu-left-out");
  line.hidden = !left.length;
  line.textContent = `Not drawn over ${AXIS_NAMES[choice.axis]}, which the log does not have: `
    + `${left.map((one) => plain(facts?.runs[one].label ?? "")).join(", ")}.`;
}

/**
 * The metric of each chart; "" for none.
 *
 * @param {Choice} choice
 * @param {Facts} facts
 */
function kindsOf({ metric }, { kinds }) {
  return [...["loss", "accuracy"].map((kind) => (kinds.includes(kind) ? kind : "")), metric];
}

/**
 * Get the curves that are to be drawn and are not known yet.
 *
 * @param {Page} page
 * @param {Choice} choice
 * @param {Facts} facts
 * @returns {Promise<string>} why there are none, or ""
 */
async function fetched({ server, known }, choice, facts) {
  const answers = kindsOf(choice, facts).filter(Boolean).map(async (kind) => {
    const missing = drawable(choice, facts).filter((run) => !known.has(keyOf(kind, choice.axis, run)));
    for (let at = 0; at < missing.length; at += TOGETHER) {
      const runs = missing.slice(at, at + TOGETHER);
      const answer = await untilReady(() => server.curves({ kind, axis: choice.axis, runs }), () => {});
      if (answer.error !== undefined) return answer.error;
      for (const [run, curves] of Object.entries(answer.curves)) {
        known.set(keyOf(kind, choice.axis, Number(run)), /** @type {Curves} */ (curves));
      }
    }
    return "";
  });
  return (await Promise.all(answers)).find(Boolean) ?? "";
}

/**
 * @param {string} kind
 * @param {string} axis
 * @param {number} run
 */
function keyOf(kind, axis, run) {
  return `${run} ${axis} ${kind}`;
}

/**
 * The chosen runs that have this axis, in order.
 *
 * @param {Choice} choice
 * @param {Facts} facts
 */
function drawable({ runs, axis }, facts) {
  return [...runs].filter((one) => facts.runs[one].axes.includes(axis)).sort((a, b) => a - b);
}

/** @param {Page} page */
function drawCharts(page) {
  const { facts, choice, panels, known, element } = page;
  if (!facts || !choice) return;
  kindsOf(choice, facts).forEach((kind, i) => {
    const { box, chart: drawing } = panels[i];
    const isOther = i === panels.length - 1;
    box.hidden = isOther ? !otherKinds(facts).length : !kind;
    find(box, ".hx-cu-chart").hidden = !kind;
    const missing = find(box, ".hx-cu-missing");
    missing.hidden = true;
    if (!kind) return;
    const curves = new Map(drawable(choice, facts).flatMap((run) => {
      const found = known.get(keyOf(kind, choice.axis, run));
      return found ? [[run, found]] : [];
    }));
    const picture = pictureOf(kind, curves, choice, facts);
    find(box, ".hx-cu-chart").hidden = !picture;
    missing.hidden = Boolean(picture) && !(choice.isLog && kind !== "accuracy" && hasNoLog(curves));
    missing.textContent = picture ? "Values of 0 and less are not shown: they have no logarithm."
      : "None of the trainings that are shown has it.";
    drawing.rename(`Curves of ${plain(kind)}`);
    if (picture) drawing.draw(picture);
  });
  const isPale = (choice.smooth > 0 && choice.runs.size <= PALE_MOST) || drawable(choice, facts).some((run) => (
    known.get(keyOf("loss", choice.axis, run))?.batches));
  find(element, ".hx-cu-pale-key").hidden = !isPale;
  markShown(element, choice);
}

/**
 * Bring the chart of the chosen finding into view.
 *
 * @param {Page} page
 * @param {Choice} choice
 * @param {Facts} facts
 */
function scrollTo({ panels }, choice, facts) {
  const { run, index } = /** @type {{run: number, index: number}} */ (choice.finding);
  const found = facts.runs[run].findings[index];
  const at = kindsOf(choice, facts).findIndex((kind) => kind && isSeenIn(found, kind));
  panels[Math.max(0, at)].box.scrollIntoView({ block: "center", behavior: "smooth" });
}
