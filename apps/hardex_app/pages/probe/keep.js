// Keeping a probe: the form, and sending it so that it is kept once even where the answer is lost.

import { storeDraft, storedDraft } from "../../ui/draft.js";
import { find, plain } from "../../ui/dom.js";
import { silence, uuid } from "../../ui/requests.js";
import { expectedOf, nothingYet, requestOf } from "./state.js";

/** @typedef {import("./page.js").Page} Page */

/**
 * @typedef {object} Keeping
 * @property {{text: string, id: string} | null} sent what was sent, and its id, until it is known to be kept
 * @property {string | null} token of the request under way
 * @property {string | null} kept what is kept already; sent again it would be a duplicate
 * @property {number | undefined} timer
 */

/** @typedef {{token?: string, kept?: string, error?: string, isSilent?: boolean}} KeepAnswer */

/**
 * @typedef {object} Keeper
 * @property {() => void} allow after a change: there may be something new to keep
 * @property {(answer: KeepAnswer | null) => void} receive the server's answer
 * @property {() => void} restore what was under way when the page was loaded again
 */

const STORE = "hardex.keeping";
const PATIENCE_MS = 20_000;

/**
 * @param {Page} page
 * @param {(request: {token: string, probe: unknown}) => void} send
 * @returns {Keeper}
 */
export function keeperOf(page, send) {
  /** @type {Keeping} */
  const keeping = { sent: null, token: null, kept: null, timer: undefined };
  const form = find(page.element, ".hx-keep");
  readTexts(page);
  const allow = () => allowKeeping(page, keeping);
  for (const kind of ["input", "change"]) form.addEventListener(kind, allow);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keep(page, keeping, send);
  });
  storeDraft(STORE, () => page.state.facts && {
    owner: page.state.facts.whose, versions: [{ sent: keeping.sent, isWaiting: keeping.token !== null }],
  });
  return { allow, receive: (answer) => receive(page, keeping, answer), restore: () => restore(page, keeping) };
}

/**
 * Texts of the form go into the draft as they are typed.
 *
 * @param {Page} page
 */
function readTexts({ element, state: { draft } }) {
  const [name, note, expected] = fieldsOf(element);
  name.addEventListener("input", () => {
    draft.texts.name = name.value;
  });
  note.addEventListener("input", () => {
    draft.texts.note = note.value;
  });
  expected.addEventListener("change", () => {
    draft.texts.expected = expected.value;
  });
}

/** @param {HTMLElement} element */
function fieldsOf(element) {
  return /** @type {const} */ ([
    find(element, ".hx-keep-name", HTMLInputElement),
    find(element, ".hx-keep-note", HTMLTextAreaElement),
    find(element, ".hx-keep-expected", HTMLSelectElement),
  ]);
}

/** @param {Page} page */
export function showTexts(page) {
  const [name, note] = fieldsOf(page.element);
  name.value = page.state.draft.texts.name;
  note.value = page.state.draft.texts.note;
  showExpected(page);
}

/** @param {Page} page */
export function showExpected({ element, state }) {
  fieldsOf(element)[2].value = expectedOf(state);
}

/** @param {Page} page */
function wholeProbe({ state }) {
  const request = requestOf(state);
  const { name, note } = state.draft.texts;
  return request && { ...request, name, note, expected: expectedOf(state) };
}

/** @param {Page} page */
function asText(page) {
  const probe = wholeProbe(page);
  return probe ? JSON.stringify(probe) : "";
}

/**
 * @param {Page} page
 * @param {string} text
 */
function say({ element }, text) {
  find(element, ".hx-keep-says").textContent = plain(text);
}

/**
 * @param {Page} page
 * @param {boolean} isAllowed
 */
function enable({ element }, isAllowed) {
  find(element, ".hx-keep-this", HTMLButtonElement).disabled = !isAllowed;
}

/**
 * @param {Page} page
 * @param {Keeping} keeping
 */
function allowKeeping(page, keeping) {
  if (keeping.kept === null || keeping.token || asText(page) === keeping.kept) return;
  keeping.kept = null;
  enable(page, true);
  say(page, "");
}

/**
 * @param {Page} page
 * @param {Keeping} keeping
 * @param {(request: {token: string, probe: unknown}) => void} send
 */
function keep(page, keeping, send) {
  const probe = wholeProbe(page);
  if (!probe) say(page, `There is nothing to keep yet. ${nothingYet(page.state)}`);
  if (!probe || keeping.token || keeping.kept !== null) return;
  const text = JSON.stringify(probe);
  if (keeping.sent?.text !== text) keeping.sent = { text, id: uuid() };
  const token = uuid();
  keeping.token = token;
  enable(page, false);
  say(page, "Keeping…");
  send({ token, probe: { ...probe, probe_id: keeping.sent?.id } });
  keeping.timer = setTimeout(async () => {
    receive(page, keeping, { token, error: await silence(), isSilent: true });
  }, PATIENCE_MS);
}

/**
 * @param {Page} page
 * @param {Keeping} keeping
 * @param {KeepAnswer | null} answer
 */
function receive(page, keeping, answer) {
  const { sent } = keeping;
  const isLate = answer?.kept !== undefined && answer.kept === sent?.id; // sent twice; Gradio may have dropped one
  if (!answer || !(isLate || (keeping.token && answer.token === keeping.token))) return;
  clearTimeout(keeping.timer);
  keeping.token = null;
  if (!answer.error) {
    finish(page, keeping, answer.kept ?? "");
    return;
  }
  if (!answer.isSilent) keeping.sent = null; // it is certain that it is not kept
  enable(page, true);
  say(page, answer.error);
}

/**
 * @param {Page} page
 * @param {Keeping} keeping
 * @param {string} id
 */
function finish(page, keeping, id) {
  const isShown = asText(page) === keeping.sent?.text; // or the visitor has gone on meanwhile
  keeping.sent = null;
  if (isShown) {
    Object.assign(page.state.draft.texts, { name: "", note: "" });
    page.state.draft.kept = id;
    showTexts(page);
  }
  enable(page, !isShown);
  keeping.kept = isShown ? asText(page) : null;
  say(page, "Kept with the run.");
  page.changed.view();
  page.ask.kept();
}

/**
 * @param {Page} page
 * @param {Keeping} keeping
 */
function restore(page, keeping) {
  const found = storedDraft(STORE, page.state.facts?.whose ?? "");
  if (!found) return;
  keeping.sent = found.sent;
  const sentence = "The page was loaded again before the answer came. Press Keep once more: it is kept once.";
  if (found.isWaiting) say(page, sentence);
}
