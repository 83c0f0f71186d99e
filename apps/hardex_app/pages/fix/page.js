// The Fix page: remedies, what they will do, their training, and the proof that they helped.

import { address, go, stay, whenAddressed } from "../../ui/address.js";
import { find, plain } from "../../ui/dom.js";
import { whenOpened } from "../../ui/facts.js";
import { pause } from "../../ui/patience.js";
import { requestsOf } from "../../ui/requests.js";
import { keepInTab, keptInTab } from "../../ui/tab_store.js";
import { proofWord } from "./facts.js";
import { drawPast } from "./past.js";
import { drawButton, drawPlan, listenToPlan } from "./plan.js";
import { drawProof } from "./proof.js";
import { drawCards, drawRemedies } from "./remedies.js";
import { drawTraining } from "./training.js";

/** @typedef {import("./facts.js").Desk} Desk */
/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./facts.js").Recipe} Recipe */

const POLL_MS = 1000;
const SILENT = "The server does not answer; try again.";
const DRAFT = "hardex.fix";

/** @param {import("../../ui/context.js").Context} context */
export function start({ element, server }) {
  whenOpened("fix", server, (/** @type {Facts} */ facts) => open(element, server, facts), (sentence) => {
    const wait = find(element, ".hx-fx-wait");
    wait.textContent = plain(sentence);
    wait.classList.toggle("hx-problem", Boolean(sentence) && !sentence.endsWith("…"));
  });
}

/**
 * @param {HTMLElement} element
 * @param {import("../../ui/context.js").Context["server"]} server
 * @param {Facts} facts
 */
function open(element, server, facts) {
  const kept = keptInTab(DRAFT, facts.whose);
  /** @type {Desk} */
  const desk = {
    element, server, facts, recipe: facts.recipe, text: "", problem: "", checked: null, standing: null,
    order: { train: facts.train, seeds: 1, controls: 1, prove: true, confirm: "", ...kept?.order },
    write: () => {},
    follow: () => {},
  };
  desk.write = writerOf(desk);
  desk.follow = followerOf(desk);
  find(element, ".hx-fx-body").hidden = false;
  listenToPlan(desk);
  find(element, ".hx-fx-train").addEventListener("click", () => train(desk));
  find(element, ".hx-fx-close-proof").addEventListener("click", () => go({ page: "fix" }));
  drawRemedies(desk);
  desk.write(typeof kept?.text === "string" ? { text: kept.text } : { recipe: facts.recipe });
  whenAddressed("fix", () => {
    desk.follow();
    refreshPast(desk);
    showProof(desk);
  });
}

/**
 * What sends another recipe to the server, which checks it; one request at a time, the latest wins.
 *
 * @param {Desk} desk
 * @returns {Desk["write"]}
 */
function writerOf(desk) {
  const { element, server } = desk;
  /** @type {{recipe?: Recipe, text?: string}} */
  let wanted = {};
  const { latched } = requestsOf(element);
  const ask = latched(async () => {
    const asked = wanted;
    const answer = await server.checked({ ...asked, ...desk.order });
    if (asked !== wanted) return; // it is asked again
    desk.problem = answer.error ?? "";
    if (answer.error === undefined) {
      desk.checked = answer;
      desk.recipe = answer.recipe;
      desk.text = asked.text ?? answer.text;
      drawCards(desk);
      keepInTab(DRAFT, desk.facts.whose, { text: desk.text, order: desk.order });
    } else if (asked.text !== undefined) desk.text = asked.text;
    drawPlan(desk);
  }, (why) => {
    desk.problem = why;
    drawPlan(desk);
  });
  return (change) => {
    wanted = "recipe" in change || "text" in change ? change : { ...wanted };
    if (change.recipe) desk.recipe = change.recipe; // the next field may change before the server has answered
    ask();
  };
}

/**
 * What asks for the training until it has ended.
 *
 * @param {Desk} desk
 * @returns {Desk["follow"]}
 */
