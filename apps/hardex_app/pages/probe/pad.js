// The pad: drawing by mouse, pen or finger.

import { find } from "../../ui/dom.js";
import { adoptKept, closeKept } from "./state.js";
import { paintSketch } from "./sketch.js";

/** @typedef {import("./page.js").Page} Page */

const FINEST = 2; // pixels between points: finer ones add work, not shape
const GREY = "#808080"; // is seen on black and on white

/** @param {Page} page */
export function startPad(page) {
  const pad = padOf(page);
  pad.addEventListener("pointerdown", (event) => touch(page, event));
  pad.addEventListener("pointermove", (event) => move(page, event));
  for (const end of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
    pad.addEventListener(end, (event) => {
      if (event.pointerId === page.state.pen.pointer) lift(page);
    });
  }
  find(page.element, ".hx-undo").addEventListener("click", () => undo(page));
  find(page.element, ".hx-clear").addEventListener("click", () => clear(page));
  startTools(page);
}

/** @param {Page} page */
export function padOf({ element }) {
  return find(element, ".hx-pad", HTMLCanvasElement);
}

/**
 * The drawing has changed: it is the visitor's own.
 *
 * @param {Page} page
 */
export function drawn(page) {
  adoptKept(page.state.draft);
  showPad(page);
  page.changed.picture();
}

/** @param {Page} page */
export function lift({ state }) {
  Object.assign(state.pen, { stroke: null, pointer: null });
}

/**
 * @param {Page} page
 * @param {number[]} point
 */
export function beginStroke(page, point) {
  const { draft, pen, facts } = page.state;
  pen.stroke = { points: [point], width: draft.brush, color: facts?.colored ? draft.ink : "" };
  draft.pictures.strokes.push(pen.stroke);
  drawn(page);
}

/** @param {Page} page */
export function undo(page) {
  lift(page);
  page.state.draft.pictures.strokes.pop();
  drawn(page);
}

/** @param {Page} page */
function clear(page) {
  const { draft } = page.state;
  lift(page);
  draft.aside = null; // what was cleared is the visitor's own from now on
  closeKept(draft);
  draft.pictures.strokes = [];
  draft.pictures.expected.sketch = "";
  page.changed.draft();
}

/**
 * @param {Page} page
 * @param {PointerEvent} event
 */
function touch(page, event) {
  const { pen } = page.state;
  if (event.button || pen.stroke) return;
  event.preventDefault();
  Object.assign(pen, { at: null, pointer: event.pointerId });
  padOf(page).setPointerCapture(event.pointerId);
  beginStroke(page, placeOf(page, event));
}

/**
 * @param {Page} page
 * @param {PointerEvent} event
 */
function move(page, event) {
  const { stroke, pointer } = page.state.pen;
  if (!stroke || event.pointerId !== pointer) return;
  const events = event.getCoalescedEvents?.() ?? [];
  const before = stroke.points.length;
  for (const one of events.length ? events : [event]) {
    const [x, y] = placeOf(page, one);
    const [lastX, lastY] = stroke.points[stroke.points.length - 1];
    if (Math.hypot(x - lastX, y - lastY) >= FINEST) stroke.points.push([x, y]);
  }
  if (stroke.points.length > before) drawn(page);
}

/**
 * @param {Page} page
 * @param {PointerEvent} event
 */
function placeOf(page, event) {
  const pad = padOf(page);
  const box = pad.getBoundingClientRect();
  const across = ((event.clientX - box.left) * pad.width) / box.width;
  const down = ((event.clientY - box.top) * pad.height) / box.height;
  return [across, down].map((value) => Math.round(10 * value) / 10);
}

/** @param {Page} page */
export function showPad(page) {
  const { draft, pen, facts } = page.state;
  const { strokes, canvas } = draft.pictures;
  const pad = padOf(page);
  const brush = pad.getContext("2d");
  if (!brush) return;
  if (pad.width !== canvas[0] || pad.height !== canvas[1]) [pad.width, pad.height] = canvas;
  paintSketch(brush, draft.pictures, Boolean(facts?.colored));
  brush.fillStyle = brush.strokeStyle = GREY;
  if (!strokes.length && !pen.at) {
    brush.font = "18px system-ui, sans-serif";
    brush.textAlign = "center";
    brush.fillText("draw here", pad.width / 2, pad.height / 2);
  }
  if (pen.at) {
    brush.lineWidth = pen.stroke ? 3 : 1.5;
    brush.beginPath();
    brush.arc(pen.at[0], pen.at[1], draft.brush / 2 + 2, 0, 7);
    brush.stroke();
  }
}

/** @param {Page} page */
function startTools(page) {
  const { element, state } = page;
  const brush = find(element, ".hx-brush", HTMLInputElement);
  const ink = find(element, ".hx-ink", HTMLInputElement);
  brush.addEventListener("input", () => {
    state.draft.brush = Number(brush.value);
  });
  ink.addEventListener("input", () => {
    state.draft.ink = ink.value;
  });
  const grey = find(element, ".hx-grey", HTMLSelectElement);
  const paper = find(element, ".hx-paper", HTMLInputElement);
  const normalize = find(element, ".hx-normalize", HTMLInputElement);
  for (const input of [grey, paper, normalize]) {
    input.addEventListener("input", () => {
      Object.assign(state.draft.pictures, { grey: grey.value, paper: paper.value, normalize: normalize.checked });
      drawn(page);
    });
  }
}

/**
 * Show the settings of brush, ink and paper.
 *
 * @param {Page} page
 */
export function showTools({ element, state: { draft } }) {
  const { grey, paper, normalize } = draft.pictures;
  find(element, ".hx-brush", HTMLInputElement).value = String(draft.brush);
  find(element, ".hx-ink", HTMLInputElement).value = draft.ink;
  find(element, ".hx-grey", HTMLSelectElement).value = grey;
  find(element, ".hx-paper", HTMLInputElement).value = paper;
  find(element, ".hx-normalize", HTMLInputElement).checked = normalize;
}
