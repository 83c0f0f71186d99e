// How long the pages wait for an answer, and between their attempts.

export const ANSWER_MS = 45000; // after this the request is sent again
export const PAUSES_MS = [1000, 2000, 4000, 8000, 15000];

/** @param {number} ms */
export function pause(ms) {
  return new Promise((done) => {
    setTimeout(done, ms);
  });
}

/** The server gave no answer in time; it may still come. */
export class NoAnswer extends Error {}

/**
 * The answer, if it comes in time.
 *
 * @template Answer
 * @param {Promise<Answer>} answer
 * @param {number} ms
 * @returns {Promise<Answer>} it fails with `NoAnswer` when the time is over
 */
export function within(answer, ms) {
  /** @type {Promise<never>} */
  const end = new Promise((_, fail) => setTimeout(() => fail(new NoAnswer("no answer in time")), ms));
  return Promise.race([answer, end]);
}
