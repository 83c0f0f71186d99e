// The size of the pictures, and a link to what is shown.

import { find } from "../../ui/dom.js";
import { copy } from "../../ui/copy.js";
import { go } from "../../ui/address.js";

/** @typedef {import("./desk.js").Desk} Desk */

const KEPT = "hardex.thumbnails";
const SAYS_MS = 8000;

/** @param {Desk} desk */
export function listenToTools(desk) {
  listenToSizes(desk);
  listenToLink(desk);
  find(desk.element, ".hx-at").addEventListener("click", () => go({ ...desk.state.view, page: "browse", at: "" }));
  find(desk.element, ".hx-more-like").addEventListener("click", () => showAlike(desk));
}

/** @param {Desk} desk */
async function showAlike({ server, state, element }) {
  const id = state.shown?.id;
  if (id === undefined) return;
  const answer = await server.more_like(id).catch(() => null);
  if (!answer || answer.error !== undefined) {
    say(element, answer?.error ?? "The server does not answer; try again.");
    return;
  }
  go({ page: "browse", list: "all", at: answer.at.join("."), id });
  say(element, "Those with the most similar predicted probabilities, this one included.");
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 */
function say(element, text) {
  const says = find(element, ".hx-copy-says");
  says.textContent = text;
  setTimeout(() => {
    if (says.textContent === text) says.replaceChildren();
  }, SAYS_MS);
}

/** @param {Desk} desk */
function listenToSizes({ element, grid }) {
  const buttons = /** @type {HTMLElement[]} */ ([...element.querySelectorAll(".hx-sizes button")]);
  /** @param {string} size */
  const show = (size) => {
    grid.style.setProperty("--thumbnail", `${size}px`);
    for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.size === size));
  };
  for (const one of buttons) {
    one.addEventListener("click", () => {
      show(one.dataset.size ?? "");
      try {
        localStorage.setItem(KEPT, one.dataset.size ?? "");
      } catch { /* browsers may keep nothing */ }
    });
  }
  try {
    const kept = localStorage.getItem(KEPT);
    if (buttons.some((one) => one.dataset.size === kept)) show(kept ?? "");
  } catch { /* browsers may keep nothing */ }
}

/** @param {Desk} desk */
function listenToLink({ element, state }) {
  find(element, ".hx-copy-link").addEventListener("click", async () => {
    const { address = "", shared = false } = state.facts ?? {};
    const link = address ? `${address}/${location.search}` : location.href;
    const done = await copy(link);
    const who = address || shared ? "Whoever is invited sees this view; People makes links for others."
      : "Only this computer can open it: to send it, start the app with --share.";
    say(element, `${done ? "Copied." : `Copy it yourself: ${link}`} ${who}`);
  });
}
