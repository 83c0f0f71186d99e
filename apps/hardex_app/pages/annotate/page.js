// The Annotate page: which class is this? One example at a time, without its label in view.

import { find, plain } from "../../ui/dom.js";
import { whenOpened, whoseOf } from "../../ui/facts.js";
import { answer, commentField, keepLast, undoLast } from "./answering.js";
import { Guide } from "./guide.js";
import { drawButtons, drawHelp } from "./buttons.js";
import { Clock } from "./clock.js";
import { draw } from "./drawing.js";
import { onKey } from "./keys.js";
import { LookingBack } from "./looking_back.js";
import { Queue } from "./queue.js";
import { closeRefused } from "./refused.js";
import { Search } from "./search.js";
import { newOutbox } from "./sending.js";
import { newState } from "./session.js";
import { Zoom } from "../../ui/zoom.js";

/** @typedef {import("../../ui/context.js").Context} Context */
/** @typedef {import("./keys.js").Controls} Controls */
/** @typedef {import("./session.js").Facts} Facts */
/** @typedef {import("./session.js").Session} Session */

/** @param {Context} context */
export function start({ element, server }) {
  const root = find(element, ".hx-annotate");
  const isShown = () => element.offsetParent !== null || root.offsetParent !== null;
  const session = newSession(element, server, isShown);
  const controls = newControls(session);
  listen(controls, isShown);
  session.outbox.openEarly(() => whoseOf(server));
  new IntersectionObserver(() => begin(session)).observe(root);
  whenOpened("annotate", server, (/** @type {Facts} */ facts) => load(controls, facts), (sentence) => {
    session.state.notice = plain(sentence);
    session.draw();
  });
}

/**
 * @param {HTMLElement} element
 * @param {Context["server"]} server
 * @param {() => boolean} isShown
 * @returns {Session}
 */
function newSession(element, server, isShown) {
  const outbox = newOutbox(() => session);
  const zoom = new Zoom(find(element, ".hx-ann-figure"), find(element, ".hx-ann-zoom"));
  const base = { element, server, outbox, zoom, state: newState(), clock: new Clock(isShown), search: () => {} };
  const session = /** @type {Session} */ (Object.assign(base, { draw: () => draw(session) }));
  session.queue = new Queue(session);
  return session;
}

/**
 * @param {Session} session
 * @returns {Controls}
 */
function newControls(session) {
  const { element, state } = session;
  const search = new Search(element, state, {
    choose: (label, byPointer) => answer(session, { label }, byPointer),
    keep: () => keepLast(session),
  });
  session.search = () => search.update();
  const help = find(element, ".hx-ann-help", HTMLDialogElement);
  const guide = new Guide(session);
  return { session, search, help, guide, lookingBack: new LookingBack(session), keys: new Map() };
}

/**
 * @param {Controls} controls
 * @param {() => boolean} isShown
 */
function listen(controls, isShown) {
  const { session, lookingBack, help, guide } = controls;
  /** @type {Record<string, () => void>} */
  const buttons = {
    "ask-help": () => help.showModal(),
    "ask-guide": () => guide.open(),
    "refused-close": () => closeRefused(session),
    keep: () => keepLast(session),
    change: () => lookingBack.older(),
    undo: () => undoLast(session),
    older: () => lookingBack.older(),
    back: () => lookingBack.back(),
  };
  for (const [name, press] of Object.entries(buttons)) {
    find(session.element, `.hx-ann-${name}`).addEventListener("click", press);
  }
  const look = () => {
    session.clock.update();
    session.queue.refill(true);
  };
  document.addEventListener("keydown", (event) => {
    if (isShown()) onKey(controls, event);
  });
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  session.clock.watchHands(look);
}

/**
 * What this run offers, once.
 *
 * @param {Controls} controls
 * @param {Facts} facts
 */
function load(controls, facts) {
  const { session } = controls;
  const { element, state } = session;
  state.facts = facts;
  state.notice = facts.problem;
  commentField(element).maxLength = facts.comment_most;
  controls.keys = drawButtons(element, facts, (choice, byPointer) => answer(session, choice, byPointer));
  controls.search.update();
  drawHelp(element, facts, controls.keys);
  session.draw();
  begin(session);
}

/**
 * Ask for examples once the page is seen: what it holds is given to nobody else.
 *
 * @param {Session} session
 */
function begin({ state, clock, queue }) {
  clock.update();
  if (!clock.isShown() || !state.facts || state.facts.problem) return;
  state.started = true;
  queue.refill(true);
}
