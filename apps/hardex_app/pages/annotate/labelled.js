// The examples that were labelled here, with their answers, latest last.

/** @typedef {import("./session.js").Answer} Answer */
/** @typedef {import("./session.js").Labelled} Labelled */
/** @typedef {import("./session.js").State} State */
/** @typedef {import("./session.js").Stored} Stored */

/**
 * @param {State} state
 * @param {string} ticket
 */
export function labelledOf(state, ticket) {
  return state.labelled.find((one) => one.ticket === ticket);
}

/** @param {Labelled | null | undefined} labelled */
export function lastAnswer(labelled) {
  return labelled?.answers.at(-1);
}

/**
 * The last answer as it is stored; nothing while it is not.
 *
 * @param {Labelled | null | undefined} labelled
 */
export function lastStored(labelled) {
  return lastAnswer(labelled)?.stored;
}

/**
 * Whether a blind answer differs from the given label: it can be kept or changed.
 *
 * @param {Stored | undefined} stored
 */
export function differs(stored) {
  return stored !== undefined && stored.verdict !== "right" && stored.shown === "blind";
}

/**
 * An example with all its stored answers, so that undoing the last shows the one before.
 *
 * @param {import("./session.js").StoredExample} last
 * @returns {Labelled}
 */
export function fromStored(last) {
  return { ticket: last.ticket, image: last.image, answers: [...last.words, last].map(asAnswer) };
}

/**
 * @param {Stored} stored
 * @returns {Answer}
 */
function asAnswer(stored) {
  const isClass = stored.verdict === "right" || stored.verdict === "wrong";
  const [label, verdict] = isClass ? [stored.said, ""] : ["", stored.verdict];
  return { event_id: stored.event_id, label, verdict, stored };
}

/**
 * @param {State} state
 * @param {string} ticket
 * @param {string} event_id
 */
export function dropAnswer(state, ticket, event_id) {
  const labelled = labelledOf(state, ticket);
  if (!labelled) return;
  labelled.answers = labelled.answers.filter((one) => one.event_id !== event_id);
  if (!labelled.answers.length) dropLabelled(state, ticket);
}

/**
 * @param {State} state
 * @param {string} ticket
 */
export function dropLabelled(state, ticket) {
  state.labelled = state.labelled.filter((one) => one.ticket !== ticket);
  if (state.changing?.ticket === ticket) state.changing = null;
}

/**
 * An answer that waits to be sent, after a reload.
 *
 * @param {State} state
 * @param {import("../../ui/outbox.js").Entry} entry
 */
export function restoreAnswer(state, { id, kind, payload }) {
  if (kind === "undo") {
    dropAnswer(state, payload.ticket, payload.undoes);
    return;
  }
  let labelled = labelledOf(state, payload.ticket);
  if (!labelled) state.labelled.push((labelled = { ticket: payload.ticket, image: "", answers: [] }));
  if (labelled.answers.some((one) => one.event_id === id)) return;
  const { label, verdict, comment } = payload;
  labelled.answers.push({ event_id: id, label, verdict, comment });
}
