// The Causes page: why the examples are hard, what the whole data set says, and how far that can be trusted.

import { whenAddressed } from "../../ui/address.js";
import { find, make, plain } from "../../ui/dom.js";
import { untilReady } from "../../ui/facts.js";
import { count, many } from "../../ui/numbers.js";
import { drawCounts } from "./counts.js";
import { drawDataSet } from "./data_set.js";
import { drawRows } from "./rows.js";
import { drawSelfTest } from "./selftest.js";

/** @typedef {import("./facts.js").Facts} Facts */

/** @param {import("../../ui/context.js").Context} context */
export function start({ element, server }) {
  let isAsking = false;
  let shown = "";
  const ask = async () => {
    if (isAsking) return;
    isAsking = true;
    const wait = find(element, ".hx-ca-wait");
    const answer = await untilReady(() => server.facts({}), (sentence) => {
      wait.textContent = plain(sentence);
    });
    isAsking = false;
    wait.hidden = true;
    const problem = find(element, ".hx-ca-problem");
    problem.textContent = plain(answer.error ?? "");
    problem.hidden = answer.error === undefined;
    find(element, ".hx-ca-body").hidden = answer.error !== undefined;
    const now = JSON.stringify(answer);
    if (answer.error !== undefined || now === shown) return; // drawn again, a link would lose the focus
    shown = now;
    draw(element, server, answer);
  };
  whenAddressed("causes", ask); // a run may have been diagnosed since
}

/**
 * @param {HTMLElement} element
 * @param {import("../../ui/context.js").Context["server"]} server
 * @param {Facts} facts
 */
function draw(element, server, facts) {
  const { diagnosis } = facts;
  find(element, ".hx-ca-diagnosis").hidden = !diagnosis;
  const says = find(element, ".hx-ca-says");
  if (diagnosis) {
    says.textContent = scope(diagnosis);
    drawCounts(element, diagnosis);
    drawDataSet(element, diagnosis);
    drawRows(element, server, diagnosis);
  } else {
    says.replaceChildren("This run has not been diagnosed yet; to see why its examples are hard, type ",
      make("code", "", plain(facts.command)), ".");
  }
  drawSelfTest(element, facts);
}

/** @param {import("./facts.js").Diagnosis} diagnosis */
function scope({ examples, wrong, chosen, scope: compared }) {
  const errors = wrong === examples ? "all of them errors" : `${count(wrong)} of them errors`;
  const which = chosen ? ` (${plain(chosen)})` : "";
  const against = compared ? ` They were compared with ${plain(compared)}.` : "";
  return `${many(examples, "example")} diagnosed${which}, ${errors}.${against}`;
}
