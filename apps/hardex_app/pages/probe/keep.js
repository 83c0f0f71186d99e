// Keeping a probe: the form, and the outbox that sends a probe until the server has it on disk.

import { find, plain } from "../../ui/dom.js";
import { whoseOf } from "../../ui/facts.js";
import { Outbox, keptSentence, outcomeOf } from "../../ui/outbox.js";
import { expectedOf, nothingYet, requestOf } from "./state.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("../../ui/outbox.js").Entry} Entry */

/**
 * @typedef {object} Keeping
 * @property {Outbox} outbox
 * @property {string | null} kept what is kept already; sent again it would be a duplicate
 * @property {string} message about the last probe that was kept or refused
 * @property {Entry[]} early what was kept before the facts were known, and with them the draft
 */

/**
 * @typedef {object} Keeper
 * @property {() => void} allow after a change: there may be something new to keep
 * @property {() => void} open send what this browser still holds, once the facts are known
 */

/**
 * @param {Page} page
 * @returns {Keeper}
 */
export function keeperOf(page) {
  const form = find(page.element, ".hx-keep");
  const keeping = newKeeping(page);
  readTexts(page);
  const allow = () => allowKeeping(page, keeping);
  for (const kind of ["input", "change"]) form.addEventListener(kind, allow);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keep(page, keeping);
  });
  keeping.outbox.openEarly(() => whoseOf(page.server));
  return { allow, open: () => open(page, keeping) };
}

/**
 * @param {Page} page
 * @param {Keeping} keeping
 */
function open(page, keeping) {
  keeping.outbox.open(page.state.facts?.whose ?? "");
  for (const entry of keeping.early.splice(0)) finish(page, keeping, entry);
}

/**
 * @param {Page} page
 * @returns {Keeping}
 */
function newKeeping(page) {
  /** @type {Keeping} */
  const keeping = {
    kept: null,
    message: "",
    early: [],
    outbox: new Outbox({
      name: "probes",
      send: async ({ id, payload }) => outcomeOf(await page.server.keep({ ...payload, probe_id: id })),
      settled: (entry, outcome) => {
        if (outcome.state === "acknowledged" && !page.state.facts) keeping.early.push(entry);
        else if (outcome.state === "acknowledged") finish(page, keeping, entry);
        else refuse(page, keeping, entry);
      },
      changed: () => show(page, keeping),
    }),
  };
  return keeping;
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
 * Whether an entry is the probe that the page shows.
 *
 * @param {Page} page
 * @param {Entry} entry
 */
function isShown(page, { payload }) {
  return asText(page) === JSON.stringify(payload);
}

/**
 * @param {Page} page
 * @param {Keeping} keeping
 */
function show(page, { kept, message, outbox }) {
  const { waiting, trouble } = outbox;
  const isDone = kept !== null || waiting.some((entry) => isShown(page, entry));
  find(page.element, ".hx-keep-this", HTMLButtonElement).disabled = isDone;
  const kind = trouble ? `${trouble} ${keptSentence(outbox, "probe")}` : "Keeping…";
  find(page.element, ".hx-keep-says").textContent = plain(waiting.length ? kind : message);
  page.element.dataset.waiting = String(waiting.length);
}

/**
 * @param {Page} page
 * @param {Keeping} keeping
 */
function allowKeeping(page, keeping) {
  if (keeping.kept !== null && asText(page) !== keeping.kept) Object.assign(keeping, { kept: null, message: "" });
  show(page, keeping);
}

/**
 * @param {Page} page
 * @param {Keeping} keeping
 */
function keep(page, keeping) {
  const { outbox } = keeping;
  const text = asText(page);
  if (!text) {
    keeping.message = `There is nothing to keep yet. ${nothingYet(page.state)}`;
    show(page, keeping);
  } else if (keeping.kept === null && !outbox.waiting.some((entry) => isShown(page, entry))) {
    keeping.message = "";
    outbox.add("keep", JSON.parse(text)); // a copy: the visitor may go on drawing
  }
}

/**
 * @param {Page} page
 * @param {Keeping} keeping
 * @param {Entry} entry
 */
function finish(page, keeping, entry) {
  if (isShown(page, entry)) { // or the visitor has gone on meanwhile
    Object.assign(page.state.draft.texts, { name: "", note: "" });
    page.state.draft.kept = entry.id;
    showTexts(page);
    keeping.kept = asText(page);
  }
  keeping.message = "Kept with the run.";
  page.changed.view();
  page.ask.kept();
}

/**
 * The page says why a probe will never be kept. Nothing of it is stored any more, here or there.
 *
 * @param {Page} page
 * @param {Keeping} keeping
 * @param {Entry} entry
 */
function refuse(page, keeping, entry) {
  const which = entry.payload.name ? `The probe “${entry.payload.name}”` : "A probe";
  keeping.message = isShown(page, entry) ? `${entry.refused}` : `${which} was not kept: ${entry.refused}`;
  keeping.outbox.remove(entry.id);
}
