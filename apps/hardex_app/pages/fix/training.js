// What is being trained, live: how far each model is, its curve, what the curve says, and a way to end it.

import { chart } from "../../ui/chart.js";
import { find, make, makeButton, plain } from "../../ui/dom.js";
import { count } from "../../ui/numbers.js";
import { duration, nameOf } from "./facts.js";

/** @typedef {import("./facts.js").Desk} Desk */
/** @typedef {import("./facts.js").Model} Model */
/** @typedef {import("./facts.js").Standing} Standing */

const ARMS = { remedied: "with the remedies", control: "without them" };
const COLOURS = { remedied: 0, control: 1 };
const WHOLE = Array.from({ length: 6 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
const ROOM = 0.06; // above and below the curves

/** @type {WeakMap<HTMLElement, ReturnType<typeof chart>>} */
const charts = new WeakMap();

/** @param {Desk} desk */
export function drawTraining(desk) {
  const { element, standing } = desk;
  const box = find(element, ".hx-fx-training");
  box.hidden = !standing || standing.state === "idle";
  if (!standing || box.hidden) return;
  find(element, ".hx-fx-standing").textContent = plain(saidOf(standing));
  drawProgress(element, standing);
  const problem = find(element, ".hx-fx-training-problem");
  problem.textContent = plain(standing.problem);
  problem.hidden = !standing.problem;
  find(element, ".hx-fx-told").replaceChildren(...standing.notes.map((note) => make("li", "", plain(note))));
  drawButtons(desk, standing);
  drawChanges(desk, standing);
  drawModels(element, standing);
}

/** @param {Standing} standing */
function saidOf(standing) {
  const { state, stage, seconds_left: left, out } = standing;
  if (state === "running") {
    const rest = left === null ? "" : ` About ${duration(left)} left.`;
    return `${stage.slice(0, 1).toUpperCase()}${stage.slice(1)}.${rest} You may leave this page.`;
  }
  if (state === "left") return `An earlier session left a fix undone (${nameOf(out)}). It can go on where it was.`;
  if (state === "done") return `Done: the new model is ${out}.`;
  if (state === "cancelled") return "Cancelled; nothing half done is left.";
  return standing.changes.length ? "Confirm the changes first." : "It did not end well.";
}

/**
 * @param {HTMLElement} element
 * @param {Standing} standing
 */
function drawProgress(element, { state, done, total }) {
  const bar = find(element, ".hx-fx-progress", HTMLProgressElement);
  bar.hidden = state !== "running";
  if (total) {
    bar.max = total;
    bar.value = done;
  } else bar.removeAttribute("value");
}

/**
 * @param {Desk} desk
 * @param {Standing} standing
 */
function drawButtons(desk, { state, can_go_on: goesOn, changes }) {
  const box = find(desk.element, ".hx-fx-training-buttons");
  const again = goesOn ? "Go on" : "Try again";
  const wanted = /** @type {Record<string, string[]>} */ ({
    running: ["Cancel"], left: ["Go on", "Discard it"], done: ["Close"], cancelled: ["Close"],
    failed: changes.length ? ["Close"] : [again, "Close"],
  })[state] ?? [];
  if (box.dataset.buttons === wanted.join()) return; // drawn anew, a button would lose the focus
  box.dataset.buttons = wanted.join();
  const act = /** @type {Record<string, () => void>} */ ({
    Cancel: () => ask(desk, "cancel"),
    "Go on": () => ask(desk, "go_on"),
    "Try again": () => ask(desk, "go_on"),
    "Discard it": () => {
      if (confirm("Remove what the earlier session has trained so far?")) ask(desk, "clear");
    },
    Close: () => ask(desk, "clear"),
  });
  box.replaceChildren(...wanted.map((name) => makeButton("hx-button", name, act[name])));
}

/**
 * @param {Desk} desk
 * @param {string} name of the question
 * @param {object} [about]
 */
async function ask(desk, name, about = {}) {
  const answer = await desk.server[name](about).catch(() => ({ error: "The server does not answer; try again." }));
  if (answer.error === undefined) desk.standing = answer;
  else if (desk.standing) desk.standing = { ...desk.standing, problem: answer.error };
  desk.follow();
}

/**
 * Training examples that would be changed, to be confirmed.
 *
 * @param {Desk} desk
 * @param {Standing} standing
 */
function drawChanges(desk, { changes, change_count: all }) {
  const box = find(desk.element, ".hx-fx-changes");
  box.hidden = !changes.length;
  if (!changes.length || box.dataset.count === String(all)) return;
  box.dataset.count = String(all);
  const table = make("table", "hx-fx-table");
  const head = make("tr", "");
  head.append(...["example", "given", "becomes", "who says so", "why"].map((name) => {
    const cell = make("th", "", name);
    cell.scope = "col";
    return cell;
  }));
  table.append(head, ...changes.map(({ id, given, label, who, why }) => {
    const line = make("tr", "");
    line.append(...[id, given, label || "removed", who, why].map((one) => make("td", "hx-fx-said", plain(one))));
    return line;
  }));
  const scroll = make("div", "hx-fx-scroll");
  scroll.tabIndex = 0;
  scroll.append(table);
  const more = changes.length < all ? [make("p", "hx-fx-note", `… and ${count(all - changes.length)} more`)] : [];
  box.replaceChildren(scroll, ...more, makeButton("hx-button hx-primary", `Change these ${count(all)} and train`,
    () => ask(desk, "go_on", { yes: true })));
}

/**
 * @param {HTMLElement} element
 * @param {Standing} standing
 */
function drawModels(element, { models }) {
  const box = find(element, ".hx-fx-models");
  box.hidden = !models.length;
  if (!models.length) return;
  find(box, "tbody").replaceChildren(...models.map(row));
  const holder = find(box, ".hx-fx-chart");
  const drawn = models.filter((one) => one.loss.length > 0);
  for (const part of [holder, find(box, "#hx-fx-curves-title"), find(box, ".hx-fx-key")]) part.hidden = !drawn.length;
  if (!drawn.length) return;
  const drawing = charts.get(holder) ?? chart(holder, { label: "Loss of each model over epochs", hasLegend: false });
  charts.set(holder, drawing);
  drawing.draw(pictureOf(drawn));
}

/** @param {Model} model */
function row({ name, arm, state, epoch, epochs, accuracy, findings }) {
  const title = make("th", "hx-fx-model", plain(name));
  title.scope = "row";
  title.style.setProperty("--key", `var(--hx-series-${COLOURS[arm]})`);
  const said = make("td", "hx-fx-said");
  said.append(...findings.map((one) => {
    const tag = make("span", one.is_calm ? "hx-fx-finding hx-fx-calm" : "hx-fx-finding", plain(one.words));
    tag.title = plain(one.why);
    return tag;
  }));
  const end = state === "done" ? ", done" : "";
  const where = state === "waiting" ? "waiting" : `${count(epoch)} of ${count(epochs)}${end}`;
  const node = make("tr", "");
  node.append(title, make("td", "", ARMS[arm]), make("td", "", where),
    make("td", "", accuracy === null ? "" : `${(100 * accuracy).toFixed(2)} %`), said);
  return node;
}

/**
 * @param {Model[]} models
 * @returns {import("../../ui/chart_scale.js").Data}
 */
function pictureOf(models) {
  const series = models.flatMap(({ name, arm, loss, validation }) => [
    { name: plain(name), points: loss, colour: COLOURS[arm] },
    { name: `${plain(name)}, validation`, points: validation, colour: COLOURS[arm], dashed: true },
  ]).filter((one) => one.points.length);
  const values = series.flatMap((one) => one.points.map((point) => point.y));
  const most = Math.max(...models.map((one) => one.epochs), 1);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = ROOM * (high - low) || Math.abs(high) * ROOM || 1;
  return {
    series,
    x: { least: 0, most, title: "epochs", reach: most / 60, steps: most >= 3 ? WHOLE : undefined,
      read: (value) => `epoch ${Number(value.toFixed(1))}` },
    y: { least: Math.max(0, low - room), most: high + room, write: short, read: short },
  };
}

/** @param {number} value */
function short(value) {
  return String(Number(value.toPrecision(3)));
}
