// What the page asks the server for again and again: the answer about the picture, the curve, the lists.

import { NOT_READY_MS } from "./ask_once.js";
import { showAnswer, showNothing } from "./answer.js";
import { showCurve } from "./curve.js";
import { listJudged } from "./examples.js";
import { showExpected } from "./keep.js";
import { listKept } from "./kept.js";
import { learnShape } from "./received.js";
import { requestOf, sourceOf } from "./state.js";
import { askBeside } from "./beside.js";
import { showStatus } from "./status.js";

/** @typedef {import("./page.js").Page} Page */

const CURVE_REST_MS = 80;

/**
 * @typedef {object} Ask each asks the server for one thing, one request at a time
 * @property {() => void} probe
 * @property {() => void} curve
 * @property {() => void} beside the curve of the other model, if one is chosen
 * @property {() => void} curveSoon once the hand rests: a curve costs the server far more than one answer
 * @property {() => void} kept the list of kept probes
 * @property {() => void} judged the examples that an annotator has judged
 */

/**
 * @param {Page} page
 * @param {ReturnType<typeof import("../../ui/requests.js").requestsOf>} requests
 * @returns {Ask}
 */
export function askOf(page, { latched }) {
  const say = /** @param {string} text */ (text) => showStatus(page.element, text);
  const curve = latched(() => askCurve(page), say);
  const beside = latched(() => askBeside(page), say);
  /** @type {number | undefined} */
  let timer;
  return {
    probe: latched(() => askProbe(page), say),
    curve,
    beside,
    curveSoon: () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        curve();
        beside();
      }, CURVE_REST_MS);
    },
    kept: latched(() => listKept(page), () => {}),
    judged: latched(() => listJudged(page), () => {}),
  };
}

/** @param {Page} page */
async function askProbe(page) {
  const { state, server } = page;
  const request = requestOf(state);
  if (!request) {
    showNothing(page);
    return;
  }
  const { pictures } = state;
  const answer = await server.probe(request);
  if (isRefused(page, answer, page.ask.probe) || !sourceOf(state)) return;
  Object.assign(state, { answer, answered: pictures });
  showAnswer(page);
  showExpected(page);
  learnShape(page, answer.before.shape);
}

/** @param {Page} page */
async function askCurve(page) {
  const { state, server } = page;
  const request = requestOf(state);
  if (!request) return;
  const answer = await server.curve({ ...request, along: state.draft.along });
  if (isRefused(page, answer, page.ask.curve) || !sourceOf(state) || answer.along !== state.draft.along) return;
  state.curve = answer;
  showCurve(page);
  if (!answer.finished) page.ask.curve(); // what is wanted by then: nothing waits behind an older wish
}

/**
 * @param {Page} page
 * @param {any} answer
 * @param {() => void} retry
 * @returns {boolean} whether there is no answer; the page says why
 */
function isRefused(page, answer, retry) {
  if (answer.waiting) setTimeout(retry, NOT_READY_MS);
  showStatus(page.element, answer.waiting || answer.error || "");
  return Boolean(answer.waiting || answer.error);
}
