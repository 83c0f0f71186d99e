// The response curve: the probabilities of the classes over the amounts of one transform. The chart is a
// slider of that transform, too.

import { chart } from "../../ui/chart.js";
import { find, plain } from "../../ui/dom.js";
import { percent } from "../../ui/numbers.js";
import { amountText, onStep } from "./amounts.js";
import { seriesBeside, startBeside } from "./beside.js";
import { setAmounts } from "./sliders.js";
import { labelName, sliderAlong, sourceOf } from "./state.js";
import { showTensor } from "./tensor.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./facts.js").Slider} Slider */
/** @typedef {import("./facts.js").CurveAnswer} CurveAnswer */

const DEGREES = [5, 10, 15, 30, 45, 90, 180];
const LEAST = 5e-5; // the curve's probabilities are rounded to four digits; none is 0
const AXIS_ENDS = [0.25, 0.5, 1]; // with many classes no probability may come near 100 %
const LABEL_MOST = 24; // characters

/** @param {Page} page */
export function curveChart(page) {
  return chart(find(page.element, ".hx-curve"), {
    label: "Response curve",
    onPick: (value) => {
      const slider = sliderAlong(page.state);
      if (slider) setAmounts(page, { [slider.name]: onStep(slider, value) });
    },
  });
}

/** @param {Page} page */
export function startCurve(page) {
  const select = find(page.element, ".hx-along", HTMLSelectElement);
  select.addEventListener("change", () => {
    showAlong(page, select.value);
    page.changed.view();
  });
  startBeside(page);
}

/**
 * Let the curve run along another transform.
 *
 * @param {Page} page
 * @param {string} name
 */
export function showAlong(page, name) {
  const { state } = page;
  if (name === state.draft.along && state.curve) return;
  state.draft.along = name;
  state.curve = state.beside.curve = null;
  showCurve(page);
  if (sourceOf(state)) page.ask.curveSoon();
}

/**
 * Offer the transforms that the facts name.
 *
 * @param {Page} page
 */
export function offerAlong({ element, state }) {
  const { facts, draft } = state;
  const sliders = facts?.sliders ?? [];
  find(element, ".hx-along").replaceChildren(...sliders.map((one) => new Option(one.label, one.name)));
  if (sliders.length && !sliderAlong(state)) draft.along = sliders[0].name;
}

/** @param {Page} page */
export function showCurve(page) {
  const { state: { curve, draft }, element } = page;
  const slider = sliderAlong(page.state);
  if (!slider) return;
  find(element, ".hx-along", HTMLSelectElement).value = draft.along;
  const more = curve && !curve.finished ? " Trying more amounts…" : "";
  find(element, ".hx-curve-says").textContent = curve ? plain(curve.sentence) + more : "Computing the curve…";
  const most = curve ? axisEnd(curve) : 1;
  find(element, ".hx-curve-axis").textContent = most < 1 ? `The axis ends at ${100 * most} %.` : "";
  page.chart.rename(`Response curve along ${slider.label.toLowerCase()}`);
  const own = curve ? seriesOf(curve, labelName(page.state)) : [];
  const series = [...own, ...seriesBeside(page.state, own.map(({ name }) => name))];
  page.chart.draw({ series, ...axesOf(slider, most), ...marksOf(slider, curve, draft.transform[slider.name]) });
  showTensor(page); // the curve's answer names the preprocessing
}

/** @param {Page} page */
export function showCursor({ chart: picture, state: { draft } }) {
  picture.moveCursor(draft.transform[draft.along]);
}

/**
 * @param {Slider} slider
 * @param {number} most
 */
function axesOf(slider, most) {
  const write = /** @param {number} value */ (value) => amountText(slider, value);
  const read = /** @param {number} p */ (p) => percent(Math.min(1 - LEAST, Math.max(LEAST, p)));
  return {
    x: { least: slider.least, most: slider.most, write, steps: stepsOf(slider) },
    y: { least: 0, most, steps: [most / 2], write: /** @param {number} p */ (p) => `${100 * p} %`, read },
  };
}

/**
 * @param {Slider} slider
 * @param {CurveAnswer | null} curve
 * @param {number} amount
 */
function marksOf(slider, curve, amount) {
  return {
    markers: (curve?.flips ?? []).map((flip) => ({ x: flip.amount, label: flipLabel(slider, flip) })),
    cursor: { x: amount, step: slider.step },
  };
}

/**
 * @param {Slider} slider
 * @returns {number[] | undefined}
 */
function stepsOf(slider) {
  if (slider.switch) return [1];
  return slider.unit === "°" ? DEGREES : undefined;
}

/**
 * @param {Slider} slider
 * @param {CurveAnswer["flips"][number]} flip
 */
function flipLabel(slider, flip) {
  const name = plain(flip.class);
  const whole = `${amountText(slider, flip.amount)} → ${name}`;
  return whole.length > LABEL_MOST ? `→ ${name.slice(0, LABEL_MOST - 2)}` : whole; // the class matters most
}

/**
 * @param {CurveAnswer} curve
 * @param {string} label what the label is called that the picture should have
 */
function seriesOf({ lines, amounts, given }, label) {
  return lines.map((line) => ({
    name: line.class,
    points: line.probabilities.map((y, i) => ({ x: amounts[i], y })),
    ...(line.class === given ? { strong: true, note: label } : {}),
  }));
}

/** @param {CurveAnswer} curve */
function axisEnd({ lines }) {
  const highest = Math.max(...lines.flatMap((line) => line.probabilities));
  return AXIS_ENDS.find((end) => highest <= end) ?? 1;
}
