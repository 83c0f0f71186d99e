// Smoothing: each value becomes the mean of those around it. The curve is not shifted.

/** @typedef {import("./facts.js").Values} Values */

const WIDEST = 0.15; // of the curve, on either side of a value, at full smoothing
const PASSES = 3; // running means, which together weigh like a bell

/**
 * @param {Values} curve
 * @param {number} amount from 0 to 100
 * @returns {Values}
 */
export function smoothed({ x, y }, amount) {
  const width = WIDEST * (amount / 100) ** 1.5 * (x[x.length - 1] - x[0]);
  if (!(width > 0)) return { x, y };
  let means = y;
  for (let pass = 0; pass < PASSES; pass += 1) means = runningMeans(x, means, width);
  return { x, y: means };
}

/**
 * @param {number[]} x in ascending order
 * @param {number[]} y
 * @param {number} width on either side
 */
function runningMeans(x, y, width) {
  let [first, end, sum] = [0, 0, 0];
  return x.map((at) => {
    for (; end < x.length && x[end] <= at + width; end += 1) sum += y[end];
    for (; x[first] < at - width; first += 1) sum -= y[first];
    return sum / (end - first);
  });
}
