// Opening earlier answers, to change them.

import { plain } from "../../ui/dom.js";
import { ANSWER_MS, within } from "../../ui/patience.js";
import { silence } from "../../ui/requests.js";
import { fromStored, labelledOf } from "./labelled.js";
import { imageAtHand } from "./picture.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./session.js").StoredExample} StoredExample */

export class LookingBack {
  #isFetching = false;

  /** @param {Session} session */
  constructor(session) {
    this.session = session;
  }

  older() {
    const { state } = this.session;
    const at = state.changing ? state.labelled.indexOf(state.changing) : state.labelled.length;
    if (at > 0) this.#show(state.labelled[at - 1]);
    else this.#fetchEarlier();
  }

  newer() {
    const { changing, labelled } = this.session.state;
    if (changing) this.#show(labelled[labelled.indexOf(changing) + 1] ?? null);
  }

  back() {
    this.#show(null);
  }

  /** @param {import("./session.js").Labelled | null} labelled */
  #show(labelled) {
    this.session.state.changing = labelled;
    this.session.draw();
  }

  /** One answer of an earlier visit, or of another device. */
  async #fetchEarlier() {
    const { server, state, outbox } = this.session;
    if (this.#isFetching || state.isOldest || state.name === null) return;
    this.#isFetching = true;
    const before = state.changing;
    const known = [...state.labelled.map((one) => one.ticket), ...outbox.waiting.map((one) => one.payload.ticket)];
    const request = server.earlier({ name: state.name, have: [...new Set(known)] }).then(withPicture);
    const answer = await within(request, ANSWER_MS).catch(() => null);
    this.#isFetching = false;
    state.trouble = answer ? plain(answer.error || answer.waiting || "") : await silence();
    if (answer && !state.trouble) this.#take(answer.earlier, before);
    this.session.draw();
  }

  /**
   * @param {StoredExample | null} earlier
   * @param {import("./session.js").Labelled | null} before the answer that was open when it was requested
   */
  #take(earlier, before) {
    const { state } = this.session;
    if (!earlier) {
      state.isOldest = true;
      return;
    }
    if (!labelledOf(state, earlier.ticket)) state.labelled.unshift(fromStored(earlier));
    if (state.changing === before) state.changing = state.labelled[0];
  }
}

/**
 * @template {{earlier?: StoredExample | null}} Reply
 * @param {Reply} reply
 * @returns {Promise<Reply>}
 */
async function withPicture(reply) {
  if (reply.earlier) reply.earlier.image = await imageAtHand(reply.earlier.image);
  return reply;
}
