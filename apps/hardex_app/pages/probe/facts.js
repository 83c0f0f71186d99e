// What the server sends to the Probe page, as types.

/** @typedef {"sketch" | "image" | "example"} Kind where a picture comes from */
/** @typedef {[height: number, width: number, channels: number]} Shape */
/** @typedef {Record<string, number>} Amounts how much of each transform, by its name; a switch is 0 or 1 */

/**
 * @typedef {object} Slider
 * @property {string} name
 * @property {string} label
 * @property {number} least
 * @property {number} most
 * @property {number} step
 * @property {number} start where the transform changes nothing
 * @property {string} unit
 * @property {boolean} switch whether it is on or off
 */

/** @typedef {{id: string, list: string, rank: number, given: string, predicted: string, image: string}} Example */

/**
 * @typedef {object} Facts
 * @property {string} whose the visitor and the run
 * @property {string} problem why there is no model; "" if there is one
 * @property {string} closed why this annotator may not draw yet; "" if they may
 * @property {{upload: boolean, export: boolean}} may an annotator may neither upload nor export
 * @property {string[]} class_names
 * @property {string[]} models other models, whose curves can be drawn beside
 * @property {Example[]} examples
 * @property {number} brush
 * @property {boolean} digits whether the classes are digits, which are drawn as MNIST was made
 * @property {{file_bytes: number, name: number, note: number}} limits
 * @property {Shape} shape of the model's input
 * @property {Slider[]} sliders in the order in which they act
 * @property {string} order that order as a sentence
 * @property {[width: number, height: number]} canvas of the pad
 * @property {boolean} colored
 */

/** @typedef {{pixels: string, shape: Shape}} Pixels raw bytes in base64 */
/** @typedef {Pixels & {predicted: string, confidence: number}} Picture */
/** @typedef {{class: string, before: number, after: number}} ClassBar */
/** @typedef {{before: Picture, after: Picture, classes: ClassBar[], given: string | null}} ProbeAnswer */

/**
 * @typedef {object} CurveAnswer
 * @property {string} along
 * @property {number[]} amounts
 * @property {{class: string, probabilities: number[]}[]} lines
 * @property {string[]} leaders the most probable class at each amount
 * @property {{amount: number, class: string, after?: number}[]} flips `after` while it is only known to lie
 *   between the two amounts
 * @property {boolean} finished whether nothing more will be tried
 * @property {string | null} given
 * @property {string} sentence
 * @property {string} preprocess
 * @property {number[][] | null} preprocess_table what the model receives for each pixel value, in
 *   all channels or in each of them; null if that does not depend on the pixel alone
 * @property {boolean} preprocess_swaps_channels whether the model receives blue before red
 */

/**
 * @typedef {object} Change
 * @property {string} transform
 * @property {number} amount
 * @property {string} class
 * @property {number} share of the range of the slider, 0 to 1
 * @property {number} [change] of the pixels, once the search is over
 * @property {boolean} [rough] whether less may do it
 */

/**
 * @typedef {object} SmallestAnswer
 * @property {Change[]} breaking
 * @property {Change[]} restoring
 * @property {string[]} unchanged
 * @property {string} sentence
 * @property {number} done parts of the search
 * @property {number} total
 */

/**
 * @typedef {object} Drawn a sketch as the server takes and keeps it
 * @property {number[][][]} strokes
 * @property {number} [brush]
 * @property {number[]} [widths]
 * @property {string[]} [colors]
 * @property {[number, number]} [canvas]
 * @property {string} [paper]
 * @property {boolean} [normalize]
 */

/** @typedef {({kind: "sketch"} & Drawn) | ({kind: "image"} & Pixels) | {kind: "example", id: string}} Source */
/** @typedef {{source: Source, transform: Amounts, name: string, expected: string, note: string}} Reopened */

/**
 * @typedef {object} KeptProbe
 * @property {string} id
 * @property {string} time
 * @property {string} annotator
 * @property {string} name
 * @property {string} expected
 * @property {string} note
 * @property {string} predicted
 * @property {number} confidence
 * @property {string} changes
 * @property {string} image
 */

export {};
