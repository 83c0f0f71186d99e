// Which class is it really? A mislabelled example is asked for its class, and stored once.

import { find, make, makeButton, plain } from "../../ui/dom.js";
import { matchingClasses } from "./words.js";

const SHOWN_MOST = 12;

/**
 * Ask in a box for a class.
 *
 * @param {HTMLElement} box
 * @param {{likely: string[], names: string[], choose: (label: string) => void}} about `choose` gets "" where nobody
 *   knows which
 */
export function askWhich(box, { likely, names, choose }) {
  const field = make("input", "hx-which-find");
  Object.assign(field, { type: "search", placeholder: "Type to find a class", autocomplete: "off", spellcheck: false });
  field.setAttribute("aria-label", "which class it really is");
  const list = make("div", "hx-which-list");
  const over = () => {
    box.hidden = true;
    box.replaceChildren();
  };
  /** @param {string} label */
  const chosen = (label) => {
    over();
    choose(label);
  };
  const draw = () => {
    const found = matchingClasses(likely, names, field.value, SHOWN_MOST);
    list.replaceChildren(...found.map((name) => makeButton("hx-button", plain(name), () => chosen(name))));
  };
  field.addEventListener("input", draw);
  box.onkeydown = (event) => {
    if (event.key === "Escape") over();
    else if (event.key !== "Enter" || event.target !== field) return;
    else list.querySelector("button")?.click();
    event.preventDefault();
  };
  box.replaceChildren(make("span", "hx-which-says", "Which class is it?"), field, list,
    makeButton("hx-button", "I do not know which", () => chosen("")), makeButton("hx-button", "Cancel", over));
  draw();
  box.hidden = false;
  find(box, "input").focus({ preventScroll: true });
  box.scrollIntoView({ block: "nearest" });
}
