// What the doctor found, and what was done so that model and data fit.

import { find, make } from "../../ui/dom.js";

/** @typedef {import("./facts.js").Facts} Facts */

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 */
export function drawNotes(element, facts) {
  const list = find(element, ".hx-ov-notes");
  const found = facts.doctor.map(({ code, evidence, advice }) => {
    return line(`${code}: ${evidence}. What to do: ${advice}.`, "finding");
  });
  list.replaceChildren(...found, ...facts.notes.map((note) => line(`Note: ${note}`, "note")));
  list.hidden = !list.childElementCount;
}

/**
 * @param {string} text
 * @param {string} kind
 */
function line(text, kind) {
  return make("li", `hx-ov-${kind}-line`, text);
}
