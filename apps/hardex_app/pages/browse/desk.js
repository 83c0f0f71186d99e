// What the parts of the Browse page share: its elements, what the server sends, what is shown.

import { find } from "../../ui/dom.js";

export const PHONE_BELOW = 900; // pixels: there the detail lies below all cards

/** @typedef {import("../../ui/context.js").Context} Context */
/** @typedef {Record<string, string>} View the filters as the address names them */

/**
 * @typedef {object} Facts what can be filtered and sorted by
 * @property {string} whose the visitor and the run, for what this browser keeps
 * @property {string[]} class_names
 * @property {{name: string, formula: string, meaning: string}[]} scores
 * @property {{name: string, values: string[]}[]} meta
 * @property {string[]} causes
 * @property {Record<string, string>} cause_names how the pages call each of them
 * @property {{value: string, words: string}[]} verdicts
 * @property {boolean} training whether there are training images to compare with
 * @property {string} open_training the command that opens the training data; "" for visitors
 * @property {boolean} models whether other models answer, too
 * @property {boolean} images whether the run has any
 * @property {string} address where others reach the app; "" where they do not
 * @property {boolean} shared whether the visitor is one of them
 */

/**
 * @typedef {object} Row one example in the grid
 * @property {string} id
 * @property {string} given
 * @property {string} predicted
 * @property {number} confidence
 * @property {number | null} score
 * @property {Record<string, number>} ranks
 * @property {string[]} verdicts
 * @property {{cause: string, words: string, confidence: number | null, second: string} | null} cause
 */

/**
 * @typedef {object} Finding why an example is hard; see `hardex.runs.findings.Finding`
 * @property {string} cause
 * @property {string} words how the pages call it
 * @property {number | null} confidence
 * @property {string} second the next likeliest cause; "" for none
 * @property {string} why the evidence in a sentence
 * @property {string} done what was done to the picture, in words
 * @property {string} remedy
 * @property {boolean} is_transform
 * @property {{words: string, p: number}[]} others the likeliest other causes
 * @property {string} given_label
 * @property {string} predicted_label
 * @property {string | null} suggested_label
 * @property {string | null} label_after
 * @property {number | null} confidence_after
 * @property {string | null} other_label
 * @property {number | null} class_share
 * @property {number | null} own_distance
 * @property {number | null} usual_distance
 * @property {number | null} nearest_distance
 * @property {string[]} neighbour_ids
 * @property {string[]} neighbour_labels
 * @property {(number | null)[]} neighbour_distances
 * @property {string[]} given_ids
 * @property {string[]} other_ids
 * @property {string | null} copy_id
 * @property {string | null} copy_label
 * @property {string | null} copy_in
 * @property {string} [seen] the address of the picture that the model sees; "" where there is none
 * @property {string} [undone] of the same with the transform undone
 */

/**
 * @typedef {object} PageOfRows
 * @property {Row[]} examples
 * @property {number} total how many the view has
 * @property {number} page
 * @property {number} pages
 * @property {number} size examples a page
 * @property {number} of_list how many the list has without filters
 * @property {number} of_all how many of all examples the filters match
 * @property {string} empty what to do where there are none
 */

/** @typedef {{class: string, p: number}} Bar */

/**
 * @typedef {object} Example one example with all that is known of it
 * @property {string} id
 * @property {string} given
 * @property {string} predicted
 * @property {number} confidence
 * @property {string} file_name
 * @property {Record<string, string>} meta
 * @property {{list: string, rank: number, reason: string}[]} reasons
 * @property {Bar[]} bars
 * @property {{name: string, meaning: string, formula: string, value: number}[]} scores
 * @property {string[]} said the annotations, a line each
 * @property {string} image the address of the large picture; "" where there is none
 * @property {string} no_image why there is none
 * @property {Finding | null} finding
 * @property {string} finding_problem why it cannot be read
 */

/**
 * @typedef {object} State
 * @property {Facts | null} facts
 * @property {View} view
 * @property {string | null} asked the view whose page is shown
 * @property {PageOfRows | null} page
 * @property {string | null} id the example that is open, or about to be
 * @property {Example | null} shown
 * @property {boolean} byHand whether it was opened by a click
 * @property {"first" | "last" | null} openAt which example to open on the page that comes
 * @property {boolean} filtered whether a filter was changed, and its page has not come yet
 * @property {Map<string, string>} pictures by id; "" where there is none
 * @property {ReturnType<typeof setTimeout> | undefined} typing the pause after a letter
 */

/**
 * @typedef {object} Desk
 * @property {HTMLElement} element
 * @property {HTMLFormElement} form
 * @property {HTMLElement} grid
 * @property {Context["server"]} server
 * @property {State} state
 * @property {import("./selected.js").Selected} selected
 * @property {() => void} askPage
 * @property {() => void} askExample
 */

/** @returns {State} */
export function newState() {
  return {
    facts: null, view: {}, asked: null, page: null, id: null, shown: null, byHand: false, openAt: null,
    filtered: false, pictures: new Map(), typing: undefined,
  };
}

/**
 * @param {HTMLElement} element
 * @param {string} selector
 * @param {string} [text]
 */
export function showProblem(element, selector, text) {
  const node = find(element, selector);
  node.textContent = text || "";
  node.hidden = !text;
}

/**
 * An option of a choice.
 *
 * @param {string} value
 * @param {string} text
 */
export function option(value, text) {
  return new Option(text, value);
}
