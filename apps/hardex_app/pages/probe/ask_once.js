// A single request, at the press of a button for instance.

import { silence } from "../../ui/requests.js";

/** @typedef {import("./page.js").Page} Page */

export const NOT_READY_MS = 400;

/**
 * Send a request, and again while the server is not ready.
 *
 * @param {Page} page
 * @param {string} name of the server function
 * @param {unknown} request
 * @param {(sentence: string) => void} [waiting] called with the reason while the server is not ready
 * @returns {Promise<any>} the answer, or one with an `error`
 */
export async function askOnce({ server, countAsking }, name, request, waiting = () => {}) {
  for (;;) {
    countAsking(1);
    const answer = await server[name](request).catch(() => null);
    countAsking(-1);
    if (!answer) return { error: await silence() };
    if (!answer.waiting) return answer;
    waiting(answer.waiting);
    await new Promise((done) => {
      setTimeout(done, NOT_READY_MS);
    });
  }
}
