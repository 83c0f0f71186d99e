// The guide: what the owner wants annotators to know, and a typical example of each class.

import { find, make, plain } from "../../ui/dom.js";
import { count } from "../../ui/numbers.js";

/** @typedef {import("./session.js").Session} Session */

const SHOWN_MOST = 60; // classes at once, as many as the server takes
const FIELD_FROM = 13; // classes
const TYPING_MS = 150;
const NO_GUIDELINES = "The owner has written no guidelines. Answer what you see; choose Ambiguous where two classes "
  + "fit equally well, Bad image where nothing can be seen, and Not sure where you do not know.";

const NO_ANSWER = { error: "The server does not answer; try again." };

export class Guide {
  /** @type {Map<string, string>} */
  #pictures = new Map(); // by class; "" where there is none
  /** @type {number | undefined} */
  #typing;

  /** @param {Session} session */
  constructor(session) {
    this.session = session;
    const { element } = session;
    this.dialog = find(element, ".hx-ann-guide", HTMLDialogElement);
    this.field = find(element, ".hx-ann-guide-find", HTMLInputElement);
    this.field.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#show(), TYPING_MS);
    });
  }

  open() {
    this.dialog.showModal();
    this.#show();
  }

  /** Show the classes that match, then their pictures once they have come. */
  async #show() {
    const { session, dialog } = this;
    const says = find(dialog, ".hx-ann-guide-says");
    const { shown, sentence } = this.#chosen();
    says.textContent = sentence;
    this.#draw(shown);
    const missing = shown.filter((name) => !this.#pictures.has(name));
    const answer = await session.server.guide({ name: session.state.name, classes: missing }).catch(() => NO_ANSWER);
    if (answer.error !== undefined) {
      says.textContent = plain(answer.error);
      return;
    }
    find(dialog, ".hx-ann-guidelines").textContent = answer.guidelines || NO_GUIDELINES;
    for (const name of missing) this.#pictures.set(name, answer.examples[name] ?? "");
    this.#draw(this.#chosen().shown); // something else may have been typed meanwhile
  }

  /** The classes that match what is typed, at most so many as are shown at once, and a sentence on the others. */
  #chosen() {
    const names = this.session.state.facts?.class_names ?? [];
    this.field.hidden = names.length < FIELD_FROM;
    const wanted = this.field.value.trim().toLowerCase();
    const all = names.filter((name) => name.toLowerCase().includes(wanted));
    const shown = all.slice(0, SHOWN_MOST);
    if (!all.length) return { shown, sentence: "No class has this name." };
    const rest = all.length > shown.length;
    return { shown, sentence: rest ? `${shown.length} of ${count(all.length)} classes: type to find others.` : "" };
  }

  /** @param {string[]} names */
  #draw(names) {
    find(this.dialog, ".hx-ann-guide-classes").replaceChildren(...names.map((name) => {
      const tile = make("figure", "hx-ann-guide-class");
      const url = this.#pictures.get(name);
      const picture = make("span", "hx-ann-guide-picture", url === "" ? "no example" : undefined);
      if (url) {
        const image = make("img", "hx-pixels");
        Object.assign(image, { src: url, alt: "" });
        picture.append(image);
      }
      const label = make("figcaption", "", plain(name));
      label.title = plain(name);
      tile.append(picture, label);
      return tile;
    }));
  }
}
