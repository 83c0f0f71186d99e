// Examples are fetched before they are needed, so that the next one appears at once.

import { ANSWER_MS, NoAnswer, within } from "../../ui/patience.js";
import { silence, status, uuid } from "../../ui/requests.js";
import { commentField } from "./answering.js";
import { dropLabelled, fromStored, restoreAnswer } from "./labelled.js";
import { imageAtHand, pictureOf } from "./picture.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./session.js").Examples} Examples */
/** @typedef {import("./session.js").Task} Task */

/**
 * @typedef {object} Request a request for examples
 * @property {number} number
 * @property {number} count examples asked for
 * @property {number} storedCount answers that were stored when it was sent
 * @property {Set<string>} touched tickets answered since: of these the reply knows nothing
 */

const AT_HAND = 8;
const FIRST = 2; // examples of the first request, so that it is quick
const HAVE_MOST = 64; // tickets that the server takes
const LARGE = 100000; // characters of an image: larger ones are fetched one by one
const WAITING_MS = 500;
const SILENT_MS = 3000;
const ERROR_MS = 5000;
const LATER_MS = 20000;
const PATIENCES_MOST = 4; // while the server is there, but its answer is still on its way

export class Queue {
  /** @type {Set<Request>} */
  #requests = new Set();
  #count = 0;
  #newest = 0; // the latest request that was answered
  #isFetching = false;
  #isAskedAgain = false;
  #isOneByOne = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Session} session */
  constructor(session) {
    this.session = session;
  }

  /**
   * An example was answered: replies to earlier requests do not know that yet.
   *
   * @param {string} ticket
   */
  touch(ticket) {
    for (const request of this.#requests) request.touched.add(ticket);
  }

  /**
   * Fetch what is missing.
   *
   * @param {boolean} [look] ask even if nothing is missing: what is at hand may have been labelled in
   *   another window or on another device
   */
  async refill(look = false) {
    const { state, clock } = this.session;
    if (!state.started || this.#isFetching) {
      this.#isAskedAgain = this.#isFetching;
      return;
    }
    if (!clock.isInView() || clock.isIdle()) return;
    clearTimeout(this.#timer);
    const missing = Math.max(0, AT_HAND - state.ahead.length);
    if (!missing && !look) {
      this.#timer = setTimeout(() => this.refill(true), LATER_MS);
      return;
    }
    this.#isFetching = true;
    const answered = await this.#fetch(missing);
    this.#isFetching = false;
    const pause = this.#isAskedAgain ? 1 : answered;
    this.#isAskedAgain = false;
    // When all is labelled, an undo elsewhere may bring more: that is rarely asked for.
    this.#timer = setTimeout(() => this.refill(pause === LATER_MS || (look && pause > 1)), pause);
  }

  /**
   * @param {number} missing
   * @returns {Promise<number>} ms until the next request
   */
  async #fetch(missing) {
    const { server, state } = this.session;
    const request = this.#newRequest(missing);
    const pending = server.next_examples(this.#body(request)).then(withPictures);
    let isLate = false;
    /** @param {Examples | undefined} answer */
    const takeLate = (answer) => {
      const isMine = answer?.examples && [null, answer.name].includes(state.name);
      if (isLate && isMine) this.#take(answer, request);
    };
    // A reply that is late is still taken, whatever was asked for in its place.
    pending.then(takeLate, () => {}).finally(() => this.#requests.delete(request));
    try {
      return this.#receive(await patiently(pending), request);
    } catch (error) {
      isLate = true;
      this.#isOneByOne ||= error instanceof NoAnswer;
      state.trouble = await silence();
      this.session.draw();
      return SILENT_MS;
    }
  }

  /**
   * @param {number} missing
   * @returns {Request}
   */
  #newRequest(missing) {
    const { state, outbox } = this.session;
    const portion = state.ahead.length ? missing : FIRST;
    const request = {
      number: ++this.#count,
      count: Math.min(this.#isOneByOne ? 1 : portion, missing),
      storedCount: state.storedCount,
      touched: new Set(outbox.waiting.map((one) => one.payload.ticket)),
    };
    this.#requests.add(request);
    return request;
  }

  /** @param {Request} request */
  #body({ count }) {
    const { state, outbox } = this.session;
    const tickets = [...state.ahead.map((one) => one.ticket), ...outbox.waiting.map((one) => one.payload.ticket)];
    const have = [...new Set(tickets)].slice(0, HAVE_MOST);
    return { have, count, last: state.name === null, ...(state.name === null ? {} : { name: state.name }) };
  }

  /**
   * @param {Examples & {waiting?: string, error?: string}} answer
   * @param {Request} request
   * @returns {number} ms until the next request
   */
  #receive(answer, request) {
    const { state } = this.session;
    if (answer.waiting || answer.error) {
      state.notice = answer.waiting ?? "";
      state.trouble = answer.error ?? "";
      this.session.draw();
      return answer.waiting ? WAITING_MS : ERROR_MS;
    }
    const hasNew = this.#take(answer, request);
    return hasNew && state.ahead.length < AT_HAND ? 1 : LATER_MS;
  }

  /**
   * @param {Examples} answer
   * @param {Request} request
   * @returns {boolean} whether it changes what is at hand
   */
  #take(answer, request) {
    const { state } = this.session;
    state.notice = state.trouble = "";
    this.#takeCounts(answer, request);
    if (state.name === null) this.#begin(answer);
    const unsent = new Set(this.session.outbox.waiting.map((one) => one.payload.ticket));
    const atHand = new Set(state.ahead.map((one) => one.ticket));
    /** @param {string} ticket */
    const isKnown = (ticket) => !request.touched.has(ticket) && !unsent.has(ticket);
    const over = new Set(answer.over.filter((ticket) => atHand.has(ticket) && isKnown(ticket)));
    if (over.size) this.#leave(over);
    const fresh = answer.examples.filter(({ ticket }) => !atHand.has(ticket) && isKnown(ticket));
    for (const one of fresh) this.#add(one);
    this.session.draw();
    return fresh.length > 0 || over.size > 0;
  }

