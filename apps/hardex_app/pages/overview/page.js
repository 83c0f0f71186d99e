// The Overview page: figures, the confusion matrix, pairs, classes, calibration, and the first examples
// of both lists.

import { stay, whenAddressed } from "../../ui/address.js";
import { find } from "../../ui/dom.js";
import { drawBalance } from "./balance.js";
import { drawCalibration } from "./calibration.js";
import { drawClasses } from "./classes.js";
import { drawFigures } from "./figures.js";
import { drawHead } from "./heads.js";
import { drawMatrix } from "./matrix.js";
import { keyboardOf } from "./matrix_keys.js";
import { overflowOf } from "./overflow.js";
import { drawPairs } from "./pairs.js";

/** @typedef {import("./facts.js").Facts} Facts */

/** @param {import("../../ui/context.js").Context} context */
export function start({ element, props, watch }) {
  const board = boardOf(element);
  let drawn = "";
  const receive = () => {
    const facts = props.value;
    if (!showProblem(element, facts)) return;
    const text = JSON.stringify(facts);
    if (text === drawn) return; // drawn again, a link would lose the focus, or a click on it
    drawn = text;
    board.draw(facts);
  };
  whenAddressed("overview", (view) => board.showShares(view.shares === "yes"));
  watch("value", receive);
  receive();
}

/**
 * @param {HTMLElement} element
 * @param {Facts | {problem: string} | null} facts
 * @returns {boolean} whether there is something to draw
 */
function showProblem(element, facts) {
  const complete = Boolean(facts && "class_names" in facts);
  if (!complete && !facts?.problem) return false;
  find(element, ".hx-ov-wait").hidden = complete;
  find(element, ".hx-ov-body").hidden = !complete;
  if (!complete) find(element, ".hx-ov-wait").textContent = facts?.problem ?? "";
  return complete;
}

/**
 * The page's parts, with what the visitor has chosen in them.
 *
 * @param {HTMLElement} element
 */
function boardOf(element) {
  /** @type {Facts | null} */
  let facts = null;
  const chosen = { shares: false, allPairs: false, allClasses: false, order: { by: "accuracy", down: false } };
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
  /** @param {import("./class_order.js").Order} order */
  function reorder(order) {
    chosen.order = order;
    classes();
    find(element, `.hx-ov-col-${order.by} button`).focus();
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
  /** @param {Facts} received */
  function draw(received) {
    facts = received;
    drawFigures(element, facts);
    matrix();
    pairs();
    classes();
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
  drawBalance(element, facts);
  drawCalibration(element, facts);
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
