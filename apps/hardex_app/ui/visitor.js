// The window of annotators and viewers: starts the bar, the line of status and each page, as Gradio does in the
// owner's window.

import { find } from "./dom.js";
import { serverOf } from "./server.js";

/**
 * @typedef {object} Part
 * @property {string} id of its element
 * @property {string} script its module, relative to the document
 * @property {string} page whose questions it asks
 * @property {string[]} questions
 * @property {Record<string, any>} props
 */

const dark = matchMedia("(prefers-color-scheme: dark)");

/** The colours that the visitor's system prefers, as Gradio names them. */
function followColours() {
  document.body.classList.toggle("dark", dark.matches);
}

/** @param {Part} part */
async function startPart({ id, script, page, questions, props }) {
  const element = find(document, `#${id}`);
  try {
    const module = await import(new URL(script, document.baseURI).href);
    module.start({ element, props, server: serverOf(page, questions) });
  } catch (error) {
    console.error(error);
    const sentence = document.createElement("p");
    sentence.className = "hx-problem";
    sentence.setAttribute("role", "alert");
    sentence.textContent = "Part of this page could not be loaded; reload the page.";
    element.before(sentence);
  }
}

find(document, "#no-script").remove();
followColours();
dark.addEventListener("change", followColours);
/** @type {Part[]} */
const parts = JSON.parse(find(document, "#window").textContent ?? "[]");
for (const part of parts) startPart(part);
