// Verdicts on the given label. One that the server has not confirmed is kept in this tab, also over a
// reload, and the visitor is told that it may not be saved.

import { find, make, makeButton, plain } from "../../ui/dom.js";
import { uuid } from "../../ui/requests.js";
import { keepInTab, keptInTab } from "../../ui/tab_store.js";
import { drawVerdicts } from "./cards.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Facts} Facts */
/** @typedef {{token: string, comment: string, new_label: string}} Unsaved */

/**
 * The server's answer to a verdict.
 *
 * @typedef {object} Stored
 * @property {string} id
 * @property {string} token
 * @property {string} [error]
 * @property {string} [verdict]
 * @property {string[]} [lines]
 * @property {string[]} [verdicts]
 */

const STORE = "hardex.verdicts";
const ANSWER_MS = 10000;

export class Verdicts {
  /** @type {Map<string, Unsaved>} */
  #unsaved = new Map(); // by id
  /** @type {Set<string>} */
  #underWay = new Set(); // tokens of those whose answer may still come
  #latest = ""; // the token of the last verdict

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.comment = find(desk.element, ".hx-judge-comment input", HTMLInputElement);
    this.label = find(desk.element, ".hx-new-label", HTMLSelectElement);
  }

  /**
   * Buttons for the verdicts, and what this tab kept.
   *
   * @param {Facts} facts
   */
  offer(facts) {
    for (const [id, one] of keptInTab(STORE, facts.whose) || []) this.#unsaved.set(id, one);
    const buttons = facts.verdicts.map(({ value, words }) => {
      const button = makeButton("hx-button", words, () => this.#judge(value));
      button.dataset.verdict = value;
      return button;
    });
    find(this.desk.element, ".hx-verdicts").replaceChildren(...buttons);
  }

  /** Another example is open. */
  reset() {
    const { element, state } = this.desk;
    drawAnnotations(element, state.shown?.said ?? []);
    press(element, null);
    this.comment.value = "";
    this.label.value = "";
    this.#say("");
    this.#warn();
  }

  /** @param {string} id */
  forget(id) {
    if (this.#unsaved.delete(id)) this.#keep();
  }

  /**
   * The server has answered.
   *
   * @param {Stored} answer
   */
  receive(answer) {
    const isHere = answer.id === this.desk.state.shown?.id && answer.token === this.#latest;
    this.#underWay.delete(answer.token);
    // A refusal is shown here and now; elsewhere the visitor is told that the verdict is not saved.
    const waits = this.#unsaved.get(answer.id)?.token === answer.token;
    if (waits && (isHere || !answer.error)) this.forget(answer.id);
    if (answer.verdicts) markCard(this.desk, answer.id, answer.verdicts);
    if (isHere) {
      this.#say(answer.error || "Saved.");
      if (!answer.error) this.#showStored(answer);
    } else {
      if (!this.#underWay.has(this.#latest)) this.#say("");
      this.#warn();
    }
  }

  /** @param {string} verdict */
  #judge(verdict) {
    const { state, trigger } = this.desk;
    if (!state.shown) return;
    const id = state.shown.id;
    const token = (this.#latest = uuid());
    const new_label = verdict === "wrong" ? this.label.value : "";
    const sent = { token, comment: this.comment.value.trim(), new_label };
    this.#say("Saving…");
    this.#unsaved.set(id, sent);
    this.#underWay.add(token);
    this.#keep();
    trigger("judge", { id, verdict, ...sent });
    setTimeout(() => {
      if (this.#underWay.delete(token)) this.#warn();
    }, ANSWER_MS);
  }

  /** What may not be saved is reported where it can be chosen again, or by the name of its example. */
  #warn() {
    const ids = [...this.#unsaved].filter(([, one]) => !this.#underWay.has(one.token)).map(([id]) => id);
    const shown = this.desk.state.shown?.id;
    const here = shown !== undefined && ids.includes(shown) ? this.#unsaved.get(shown) : undefined;
    if (here) {
      this.#say("The server did not answer: your verdict may not be saved. Choose it again.");
      this.comment.value ||= here.comment;
      this.label.value ||= here.new_label;
    } else if (ids.length) {
      this.#say(elsewhere(ids));
    }
  }

  /** @param {Stored} answer */
  #showStored({ lines = [], verdict = "" }) {
    const { element, state } = this.desk;
    this.comment.value = "";
    if (state.shown) state.shown.said = lines;
    drawAnnotations(element, lines);
    press(element, verdict);
  }

  #keep() {
    const { facts } = this.desk.state;
    if (facts) keepInTab(STORE, facts.whose, [...this.#unsaved]);
  }

  /** @param {string} text */
  #say(text) {
    find(this.desk.element, ".hx-judge-says").textContent = text;
  }
}

/** @param {string[]} ids */
function elsewhere(ids) {
  const more = ids.length > 1 ? ` and ${ids.length - 1} more` : "";
  return `Your verdict on ${plain(ids[0])}${more} may not be saved: open it and choose it again.`;
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
