// The open example, large.

import { find, plain } from "../../ui/dom.js";
import { fetchPicture } from "../../ui/pictures.js";
import { silence } from "../../ui/requests.js";
import { Zoom } from "../../ui/zoom.js";

/** @typedef {import("./desk.js").Desk} Desk */

const PARTS = [".hx-large", ".hx-zoom", ".hx-probe-this", ".hx-size"];

/**
 * @param {Desk} desk
 * @returns {() => void} asks for the picture of the open example
 */
export function pictureOf(desk) {
  const { element } = desk;
  const image = find(element, ".hx-large", HTMLImageElement);
  const zoom = new Zoom(find(element, ".hx-figure"), find(element, ".hx-zoom"));
  zoom.show(image);
  find(element, ".hx-figure").addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && zoom.onKey(event.key)) event.preventDefault();
  });
  return () => {
    zoom.reset();
    askPicture(desk, image);
  };
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
