// Everything on the page that follows from its state.

import { link } from "../../ui/address.js";
import { find, make } from "../../ui/dom.js";
import { count } from "../../ui/numbers.js";
import { keptSentence } from "../../ui/outbox.js";
import { WAITING_MOST, commentField } from "./answering.js";
import { differs, lastAnswer, lastStored } from "./labelled.js";
import { pictureOf, thumbnailOf } from "./picture.js";
import { drawRefused } from "./refused.js";
import { comparison, inWords } from "./sentences.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./session.js").Task} Task */
/** @typedef {import("./session.js").Labelled} Labelled */

const OWNER = "owner";

/** @param {Session} session */
export function draw(session) {
  const { element, state } = session;
  const task = state.changing ?? state.ahead[0];
  element.dataset.ahead = String(state.ahead.length);
  find(element, ".hx-ann-body").hidden = !task;
  find(element, ".hx-ann-empty").hidden = Boolean(task);
  find(element, ".hx-ann-gold").hidden = state.name !== OWNER;
  if (!task) drawEmpty(session);
  else if (state.inView !== task) drawTask(session, task);
  drawComment(session);
  if (state.facts) {
    drawChanging(session);
    drawLast(session);
    drawRefused(session);
  }
  drawProblem(session);
  drawProgress(session);
}

/** @param {Session} session */
function drawEmpty({ element, state }) {
  const text = emptyText(state);
  if (text) find(element, ".hx-ann-empty-says").textContent = text;
  find(element, ".hx-ann-next").replaceChildren(...(isAllDone(state) ? nextSteps(state) : []));
  find(element, ".hx-ann-figure").replaceChildren();
  state.inView = null;
  delete element.dataset.ticket;
}

/** @param {import("./session.js").State} state */
function emptyText({ notice, name, isEmpty, isLater, done, labelled }) {
  if (notice || name === null) return notice;
  if (!isEmpty) return "Loading more examples…";
  if (isLater) {
    return "Nothing to label right now: the remaining examples are assigned to other annotators. "
      + "Come back later, or leave this page open.";
  }
  return isAllDone({ notice, name, isEmpty, isLater, done, labelled })
    ? "All done, thank you! Every answer is saved." : "Nothing to label; come back later.";
}

/**
 * @param {Pick<import("./session.js").State, "notice" | "name" | "isEmpty" | "isLater" | "done" | "labelled">
 *   } state
 */
function isAllDone({ notice, name, isEmpty, isLater, done, labelled }) {
  return !notice && name !== null && isEmpty && !isLater && Boolean(done || labelled.length);
}

/**
 * What to do after the last example.
 *
 * @param {import("./session.js").State} state
 */
function nextSteps({ name }) {
  if (name === OWNER) {
    return [link("hx-button hx-primary", "See who agrees", { page: "people" }), " ",
      link("hx-button", "Browse what was judged", { page: "browse", list: "all", verdict: "any" })];
  }
  return [link("hx-button hx-primary", "Draw an image and test the model", { page: "probe" }), " ",
    make("span", "hx-muted", "You can still change your answers: press Change. You may close this page.")];
}

/**
 * @param {Session} session
 * @param {Task | Labelled} task
 */
function drawTask({ element, state, clock, search, zoom }, task) {
  const picture = "picture" in task && task.picture ? task.picture : pictureOf(task.image);
  find(element, ".hx-ann-figure").replaceChildren(picture);
  zoom.show(picture instanceof HTMLImageElement ? picture : null);
  state.inView = task;
  find(element, ".hx-ann-find", HTMLInputElement).value = "";
  search();
  clock.restart();
  element.dataset.ticket = task.ticket;
}

/**
 * An earlier answer that is open shows its comment; a comment begun on the next example returns afterwards.
 *
 * @param {Session} session
 */
function drawComment({ element, state }) {
  if (state.commentOf === state.changing) return;
  const field = commentField(element);
  const answer = lastAnswer(state.changing);
  if (!state.commentOf) state.draft = field.value;
  field.value = answer ? (answer.comment ?? answer.stored?.comment ?? "") : state.draft;
  state.commentOf = state.changing;
}

