// The buttons for the answers, with the keys that press them.

import { find, make, makeButton, plain } from "../../ui/dom.js";
import { inWords } from "./sentences.js";

/** @typedef {import("./session.js").Facts} Facts */
/** @typedef {import("./session.js").Choice} Choice */

const BUTTONS_MOST = 12; // with more classes there is a field to find one
const SHORT_CHARACTERS = 3;
const OWN_KEYS = "uck"; // undo, change, keep
const NUMBERED = [..."1234567890", "v", "w"];
/** @type {Record<string, string>} */
const UNDECIDED_KEYS = { ambiguous: "am-", bad_image: "bx,", not_sure: "ns." };

/** @param {Facts} facts */
function hasButtons({ class_names }) {
  return class_names.length <= BUTTONS_MOST;
}

/**
 * Draw the buttons.
 *
 * @param {HTMLElement} element
 * @param {Facts} facts
 * @param {(choice: Choice, byPointer: boolean) => void} choose
 * @returns {Map<string, Choice>} the choice of each key
 */
export function drawButtons(element, facts, choose) {
  const names = facts.class_names;
  /** @type {Map<string, Choice>} */
  const keys = new Map();
  /**
   * @param {string} text
   * @param {string | undefined} key
   * @param {Choice} choice
   */
  const button = (text, key, choice) => {
    if (key) keys.set(key, choice);
    return answerButton(text, key, choice, choose);
  };
  const isFew = hasButtons(facts);
  const classes = find(element, ".hx-ann-classes");
  classes.hidden = !isFew;
  find(element, ".hx-ann-search").hidden = isFew;
  if (isFew) {
    const classKeys = keysOf(names);
    const isShort = names.length > 3 && names.every((name) => [...name].length <= SHORT_CHARACTERS);
    classes.classList.toggle("hx-short", isShort);
    classes.replaceChildren(...names.map((name, at) => button(name, classKeys[at], { label: name })));
  } else {
    find(element, ".hx-ann-undo kbd").textContent = "⌫"; // letters go into the field
  }
  find(element, ".hx-ann-others").replaceChildren(...facts.undecided.map(
    ({ value, words }) => button(words, freeKey(value, keys, isFew), { verdict: value })));
  return keys;
}

/**
 * Classes named by a single character have it as their key; others are numbered.
 *
 * @param {string[]} names
 */
function keysOf(names) {
  const characters = names.map((name) => name.toLowerCase());
  const areKeys = characters.every((character, at) => isLetterOrDigit(character)
    && !OWN_KEYS.includes(character) && characters.indexOf(character) === at);
  return areKeys ? characters : NUMBERED.slice(0, names.length);
}

/** @param {string} text */
function isLetterOrDigit(text) {
  return /^[\p{L}\p{N}]$/u.test(text);
}

/**
 * The first key for an answer that is not taken; letters only where none are typed.
 *
 * @param {string} verdict
 * @param {Map<string, Choice>} taken
 * @param {boolean} withLetters
 */
function freeKey(verdict, taken, withLetters) {
  return [...(UNDECIDED_KEYS[verdict] ?? "")].find(
    (key) => !taken.has(key) && !OWN_KEYS.includes(key) && (withLetters || !isLetterOrDigit(key)));
}

/**
 * @param {string} text
 * @param {string | undefined} key
 * @param {Choice} choice
 * @param {(choice: Choice, byPointer: boolean) => void} choose
 */
function answerButton(text, key, choice, choose) {
  const button = makeButton("hx-button", plain(text), (event) => choose(choice, event.detail > 0));
  button.title = plain(text);
  button.dataset.choice = choice.label ? `label:${choice.label}` : `verdict:${choice.verdict}`;
  if (!key) return button;
  button.setAttribute("aria-keyshortcuts", key.toUpperCase());
  if (key !== text.toLowerCase()) button.append(make("kbd", "", key));
  return button;
}

/**
 * The table of keys in the help.
 *
 * @param {HTMLElement} element
 * @param {Facts} facts
 * @param {Map<string, Choice>} keys
 */
export function drawHelp(element, facts, keys) {
  const isFew = hasButtons(facts);
  const named = [...keys].filter(([key, { label }]) => label?.toLowerCase() === key).map(([key]) => key);
  const others = [...keys].filter(([, { label }]) => !(named.length && label));
  const rows = [
    ...(isFew ? [] : [["type", "part of a name; ↑ ↓ choose, Enter answers, Esc leaves the field"]]),
    ...(named.length ? [[`${named[0]} … ${named.at(-1)}`, "the class of that name"]] : []),
    ...others.map(([key, choice]) => [key, inWords(facts, choice)]),
    ["space", "keep your answer when the given label differs"],
    [isFew ? "← or C" : "←", "see an earlier answer, to change it"],
    ["→", "back to the next example"],
    [isFew ? "U or ⌫" : "⌫", "undo your last answer"],
    ["Tab", "to the comment; Esc leaves it"],
    ...(isFew && !keys.has("g") ? [["G", "the guide: guidelines, and an example of each class"]] : []),
    ["?", "this help"],
  ];
  find(element, ".hx-ann-keys").replaceChildren(...rows.flatMap(([key, text]) => {
    const name = make("dt", "");
    name.append(make("kbd", "", key));
    return [name, make("dd", "", text)];
  }));
}
