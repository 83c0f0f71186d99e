// The box that the owner sees first: it waits for the window, and then for its pages to be drawn.

import { find } from "./dom.js";
import { pause } from "./patience.js";

const PAUSE_MS = 100;
const GIVE_UP_MS = 120000; // whatever is drawn by then is better than the box

/** Wait for the window, which this page is not yet, and open it. */
async function openWindow() {
  for (;;) {
    const answer = await fetch("opened", { cache: "no-store" }).catch(() => null);
    if (answer && answer.status < 500) {
      location.reload();
      return;
    }
    say("The app does not answer; see its terminal. Trying again…");
    await pause(10 * PAUSE_MS);
  }
}

/** Take the box away once the first of our parts is drawn, which is the bar of links. */
async function waitForPages() {
  say("Drawing the pages…");
  const until = performance.now() + GIVE_UP_MS;
  while (!document.querySelector("gradio-app [class^='hx-']") && performance.now() < until) await pause(PAUSE_MS);
  find(document, "#hx-opening").remove();
}

/** @param {string} sentence */
function say(sentence) {
  find(document, ".hx-opening-word").textContent = sentence;
}

if (document.body.hasAttribute("data-hx-waits")) openWindow();
else waitForPages();
