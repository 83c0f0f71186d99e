// The columns of the table of classes, and the order of its rows.

/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {{by: string, down: boolean}} Order */
/** @typedef {{name: string, of: (facts: Facts, i: number) => number | null, down: boolean}} Column */

/** @type {Column[]} `down`: whether the largest come first when the column is chosen */
export const COLUMNS = [
  { name: "class", of: (_, i) => i, down: false },
  { name: "accuracy", of: (facts, i) => facts.classes[i][2], down: false },
  { name: "given", of: (facts, i) => facts.classes[i][0], down: true },
  { name: "predicted", of: (facts, i) => facts.classes[i][1], down: true },
  { name: "balance", of: balance, down: false },
];

/**
 * Predictions for each example given; null where there are neither.
 *
 * @param {Facts} facts
 * @param {number} i
 */
export function balance(facts, i) {
  const [given, predicted] = facts.classes[i];
  if (given) return predicted / given;
  return predicted ? Infinity : null;
}

/**
 * The numbers of the classes in this order; classes without a value come last either way.
 *
 * @param {Facts} facts
 * @param {Order} order
 */
export function ordered(facts, { by, down }) {
  const column = COLUMNS.find((one) => one.name === by) ?? COLUMNS[0];
  return facts.classes.map((_, i) => i).sort((a, b) => {
    const [x, y] = [column.of(facts, a), column.of(facts, b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null) || a - b;
    if (x === y) return a - b;
    return (x < y ? -1 : 1) * (down ? -1 : 1);
  });
}
