// Numbers as the pages write them.

/**
 * A probability in percent. It is never certain where the model is not: 99.996 % is not shown as 100 %.
 *
 * @param {number} p from 0 to 1
 */
export function percent(p) {
  if (p > 0.9995 && p < 1) return "> 99.9 %";
  if (p > 0 && p < 0.0005) return "< 0.1 %";
  return `${(100 * p).toFixed(1)} %`;
}

/** @param {number} n */
export function count(n) {
  return n.toLocaleString("en");
}

/**
 * "1 example", "2,000 examples".
 *
 * @param {number} n
 * @param {string} noun in the singular
 */
export function many(n, noun) {
  return `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
}
