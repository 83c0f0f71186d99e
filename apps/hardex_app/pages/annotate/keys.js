// The keyboard: a key for every answer and for every button.

import { find } from "../../ui/dom.js";
import { answer, commentField, keepLast, undoLast } from "./answering.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./session.js").Choice} Choice */

/**
 * @typedef {object} Controls
 * @property {Session} session
 * @property {import("./looking_back.js").LookingBack} lookingBack
 * @property {import("./search.js").Search} search
 * @property {HTMLDialogElement} help
 * @property {import("./guide.js").Guide} guide
 * @property {Map<string, Choice>} keys the answers
 */

/**
 * @param {Controls} controls
 * @param {KeyboardEvent} event
 */
export function onKey(controls, event) {
  const { session, search, help, guide, keys } = controls;
  if (!session.state.facts || help.open || guide.dialog.open || isForBrowser(event)) return;
  const isText = event.key.length === 1 && !" ?/".includes(event.key) && !keys.has(event.key);
  if (isTyping(controls, event, isText)) {
    if (event.key === "Escape") leaveField(session, event);
    return;
  }
  if (isText && search.isShown) {
    search.field.focus(); // classes are found by typing, from wherever it is typed
    return;
  }
  const action = actionOf(controls, event);
  if (!action) return;
  event.preventDefault();
  action();
}

/** @param {KeyboardEvent} event */
function isForBrowser(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.repeat;
}

/**
 * Whether the key belongs to the field that has the focus. While the field for classes is empty, the
 * keys that have a meaning of their own act from there too.
 *
 * @param {Controls} controls
 * @param {KeyboardEvent} event
 * @param {boolean} isText
 */
function isTyping({ search }, { key, target }, isText) {
  const isOfPage = target === search.field && !search.field.value && !isText && key !== "Enter" && key !== "Escape";
  return !isOfPage && isWithin(target, "input, select, textarea, [contenteditable]");
}

/**
 * @param {EventTarget | null} target
 * @param {string} selector
 */
function isWithin(target, selector) {
  return target instanceof Element && target.closest(selector) !== null;
}

/**
 * Whether nothing else has the focus than the example: the page, its picture, or one of its answers.
 *
 * @param {Session} session
 * @param {EventTarget | null} target
 */
function isOfExample({ element, state }, target) {
  const isNowhere = target === document.body || target === document.documentElement;
  return state.inView !== null && (isNowhere || isWithin(target, ".hx-ann-figure, [data-choice]"))
    && !find(element, ".hx-ann-body").hidden;
}

/**
 * @param {Session} session
 * @param {KeyboardEvent} event
 */
function leaveField({ element }, { target }) {
  if (target instanceof HTMLElement) target.blur();
  find(element, ".hx-ann-figure").focus({ preventScroll: true });
}

/**
 * @param {Controls} controls
 * @param {KeyboardEvent} event
 * @returns {(() => void) | undefined}
 */
function actionOf({ session, lookingBack, search, help, guide, keys }, { key, target, shiftKey }) {
  const choice = keys.get(key);
  const keep = () => keepLast(session);
  const undo = () => undoLast(session);
  const older = () => lookingBack.older();
  /** @type {Record<string, () => void>} */
  const actions = {
    ArrowLeft: older, ArrowRight: () => lookingBack.newer(), Escape: () => lookingBack.back(), Backspace: undo,
    "?": () => help.showModal(), u: undo, c: older, k: keep,
  };
  if (!keys.has("g") && !search.isShown) actions.g = () => guide.open();
  // From the picture or an answer: what is typed next is the comment, and no answers.
  if (!shiftKey && isOfExample(session, target)) actions.Tab = () => commentField(session.element).focus();
  return actions[key] ?? actions[key.toLowerCase()] ?? answerOf({ session, search, choice, keep }, key, target);
}

/**
 * @param {{session: Session, search: import("./search.js").Search, choice: Choice | undefined,
 *   keep: () => void}} at
 * @param {string} key
 * @param {EventTarget | null} target
 * @returns {(() => void) | undefined}
 */
function answerOf({ session, search, choice, keep }, key, target) {
  if ((key === " " || key === "Enter") && !isWithin(target, "button, a, summary")) return keep;
  if (key === "/" && search.isShown) return () => search.field.focus();
  return choice && (() => answer(session, choice, false));
}
