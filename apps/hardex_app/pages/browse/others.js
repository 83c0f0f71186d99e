// What the other models say of the example, where several runs are open.

import { find, make, plain } from "../../ui/dom.js";
import { percent } from "../../ui/numbers.js";
import { bar } from "./detail.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Example} Example */
/** @typedef {{run: string, predicted: string, confidence: number, bars: import("./desk.js").Bar[]}} Model */

const LIKELIEST = 3; // classes of each model, and the given one

/**
 * It follows the rest: the first time, the runs are compared.
 *
 * @param {Desk} desk
 */
export async function askOthers({ element, server, state }) {
  const { facts, shown } = state;
  const box = find(element, ".hx-others");
  box.hidden = !facts?.models;
  if (!facts?.models || !shown) return;
  const answer = await server.other_answers(shown.id).catch(() => ({ error: "The server does not answer." }));
  if (state.shown?.id !== shown.id) return;
  const models = /** @type {Model[]} */ (answer.models ?? []);
  const none = answer.error ?? answer.waiting ?? (models.length ? "" : "Not all models have this example.");
  find(box, ".hx-others-say").textContent = plain(none);
  find(box, ".hx-others-list").replaceChildren(...models.map((model) => beliefOf(model, shown)));
}

/**
 * @param {Model} model
 * @param {Example} shown
 */
function beliefOf({ run, predicted, confidence, bars }, { given }) {
  const right = predicted === given;
  const head = make("h4", right ? "hx-others-right" : "hx-others-wrong", `${right ? "✓" : "✗"} ${plain(run)}: `);
  head.append(`${plain(predicted)}, ${percent(confidence)}`);
  const list = make("div", "hx-bars");
  list.setAttribute("role", "img");
  const shown = bars.filter((one, at) => at < LIKELIEST || one.class === given);
  list.setAttribute("aria-label", shown.map((one) => `${plain(one.class)} ${percent(one.p)}`).join(", "));
  list.append(...shown.map((one) => bar(one, { given, predicted })));
  const node = make("div", "hx-other");
  node.append(head, list);
  return node;
}
