// What follows from a change: what is redrawn, and what is requested from the server.

import { showCursor, showCurve } from "./curve.js";
import { showExpected, showTexts } from "./keep.js";
import { markKept } from "./kept.js";
import { forgetOcclusion } from "./occlusion.js";
import { showPad } from "./pad.js";
import { showAmounts } from "./sliders.js";
import { forgetSmallest } from "./smallest.js";
import { showSource } from "./source.js";
import { writeAddress } from "./view.js";

/** @typedef {import("./page.js").Page} Page */

/**
 * @typedef {object} Changes
 * @property {() => void} picture the picture is another one, or its expected label
 * @property {(names: string[]) => void} transform these amounts are others
 * @property {() => void} draft anything may be different
 * @property {() => void} view the address, or what can be kept, may be different
 */

/**
 * @param {Page} page
 * @returns {Changes}
 */
export function changesOf(page) {
  const { state } = page;
  const view = () => {
    markKept(page);
    page.keeper.allow();
    writeAddress(page);
  };
  const picture = () => {
    state.pictures += 1;
    forgetSmallest(page);
    forgetOcclusion(page);
    showExpected(page);
    page.ask.probe();
    page.ask.curveSoon();
    view();
  };
  return {
    picture,
    view,
    transform: (names) => {
      forgetOcclusion(page);
      page.ask.probe();
      if (names.some((name) => name !== state.draft.along)) page.ask.curveSoon();
      if (names.includes(state.draft.along)) showCursor(page);
      view();
    },
    draft: () => {
      state.curve = state.beside.curve = null;
      for (const show of [showSource, showPad, showAmounts, showTexts, showCurve]) show(page);
      picture();
    },
  };
}
