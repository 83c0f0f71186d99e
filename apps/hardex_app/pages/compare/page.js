// The Compare page: which model is better, whose errors they are, and the examples behind each number.

import { address, go, whenAddressed } from "../../ui/address.js";
import { find, make, makeButton, plain } from "../../ui/dom.js";
import { whenOpened } from "../../ui/facts.js";
import { count } from "../../ui/numbers.js";
import { requestsOf } from "../../ui/requests.js";
import { drawCards } from "./cards.js";
import { modelsOf, modelsWord, runOf, toList } from "./facts.js";
import { drawMatrix } from "./matrix.js";
import { drawRuns } from "./runs.js";
import { titleOf } from "./titles.js";

/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./facts.js").Figures} Figures */
/** @typedef {import("./facts.js").View} View */

/**
 * @typedef {object} Desk
 * @property {HTMLElement} element
 * @property {import("../../ui/context.js").Context["server"]} server
 * @property {string[]} runs all that are open
 * @property {Figures | null} figures of the models that are shown
 * @property {string} shown the models that `figures` is of
 * @property {string} listed the list that is shown, as it was requested
 * @property {string} matrix the kind of the matrix, by its list
 */

/** @param {import("../../ui/context.js").Context} context */
export function start({ element, server }) {
  /** @type {Desk} */
  const desk = { element, server, runs: [], figures: null, shown: "", listed: "", matrix: "broken" };
  const { latched } = requestsOf(element);
  const ask = latched(() => refresh(desk), (why) => say(element, ".hx-co-problem", why));
  whenOpened("compare", server, (/** @type {Facts} */ facts) => {
    desk.runs = facts.runs;
    if (facts.runs.length) ask();
    else showAlone(element, facts);
  }, (sentence) => {
    find(element, ".hx-co-wait").textContent = plain(sentence);
  });
  whenAddressed("compare", () => {
    if (desk.runs.length) ask();
  });
}

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 */
function showAlone(element, { command }) {
  const alone = find(element, ".hx-co-alone");
  alone.replaceChildren("One run is open. To compare models, open several runs on the same examples: ",
    make("code", "", plain(command)), ".");
  alone.hidden = false;
}

/** @param {Desk} desk */
async function refresh(desk) {
  const { element, server, runs } = desk;
  const view = address();
  const chosen = modelsOf(view, runs);
  drawChoices(desk, chosen);
  if (desk.shown !== chosen.join("\n")) {
    const figures = await server.figures({ runs: chosen });
    find(element, ".hx-co-wait").textContent = figures.waiting ?? "";
    say(element, ".hx-co-problem", figures.error);
    if (figures.error || figures.waiting) return;
    desk.figures = figures;
    desk.shown = chosen.join("\n");
    desk.listed = "";
    drawFigures(desk);
  }
  find(element, ".hx-co-body").hidden = false;
  await showList(desk, view, chosen);
}

/** @param {Desk} desk */
function drawFigures(desk) {
  const { element, figures, runs } = desk;
  if (!figures) return;
  drawRuns(element, figures, runs);
  drawKind(desk);
  const shared = [["wrong_in_all", "wrong in all"], ["suspects", "contradicted by all with the same class"]];
  const counts = { wrong_in_all: figures.wrong_in_all, suspects: figures.suspects, falling: figures.falling };
  if (figures.drift) shared.push(["falling", "whose label is believed less by every next model"]);
  find(element, ".hx-co-shared").replaceChildren(...shared.map(([list, words]) => toList("hx-button hx-co-shortcut",
    `${count(counts[/** @type {keyof typeof counts} */ (list)])} ${words}`, runs, { list })));
  find(element, ".hx-co-drift").textContent = plain(figures.drift);
  find(element, ".hx-co-notes").replaceChildren(...figures.notes.map((note) => make("li", "", plain(note))));
}

/** @param {Desk} desk */
function drawKind(desk) {
  const { element, figures, runs, matrix } = desk;
  if (!figures) return;
  drawMatrix(element, figures, runs, matrix, (list) => {
    desk.matrix = list;
    drawKind(desk);
    find(element, ".hx-co-switch [aria-pressed=true]").focus();
  });
}

/**
 * @param {Desk} desk
 * @param {View} view
 * @param {string[]} chosen
 */
async function showList(desk, view, chosen) {
  const { element, server, runs } = desk;
  const wanted = wantedOf(view, chosen, runs);
  const { given = "", answer = "", p = 1 } = view;
  const request = { ...wanted, runs: chosen, given, answer, p };
  const asked = JSON.stringify(request);
  if (asked === desk.listed) return;
  const page = await server.examples(request);
  say(element, ".hx-co-list-problem", page.error);
  if (page.error || page.waiting) return;
  desk.listed = asked;
  find(element, "#hx-co-list-title").textContent = titleOf(page.total, wanted);
  const meaning = wanted.list === "suspects" && desk.figures ? desk.figures.how_often : "";
  find(element, ".hx-co-meaning").textContent = plain(meaning);
  drawCards(element, server, page, view);
  if (view.list && !view.p && !view.given) showThere(element);
}

/**
 * The list of a view; at first what the last model breaks.
 *
 * @param {View} view
 * @param {string[]} chosen
 * @param {string[]} runs
 */
function wantedOf(view, chosen, runs) {
  if (view.list) return { list: view.list, a: runOf(view.a, runs), b: runOf(view.b, runs) };
  return { list: "broken", a: chosen[0], b: chosen[chosen.length - 1] };
}

/**
 * Bring the list into view when a number above it was chosen.
 *
 * @param {HTMLElement} element
 */
function showThere(element) {
  const title = find(element, "#hx-co-list-title");
  if (title.getBoundingClientRect().top < window.innerHeight * 0.8) return;
  title.scrollIntoView({ block: "start" });
  title.focus({ preventScroll: true });
}

/**
 * @param {Desk} desk
 * @param {string[]} chosen
 */
function drawChoices({ element, runs }, chosen) {
  const box = find(element, ".hx-co-choices");
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.run : undefined;
  box.replaceChildren(...runs.map((name) => {
    const on = chosen.includes(name);
    const button = makeButton("hx-button hx-co-choice", plain(name), () => {
      const next = runs.filter((one) => (one === name ? !on : chosen.includes(one)));
      go({ page: "compare", models: modelsWord(next, runs) });
    });
    button.dataset.run = name;
    button.disabled = on && chosen.length === 2; // two are needed
    button.setAttribute("aria-pressed", String(on));
    return button;
  }));
  find(element, ".hx-co-models").hidden = runs.length < 3;
  const again = [...box.children].find((one) => one instanceof HTMLElement && one.dataset.run === focused);
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}

/**
 * @param {HTMLElement} element
 * @param {string} box
 * @param {string | undefined} sentence
 */
function say(element, box, sentence) {
  const node = find(element, box);
  node.textContent = plain(sentence ?? "");
  node.hidden = !sentence;
}
