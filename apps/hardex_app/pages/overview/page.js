// The Overview page: figures, the first examples of both lists, the confusion matrix, pairs, the map,
// confidence, classes, calibration and slices.

import { stay, whenAddressed } from "../../ui/address.js";
import { find, plain } from "../../ui/dom.js";
import { whenOpened } from "../../ui/facts.js";
import { drawBalance } from "./balance.js";
import { drawCalibration } from "./calibration.js";
import { drawCauses } from "./causes.js";
import { drawClasses } from "./classes.js";
import { drawFigures } from "./figures.js";
import { drawHead } from "./heads.js";
import { drawHistogram } from "./histogram.js";
import { mapOf } from "./map.js";
import { drawMatrix } from "./matrix.js";
import { keyboardOf } from "./matrix_keys.js";
import { overflowOf } from "./overflow.js";
import { drawPairs } from "./pairs.js";
import { drawNotes } from "./notes.js";
import { drawSlices } from "./slices.js";

/** @typedef {import("./facts.js").Facts} Facts */

/** @param {import("../../ui/context.js").Context} context */
export function start({ element, server }) {
  const board = boardOf(element);
  const offerMap = mapOf(element, server);
  const wait = find(element, ".hx-ov-wait");
  whenAddressed("overview", (view) => board.showShares(view.shares === "yes"));
  whenOpened("overview", server, (/** @type {Facts} */ facts) => {
    wait.hidden = true;
    find(element, ".hx-ov-body").hidden = false;
    board.draw(facts);
    offerMap(facts);
  }, (sentence) => {
    wait.textContent = plain(sentence);
  });
}

/**
 * The page's parts, with what the visitor has chosen in them.
 *
 * @param {HTMLElement} element
 */
function boardOf(element) {
  /** @type {Facts | null} */
  let facts = null;
  const order = { by: "accuracy", down: false };
  const chosen = { shares: false, allPairs: false, allClasses: false, allSlices: false, order };
  const keyboard = keyboardOf(find(element, ".hx-ov-matrix", HTMLTableElement));
  const showOverflow = overflowOf(element);
  const matrix = () => {
    if (!facts) return;
    const side = drawMatrix(element, facts, chosen.shares);
    showOverflow();
    if (side) keyboard.settle(side);
  };
  const pairs = () => facts && drawPairs(element, facts, chosen.allPairs);
  const classes = () => facts && drawClasses(element, facts, { open: chosen.allClasses, order: chosen.order }, reorder);
  const slices = () => facts && drawSlices(element, facts, chosen.allSlices);
  /** @param {import("./class_order.js").Order} wanted */
  function reorder(wanted) {
    chosen.order = wanted;
    classes();
    find(element, `.hx-ov-col-${wanted.by} button`).focus();
  }
  const showShares = switchOf(element, (shares) => {
    if (shares === chosen.shares) return; // drawn again, a cell would lose the focus
    chosen.shares = shares;
    matrix();
  });
  find(element, ".hx-ov-more-pairs").addEventListener("click", () => {
    chosen.allPairs = !chosen.allPairs;
    pairs();
  });
  find(element, ".hx-ov-more-classes").addEventListener("click", () => {
    chosen.allClasses = !chosen.allClasses;
    classes();
  });
  find(element, ".hx-ov-more-slices").addEventListener("click", () => {
    chosen.allSlices = !chosen.allSlices;
    slices();
  });
  /** @param {Facts} received */
  function draw(received) {
    facts = received;
    drawFigures(element, facts);
    drawNotes(element, facts);
    matrix();
    pairs();
    classes();
    slices();
    drawRest(element, facts);
    showOverflow();
  }
  return { draw, showShares };
}

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 */
function drawRest(element, facts) {
  drawCauses(element, facts);
  drawBalance(element, facts);
  drawCalibration(element, facts);
  drawHistogram(element, facts);
  for (const box of element.querySelectorAll(".hx-ov-head")) drawHead(/** @type {HTMLElement} */ (box), facts);
}

/**
 * Counts or shares in the matrix.
 *
 * @param {HTMLElement} element
 * @param {(shares: boolean) => void} changed
 */
function switchOf(element, changed) {
  const buttons = /** @type {HTMLElement[]} */ ([...element.querySelectorAll(".hx-ov-switch button")]);
  /** @param {boolean} shares */
  const show = (shares) => {
    for (const one of buttons) one.setAttribute("aria-pressed", String((one.dataset.shares === "yes") === shares));
    changed(shares);
  };
  for (const one of buttons) {
    one.addEventListener("click", () => {
      stay({ shares: one.dataset.shares });
      show(one.dataset.shares === "yes");
    });
  }
  return show;
}
