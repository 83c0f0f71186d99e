// The owner's verdicts on given labels. They go through the outbox: one that the server has not
// confirmed is sent again, after a reload too.

import { find, make, makeButton, plain } from "../../ui/dom.js";
import { whoseOf } from "../../ui/facts.js";
import { Outbox, keptSentence, outcomeOf } from "../../ui/outbox.js";
import { many } from "../../ui/numbers.js";
import { drawVerdicts } from "./cards.js";
import { askWhich } from "./which.js";
import { likeliest, verdictText } from "./words.js";

const UNDO_MS = 10000;

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("../../ui/outbox.js").Entry} Entry */

/**
 * The server's answer to a verdict.
 *
 * @typedef {object} Stored
 * @property {string} id
 * @property {string} verdict
 * @property {string[]} lines the annotations of the example
 * @property {string[]} verdicts
 */

export class Verdicts {
  #message = ""; // of the example that is open
  /** @type {{id: string, event: string, given: string, verdict: string, label: string}[]} */
  #done = []; // what can be undone for a while
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #forget;

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.comment = find(desk.element, ".hx-judge-comment input", HTMLInputElement);
    this.which = find(desk.element, ".hx-judge > .hx-which");
    this.outbox = new Outbox({
      name: "verdicts",
      send: async ({ id, kind, payload }) => outcomeOf(
        await desk.server[kind === "undo" ? "undo" : "judge"]({ ...payload, event_id: id })),
      settled: (entry, outcome) => {
        if (outcome.state === "acknowledged") this.#showStored(entry, outcome.answer);
        else this.#showRefused(entry, "");
      },
      changed: () => this.#say(),
    });
    this.outbox.openEarly(() => whoseOf(desk.server));
  }

  /**
   * Buttons for the verdicts; what this browser kept is sent.
   *
   * @param {import("./desk.js").Facts} facts
   */
  offer(facts) {
    const buttons = facts.verdicts.map(({ value, words }) => {
      const text = value === "wrong" ? `${words}…` : words;
      const button = makeButton("hx-button", text, () => this.#press(value, facts));
      button.dataset.verdict = value;
      return button;
    });
    find(this.desk.element, ".hx-verdicts").replaceChildren(...buttons);
    this.outbox.open(facts.whose);
  }

  /** Another example is open. */
  reset() {
    const { element, state } = this.desk;
    drawAnnotations(element, state.shown?.said ?? []);
    press(element, null);
    this.comment.value = "";
    this.which.hidden = true;
    this.#message = "";
    const refused = this.outbox.refused.findLast((entry) => entry.payload.id === state.shown?.id);
    if (refused) this.#showRefused(refused, "Your verdict was not saved: ");
    this.#say();
  }

  /**
   * The run has no such example: what was refused for it can't be chosen again.
   *
   * @param {string} id
   */
  forget(id) {
    for (const entry of this.outbox.refused) {
      if (entry.payload.id === id) this.outbox.remove(entry.id);
    }
  }

  /**
   * A mislabelled example is asked for its class first, and stored once.
   *
   * @param {string} verdict
   * @param {import("./desk.js").Facts} facts
   */
  #press(verdict, { class_names: names }) {
    const { shown } = this.desk.state;
    if (!shown) return;
    const { id, given } = shown;
    /** @param {string} label */
    const judge = (label) => this.#judge([{ id, given }], verdict, label, this.comment.value.trim());
    if (verdict !== "wrong") {
      this.which.hidden = true;
      judge("");
      return;
    }
    const likely = likeliest(shown.bars).filter((name) => name !== given);
    const others = names.filter((name) => name !== given);
    askWhich(this.which, { likely, names: others, choose: judge });
  }

  /**
   * One verdict on several examples.
   *
   * @param {{id: string, given: string}[]} rows
   * @param {string} verdict
   * @param {string} label
   */
  judgeAll(rows, verdict, label) {
    this.#judge(rows.filter(({ given }) => given !== label), verdict, label, "");
  }

  /**
   * @param {{id: string, given: string}[]} rows
   * @param {string} verdict
   * @param {string} new_label
   * @param {string} comment
   */
  #judge(rows, verdict, new_label, comment) {
    this.#message = "";
    this.#done = rows.map(({ id, given }) => {
      const entry = this.outbox.add("judge", { id, verdict, new_label, comment });
      return { id, event: entry.id, given, verdict, label: new_label };
    });
    clearTimeout(this.#forget);
    this.#forget = setTimeout(() => {
      this.#done = [];
      this.#say();
    }, UNDO_MS);
    this.#say();
  }

  /** Take back what was just said; it stays in the store, undone. */
  #undo() {
    for (const { id, event } of this.#done) this.outbox.add("undo", { id, undoes: event });
    this.#done = [];
    this.#say();
  }

  /**
   * @param {Entry} entry
   * @param {Stored} stored
   */
  #showStored({ kind, payload }, { id, verdict, lines, verdicts }) {
    const { element, state } = this.desk;
    markCard(this.desk, id, verdicts);
    if (state.view.verdict) {
      state.asked = null; // the verdict may have changed what the view shows
      this.desk.askPage();
    }
    if (state.shown?.id !== id) return;
    state.shown.said = lines;
    drawAnnotations(element, lines);
    if (this.#isWaiting(id)) return; // there is a later verdict
    if (kind !== "undo" && this.comment.value.trim() === payload.comment) this.comment.value = "";
    press(element, kind === "undo" ? null : verdict);
    this.#message = kind === "undo" ? "Undone." : "Saved.";
  }

  /**
   * A refusal is shown with its example, where the verdict can be chosen again.
   *
   * @param {Entry} entry
   * @param {string} before
   */
  #showRefused({ id, payload, refused }, before) {
    if (this.desk.state.shown?.id !== payload.id) return;
    this.#message = `${before}${refused}`;
    this.comment.value ||= payload.comment ?? "";
    this.outbox.remove(id);
  }

  /** @param {string} id */
  #isWaiting(id) {
    return this.outbox.waiting.some((entry) => entry.payload.id === id);
  }

  #say() {
    const says = find(this.desk.element, ".hx-judge-says");
    const together = find(this.desk.element, ".hx-selected-says");
    says.textContent = this.#text();
    together.replaceChildren();
    const undo = () => makeButton("hx-button hx-undo-verdict", "Undo", () => this.#undo());
    if (this.#done.length > 1) {
      const left = this.#done.filter(({ id }) => this.#isWaiting(id)).length;
      together.append(left ? `Saving ${left}… ` : `${many(this.#done.length, "example")} judged. `, undo());
    } else if (this.#done.length) {
      const [{ id, given, verdict, label }] = this.#done;
      const words = verdictText(this.desk.state.facts?.verdicts ?? [], verdict, given, label);
      const isOpen = this.desk.state.shown?.id === id;
      if (!isOpen) says.append(` ${plain(id)}: ${words}. `); // the visitor went on
      else says.append(this.#message === "Saved." ? ` ${words}. ` : " ");
      says.append(undo());
    }
  }

  #text() {
    const { waiting, refused, trouble } = this.outbox;
    const shown = this.desk.state.shown?.id;
    if (trouble && waiting.length) return `${trouble} ${keptSentence(this.outbox, "verdict")}`;
    if (shown !== undefined && this.#isWaiting(shown)) return "Saving…";
    if (this.#message || !refused.length) return this.#message;
    const [{ payload, refused: why }] = refused;
    return `Your verdict on ${plain(payload.id)} was not saved: ${plain(why)}`;
  }
}

/**
 * @param {HTMLElement} element
 * @param {string[]} lines
 */
function drawAnnotations(element, lines) {
  find(element, ".hx-said").replaceChildren(...lines.map((line) => make("li", "", plain(line))));
}

/**
 * @param {HTMLElement} element
 * @param {string | null} verdict
 */
function press(element, verdict) {
  for (const button of /** @type {HTMLCollectionOf<HTMLElement>} */ (find(element, ".hx-verdicts").children)) {
    button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
  }
}

/**
 * @param {Desk} desk
 * @param {string} id
 * @param {string[]} verdicts
 */
function markCard({ grid, state }, id, verdicts) {
  const row = state.page?.examples.find((one) => one.id === id);
  const cards = /** @type {HTMLElement[]} */ ([...grid.querySelectorAll(".hx-card")]);
  const card = cards.find((one) => one.dataset.id === id);
  if (!row || !card) return;
  row.verdicts = verdicts;
  drawVerdicts(state, card, row);
}