function followerOf(desk) {
  let isFollowing = false;
  const follow = async () => {
    if (isFollowing) return;
    isFollowing = true;
    while (!(await isOver(desk))) await pause(POLL_MS);
    isFollowing = false;
  };
  return () => {
    drawTraining(desk);
    follow();
  };
}

/**
 * Ask once how far the training is, and show it.
 *
 * @param {Desk} desk
 * @returns {Promise<boolean>} whether nothing will change any more
 */
async function isOver(desk) {
  const before = desk.standing?.state;
  const answer = await known(desk.server.state({}));
  if (answer) desk.standing = answer;
  drawTraining(desk);
  drawButton(desk);
  const now = desk.standing?.state;
  if (before === "running" && now !== "running") ended(desk);
  return answer !== null && now !== "running";
}

/**
 * An answer; null where there is none.
 *
 * @param {Promise<any>} asked
 */
async function known(asked) {
  const answer = await asked.catch(() => null);
  return answer && answer.error === undefined && answer.waiting === undefined ? answer : null;
}

/** @param {Desk} desk */
function ended(desk) {
  const { state = "", proof = "" } = desk.standing ?? {};
  refreshPast(desk);
  known(desk.server.facts({})).then((facts) => {
    if (!facts) return;
    desk.facts = facts; // a use of the seal leaves less
    desk.write({});
  });
  if (state === "done" && proof && address().page === "fix") go({ page: "fix", proof: proofWord(proof) });
}

/** @param {Desk} desk */
async function train(desk) {
  const { element, server, order, recipe, text, problem } = desk;
  if (problem) return;
  const button = find(element, ".hx-fx-train", HTMLButtonElement);
  button.disabled = true;
  const answer = await server.train({ ...order, ...(text ? { text } : { recipe }) }).catch(() => (
    { error: SILENT }));
  begun(desk, answer);
}

/**
 * Show what was begun, or why not.
 *
 * @param {Desk} desk
 * @param {any} answer
 */
function begun(desk, answer) {
  const { element } = desk;
  const line = find(element, ".hx-fx-recipe-problem");
  line.textContent = plain(answer.error ?? "");
  line.hidden = answer.error === undefined;
  if (answer.error === undefined) {
    desk.standing = answer;
    stay({ proof: null });
    find(element, ".hx-fx-proof").hidden = true;
  }
  desk.follow();
  drawButton(desk);
  if (answer.error !== undefined) return;
  const title = find(element, "#hx-fx-training-title");
  title.scrollIntoView({ block: "start" });
  title.focus({ preventScroll: true });
}

/** @param {Desk} desk */
async function refreshPast(desk) {
  const answer = await known(desk.server.past({}));
  if (!answer) return;
  drawPast(desk, answer, async (row) => {
    const { confirm } = desk.order;
    begun(desk, await desk.server.prove({ folder: row.folder, confirm }).catch(() => (
      { error: SILENT })));
  });
}

/** @param {Desk} desk */
async function showProof(desk) {
  const { element, server } = desk;
  const wanted = address().proof ?? "";
  const box = find(element, ".hx-fx-proof");
  if (!wanted) box.hidden = true;
  if (!wanted || (box.dataset.proof === wanted && !box.hidden)) return;
  const answer = await server.proof({ name: wanted }).catch(() => ({ error: SILENT }));
  if ((address().proof ?? "") !== wanted) return;
  box.hidden = false;
  box.dataset.proof = wanted;
  const problem = find(element, ".hx-fx-proof-problem");
  problem.textContent = plain(answer.error ?? "");
  problem.hidden = answer.error === undefined;
  find(element, ".hx-fx-proof-body").hidden = answer.error !== undefined;
  if (answer.error === undefined) drawProof(element, answer);
  const title = find(element, "#hx-fx-proof-title");
  title.scrollIntoView({ block: "start" });
  title.focus({ preventScroll: true });
}
