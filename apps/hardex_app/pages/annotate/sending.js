// What becomes of the answers that were sent.

import { Outbox, outcomeOf } from "../../ui/outbox.js";
import { dropAnswer, labelledOf } from "./labelled.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("../../ui/outbox.js").Entry} Entry */

/**
 * The outbox of this page: `annotate` and `undo` are its kinds, and an entry's id is the event's.
 *
 * @param {() => Session} session the page, once it is put together
 */
export function newOutbox(session) {
  return new Outbox({
    name: "annotate",
    send: async ({ id, kind, payload }) => outcomeOf(await session().server[kind]({ ...payload, event_id: id })),
    settled: (entry, outcome) => {
      if (outcome.state === "refused") showRefused(session(), entry);
      else showStored(session(), entry, outcome.answer);
      session().queue.refill();
    },
    changed: () => session().draw(),
  });
}

/**
 * @param {Session} session
 * @param {Entry} entry
 * @param {import("./session.js").Stored} stored
 */
function showStored({ state }, { id, payload }, stored) {
  state.storedCount += 1;
  state.done = stored.done;
  state.total = stored.total;
  const answer = labelledOf(state, payload.ticket)?.answers.find((one) => one.event_id === id);
  if (answer) answer.stored = stored;
}

/**
 * @param {Session} session
 * @param {Entry} entry
 */
function showRefused({ state, outbox }, { id, payload }) {
  state.refusedImages.set(id, labelledOf(state, payload.ticket)?.image ?? "");
  dropAnswer(state, payload.ticket, id);
  // What was never stored cannot be undone.
  for (const undo of outbox.waiting.filter((one) => one.payload.undoes === id)) outbox.remove(undo.id);
}
