// What is not sent yet, in the browser's localStorage: it survives a reload, a crash and a closed tab.
// Each entry has a key of its own, so that tabs do not overwrite each other and a damaged one hides no
// other. Keys name the visitor and the run; another visitor of this browser does not find them.

/** @typedef {import("./outbox.js").Entry} Entry */

const PREFIX = "hardex.unsent";

/**
 * Whether this browser keeps entries of an outbox, of whichever visitor.
 *
 * @param {string} name the outbox
 */
export function hasEntries(name) {
  try {
    return Object.keys(localStorage).some((key) => key.startsWith(`${PREFIX}.${name}.`));
  } catch {
    return false;
  }
}

export class OutboxStorage {
  #prefix;

  /** Whether the browser has failed to keep an entry: it may be full, or allow no storage. */
  isFailing = false;

  /**
   * @param {string} name the outbox
   * @param {string} owner the visitor and the run
   */
  constructor(name, owner) {
    this.#prefix = `${PREFIX}.${name}.${encodeURIComponent(owner)}.`;
  }

  /** @param {Entry} entry */
  keep(entry) {
    try {
      localStorage.setItem(this.#prefix + entry.id, JSON.stringify(entry));
    } catch {
      this.isFailing = true;
    }
  }

  /** @param {string} id */
  forget(id) {
    try {
      localStorage.removeItem(this.#prefix + id);
    } catch {
      /* The browser allows no storage, so nothing was kept. */
    }
  }

  /** @returns {Entry[]} oldest first */
  load() {
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.#prefix));
      return keys.map(read).filter((entry) => entry !== null).sort((a, b) => a.at - b.at);
    } catch {
      this.isFailing = true;
      return [];
    }
  }
}

/**
 * @param {string} key
 * @returns {Entry | null} null where it is damaged; it is removed then
 */
function read(key) {
  try {
    const entry = JSON.parse(localStorage.getItem(key) ?? "null");
    if (isEntry(entry) && key.endsWith(`.${entry.id}`)) return entry;
  } catch {
    /* It is not JSON. */
  }
  localStorage.removeItem(key);
  return null;
}

/**
 * @param {any} value
 * @returns {value is Entry}
 */
function isEntry(value) {
  return value !== null && typeof value === "object" && typeof value.id === "string"
    && typeof value.kind === "string" && typeof value.at === "number" && typeof value.payload === "object";
}
