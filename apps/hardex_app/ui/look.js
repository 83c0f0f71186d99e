// How enlarged pictures look: in whole pixels, as small drawings should, or smoothed, as photographs should.
// One choice for all pages: the run decides at first, then the visitor, and this browser remembers it.

/** @typedef {"pixels" | "smooth"} Look */

const KEPT = "hardex.look";
const CHANGED = "hardex:look";
const SMALL_SIDE = 64; // pixels; a larger picture is no drawing of a few pixels

/** @type {Look} */
let ofRun = "pixels";

/**
 * What the pictures of a run call for: colour or size tell photographs from small drawings.
 *
 * @param {number[] | null} shape height, width and channels of what the model sees; null where it is not known
 * @returns {Look}
 */
export function lookFor(shape) {
  if (!shape) return "pixels";
  const [height, width, channels] = shape;
  return channels > 1 || Math.max(height, width) > SMALL_SIDE ? "smooth" : "pixels";
}

/** @returns {Look} */
export function look() {
  const kept = readKept();
  return kept === "pixels" || kept === "smooth" ? kept : ofRun;
}

function readKept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // browsers may keep nothing
  }
}

/** @param {number[] | null} shape of what the model sees */
export function setLookOfRun(shape) {
  ofRun = lookFor(shape);
  show();
}

/** @param {Look} chosen */
export function chooseLook(chosen) {
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    ofRun = chosen;
  }
  show();
}

/** @param {() => void} redraw called when another look was chosen */
export function whenLookChanges(redraw) {
  window.addEventListener(CHANGED, redraw);
}

function show() {
  document.documentElement.style.setProperty("--hx-rendering", look() === "smooth" ? "auto" : "pixelated");
  window.dispatchEvent(new Event(CHANGED));
}
