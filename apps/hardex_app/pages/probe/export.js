// Kept probes as a data set to download.

import { find, make, plain } from "../../ui/dom.js";
import { askOnce } from "./ask_once.js";
import { bytesOf } from "./pixels.js";

/** @typedef {import("./page.js").Page} Page */

const SAVING_MS = 10_000; // a browser may still read the file

/** @param {Page} page */
export function startExport(page) {
  const button = find(page.element, ".hx-export", HTMLButtonElement);
  button.addEventListener("click", async () => {
    button.disabled = true;
    const answer = await askOnce(page, "export", {});
    button.disabled = false;
    find(page.element, ".hx-kept-says").textContent = plain(answer.error || answer.says || "");
    if (!answer.error) download(bytesOf(answer.zip), answer.file_name);
  });
}

/**
 * @param {Uint8Array<ArrayBuffer>} content
 * @param {string} name
 */
function download(content, name) {
  const link = make("a", "");
  link.href = URL.createObjectURL(new Blob([content], { type: "application/zip" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVING_MS);
}
