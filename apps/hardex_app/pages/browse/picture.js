// The open example, large: in whole steps and without smoothing.

import { find, plain } from "../../ui/dom.js";
import { fetchPicture } from "../../ui/pictures.js";
import { silence } from "../../ui/requests.js";

/** @typedef {import("./desk.js").Desk} Desk */

const STEPS = [0.25, 0.5, 1, 2, 3, 4, 6, 8, 10, 12, 16, 24, 32, 48, 64];
const SIDE_MOST = 320; // pixels on the page, unless the visitor zooms
const PARTS = [".hx-large", ".hx-zoom-says", ".hx-in", ".hx-out", ".hx-probe-this", ".hx-size"];

/**
 * @param {Desk} desk
 * @returns {() => void} asks for the picture of the open example
 */
export function pictureOf(desk) {
  const { element } = desk;
  const image = find(element, ".hx-large", HTMLImageElement);
  /** @type {number | null} */
  let chosen = null; // the factor that the visitor chose
  let factor = 1;
  const show = () => { factor = zoom(element, image, chosen); };
  image.addEventListener("load", show);
  for (const [name, by] of /** @type {[string, number][]} */ ([[".hx-out", -1], [".hx-in", 1]])) {
    find(element, name).addEventListener("click", () => {
      chosen = STEPS[Math.min(STEPS.length - 1, Math.max(0, STEPS.indexOf(factor) + by))];
      show();
    });
  }
  new ResizeObserver(() => {
    if (!chosen && image.naturalWidth) show();
  }).observe(find(element, ".hx-detail"));
  return () => askPicture(desk, image);
}

/**
 * @param {Desk} desk
 * @param {HTMLImageElement} image
 */
async function askPicture({ element, state }, image) {
  if (!state.shown) return;
  const { id, image: address, no_image: reason } = state.shown;
  const small = state.pictures.get(id);
  if (small) image.src = small; // until the large one comes
  showPicture(element, small !== "");
  const fetched = address ? await fetchPicture(address).catch(unanswered) : nothing(reason);
  if (state.shown?.id !== id) return;
  showPicture(element, fetched.url !== "", fetched.problem);
  if (!fetched.url) return;
  image.src = fetched.url;
  image.alt = `example ${plain(id)}`;
  await image.decode().catch(() => {}); // another picture came meanwhile
  if (state.shown?.id !== id) return;
  find(element, ".hx-size").textContent = sizeText(fetched, image);
  element.dataset.pictured = id;
}

/**
 * @param {string} problem
 * @returns {import("../../ui/pictures.js").Fetched}
 */
function nothing(problem) {
  return { url: "", problem, size: [0, 0] };
}

async function unanswered() {
  return nothing(await silence());
}

/**
 * @param {import("../../ui/pictures.js").Fetched} fetched
 * @param {HTMLImageElement} image
 */
function sizeText({ size: [width, height] }, image) {
  return `${width} × ${height}` + (image.naturalWidth < width ? ", shown smaller" : "");
}

/**
 * @param {HTMLElement} element
 * @param {boolean} there
 * @param {string} [problem]
 */
function showPicture(element, there, problem) {
  for (const name of PARTS) find(element, name).hidden = !there;
  const missing = find(element, ".hx-figure .hx-noimage");
  missing.hidden = there;
  missing.textContent = problem || "";
}

/**
 * @param {HTMLElement} element
 * @param {HTMLImageElement} image
 * @param {number | null} chosen
 * @returns {number} the factor
 */
function zoom(element, image, chosen) {
  const factor = chosen || fitting(element, image);
  image.style.width = `${factor * image.naturalWidth}px`;
  find(element, ".hx-zoom-says").textContent = `${factor} ×`;
  find(element, ".hx-out", HTMLButtonElement).disabled = factor === STEPS[0];
  find(element, ".hx-in", HTMLButtonElement).disabled = factor === STEPS[STEPS.length - 1];
  return factor;
}

/**
 * @param {HTMLElement} element
 * @param {HTMLImageElement} image
 */
function fitting(element, image) {
  const room = Math.min(find(element, ".hx-figure").clientWidth - 4, SIDE_MOST);
  const side = Math.max(image.naturalWidth, image.naturalHeight);
  return [...STEPS].reverse().find((one) => one * side <= room) || STEPS[0];
}
