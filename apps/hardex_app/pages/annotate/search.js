// Many classes: one is found by typing.

import { find, make, plain } from "../../ui/dom.js";
import { count } from "../../ui/numbers.js";

const FOUND_MOST = 200;

export class Search {
  /** @type {string[]} */
  #found = [];
  #at = 0; // of those found, the one that Enter chooses
  #isPicked = false; // by an arrow key

  /**
   * @param {HTMLElement} element
   * @param {import("./session.js").State} state
   * @param {{choose: (label: string, byPointer: boolean) => void, keep: () => void}} actions
   */
  constructor(element, state, { choose, keep }) {
    this.element = element;
    this.state = state;
    this.choose = choose;
    this.keep = keep;
    this.field = find(element, ".hx-ann-find", HTMLInputElement);
    this.list = find(element, ".hx-ann-found");
    this.field.addEventListener("input", () => this.update());
    this.field.addEventListener("focus", () => this.#mark(this.#at));
    this.field.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Whether there are more classes than buttons. */
  get isShown() {
    return !this.field.closest("[hidden]");
  }

  /** Another example is in view, or something was typed. */
  update() {
    const { facts, recent } = this.state;
    if (!facts || !this.isShown) return;
    const wanted = this.field.value.trim().toLowerCase();
    const all = matches([...new Set([...recent, ...facts.class_names])], wanted);
    this.#found = all.slice(0, FOUND_MOST);
    this.#isPicked = false;
    this.list.replaceChildren(...this.#found.map((name, at) => this.#option(name, at, !wanted)));
    find(this.element, ".hx-ann-more").textContent = moreText(all.length, wanted);
    this.list.scrollTop = 0;
    this.#mark(0);
  }

  /**
   * @param {string} name
   * @param {number} at
   * @param {boolean} marksRecent
   */
  #option(name, at, marksRecent) {
    const node = make("div", "hx-ann-option", plain(name));
    node.id = `hx-ann-option-${at}`;
    node.setAttribute("role", "option");
    node.title = plain(name);
    if (marksRecent && this.state.recent.includes(name)) node.append(make("small", "", "recent"));
    node.addEventListener("click", () => this.choose(name, true));
    return node;
  }

  /** @param {number} at */
  #mark(at) {
    const options = [...this.list.children];
    this.#at = Math.max(0, Math.min(options.length - 1, at));
    const isUsed = this.field.value !== "" || document.activeElement === this.field;
    options.forEach((node, place) => node.setAttribute("aria-selected", String(isUsed && place === this.#at)));
    const option = options[this.#at];
    if (!option) {
      this.field.removeAttribute("aria-activedescendant");
      return;
    }
    this.field.setAttribute("aria-activedescendant", option.id);
    if (at) option.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.#isPicked = true;
      this.#mark(this.#at + step);
    } else if (event.key === "Enter") {
      this.#enter(event);
    }
  }

  /** @param {KeyboardEvent} event */
  #enter(event) {
    const isNothingChosen = !this.field.value.trim() && !this.#isPicked;
    if (!isNothingChosen && !this.#found.length) return;
    event.preventDefault();
    if (isNothingChosen) this.keep();
    else this.choose(this.#found[this.#at], false);
  }
}

/**
 * The name itself, then those that begin with what is typed, then those that contain it.
 *
 * @param {string[]} names
 * @param {string} wanted in lower case
 */
function matches(names, wanted) {
  /** @param {string} name */
  const rank = (name) => {
    const at = name.toLowerCase().indexOf(wanted);
    if (name.toLowerCase() === wanted) return 0;
    return at === 0 ? 1 : 2;
  };
  return names.filter((name) => name.toLowerCase().includes(wanted)).sort((a, b) => rank(a) - rank(b));
}

/**
 * @param {number} found
 * @param {string} wanted
 */
function moreText(found, wanted) {
  if (!found) return "No class matches.";
  if (found > FOUND_MOST) return `${count(found - FOUND_MOST)} more: type to find them.`;
  return wanted ? "" : `${count(found)} classes: type to find one.`;
}
