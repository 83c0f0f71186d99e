// The small pictures of the grid, which follow the rest of it.

import { find, make } from "../../ui/dom.js";

/** @typedef {import("./desk.js").Desk} Desk */

const TOGETHER = 20; // pictures of one request
const KEPT_MOST = 1200;

/**
 * @param {Desk} desk
 * @param {string[]} ids
 */
export async function askPictures(desk, ids) {
  const { pictures } = desk.state;
  fillPictures(desk);
  const missing = ids.filter((id) => !pictures.has(id));
  const parts = [];
  for (let at = 0; at < missing.length; at += TOGETHER) parts.push(missing.slice(at, at + TOGETHER));
  await Promise.all(parts.map((part) => askSome(desk, part))); // each part is drawn when it comes
  for (const id of pictures.keys()) {
    if (pictures.size <= KEPT_MOST) break;
    pictures.delete(id);
  }
}

/**
 * @param {Desk} desk
 * @param {string[]} ids
 */
async function askSome(desk, ids) {
  const answer = await desk.server.pictures(ids).catch(() => null);
  if (!answer || answer.error || answer.waiting) return;
  for (const [id, url] of Object.entries(answer)) desk.state.pictures.set(id, url);
  fillPictures(desk);
}

/** @param {Desk} desk */
function fillPictures({ grid, state }) {
  for (const card of /** @type {NodeListOf<HTMLElement>} */ (grid.querySelectorAll(".hx-card"))) {
    const place = find(card, ".hx-place");
    const url = state.pictures.get(card.dataset.id ?? "");
    if (url === undefined || place.dataset.filled) continue;
    place.dataset.filled = "yes";
    if (url) place.replaceChildren(picture(url));
    else place.textContent = "no image";
  }
}

/** @param {string} url */
function picture(url) {
  const image = make("img", "hx-pixels");
  image.src = url;
  image.alt = "";
  return image;
}
