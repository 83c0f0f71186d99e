// The Browse page: any view of the examples, a page at a time, and one of them large.

import { address, go, whenAddressChanges, whenAddressed } from "../../ui/address.js";
import { find, isModified, plain } from "../../ui/dom.js";
import { whenOpened } from "../../ui/facts.js";
import { requestsOf } from "../../ui/requests.js";
import { PHONE_BELOW, newState, showProblem } from "./desk.js";
import { askEasier, drawDetail } from "./detail.js";
import { drawEvidence } from "./evidence.js";
import { fillForm, listenToFilters, offerFilters, stopTypingElsewhere } from "./filters.js";
import { askPage, listenToPager } from "./grid.js";
import { askNeighbours, keepRoom } from "./neighbours.js";
import { askOthers } from "./others.js";
import { pictureOf } from "./picture.js";
import { listenToSteps, markOpen, onArrow, openFirst } from "./selection.js";
import { Selected } from "./selected.js";
import { listenToTools } from "./tools.js";
import { Verdicts } from "./verdicts.js";

/** @typedef {import("../../ui/context.js").Context} Context */
/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Facts} Facts */

const WAITING_MS = 500;

/** @param {Context} context */
export function start(context) {
  const { element, server } = context;
  const { latched } = requestsOf(element);
  /** @type {Desk} */
  const desk = {
    element,
    form: find(element, ".hx-filters", HTMLFormElement),
    grid: find(element, ".hx-grid"),
    server,
    state: newState(),
    askPage: latched(() => askPage(desk), (why) => showProblem(element, ".hx-page-problem", why)),
    askExample: latched(() => askExample(desk, verdicts, askPicture),
      (why) => showProblem(element, ".hx-example-problem", why)),
    selected: /** @type {any} */ (null), // it needs the desk, and follows at once
  };
  const verdicts = new Verdicts(desk);
  desk.selected = new Selected(desk, (rows, verdict, label) => verdicts.judgeAll(rows, verdict, label));
  const askPicture = pictureOf(desk);
  listen(desk);
  whenAddressed("browse", (view) => show(desk, view));
  whenOpened("browse", server, (/** @type {Facts} */ facts) => load(desk, verdicts, facts), (sentence) => {
    find(element, ".hx-browse-columns .hx-empty").textContent = plain(sentence);
  });
}

/** @param {Desk} desk */
function listen(desk) {
  const { element, state } = desk;
  listenToFilters(desk);
  listenToPager(desk);
  listenToSteps(desk);
  listenToTools(desk);
  whenAddressChanges(() => stopTypingElsewhere(desk));
  document.addEventListener("keydown", (event) => {
    if (address().page === "browse") onArrow(desk, event);
  });
  const scores = find(element, ".hx-scores", HTMLDetailsElement);
  scores.addEventListener("toggle", () => {
    if (scores.open && state.shown) askEasier(desk);
  });
  find(element, ".hx-probe-this").addEventListener("click", (event) => {
    if (isModified(event)) return;
    event.preventDefault();
    go({ page: "probe", id: state.shown?.id });
  });
}

/**
 * What this run offers, once.
 *
 * @param {Desk} desk
 * @param {Verdicts} verdicts
 * @param {Facts} facts
 */
function load(desk, verdicts, facts) {
  const { state } = desk;
  state.facts = facts;
  verdicts.offer(facts);
  desk.selected.offer(facts);
  find(desk.element, ".hx-judge").hidden = !desk.server.judge;
  find(desk.element, ".hx-probe-this").classList.toggle("hx-not-here", !document.getElementById("page-probe"));
  state.byHand = Boolean(state.view.id); // a phone that opens a link with an example shows the example
  offerFilters(desk, facts);
  state.asked = null;
  show(desk, state.view);
}

/**
 * @param {Desk} desk
 * @param {import("./desk.js").View} view
 */
function show(desk, view) {
  const { state } = desk;
  state.view = view;
  if (!state.facts) return;
  fillForm(desk, view);
  if (view.verdict) state.asked = null; // people may have judged meanwhile
  desk.askPage();
  if (view.id && view.id !== state.id) {
    state.id = view.id;
    markOpen(desk);
  }
  if (view.id) desk.askExample();
  else openFirst(desk);
}

/**
 * @param {Desk} desk
 * @param {Verdicts} verdicts
 * @param {() => void} askPicture
 */
async function askExample(desk, verdicts, askPicture) {
  const { element, server, state } = desk;
  const id = state.id;
  if (!id || !state.facts || state.shown?.id === id) return;
  const answer = await server.example(id);
  if (answer.waiting || state.id !== id) { // not there yet, or another was opened meanwhile
    setTimeout(desk.askExample, answer.waiting ? WAITING_MS : 0);
    return;
  }
  showProblem(element, ".hx-example-problem", answer.error);
  if (answer.error) {
    verdicts.forget(id);
    return;
  }
  state.shown = answer;
  drawDetail(element, answer);
  drawEvidence(desk);
  verdicts.reset();
  find(element, ".hx-neighbours").hidden = !state.facts.training; // their room, so that nothing moves later
  keepRoom(element);
  scrollOnPhones(desk);
  element.dataset.opened = id;
  askPicture();
  askNeighbours(desk);
  askOthers(desk);
  if (find(element, ".hx-scores", HTMLDetailsElement).open) askEasier(desk);
}

/** @param {Desk} desk */
function scrollOnPhones({ element, state }) {
  if (state.byHand && window.innerWidth < PHONE_BELOW) {
    find(element, ".hx-detail").scrollIntoView({ block: "start" });
  }
  state.byHand = false;
}
