// The Probe page: a picture is drawn, uploaded or chosen; the model's answer follows each change of it.

import { whenAddressed } from "../../ui/address.js";
import { whenOpened } from "../../ui/facts.js";
import { requestsOf } from "../../ui/requests.js";
import { showNothing } from "./answer.js";
import { askOf } from "./asking.js";
import { changesOf } from "./changes.js";
import { curveChart, startCurve } from "./curve.js";
import { startDraftStore } from "./draft.js";
import { startExamples } from "./examples.js";
import { startExport } from "./export.js";
import { startImage } from "./image.js";
import { keeperOf } from "./keep.js";
import { showPad, startPad } from "./pad.js";
import { startPadKeys } from "./pad_keys.js";
import { receive, showPaint } from "./received.js";
import { startOcclusion } from "./occlusion.js";
import { startSliders } from "./sliders.js";
import { startTurning } from "./turning.js";
import { startSmallest } from "./smallest.js";
import { startSource } from "./source.js";
import { newState } from "./state.js";
import { showStatus } from "./status.js";
import { startTensor } from "./tensor.js";
import { follow } from "./view.js";

/** @typedef {import("../../ui/context.js").Context} Context */
/** @typedef {import("./facts.js").Facts} Facts */

/**
 * What the modules of the page share.
 *
 * @typedef {object} Page
 * @property {HTMLElement} element
 * @property {Context["server"]} server
 * @property {import("./state.js").State} state
 * @property {Map<string, import("./sliders.js").Row>} rows the sliders by the name of their transform
 * @property {Map<string, Partial<Facts> | null>} shapes what goes with each shape; null
 *   while it is asked for
 * @property {{address?: number}} timers
 * @property {(change: number) => void} countAsking
 * @property {import("./asking.js").Ask} ask
 * @property {import("./changes.js").Changes} changed
 * @property {import("./keep.js").Keeper} keeper
 * @property {ReturnType<typeof import("../../ui/chart.js").chart>} chart of the response curve
 */

const STARTS = [
  startSource, startPad, startPadKeys, startImage, startExamples, startSliders, startTurning, startCurve,
  startSmallest, startOcclusion, startTensor, startExport, startDraftStore,
];

/** @param {Context} context */
export function start({ element, server }) {
  const page = pageOf(element, server);
  for (const startPart of STARTS) startPart(page);
  showPaint(element, false);
  showPad(page);
  showNothing(page);
  whenAddressed("probe", (view) => follow(page, view));
  whenOpened("probe", server, (/** @type {Facts} */ facts) => receive(page, facts), (sentence) => {
    showStatus(element, sentence);
  });
}

/**
 * @param {HTMLElement} element
 * @param {Context["server"]} server
 */
function pageOf(element, server) {
  const requests = requestsOf(element);
  const page = /** @type {Page} */ ({
    element, server, state: newState(), rows: new Map(), shapes: new Map(), timers: {},
    countAsking: requests.countAsking,
  });
  page.ask = askOf(page, requests);
  page.chart = curveChart(page);
  page.changed = changesOf(page);
  page.keeper = keeperOf(page);
  return page;
}
