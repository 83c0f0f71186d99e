// The owner's verdicts on given labels. They go through the outbox: one that the server has not
// confirmed is sent again, after a reload too.

import { find, make, makeButton, plain } from "../../ui/dom.js";
import { whoseOf } from "../../ui/facts.js";
import { Outbox, keptSentence, outcomeOf } from "../../ui/outbox.js";
import { drawVerdicts } from "./cards.js";

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

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.comment = find(desk.element, ".hx-judge-comment input", HTMLInputElement);
    this.label = find(desk.element, ".hx-new-label", HTMLSelectElement);
    this.outbox = new Outbox({
      name: "verdicts",
      send: async ({ id, payload }) => outcomeOf(await desk.server.judge({ ...payload, event_id: id })),
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
      const button = makeButton("hx-button", words, () => this.#judge(value));
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
    this.label.value = "";
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

  /** @param {string} verdict */
  #judge(verdict) {
    const id = this.desk.state.shown?.id;
    if (id === undefined) return;
    this.#message = "";
    const new_label = verdict === "wrong" ? this.label.value : "";
    this.outbox.add("judge", { id, verdict, new_label, comment: this.comment.value.trim() });
  }

  /**
   * @param {Entry} entry
   * @param {Stored} stored
   */
  #showStored({ payload }, { id, verdict, lines, verdicts }) {
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
    if (this.comment.value.trim() === payload.comment) this.comment.value = "";
    press(element, verdict);
    this.#message = "Saved.";
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
    this.comment.value ||= payload.comment;
    this.label.value ||= payload.new_label;
    this.outbox.remove(id);
  }

  /** @param {string} id */
  #isWaiting(id) {
    return this.outbox.waiting.some((entry) => entry.payload.id === id);
  }

  #say() {
    find(this.desk.element, ".hx-judge-says").textContent = this.#text();
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
