// What a tab keeps over a reload: Gradio reloads the page by itself when a broken connection is back.
// It belongs to one visitor of one run; another visitor, or another run at this address, finds nothing.

/**
 * @param {string} name
 * @param {string} owner the visitor and the run, as the server names them
 * @param {unknown} value plain data
 * @returns {boolean} whether it is kept; a browser may be full, or keep nothing
 */
export function keepInTab(name, owner, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify({ whose: owner, value }));
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} name
 * @param {string} owner
 * @returns {any} the value, or null
 */
export function keptInTab(name, owner) {
  try {
    const found = JSON.parse(sessionStorage.getItem(name) ?? "null");
    if (found && found.whose === owner) return found.value;
    sessionStorage.removeItem(name);
  } catch {
    /* The browser keeps nothing, or what it kept is damaged. */
  }
  return null;
}

/**
 * @param {string} name
 * @returns {boolean} whether this tab keeps something, of whichever visitor
 */
export function isKeptInTab(name) {
  try {
    return sessionStorage.getItem(name) !== null;
  } catch {
    return false;
  }
}
