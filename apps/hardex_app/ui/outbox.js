// The outbox: what a visitor has written waits here until the server answers that it is on disk.
//
// Entries are sent in order, and again after longer and longer pauses until the server takes or refuses
// them. Each has an id made by the page, and the server stores an id once, so sending one twice does no
// harm. Entries are kept in localStorage, on every page: they are a person's work, and unlike
// sessionStorage it survives a closed tab. Where the browser offers locks (over https and on this
// computer), tabs take turns, so that a server in trouble gets each entry from one tab at a time.

import { OutboxStorage, hasEntries } from "./outbox_storage.js";
import { ANSWER_MS, PAUSES_MS, within } from "./patience.js";
import { silence, uuid } from "./requests.js";


/**
 * @typedef {object} Entry
 * @property {string} id a UUID
 * @property {string} kind what `send` is to do with it
 * @property {Record<string, any>} payload plain data
 * @property {number} at when it was written, in ms; no two of one tab are equal
 * @property {string} [refused] why the server will never take it
 */

/**
 * What became of an entry that was sent.
 *
 * @typedef {{state: "acknowledged", answer: any}} Acknowledged it is on disk
 * @typedef {{state: "refused", why: string}} Refused it will never be stored
 * @typedef {{state: "again", why: string}} Again it could not be stored now
 */

/**
 * @typedef {object} OutboxOptions
 * @property {string} name of this outbox, the same at each visit
 * @property {(entry: Entry) => Promise<Acknowledged | Refused | Again>} send a failure means "again"
 * @property {(entry: Entry, outcome: Acknowledged | Refused) => void} settled
 * @property {() => void} changed called whenever `waiting`, `refused`, `isSending` or `trouble` changes
 */

export class Outbox {
  #options;
  /** @type {OutboxStorage | undefined} */
  #storage;
  #lock = "";
  /** @type {Entry[]} */
  #entries = [];
  #latest = 0; // when the last entry was written
  #tries = 0; // in vain, since the last answer
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;

  /** Whether an entry is on its way. */
  isSending = false;
  /** Why the last attempt failed, as a sentence; "" when it did not. */
  trouble = "";

  /** @param {OutboxOptions} options */
  constructor(options) {
    this.#options = options;
    addEventListener("online", () => this.#sendNext());
    addEventListener("beforeunload", (event) => {
      if (this.isOnlyHere && this.waiting.length) event.preventDefault();
    });
  }

  /** Entries that are not stored yet, oldest first. */
  get waiting() {
    return this.#entries.filter((entry) => entry.refused === undefined);
  }

  /** Entries that the server refused, until they are removed. */
  get refused() {
    return this.#entries.filter((entry) => entry.refused !== undefined);
  }

  /** Whether entries would be lost with this page, because the browser keeps nothing. */
  get isOnlyHere() {
    return this.#storage?.isFailing ?? false;
  }

  /**
   * Load what this browser kept for a visitor of a run, and begin to send; only the first call counts.
   *
   * @param {string} owner the visitor and the run
   */
  open(owner) {
    if (this.#storage) return;
    this.#storage = new OutboxStorage(this.#options.name, owner);
    this.#lock = `hardex.outbox.${this.#options.name}.${owner}`;
    this.#entries.push(...this.#storage.load());
    this.#latest = Math.max(0, ...this.#entries.map((entry) => entry.at));
    this.#options.changed();
    this.#sendNext();
  }

  /**
   * Open when the window loads, if this browser kept anything: it is sent whichever page is shown, and the
   * visitor is warned before they leave.
   *
   * @param {() => Promise<string | undefined>} whose asks for the visitor and the run
   */
  async openEarly(whose) {
    if (!hasEntries(this.#options.name)) return;
    const owner = await whose();
    if (owner) this.open(owner);
  }

  /**
   * @param {string} kind
   * @param {Record<string, any>} payload
   * @param {string} [id] a UUID, where the page has one already
   */
  add(kind, payload, id = uuid()) {
    this.#latest = Math.max(Date.now(), this.#latest + 1);
    const entry = { id, kind, payload, at: this.#latest };
    this.#entries.push(entry);
    this.#storage?.keep(entry);
    this.#options.changed();
    this.#sendNext();
    return entry;
  }

  /**
   * Remove an entry that waits or was refused. One that is on its way may be stored all the same.
   *
   * @param {string} id
   */
  remove(id) {
    this.#take(id);
    this.#options.changed();
  }

  /** @param {string} id */
  #take(id) {
    this.#entries = this.#entries.filter((entry) => entry.id !== id);
    this.#storage?.forget(id);
  }

  async #sendNext() {
    const [entry] = this.waiting;
    if (this.isSending || !entry || !this.#storage) return;
    clearTimeout(this.#retry);
    this.isSending = true;
    this.#options.changed();
    const outcome = await this.#send(entry);
    this.isSending = false;
    if (outcome.state === "again") this.#sendLater(outcome.why);
    else this.#settle(entry, outcome);
  }

  /**
   * @param {Entry} entry
   * @returns {Promise<Acknowledged | Refused | Again>}
   */
  async #send(entry) {
    try {
      return await exclusively(this.#lock, () => within(this.#options.send(entry), ANSWER_MS));
    } catch {
      return { state: "again", why: await silence() };
    }
  }

  /** @param {string} why */
  #sendLater(why) {
    const pause = PAUSES_MS[Math.min(this.#tries++, PAUSES_MS.length - 1)];
    this.trouble = why;
    this.#retry = setTimeout(() => this.#sendNext(), pause);
    this.#options.changed();
  }

  /**
   * @param {Entry} entry
   * @param {Acknowledged | Refused} outcome
   */
  #settle(entry, outcome) {
    this.#tries = 0;
    this.trouble = "";
    if (outcome.state === "refused") {
      entry.refused = outcome.why;
      if (this.#entries.includes(entry)) this.#storage?.keep(entry);
    } else {
      this.#take(entry.id);
    }
    this.#options.settled(entry, outcome);
    this.#options.changed();
    this.#sendNext();
  }
}

/**
 * What the server's answer means for an entry.
 *
 * @param {{waiting?: string, error?: string, again?: boolean}} answer
 * @returns {Acknowledged | Refused | Again}
 */
export function outcomeOf(answer) {
  if (answer.waiting) return { state: "again", why: answer.waiting };
  if (!answer.error) return { state: "acknowledged", answer };
  return { state: answer.again ? "again" : "refused", why: answer.error };
}

/**
 * What a page says of entries that wait: "3 answers are kept in this browser and …".
 *
 * @param {Outbox} outbox
 * @param {string} [noun] what an entry is called; "" where they are of several kinds
 */
export function keptSentence({ waiting, isOnlyHere }, noun = "") {
  if (!waiting.length) return "";
  const where = isOnlyHere ? "page" : "browser";
  const end = `kept in this ${where} and will be sent again automatically.`;
  if (!noun) return `Your changes are ${end}`;
  return waiting.length === 1 ? `One ${noun} is ${end}` : `${waiting.length} ${noun}s are ${end}`;
}

/**
 * @template Result
 * @param {string} lock
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
async function exclusively(lock, work) {
  if (!navigator.locks) return work();
  return await navigator.locks.request(lock, work);
}
