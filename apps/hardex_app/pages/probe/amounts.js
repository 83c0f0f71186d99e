// Amounts of transforms as numbers and as text.

/** @typedef {import("./facts.js").Slider} Slider */

/**
 * @param {Slider} slider
 * @param {number} value anything else than a finite number gives the start
 */
export function clamped(slider, value) {
  if (!Number.isFinite(value)) return slider.start;
  return rounded(slider, Math.min(slider.most, Math.max(slider.least, value)));
}

/**
 * The nearest value that the slider can take.
 *
 * @param {Slider} slider
 * @param {number} value
 */
export function onStep(slider, value) {
  const { start, step } = slider;
  return clamped(slider, start + Math.round((value - start) / step) * step);
}

/** @param {Slider} slider */
function digits({ step }) {
  return (String(step).split(".")[1] || "").length;
}

/**
 * @param {Slider} slider
 * @param {number} value
 */
function rounded(slider, value) {
  return Number(value.toFixed(Math.max(2, digits(slider))));
}

/**
 * An amount as people read it: +30°, × 1.20, −2.5 px, on.
 *
 * @param {Slider} slider
 * @param {number} value
 */
export function amountText(slider, value) {
  if (slider.switch) return value ? "on" : "off";
  const whole = Number.isInteger(value) && slider.unit !== "×";
  const number = signOf(slider, value) + Math.abs(value).toFixed(whole ? 0 : digits(slider));
  if (slider.unit === "×") return `× ${number}`;
  return slider.unit === "°" || !slider.unit ? number + slider.unit : `${number} ${slider.unit}`;
}

/**
 * @param {Slider} slider
 * @param {number} value
 */
function signOf({ least }, value) {
  if (least >= 0 || value === 0) return "";
  return value > 0 ? "+" : "\u2212";
}
