// The state of the Probe page: one object that all modules read and change.

import { drawnOf } from "./sketch.js";

/** @typedef {import("./facts.js").Kind} Kind */
/** @typedef {import("./facts.js").Source} Source */

/** @typedef {{points: number[][], width: number, color: string}} Stroke `color` is "" on a grey pad */

/**
 * The visitor's own pictures: a drawing and an image.
 *
 * @typedef {object} Pictures
 * @property {"sketch" | "image"} kind which of them was shown last
 * @property {Stroke[]} strokes
 * @property {[number, number]} canvas
 * @property {string} grey the paper where the model takes grey pictures
 * @property {string} paper the paper where it takes colours
 * @property {boolean} normalize
 * @property {import("./facts.js").Pixels | null} image
 * @property {string} imageNote
 * @property {{sketch: string, image: string}} expected the label that each should have; "" if not given
 */

/** @typedef {{name: string, note: string}} Texts */

/**
 * Everything that lies on the page, as plain data.
 *
 * @typedef {object} Draft
 * @property {Kind} kind where the picture comes from
 * @property {string | null} example
 * @property {Pictures} pictures
 * @property {{pictures: Pictures, texts: Texts} | null} aside the visitor's own, while a kept probe is open
 * @property {number} brush
 * @property {string} ink
 * @property {import("./facts.js").Amounts} transform
 * @property {string} along the transform of the response curve
 * @property {string | null} kept the kept probe that is open, while its picture is unchanged
 * @property {Texts & {expected: string | null}} texts to keep with the probe; without an expected label of
 *   their own the picture's counts
 * @property {Texts | null} opened the texts that came with the kept probe
 */

/**
 * @typedef {object} State
 * @property {Draft} draft
 * @property {import("./facts.js").Facts | null} facts
 * @property {Record<string, string> | null} wanted the view to show once the facts are known
 * @property {string | null} leftAt the address at which the draft was stored, if one was found
 * @property {import("./facts.js").ProbeAnswer | null} answer
 * @property {number} answered the number of the picture that the answer is about
 * @property {import("./facts.js").CurveAnswer | null} curve
 * @property {{run: string, curve: import("./facts.js").CurveAnswer | null}} beside the other model whose curve is drawn
 *   beside; "" for none
 * @property {number} pictures counts how often the picture has changed
 * @property {number} readings counts the images read; only the last one is shown
 * @property {number} openings counts the views and kept probes opened; only the last one is shown
 * @property {{stroke: Stroke | null, pointer: number | null, at: number[] | null}} pen the stroke being drawn,
 *   by which pointer, and where the pen is while keys move it
 */

/** @returns {State} */
export function newState() {
  return {
    draft: newDraft(), facts: null, wanted: null, leftAt: null, answer: null, answered: -1, curve: null,
    beside: { run: "", curve: null }, pictures: 0, readings: 0, openings: 0,
    pen: { stroke: null, pointer: null, at: null },
  };
}

/** @returns {Draft} */
function newDraft() {
  return {
    kind: "sketch", example: null, pictures: newPictures(), aside: null, brush: 18, ink: "#d62828",
    transform: {}, along: "rotation", kept: null, texts: { name: "", note: "", expected: null }, opened: null,
  };
}

/** @returns {Pictures} */
function newPictures() {
  return {
    kind: "sketch", strokes: [], canvas: [280, 280], grey: "#000000", paper: "#ffffff", normalize: true,
    image: null, imageNote: "", expected: { sketch: "", image: "" },
  };
}

/**
 * An annotator may probe only own drawings and what they have judged.
 *
 * @param {State} state
 */
export function isAnnotator({ facts }) {
  return Boolean(facts && !facts.may.upload);
}

/** @param {State} state */
export function sliderAlong({ facts, draft }) {
  return facts?.sliders.find((one) => one.name === draft.along) ?? null;
}

/**
 * The picture as the server takes it, or null while there is none.
 *
 * @param {State} state
 * @returns {(Source & {expected?: string}) | null}
 */
export function sourceOf(state) {
  const { kind, example, pictures } = state.draft;
  if (kind === "example") return example === null ? null : { kind, id: example };
  const expected = pictures.expected[kind] ? { expected: pictures.expected[kind] } : {};
  if (kind === "image") {
    return pictures.image && { kind, pixels: pictures.image.pixels, shape: pictures.image.shape, ...expected };
  }
  return pictures.strokes.length ? { kind, ...drawnOf(pictures, Boolean(state.facts?.colored)), ...expected } : null;
}

/**
 * What the server needs to answer about the picture, or null while there is none.
 *
 * @param {State} state
 */
export function requestOf(state) {
  const source = sourceOf(state);
  if (!source) return null;
  const switches = (state.facts?.sliders ?? []).filter((one) => one.switch);
  const turned = switches.map(({ name }) => [name, Boolean(state.draft.transform[name])]);
  return { source, transform: { ...state.draft.transform, ...Object.fromEntries(turned) } };
}

/**
 * The label that the kept probe should have: the visitor's choice, or else the picture's own. That of an
 * example comes with its answer.
 *
 * @param {State} state
 */
export function expectedOf({ draft, answer, answered, pictures }) {
  if (draft.texts.expected !== null) return draft.texts.expected;
  if (draft.kind !== "example") return draft.pictures.expected[draft.kind];
  return (answered === pictures && answer?.given) || "";
}

/**
 * What the label is called that the picture should have.
 *
 * @param {State} state
 */
export function labelName({ draft }) {
  return draft.kind === "example" ? "given label" : "expected label";
}

/**
 * Why there is no answer, as a sentence.
 *
 * @param {State} state
 */
export function nothingYet(state) {
  if (state.facts?.problem) return state.facts.problem;
  return {
    sketch: "Draw something; the model answers while you draw.",
    image: "Choose, drop or paste an image.",
    example: isAnnotator(state) ? "Choose one of the examples that you have judged." : "Choose a hard example.",
  }[state.draft.kind];
}

/**
 * Another picture takes the place of the kept probe that is open. The visitor's own pictures and texts come
 * back; a text of the kept probe that they have changed stays.
 *
 * @param {Draft} draft
 */
export function closeKept(draft) {
  const { aside, opened, texts } = draft;
  for (const name of /** @type {(keyof Texts)[]} */ (["name", "note"])) {
    if (opened?.[name] === texts[name]) texts[name] = aside?.texts[name] ?? "";
  }
  Object.assign(draft, { pictures: aside?.pictures ?? draft.pictures, aside: null, opened: null, kept: null });
  texts.expected = null;
}

/**
 * The visitor changes the picture of the kept probe that is open: it is their own from now on.
 *
 * @param {Draft} draft
 */
export function adoptKept(draft) {
  Object.assign(draft, { aside: null, kept: null });
}
