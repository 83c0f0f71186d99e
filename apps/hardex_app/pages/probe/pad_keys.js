// Drawing by keyboard: arrow keys move the pen, Space puts it down and lifts it, Ctrl Z takes a stroke back.

import { beginStroke, drawn, lift, padOf, showPad, undo } from "./pad.js";

/** @typedef {import("./page.js").Page} Page */

const ARROWS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
});
const [FAR, NEAR] = [8, 2]; // pixels of a step; near with the Shift key

/** @param {Page} page */
export function startPadKeys(page) {
  const pad = padOf(page);
  pad.addEventListener("keydown", (event) => pressed(page, event));
  pad.addEventListener("blur", () => {
    if (!page.state.pen.at) return;
    page.state.pen.at = null;
    lift(page);
    showPad(page);
  });
}

/**
 * @param {Page} page
 * @param {KeyboardEvent} event
 */
function pressed(page, event) {
  const isCommand = event.ctrlKey || event.metaKey;
  const act = isCommand && event.key === "z" ? () => undo(page) : isCommand ? null : penKey(page, event);
  if (!act) return;
  event.preventDefault();
  act();
}

/**
 * @param {Page} page
 * @param {KeyboardEvent} event
 */
function penKey(page, event) {
  if (page.state.pen.pointer !== null || event.altKey) return null;
  if (event.key === " ") return () => putDownOrLift(page);
  const arrow = ARROWS[event.key];
  return arrow ? () => moveBy(page, arrow.map((one) => one * (event.shiftKey ? NEAR : FAR))) : null;
}

/** @param {Page} page */
function putDownOrLift(page) {
  const { pen, draft } = page.state;
  pen.at ??= draft.pictures.canvas.map((side) => side / 2);
  if (!pen.stroke) {
    beginStroke(page, [...pen.at]);
    return;
  }
  lift(page);
  showPad(page);
}

/**
 * @param {Page} page
 * @param {number[]} by
 */
function moveBy(page, by) {
  const { pen, draft: { pictures: { canvas } } } = page.state;
  const from = pen.at ?? canvas.map((side) => side / 2);
  pen.at = from.map((at, i) => Math.min(canvas[i], Math.max(0, at + by[i])));
  pen.stroke?.points.push([...pen.at]);
  if (pen.stroke) drawn(page);
  else showPad(page);
}
