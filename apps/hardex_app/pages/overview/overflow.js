// Tables that are wider than the page: their edge fades, and above the matrix a sentence says so.

import { find } from "../../ui/dom.js";

/**
 * @param {HTMLElement} element
 * @returns {() => void} to be called when the tables were drawn
 */
export function overflowOf(element) {
  const views = /** @type {HTMLElement[]} */ ([...element.querySelectorAll(".hx-ov-scroll")]);
  const matrix = find(element, ".hx-ov-matrix-panel .hx-ov-scroll");
  const show = () => {
    for (const view of views) view.classList.toggle("hx-ov-goes-on", view.scrollLeft < hiddenWidth(view) - 1);
    find(element, ".hx-ov-sideways").hidden = hiddenWidth(matrix) <= 1;
  };
  const sizes = new ResizeObserver(show);
  for (const view of views) {
    view.addEventListener("scroll", show, { passive: true });
    sizes.observe(view);
  }
  return show;
}

/** @param {HTMLElement} view */
function hiddenWidth(view) {
  return view.scrollWidth - view.clientWidth;
}
