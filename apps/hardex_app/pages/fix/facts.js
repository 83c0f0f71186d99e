// What the server sends to the Fix page, as types.

/**
 * A recipe as plain values, as its file has them.
 *
 * @typedef {object} Recipe
 * @property {Record<string, any>} [augment] `share`, and each transform with its range
 * @property {Record<string, any>} [balance]
 * @property {Record<string, any>} [clean]
 * @property {Record<string, any>} [collect]
 * @property {Record<string, any>} [adapt]
 * @property {Record<string, any>} [simple]
 * @property {Record<string, any>} training
 * @property {Record<string, string>} [reasons] why each part is there
 */

/** @typedef {"augment" | "balance" | "clean" | "collect" | "adapt" | "simple" | "training"} Part */

/** @typedef {{name: string, words: string, fields: string[], unit: string}} Transform */

/**
 * @typedef {object} Facts
 * @property {string} whose the key of what this browser keeps
 * @property {boolean} diagnosed
 * @property {string} command that diagnoses
 * @property {{cause: string, words: string, count: number}[]} findings
 * @property {Recipe} recipe that the findings suggest
 * @property {Part[]} suggested
 * @property {string[]} notes
 * @property {string} train the training data; "" if it is not known
 * @property {{examples: number | null, uses: number, level: number} | null} seal
 * @property {Transform[]} transforms
 * @property {string} problem
 */

/**
 * How a recipe is carried out.
 *
 * @typedef {{train: string, seeds: number, controls: number, prove: boolean, confirm: string}} Order
 */

/**
 * A recipe that is one.
 *
 * @typedef {object} Checked
 * @property {string} text
 * @property {Recipe} recipe
 * @property {Part[]} parts its remedies
 * @property {boolean} trains
 * @property {string[]} says what it will do
 * @property {string} command
 */

/** @typedef {{x: number, y: number}} Point */

/**
 * @typedef {object} Model
 * @property {string} name
 * @property {"remedied" | "control"} arm
 * @property {"waiting" | "running" | "done"} state
 * @property {number} epoch
 * @property {number} epochs
 * @property {Point[]} loss
 * @property {Point[]} validation
 * @property {number | null} accuracy
 * @property {{code: string, words: string, why: string, is_calm: boolean}[]} findings
 */

/** @typedef {{id: string, given: string, label: string, who: string, why: string}} Change */

/**
 * @typedef {object} Standing
 * @property {"idle" | "running" | "done" | "failed" | "cancelled" | "left"} state
 * @property {string} stage
 * @property {number} done
 * @property {number} total
 * @property {string} problem
 * @property {boolean} can_go_on
 * @property {Change[]} changes
 * @property {number} change_count
 * @property {string} out
 * @property {string} text of the recipe
 * @property {string} proof the file
 * @property {Model[]} models
 * @property {string[]} notes
 * @property {number | null} seconds_left
 */

/**
 * @typedef {object} Desk
 * @property {HTMLElement} element
 * @property {import("../../ui/context.js").Context["server"]} server
 * @property {Facts} facts
 * @property {Recipe} recipe
 * @property {string} text of the recipe
 * @property {string} problem why the text is no recipe, or ""
 * @property {Order} order
 * @property {Checked | null} checked
 * @property {Standing | null} standing
 * @property {(change: {recipe?: Recipe, text?: string}) => void} write another recipe
 * @property {() => void} follow what is trained
 */

/**
 * The last part of a path.
 *
 * @param {string} path
 */
export function nameOf(path) {
  return path.split(/[/\\]/).filter(Boolean).pop() ?? path;
}

/**
 * How long, in words.
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} minutes` : `${(seconds / 3600).toFixed(1)} hours`;
}

/**
 * The word for a proof in the address: the name of its file.
 *
 * @param {string} file
 */
export function proofWord(file) {
  return nameOf(file).replace(/\.json$/, "");
}