  /**
   * @param {Examples} answer
   * @param {Request} request
   */
  #takeCounts(answer, request) {
    const { state } = this.session;
    if (request.number <= this.#newest) return;
    this.#newest = request.number;
    if (request.count) {
      state.isLater = answer.later;
      state.isEmpty = !answer.examples.length;
    }
    if (state.storedCount !== request.storedCount) return; // counted before an answer that is stored now
    state.done = answer.done;
    state.total = answer.total;
  }

  /**
   * Where this annotator left off: the last answer that was stored, and those that wait to be sent.
   *
   * @param {Examples} answer
   */
  #begin({ name, run, last }) {
    const { state, outbox } = this.session;
    state.name = name;
    if (last) state.labelled.push(fromStored(last));
    outbox.open(`${run} ${name}`);
    for (const entry of outbox.waiting) restoreAnswer(state, entry);
  }

  /** @param {Task} task */
  #add(task) {
    const { state } = this.session;
    dropLabelled(state, task.ticket); // labelled here, and undone in another window or on another device
    this.#isOneByOne ||= task.image.length > LARGE;
    state.ahead.push({ ...task, picture: pictureOf(task.image) });
  }

  /**
   * What was labelled elsewhere is not labelled here again; a comment that was begun is shown.
   *
   * @param {Set<string>} over tickets
   */
  #leave(over) {
    const { element, state } = this.session;
    const [task] = state.ahead;
    state.ahead = state.ahead.filter((other) => !over.has(other.ticket));
    if (!task || !over.has(task.ticket)) return;
    const field = commentField(element);
    const comment = (state.changing ? state.draft : field.value).trim();
    if (state.changing) state.draft = "";
    else field.value = "";
    if (comment) state.dropped.push({ id: uuid(), comment, image: task.image });
  }
}

/**
 * The reply with its images: an example is at hand once its image is.
 *
 * @template {Partial<Examples>} Reply
 * @param {Reply} reply
 * @returns {Promise<Reply>}
 */
async function withPictures(reply) {
  const { examples = [], last } = reply;
  await Promise.all([...examples, ...(last ? [last] : [])].map(async (one) => {
    one.image = await imageAtHand(one.image);
  }));
  return reply;
}

/**
 * On a slow line images take long: while the server is there, nothing else is asked for.
 *
 * @template Answer
 * @param {Promise<Answer>} answer
 */
async function patiently(answer) {
  for (let times = 1; ; times++) {
    try {
      return await within(answer, ANSWER_MS);
    } catch (error) {
      if (!(error instanceof NoAnswer) || times >= PATIENCES_MOST || (await status()) !== 204) throw error;
    }
  }
}
