// What the open example looks like among the training images.

import { find, make, plain } from "../../ui/dom.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {{id: string, label: string, distance: number, copy: boolean, image: string}} Neighbour */

const WAITING_MS = 2000;
const SHOWN = 8; // neighbours, for which room is kept

/**
 * Room for the neighbours of another example, so that nothing moves when they come; those of the last one go.
 *
 * @param {HTMLElement} element
 */
export function keepRoom(element) {
  find(element, ".hx-neighbours").setAttribute("aria-busy", "true");
  find(element, ".hx-neighbours-say").textContent = "";
  find(element, ".hx-neighbour-list").replaceChildren(...Array.from({ length: SHOWN }, emptyPlace));
}

function emptyPlace() {
  const item = make("figure", "hx-neighbour-room");
  item.setAttribute("aria-hidden", "true");
  item.append(make("div", ""), make("figcaption", "", "\u00a0"));
  return item;
}

/** @param {Desk} desk */
export async function askNeighbours(desk) {
  const { element, server, state } = desk;
  const id = state.shown?.id;
  const answer = await server.neighbours(id).catch(() => null);
  if (!answer || state.shown?.id !== id) return;
  find(element, ".hx-neighbours").hidden = false;
  find(element, ".hx-neighbours-say").textContent = answer.waiting || answer.error || plain(answer.sentence);
  if (!answer.waiting) {
    /** @type {Neighbour[]} */
    const neighbours = answer.neighbours || [];
    const given = state.shown?.given;
    find(element, ".hx-neighbours").removeAttribute("aria-busy");
    find(element, ".hx-neighbour-list").replaceChildren(...neighbours.map((one) => figure(one, one.label === given)));
    return;
  }
  setTimeout(() => {
    if (state.shown?.id === id && !document.hidden) askNeighbours(desk);
  }, WAITING_MS);
}

/**
 * @param {Neighbour} one
 * @param {boolean} same whether its label is the given one
 */
function figure(one, same) {
  const item = make("figure", "hx-neighbour");
  item.setAttribute("role", "listitem");
  item.title = `${plain(one.id)}: distance ${one.distance.toFixed(3)}`;
  if (one.image) {
    const image = make("img", "hx-pixels");
    image.src = one.image;
    image.alt = `training image ${plain(one.id)}`;
    item.append(image);
  }
  const label = make("figcaption", same ? "hx-same" : "", plain(one.label));
  if (one.copy) label.append(make("strong", "hx-same-picture", " same picture"));
  item.append(label);
  return item;
}
