// The first visit: three steps, which can be dismissed for good.

import { address, link, pageOf, whenAddressChanges } from "./address.js";
import { make, makeButton } from "./dom.js";

const KEPT = "hardex.toured";
const STEPS = [
  { page: "overview", text: "New here? The hardest examples are right under the figures: click one to see why." },
  { page: "browse", text: "Filter, look, and say whether the label is right. The arrow keys go on to the next." },
  { page: "probe", text: "Rotate, blur or redraw a picture, and see where the prediction flips." },
];

/** Whether this browser has seen it; where nothing can be kept, it has. */
function wasSeen() {
  try {
    return localStorage.getItem(KEPT) !== null;
  } catch {
    return true;
  }
}

/**
 * Put the steps under the bar, unless they were dismissed.
 *
 * @param {HTMLElement} bar
 * @param {string[]} pages of this window
 */
export function addTour(bar, pages) {
  const steps = STEPS.filter(({ page }) => pages.includes(page));
  if (steps.length < 2 || wasSeen()) return;
  const box = make("div", "hx-tour");
  box.setAttribute("role", "note");
  const over = () => {
    localStorage.setItem(KEPT, "yes");
    box.remove();
  };
  /** @param {number} at */
  const show = (at) => {
    const next = steps[at + 1];
    const parts = [make("strong", "", `${at + 1} of ${steps.length}`), make("span", "hx-tour-text", steps[at].text)];
    if (next) {
      parts.push(link("hx-button", "Next", { page: next.page }));
    }
    parts.push(makeButton("hx-button", next ? "Dismiss" : "Done", over));
    box.replaceChildren(...parts);
  };
  bar.after(box);
  const look = () => {
    const at = steps.findIndex(({ page }) => page === pageOf(address()));
    box.hidden = at < 0; // on other pages there is work to do
    if (at >= 0) show(at);
  };
  whenAddressChanges(look);
  look();
}
