// The image of an example.

import { make } from "../../ui/dom.js";
import { fetchPicture } from "../../ui/pictures.js";

/**
 * An image as a data URL, so that what is at hand can be labelled without a connection; "" where
 * there is none.
 *
 * @param {string} image a data URL, or the address of a large picture
 */
export async function imageAtHand(image) {
  return !image || image.startsWith("data:") ? image : (await fetchPicture(image)).url;
}

/**
 * @param {string} url
 * @returns {HTMLElement}
 */
export function pictureOf(url) {
  if (!url) return make("p", "", "This example has no image.");
  const image = make("img", "hx-pixels");
  image.alt = "the image to label";
  image.src = url;
  return image;
}

/** @param {string} url */
export function thumbnailOf(url) {
  const image = make("img", "hx-pixels");
  image.alt = "";
  image.src = url;
  return image;
}
