// An image of the visitor's: chosen, dropped or pasted.

import { find, plain } from "../../ui/dom.js";
import { askOnce } from "./ask_once.js";
import { chooseKind } from "./source.js";
import { closeKept, isAnnotator } from "./state.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./facts.js").Shape} Shape */

const USUAL_LIMIT = 15e6;

/** @param {Page} page */
export function startImage(page) {
  const { element } = page;
  const input = find(element, ".hx-file", HTMLInputElement);
  find(element, ".hx-choose").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    takeFirst(page, input.files);
    input.value = ""; // the same file may be chosen again
  });
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (!files?.length || element.offsetParent === null) return; // another page is shown
    event.preventDefault();
    takeFirst(page, files);
  });
  startDrop(page);
}

/** @param {Page} page */
function startDrop(page) {
  const { element } = page;
  const mark = /** @param {boolean} isOver */ (isOver) =>
    find(element, ".hx-probe").classList.toggle("hx-dragged", isOver);
  for (const over of /** @type {const} */ (["dragenter", "dragover"])) {
    element.addEventListener(over, (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      mark(true);
    });
  }
  element.addEventListener("dragleave", (event) => {
    if (!element.contains(/** @type {Node | null} */ (event.relatedTarget))) mark(false);
  });
  element.addEventListener("drop", (event) => {
    mark(false);
    if (!holdsFiles(event)) return;
    event.preventDefault();
    takeFirst(page, event.dataTransfer?.files ?? null);
  });
}

/** @param {DragEvent} event */
function holdsFiles({ dataTransfer }) {
  return Boolean(dataTransfer?.types.includes("Files"));
}

/**
 * @param {Page} page
 * @param {FileList | null} files
 */
function takeFirst(page, files) {
  const file = files?.[0];
  if (file && !isAnnotator(page.state)) take(page, file);
}

/**
 * @param {Page} page
 * @param {File} file
 */
async function take(page, file) {
  const { state } = page;
  chooseKind(page, "image");
  state.readings += 1;
  const reading = state.readings;
  const name = plain(file.name || "the image");
  /** @param {string} text */
  const say = (text) => {
    state.draft.pictures.imageNote = plain(text);
    find(page.element, ".hx-taken").textContent = plain(text);
  };
  const problem = problemOf(file, name, state.facts?.limits.file_bytes ?? USUAL_LIMIT);
  say(problem || `Reading ${name}…`);
  if (problem) return;
  const content = await asBase64(file).catch(() => null);
  const answer = content === null ? { error: `${name} cannot be read.` }
    : await askOnce(page, "taken", { file: content }, say);
  if (reading !== state.readings) return; // another image was chosen meanwhile
  if (answer.error) say(answer.error);
  else showTaken(page, name, answer);
}

/**
 * @param {File} file
 * @param {string} name
 * @param {number} most
 */
function problemOf({ size }, name, most) {
  if (!size) return `${name} is empty; choose another file.`;
  const limit = `at most ${Math.floor(most / 1e6)} MB can be read. Make it smaller.`;
  return size > most ? `${name} has ${(size / 1e6).toFixed(1)} MB; ${limit}` : "";
}

/**
 * Another image starts without changes and without an expected label.
 *
 * @param {Page} page
 * @param {string} name
 * @param {import("./facts.js").Pixels & {was: Shape}} answer
 */
function showTaken(page, name, answer) {
  const { draft, facts } = page.state;
  closeKept(draft);
  Object.assign(draft, {
    kind: "image",
    transform: Object.fromEntries((facts?.sliders ?? []).map((slider) => [slider.name, slider.start])),
  });
  const [was, is] = [answer.was, answer.shape].map(sizeText);
  Object.assign(draft.pictures, {
    kind: "image",
    image: { pixels: answer.pixels, shape: answer.shape },
    imageNote: `${name}: ${was}, the model gets ${is}.`,
    expected: { ...draft.pictures.expected, image: "" },
  });
  page.changed.draft();
}

/** @param {Shape} shape */
function sizeText([height, width, channels]) {
  return `${width} × ${height}${channels === 3 ? "" : " grey"}`;
}

/**
 * @param {File} file
 * @returns {Promise<string>}
 */
function asBase64(file) {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).split(",")[1]);
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(file);
  });
}
