// The picture after the changes is turned by hand: dragged around its middle, or by the arrow keys.

import { find } from "../../ui/dom.js";
import { onStep } from "./amounts.js";
import { setAmounts } from "./sliders.js";

/** @typedef {import("./page.js").Page} Page */

const TEN = 10;

/**
 * How far a hand has turned around a middle, counter-clockwise as seen, in degrees from -180 to 180.
 *
 * @param {{x: number, y: number}} middle
 * @param {{x: number, y: number}} from
 * @param {{x: number, y: number}} to
 */
export function turned(middle, from, to) {
  const angle = (/** @type {{x: number, y: number}} */ { x, y }) => Math.atan2(middle.y - y, x - middle.x);
  const degrees = ((angle(to) - angle(from)) * 180) / Math.PI;
  return degrees - 360 * Math.round(degrees / 360);
}

/** @param {Page} page */
export function startTurning(page) {
  const picture = find(page.element, ".hx-after", HTMLCanvasElement);
  const box = find(page.element, ".hx-after-box"); // with the map of what matters over it
  picture.tabIndex = 0;
  picture.title = "Drag to turn; arrow keys: 1°, with Shift 10°";
  /** @type {{x: number, y: number} | null} */
  let last = null;
  let amount = 0; // not rounded to a step: many small moves add up
  box.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    last = { x: event.clientX, y: event.clientY };
    amount = page.state.draft.transform.rotation ?? 0;
    box.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  box.addEventListener("pointermove", (event) => {
    if (!last) return;
    const place = picture.getBoundingClientRect();
    const here = { x: event.clientX, y: event.clientY };
    amount += turned({ x: place.x + place.width / 2, y: place.y + place.height / 2 }, last, here);
    last = here;
    turn(page, amount);
  });
  for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
    box.addEventListener(name, () => {
      last = null;
    });
  }
  picture.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: 1, ArrowUp: 1, ArrowRight: -1, ArrowDown: -1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    turn(page, (page.state.draft.transform.rotation ?? 0) + by * (event.shiftKey ? TEN : 1));
  });
}

/**
 * @param {Page} page
 * @param {number} degrees any; beyond a half turn they go on from the other side
 */
function turn(page, degrees) {
  const slider = page.rows.get("rotation")?.slider;
  if (slider) setAmounts(page, { rotation: onStep(slider, degrees - 360 * Math.round(degrees / 360)) });
}
