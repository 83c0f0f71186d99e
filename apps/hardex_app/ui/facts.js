// The facts of a page: what its script must know before it can draw. Computing them takes the server a
// while, so a page asks for them when it is first opened, and pages that nobody opens never do.

import { whenAddressed } from "./address.js";
import { PAUSES_MS, pause } from "./patience.js";
import { silence } from "./requests.js";

/** @typedef {import("./context.js").Context} Context */

const WAITING_MS = 1000;

/**
 * Ask for the facts of a page once the address names it, until the server has them.
 *
 * @template Facts
 * @param {string} page
 * @param {Context["server"]} server
 * @param {(facts: Facts) => void} receive called once
 * @param {(sentence: string) => void} say shows why there are none; called with "" before `receive`
 */
export function whenOpened(page, server, receive, say) {
  let isAsked = false;
  const open = async () => {
    if (isAsked) return;
    isAsked = true;
    const answer = await untilReady(() => server.facts({}), say);
    say(answer.error ?? "");
    if (answer.error === undefined) receive(answer);
    else isAsked = false; // whoever opens the page again tries again
  };
  whenAddressed(page, open);
}

/**
 * The visitor and the run, as a key of what this browser keeps; quick to compute, unlike the facts.
 *
 * @param {Context["server"]} server
 * @returns {Promise<string | undefined>} undefined where there will be no run
 */
export async function whoseOf(server) {
  return (await untilReady(() => server.whose({}), () => {})).whose;
}

/**
 * Ask until the server has an answer.
 *
 * @param {() => Promise<any>} ask
 * @param {(sentence: string) => void} say shows what the server waits for, or that it does not answer
 * @returns {Promise<any>} the answer, or an `error`
 */
export async function untilReady(ask, say) {
  let failures = 0;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer && answer.waiting === undefined) return answer;
    say(answer ? answer.waiting : `${await silence()} Trying again…`);
    failures = answer ? 0 : failures + 1;
    await pause(answer ? WAITING_MS : PAUSES_MS[Math.min(failures, PAUSES_MS.length) - 1]);
  }
}
