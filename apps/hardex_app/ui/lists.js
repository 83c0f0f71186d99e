// The lists of hard examples as people read them: the list "wrong" holds the errors.

/** @type {Record<string, string>} */
const LISTS = { hard: "hard", unsure: "unsure", wrong: "errors", all: "all examples" };

/** @param {string} list as the address names it */
export function listName(list) {
  return LISTS[list] ?? list;
}

/** The lists with their names, in order. */
export const LIST_NAMES = Object.entries(LISTS);

/**
 * The place of an example in a list: "errors 3".
 *
 * @param {string} list
 * @param {number} rank
 */
export function placeText(list, rank) {
  return `${listName(list)} ${rank}`;
}