/** @param {Session} session */
function drawChanging({ element, state }) {
  const { facts, changing, labelled } = state;
  find(element, ".hx-ann-changing").hidden = !changing;
  find(element, ".hx-ann-done").hidden = Boolean(changing);
  const isFirst = changing !== null && labelled.indexOf(changing) < 1;
  find(element, ".hx-ann-older").hidden = !changing || (state.isOldest && isFirst);
  find(element, ".hx-ann-question").textContent = `${changing ? "Change your answer: which" : "Which"} class is this?`;
  const answer = lastAnswer(changing);
  const chosen = answer && (answer.label ? `label:${answer.label}` : `verdict:${answer.verdict}`);
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll("[data-choice]"))) {
    button.classList.toggle("hx-ann-chosen", button.dataset.choice === chosen);
  }
  if (!facts || !answer) return;
  find(element, ".hx-ann-changing-says").textContent = answer.stored
    ? comparison(facts, answer.stored) : `Your answer: ${inWords(facts, answer)}. Not saved yet.`;
}

/** @param {Session} session */
function drawLast(session) {
  const { element, state } = session;
  const last = state.labelled.at(-1);
  drawLastImage(element, last);
  const isOpen = differs(lastStored(last));
  find(element, ".hx-ann-done").classList.toggle("hx-differs", isOpen);
  const text = lastText(session, last);
  const says = find(element, ".hx-ann-done .hx-ann-last-says");
  if (says.textContent !== text) says.textContent = says.title = text; // a screen reader announces it once
  find(element, ".hx-ann-keep").hidden = !isOpen;
  find(element, ".hx-ann-change").hidden = !last && (!state.done || state.isOldest);
  find(element, ".hx-ann-undo").hidden = !last;
}

/**
 * @param {HTMLElement} element
 * @param {Labelled | undefined} last
 */
function drawLastImage(element, last) {
  const place = find(element, ".hx-ann-last-place");
  const ticket = last?.ticket ?? "";
  if (place.dataset.of === ticket) return;
  place.dataset.of = ticket;
  place.replaceChildren(...(last?.image ? [thumbnailOf(last.image)] : []));
}

/**
 * @param {Session} session
 * @param {Labelled | undefined} last
 */
function lastText({ state, outbox }, last) {
  const answer = lastAnswer(last);
  if (!answer || !state.facts) return "Your last answer appears here, with the given label once it is saved.";
  if (!answer.stored) {
    return `Your answer: ${inWords(state.facts, answer)}. ${outbox.trouble ? "Not saved yet." : "Saving…"}`;
  }
  const seen = answer.stored.shown === "label" ? " Answered with the label in view." : "";
  return comparison(state.facts, answer.stored) + seen;
}

/** @param {Session} session */
function drawProblem({ element, state, outbox }) {
  const isMixed = outbox.waiting.some((entry) => entry.kind === "undo");
  const trouble = outbox.trouble || state.trouble;
  const full = outbox.waiting.length >= WAITING_MOST ? "No more can be kept until these are saved." : "";
  const kept = trouble ? keptSentence(outbox, isMixed ? "" : "answer") : "";
  const text = [trouble, kept, full].filter(Boolean).join(" ");
  const box = find(element, ".hx-ann-problem");
  box.hidden = !text;
  if (box.textContent !== text) box.textContent = text;
}

/** @param {Session} session */
function drawProgress({ element, state, outbox }) {
  const { name, done, total } = state;
  const isKnown = name !== null;
  find(element, ".hx-ann-saved").textContent = savedText(state, outbox);
  find(element, ".hx-ann-count").textContent = isKnown ? `${count(done)} of ${count(total)} labelled` : "";
  const bar = find(element, ".hx-ann-progress", HTMLProgressElement);
  bar.max = Math.max(1, total);
  bar.value = done;
  bar.hidden = !isKnown || !total;
  element.dataset.waiting = String(outbox.waiting.length);
}

/**
 * @param {import("./session.js").State} state
 * @param {import("../../ui/outbox.js").Outbox} outbox
 */
function savedText({ done, storedCount }, { waiting, trouble }) {
  if (!waiting.length) return done || storedCount ? "Saved ✓" : "";
  return trouble ? `${waiting.length} not saved yet` : "Saving…";
}
