// Answering, keeping an answer, and undoing it.

import { uuid } from "../../ui/requests.js";
import { find } from "../../ui/dom.js";
import { differs, dropLabelled, labelledOf, lastAnswer, lastStored } from "./labelled.js";
import { pictureOf } from "./picture.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./session.js").Choice} Choice */
/** @typedef {import("./session.js").Labelled} Labelled */

export const WAITING_MOST = 48; // answers that are not stored yet
const RECENT_MOST = 8;
const LABELLED_MOST = 200;

/** @param {HTMLElement} element */
export function commentField(element) {
  return find(element, "[name=comment]", HTMLInputElement);
}

/**
 * Answer for the example in view.
 *
 * @param {Session} session
 * @param {Choice} choice
 * @param {boolean} byPointer
 */
export function answer(session, choice, byPointer) {
  const { element, state } = session;
  const task = state.changing ?? state.ahead[0];
  if (!task || !state.facts || isFull(session)) return;
  const began = performance.now();
  const field = commentField(element);
  const comment = field.value.trim();
  field.value = "";
  const payload = {
    ...choiceOf(choice), comment, seconds: session.clock.seconds(), first: !state.changing,
    uncommented: Boolean(state.changing) && !comment,
  };
  const id = uuid();
  const labelled = labelledOf(state, task.ticket) ?? { ticket: task.ticket, image: task.image, answers: [] };
  labelled.answers.push({ event_id: id, ...choiceOf(choice), comment });
  state.labelled = [...state.labelled.filter((one) => one !== labelled), labelled].slice(-LABELLED_MOST);
  if (state.changing) state.changing = null;
  else state.ahead.shift();
  rememberRecent(session, choice);
  session.draw();
  element.dataset.swapMs = (performance.now() - began).toFixed(1);
  // A button that was clicked should not be the one that the space bar presses next.
  if (byPointer) find(element, ".hx-ann-figure").focus({ preventScroll: true });
  send(session, "annotate", labelled, payload, id);
  session.queue.refill();
}

/**
 * @param {Choice} choice
 * @returns {{label: string, verdict: string}}
 */
function choiceOf({ label = "", verdict = "" }) {
  return { label, verdict };
}

/** @param {Session} session */
function isFull({ outbox }) {
  return outbox.waiting.length >= WAITING_MOST;
}

/**
 * @param {Session} session
 * @param {Choice} choice
 */
function rememberRecent({ state }, { label }) {
  if (label) state.recent = [label, ...state.recent.filter((name) => name !== label)].slice(0, RECENT_MOST);
}

/**
 * @param {Session} session
 * @param {"annotate" | "undo"} kind
 * @param {{ticket: string}} example
 * @param {Record<string, unknown>} payload
 * @param {string} [id]
 */
function send({ outbox, queue, state }, kind, { ticket }, payload, id) {
  queue.touch(ticket);
  outbox.add(kind, { name: state.name, ticket, ...payload }, id);
}

/**
 * Keep the last answer, which differs from the given label, now that the label is known.
 *
 * @param {Session} session
 */
export function keepLast(session) {
  const { element, state } = session;
  const labelled = state.changing ?? state.labelled.at(-1);
  const last = lastAnswer(labelled);
  const stored = lastStored(labelled);
  if (!labelled || !last || !stored || !differs(stored) || isFull(session)) return;
  // The server keeps the comment too; while an earlier answer is open, the field decides.
  const comment = state.changing ? commentField(element).value.trim() : "";
  const payload = { ...choiceOf(last), comment, seconds: null, uncommented: Boolean(state.changing) && !comment };
  const id = uuid();
  labelled.answers.push({ event_id: id, ...choiceOf(last), comment: state.changing ? comment : stored.comment });
  state.changing = null;
  send(session, "annotate", labelled, payload, id);
}

/** @param {Session} session */
export function undoLast(session) {
  const { state } = session;
  const labelled = state.changing ?? state.labelled.at(-1);
  const last = lastAnswer(labelled);
  if (!labelled || !last || isFull(session)) return;
  labelled.answers.pop();
  state.changing = null;
  if (!labelled.answers.length) askAgain(session, labelled);
  send(session, "undo", labelled, { undoes: last.event_id });
}

/**
 * @param {Session} session
 * @param {Labelled} labelled
 */
function askAgain({ state }, { ticket, image }) {
  dropLabelled(state, ticket);
  if (image) state.ahead.unshift({ ticket, image, picture: pictureOf(image) });
}
