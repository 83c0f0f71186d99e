// The kept probes: their list, and opening one again.

import { go } from "../../ui/address.js";
import { find, make, makeButton, plain } from "../../ui/dom.js";
import { count, percent } from "../../ui/numbers.js";
import { clamped } from "./amounts.js";
import { askOnce } from "./ask_once.js";
import { thumbnail } from "./examples.js";
import { picturesOf } from "./sketch.js";
import { closeKept } from "./state.js";
import { showStatus } from "./status.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./facts.js").KeptProbe} KeptProbe */
/** @typedef {import("./facts.js").Reopened} Reopened */
/** @typedef {import("./state.js").State} State */

/** @param {Page} page */
export async function listKept(page) {
  const { element, server } = page;
  const answer = await server.kept({});
  if (!answer || answer.waiting) return;
  find(element, ".hx-kept-says").textContent = plain(answer.error || answer.problem || "");
  if (answer.error) return;
  find(element, ".hx-kept-count").textContent = countText(answer.total, answer.probes.length);
  find(element, ".hx-export").hidden = !answer.labelled;
  const probes = /** @type {KeptProbe[]} */ (answer.probes);
  find(element, ".hx-kept").replaceChildren(...probes.map((one) => keptItem(page, one)));
  markKept(page);
}

/**
 * @param {number} total
 * @param {number} shown
 */
function countText(total, shown) {
  if (!total) return "Nothing kept yet";
  return shown < total ? `${count(total)} kept; the latest ${shown}:` : `${count(total)} kept:`;
}

/**
 * @param {Page} page
 * @param {KeptProbe} probe
 */
function keptItem(page, probe) {
  const button = makeButton("hx-kept-one", "", () => go({ page: "probe", probe: probe.id }));
  button.dataset.id = probe.id;
  button.title = [probe.name, probe.changes, probe.note].filter(Boolean).join("\n");
  if (probe.image) button.append(thumbnail(probe.image));
  button.append(keptText(probe));
  const item = make("li", "hx-kept-item");
  item.append(button, action(page, "Rename", probe, () => renameKept(page, probe)),
    action(page, "Delete", probe, () => deleteKept(page, probe)));
  return item;
}

/**
 * @param {Page} page
 * @param {string} what
 * @param {KeptProbe} probe
 * @param {() => void} act
 */
function action(page, what, probe, act) {
  const button = makeButton("hx-kept-do", what, act);
  button.setAttribute("aria-label", `${what} ${plain(probe.name) || "this probe"}`);
  return button;
}

/**
 * @param {Page} page
 * @param {KeptProbe} probe
 */
async function renameKept(page, { id, name }) {
  const wanted = prompt("The name of this probe:", name);
  if (wanted !== null && wanted.trim() !== name) await change(page, "rename", { id, name: wanted.trim() });
}

/**
 * @param {Page} page
 * @param {KeptProbe} probe
 */
async function deleteKept(page, { id, name }) {
  const which = plain(name) || "this probe";
  if (confirm(`Delete ${which}? Its picture is deleted, too.`)) await change(page, "delete", { id });
}

/**
 * @param {Page} page
 * @param {string} question
 * @param {object} about
 */
async function change(page, question, about) {
  const answer = await askOnce(page, question, about);
  await listKept(page);
  if (answer.error) find(page.element, ".hx-kept-says").textContent = plain(answer.error);
}

/** @param {KeptProbe} probe */
function keptText({ name, expected, predicted, confidence, changes, time, annotator }) {
  const prediction = (expected ? `expected ${plain(expected)}, ` : "")
    + `predicted ${plain(predicted)}, ${percent(confidence)}`;
  const when = new Date(time).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  const node = make("span", "hx-kept-words");
  node.append(make("strong", "", plain(name) || "(no name)"), make("span", "", prediction));
  if (changes) node.append(make("span", "hx-kept-changes", changes));
  node.append(make("span", "hx-muted", `${when} · ${plain(annotator)}`));
  return node;
}

/** @param {Page} page */
export function markKept({ element, state }) {
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll(".hx-kept-one"))) {
    if (one.dataset.id === state.draft.kept) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
}

/**
 * Open a kept probe; the last view that was opened wins.
 *
 * @param {Page} page
 * @param {string} id
 * @param {import("./facts.js").Amounts | null} transform in place of its own
 */
export async function openKept(page, id, transform) {
  const { state, element } = page;
  const { openings } = state;
  const answer = await askOnce(page, "reopen", { id }, (text) => showStatus(element, text));
  if (openings !== state.openings) return;
  showStatus(element, answer.error || "");
  if (answer.error) return;
  state.readings += 1; // an image that is still being read belongs elsewhere
  layOut(state, answer);
  const sliders = state.facts?.sliders ?? [];
  const amounts = transform ?? answer.transform;
  state.draft.transform = Object.fromEntries(sliders.map((one) => [one.name, clamped(one, Number(amounts[one.name]))]));
  state.draft.kept = id;
  page.changed.draft();
}

/**
 * The visitor's own pictures and texts are put aside, and come back when the kept probe is closed.
 *
 * @param {State} state
 * @param {Reopened} answer
 */
function layOut({ draft, facts }, { source, expected, name, note }) {
  closeKept(draft);
  const { pictures: own, texts } = draft;
  Object.assign(draft, {
    aside: { pictures: own, texts: { name: texts.name, note: texts.note } },
    kind: source.kind,
    texts: { name, note, expected },
    opened: { name, note },
  });
  if (source.kind === "example") {
    draft.example = source.id;
    return;
  }
  const imageNote = `The image of the kept probe “${plain(name)}”.`;
  const shown = source.kind === "sketch" ? picturesOf(source, own, Boolean(facts?.colored))
    : { ...own, kind: source.kind, image: source, imageNote };
  draft.pictures = { ...shown, expected: { ...own.expected, [source.kind]: expected } };
  if (source.kind === "sketch" && source.brush) draft.brush = source.brush;
}
