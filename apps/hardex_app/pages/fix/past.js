// Every model of this data with its verdict: what was tried before, and the way to Compare.

import { link } from "../../ui/address.js";
import { copy as copyText } from "../../ui/copy.js";
import { find, make, makeButton, plain } from "../../ui/dom.js";
import { proofWord } from "./facts.js";
import { VERDICTS } from "./proof.js";

/** @typedef {import("./facts.js").Desk} Desk */

/**
 * @typedef {object} Row
 * @property {string} model
 * @property {string[]} parts
 * @property {string} verdict
 * @property {string} sentence
 * @property {string} created
 * @property {string} file
 * @property {string} folder
 * @property {import("../../ui/address.js").View | null} compare
 * @property {string[]} commands
 */

/** @typedef {{rows: Row[], uses: number, sentences: string[]}} Past */

/**
 * @param {Desk} desk
 * @param {Past} past
 * @param {(row: Row) => void} prove
 */
export function drawPast(desk, { rows, sentences }, prove) {
  const box = find(desk.element, ".hx-fx-past");
  if (!rows.length) {
    box.replaceChildren(make("p", "hx-fx-note", "None yet. The model of this run stays as it is: each fix writes a "
      + "new one beside it."));
    return;
  }
  const list = make("ol", "hx-fx-rows");
  list.append(...rows.map((row) => item(row, prove)));
  const notes = sentences.map((line) => make("p", "hx-fx-note", plain(line)));
  box.replaceChildren(list, ...notes, make("p", "hx-fx-note", "To undo a fix, go on with an older model: none of them "
    + "is replaced."));
}

/**
 * @param {Row} row
 * @param {(row: Row) => void} prove
 */
function item(row, prove) {
  const { model, parts, verdict, sentence, created, file, folder, compare } = row;
  const head = make("p", "hx-fx-row-head");
  const tag = make("span", "hx-fx-tag", VERDICTS[verdict] ?? plain(verdict));
  tag.dataset.verdict = verdict;
  head.append(make("strong", "", plain(model)), tag, make("span", "hx-fx-note", [parts.join(", "),
    created.slice(0, 16).replace("T", " ")].filter(Boolean).join(" · ")));
  const buttons = make("p", "hx-fx-buttons");
  if (file) buttons.append(link("hx-button", "Show the proof", { page: "fix", proof: proofWord(file) }));
  else if (folder) buttons.append(makeButton("hx-button", "Prove it", () => prove(row)));
  if (compare) buttons.append(link("hx-button", "Compare before and after", compare));
  const node = make("li", "");
  node.append(head, ...(sentence ? [make("p", "hx-fx-sentence", plain(sentence))] : []), buttons);
  if (row.commands.length) node.append(toCompare(row));
  return node;
}

/** @param {Row} row */
function toCompare({ commands }) {
  const node = make("details", "hx-fx-commands");
  const text = commands.join("\n");
  const code = make("code", "", plain(commands[0]));
  const second = make("code", "", plain(commands[1]));
  const button = makeButton("hx-button", "Copy", async () => {
    button.textContent = (await copyText(text)) ? "Copied" : "Press Ctrl-C";
  });
  node.append(make("summary", "", "Compare before and after"), make("p", "hx-fx-note",
    "Compare needs a run of the new model on the same data: rank it, then open both runs."), code, second, button);
  return node;
}
