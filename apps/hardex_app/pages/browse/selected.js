// Several examples selected at once: judged or exported together.

import { find, makeButton, plain } from "../../ui/dom.js";
import { download } from "../../ui/download.js";
import { many } from "../../ui/numbers.js";
import { askWhich } from "./which.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Row} Row */

/**
 * Rows as a CSV file; what a spreadsheet would take for a formula gets an apostrophe.
 *
 * @param {Row[]} rows
 */
export function csvOf(rows) {
  const cells = rows.map((row) => [row.id, row.given, row.predicted, String(row.confidence), row.verdicts.join(" ")]);
  return [["id", "given_label", "predicted_label", "confidence", "verdicts"], ...cells]
    .map((line) => line.map(cellOf).join(",")).join("\r\n").concat("\r\n");
}

/** @param {string} text */
function cellOf(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export class Selected {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #isOn = false;
  /** @type {string | null} */
  #last = null; // the one that was chosen last, where a range begins

  /**
   * @param {Desk} desk
   * @param {(rows: Row[], verdict: string, label: string) => void} judge
   */
  constructor(desk, judge) {
    this.desk = desk;
    this.judge = judge;
    const { element } = desk;
    find(element, ".hx-select").addEventListener("click", () => this.#turn(!this.#isOn));
    find(element, ".hx-select-page").addEventListener("click", () => {
      for (const row of desk.state.page?.examples ?? []) this.#rows.set(row.id, row);
      this.draw();
    });
    find(element, ".hx-select-none").addEventListener("click", () => {
      this.#rows.clear();
      this.draw();
    });
    find(element, ".hx-export-selected").addEventListener("click", () => {
      download("examples.csv", csvOf([...this.#rows.values()]));
    });
  }

  /**
   * Buttons for the verdicts; none for those who may not judge.
   *
   * @param {import("./desk.js").Facts} facts
   */
  offer({ verdicts, class_names: names }) {
    const box = find(this.desk.element, ".hx-selected > .hx-which");
    if (!this.desk.server.judge) return;
    find(this.desk.element, ".hx-judge-all").replaceChildren(...verdicts.map(({ value, words }) => {
      const all = (/** @type {string} */ label) => this.judge([...this.#rows.values()], value, label);
      return makeButton("hx-button", value === "wrong" ? `${words}…` : words, () => {
        if (value !== "wrong") all("");
        else askWhich(box, { likely: this.#likely(), names, choose: all });
      });
    }));
  }

  /** What the model says of the selected ones, the most frequent first. */
  #likely() {
    const predicted = [...this.#rows.values()].map((row) => row.predicted);
    const times = (/** @type {string} */ name) => predicted.filter((other) => other === name).length;
    return [...new Set(predicted)].sort((a, b) => times(b) - times(a));
  }

  /** @param {boolean} isOn */
  #turn(isOn) {
    this.#isOn = isOn;
    if (!isOn) this.#rows.clear();
    this.draw();
  }

  /**
   * A card was clicked.
   *
   * @param {Row} row
   * @param {MouseEvent} event
   * @returns {boolean} whether that selects, and opens nothing
   */
  click(row, event) {
    if (!this.#isOn && !event.ctrlKey && !event.metaKey && !event.shiftKey) return false;
    if (event.shiftKey && (this.#last ?? this.desk.state.id)) this.#range(row);
    else if (this.#rows.has(row.id)) this.#rows.delete(row.id);
    else this.#rows.set(row.id, row);
    this.#last = row.id;
    this.#isOn = true;
    this.draw();
    return true;
  }

  /** @param {Row} row */
  #range(row) {
    const rows = this.desk.state.page?.examples ?? [];
    const ends = [this.#last ?? this.desk.state.id, row.id].map((id) => rows.findIndex((one) => one.id === id));
    const [first, last] = ends.includes(-1) ? [ends[1], ends[1]] : [Math.min(...ends), Math.max(...ends)];
    for (const one of rows.slice(first, last + 1)) this.#rows.set(one.id, one);
  }

  draw() {
    const { element, grid } = this.desk;
    const count = this.#rows.size;
    const toggle = find(element, ".hx-select");
    toggle.setAttribute("aria-pressed", String(this.#isOn));
    toggle.textContent = this.#isOn ? "Stop selecting" : "Select";
    find(element, ".hx-selected").hidden = !this.#isOn;
    find(element, ".hx-selected-count").textContent = count ? `${many(count, "example")} selected`
      : "Click examples to select them; Shift selects a range.";
    const buttons = element.querySelectorAll(".hx-judge-all button, .hx-export-selected, .hx-select-none");
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (buttons)) button.disabled = !count;
    grid.classList.toggle("hx-selecting", this.#isOn);
    for (const card of /** @type {NodeListOf<HTMLElement>} */ (grid.querySelectorAll(".hx-card"))) {
      const isIn = this.#rows.has(card.dataset.id ?? "");
      card.classList.toggle("hx-in-selection", isIn);
      if (this.#isOn) card.setAttribute("aria-description", isIn ? "selected" : "not selected");
      else card.removeAttribute("aria-description");
      card.title = plain(card.title);
    }
  }
}
