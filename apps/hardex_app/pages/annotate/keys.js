// The keyboard: a key for every answer and for every button.

import { find } from "../../ui/dom.js";
import { answer, keepLast, undoLast } from "./answering.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./session.js").Choice} Choice */

/**
 * @typedef {object} Controls
 * @property {Session} session
 * @property {import("./looking_back.js").LookingBack} lookingBack
 * @property {import("./search.js").Search} search
 * @property {HTMLDialogElement} help
 * @property {Map<string, Choice>} keys the answers
 */

/**
 * @param {Controls} controls
 * @param {KeyboardEvent} event
 */
export function onKey(controls, event) {
  const { session, search, help, keys } = controls;
  if (!session.state.facts || help.open || isForBrowser(event)) return;
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
function actionOf({ session, lookingBack, search, help, keys }, { key, target }) {
  const choice = keys.get(key);
  const keep = () => keepLast(session);
  const undo = () => undoLast(session);
  const older = () => lookingBack.older();
  /** @type {Record<string, () => void>} */
  const actions = {
    ArrowLeft: older, ArrowRight: () => lookingBack.newer(), Escape: () => lookingBack.back(), Backspace: undo,
    "?": () => help.showModal(), u: undo, c: older, k: keep,
  };
  const named = actions[key] ?? actions[key.toLowerCase()];
  if (named) return named;
  if ((key === " " || key === "Enter") && !isWithin(target, "button, a, summary")) return keep;
  if (key === "/" && search.isShown) return () => search.field.focus();
  return choice && (() => answer(session, choice, false));
}
