// Cards are drawn first and filled with the pictures of their examples afterwards.

import { make } from "./dom.js";

/**
 * Put the picture of its example into each place, or say that there is none.
 *
 * @param {import("./context.js").Context["server"]} server
 * @param {HTMLElement[]} places
 */
export async function fillPlaces(server, places) {
  const answer = await server.pictures(places.map((place) => place.dataset.id)).catch(() => null);
  if (!answer || answer.error || answer.waiting) return;
  for (const place of places) {
    const url = answer[place.dataset.id ?? ""];
    if (!url) {
      place.textContent = "no image";
      continue;
    }
    const image = make("img", "hx-pixels");
    image.src = url;
    image.alt = "";
    place.replaceChildren(image);
  }
}
