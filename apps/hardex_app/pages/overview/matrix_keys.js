// Moving in the confusion matrix by keyboard: one of its cells is in the Tab order, arrow keys move on.

/** @typedef {[row: number, column: number]} Place */

/**
 * @param {HTMLTableElement} table
 * @returns {{settle: (side: number) => void}} `settle` after the matrix was drawn with so many classes
 */
export function keyboardOf(table) {
  /** @type {Place} */
  let here = [1, 1];
  /**
   * @param {Place} place
   * @param {boolean} focus
   */
  const reach = (place, focus) => {
    const wanted = cellAt(table, place);
    if (!wanted) return;
    for (const node of /** @type {NodeListOf<HTMLElement>} */ (table.querySelectorAll(".hx-ov-cell")))
      {node.tabIndex = -1;}
    wanted.tabIndex = 0;
    here = place;
    if (focus) wanted.focus();
  };
  table.addEventListener("keydown", (event) => {
    const next = destination(event, here, table.rows.length - 1);
    if (!next) return;
    event.preventDefault();
    reach(next, true);
  });
  table.addEventListener("focusin", (event) => {
    const place = placeOf(event.target);
    if (place) reach(place, false);
  });
  return { settle: (side) => reach([Math.min(here[0], side), Math.min(here[1], side)], false) };
}

/**
 * @param {KeyboardEvent} event
 * @param {Place} here
 * @param {number} last
 * @returns {Place | undefined}
 */
function destination(event, [r, c], last) {
  if (event.altKey || event.metaKey || event.shiftKey) return undefined;
  const far = event.ctrlKey;
  /** @type {Record<string, Place>} */
  const moves = {
    ArrowUp: [far ? 0 : r - 1, c],
    ArrowDown: [far ? last : r + 1, c],
    ArrowLeft: [r, far ? 0 : c - 1],
    ArrowRight: [r, far ? last : c + 1],
    Home: [far ? 1 : r, 0],
    End: [far ? last : r, last],
  };
  return moves[event.key];
}

/**
 * @param {HTMLTableElement} table
 * @param {Place} place
 * @returns {HTMLElement | null}
 */
function cellAt(table, [r, c]) {
  const outer = table.rows[r]?.cells[c];
  if (!outer) return null;
  return outer.classList.contains("hx-ov-cell") ? outer : outer.querySelector(".hx-ov-cell");
}

/**
 * @param {EventTarget | null} target
 * @returns {Place | null}
 */
function placeOf(target) {
  const outer = target instanceof Element ? target.closest("td, th") : null;
  if (!(outer instanceof HTMLTableCellElement) || !(outer.parentNode instanceof HTMLTableRowElement)) return null;
  return [outer.parentNode.rowIndex, outer.cellIndex];
}
