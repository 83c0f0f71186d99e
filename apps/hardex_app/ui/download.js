// A file that the page itself has made.

import { make } from "./dom.js";

const FORGET_MS = 10000;

/**
 * @param {string} name of the file
 * @param {string} content
 */
export function download(name, content) {
  const address = URL.createObjectURL(new Blob([content], { type: "text/plain;charset=utf-8" }));
  const anchor = make("a", "");
  Object.assign(anchor, { href: address, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), FORGET_MS);
}
