// The line of status: the figures of the run, how far the work is, and what is missing. It is asked for
// until nothing changes any more.

import { find } from "./dom.js";
import { setLookOfRun } from "./look.js";
import { count } from "./numbers.js";
import { PAUSES_MS, pause } from "./patience.js";

/** @typedef {import("./context.js").Context} Context */

/**
 * @typedef {object} Status
 * @property {boolean} over whether it will not change any more
 * @property {string} run its figures
 * @property {string} stage of the work that goes on; "" when there is none
 * @property {number} done
 * @property {number} total 0 when it is not known
 * @property {string} problem
 * @property {boolean} failed whether nothing works because of the problem
 * @property {boolean} skippable
 * @property {number[] | null} shape of the pictures that the model sees; null before there is a run
 */

const TICK_MS = 500;

/** @param {Context} context */
export function start({ element, server }) {
  const skip = find(element, ".hx-line-skip", HTMLButtonElement);
  skip.addEventListener("click", () => {
    skip.disabled = true;
    server.skip({}).catch(() => {}).finally(() => {
      skip.disabled = false;
    });
  });
  follow(element, server);
}

/**
 * @param {HTMLElement} element
 * @param {Context["server"]} server
 */
async function follow(element, server) {
  let failures = 0;
  for (;;) {
    const status = await server.status({}).catch(() => undefined);
    if (status) draw(element, status);
    if (status?.shape) setLookOfRun(status.shape);
    if (status?.over) return;
    failures = status ? 0 : failures + 1;
    await pause(status ? TICK_MS : PAUSES_MS[Math.min(failures, PAUSES_MS.length) - 1]);
  }
}

/**
 * @param {HTMLElement} element
 * @param {Status} status
 */
function draw(element, status) {
  const run = find(element, ".hx-line-run");
  run.textContent = status.run;
  run.hidden = !status.run;
  drawProgress(find(element, ".hx-progress"), status);
  const problem = find(element, ".hx-line-problem");
  problem.textContent = status.problem;
  problem.hidden = !status.problem;
  problem.classList.toggle("hx-problem", status.failed);
  problem.classList.toggle("hx-muted", !status.failed);
  problem.setAttribute("role", status.failed ? "alert" : "status");
  find(element, ".hx-line-skip").hidden = !status.skippable;
}

/**
 * @param {HTMLElement} box
 * @param {Status} status
 */
function drawProgress(box, { stage, done, total }) {
  box.hidden = !stage;
  if (!stage) return;
  const amount = total ? ` ${count(done)} of ${count(total)}` : "…";
  find(box, "span").textContent = `${stage[0].toUpperCase()}${stage.slice(1)}${amount}`;
  const bar = find(box, "progress", HTMLProgressElement);
  if (total) {
    bar.max = total;
    bar.value = done;
  } else {
    bar.removeAttribute("value");
  }
}
