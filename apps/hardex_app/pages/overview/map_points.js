// Points of a map: which is near, which lie in a box, and how an address names them.

/** @typedef {{x: number, y: number}} Place */
/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */

export const AT_MOST = 400; // positions in an address; as many as the server takes

/**
 * The point nearest to a place, within reach; of equally near ones the first.
 *
 * @param {Place[]} points
 * @param {Place} place
 * @param {number} reach
 * @returns {number} its number, or -1
 */
export function nearest(points, place, reach) {
  let found = -1;
  let least = reach * reach;
  points.forEach((point, i) => {
    const far = (point.x - place.x) ** 2 + (point.y - place.y) ** 2;
    if (far < least || (far === least && found < 0)) [found, least] = [i, far];
  });
  return found;
}

/**
 * @param {Place} a
 * @param {Place} b
 * @returns {Box} with these corners, whichever they are
 */
export function boxOf(a, b) {
  return {
    left: Math.min(a.x, b.x), right: Math.max(a.x, b.x), top: Math.min(a.y, b.y), bottom: Math.max(a.y, b.y),
  };
}

/**
 * The numbers of the points in a box, in their order.
 *
 * @param {Place[]} points
 * @param {Box} box
 */
export function inside(points, { left, top, right, bottom }) {
  return points.flatMap(({ x, y }, i) => (x >= left && x <= right && y >= top && y <= bottom ? [i] : []));
}

/**
 * The word `at` of a view: the first positions, which are those of the hardest examples.
 *
 * @param {number[]} positions
 */
export function wordAt(positions) {
  return positions.slice(0, AT_MOST).join(".");
}

/**
 * The middle (median) of the points of each class, where its name is written.
 *
 * @param {Place[]} points
 * @param {number[]} classes of each point
 * @param {number} fewest points that a class needs
 * @returns {Map<number, Place>}
 */
export function middles(points, classes, fewest) {
  /** @type {Map<number, Place[]>} */
  const groups = new Map();
  points.forEach((point, i) => groups.set(classes[i], [...(groups.get(classes[i]) ?? []), point]));
  return new Map([...groups].filter(([, members]) => members.length >= fewest).map(([one, members]) => [one, {
    x: median(members.map(({ x }) => x)), y: median(members.map(({ y }) => y)),
  }]));
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
