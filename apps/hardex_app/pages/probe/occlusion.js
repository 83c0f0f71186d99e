// Which part of the picture carries the answer: the probability while each part is hidden, over the picture.

import { find, make, plain } from "../../ui/dom.js";
import { percent } from "../../ui/numbers.js";
import { askOnce } from "./ask_once.js";
import { nothingYet, requestOf } from "./state.js";

/** @typedef {import("./page.js").Page} Page */

/**
 * @typedef {object} OcclusionAnswer
 * @property {string} class that is predicted for the whole picture
 * @property {number} p its probability
 * @property {(number | null)[][]} drops how much it falls while each place is hidden
 * @property {string[][]} others the class predicted then
 * @property {number} done
 * @property {number} total
 */

const FIND = "Which part matters?";
const ADVICE = "Orange parts carry the answer: hidden, its probability falls. Blue parts speak against it.";

/** @param {Page} page */
export function startOcclusion(page) {
  const { element } = page;
  const button = find(element, ".hx-occlusion-find", HTMLButtonElement);
  /** @type {AbortController | null} */
  let searching = null;
  button.addEventListener("click", async () => {
    if (searching || !find(element, ".hx-occlusion-map").hidden) {
      searching?.abort();
      forgetOcclusion(page);
      return;
    }
    searching = new AbortController();
    button.textContent = "Hide";
    await search(page, searching.signal);
    searching = null;
  });
}

/**
 * The picture has changed: what was found is of another one.
 *
 * @param {Page} page
 */
export function forgetOcclusion({ element }) {
  const map = find(element, ".hx-occlusion-map");
  map.hidden = true;
  map.replaceChildren();
  find(element, ".hx-occlusion-says").textContent = "";
  find(element, ".hx-occlusion-find").textContent = FIND;
}

/**
 * @param {Page} page
 * @param {AbortSignal} signal
 */
async function search(page, signal) {
  const { state, element } = page;
  const request = requestOf(state);
  const says = find(element, ".hx-occlusion-says");
  if (!request) {
    forgetOcclusion(page);
    says.textContent = nothingYet(state);
    return;
  }
  const asked = JSON.stringify(request);
  says.textContent = "Hiding one part after the other…";
  for (;;) {
    const answer = await askOnce(page, "occlusion", request, (text) => {
      says.textContent = plain(text);
    });
    if (signal.aborted || JSON.stringify(requestOf(state)) !== asked) return;
    if (answer.error) {
      forgetOcclusion(page);
      says.textContent = plain(answer.error);
      return;
    }
    const isOver = answer.done >= answer.total;
    draw(element, answer);
    says.textContent = isOver ? ADVICE : `${ADVICE} (${Math.floor((100 * answer.done) / answer.total)} %)`;
    if (isOver) return;
  }
}

/**
 * @param {HTMLElement} element
 * @param {OcclusionAnswer} answer
 */
function draw(element, answer) {
  const map = find(element, ".hx-occlusion-map");
  map.style.setProperty("--n", String(answer.drops.length));
  const most = Math.max(0.05, ...answer.drops.flat().map((drop) => Math.abs(drop ?? 0)));
  map.replaceChildren(...answer.drops.flatMap((row, y) => row.map((drop, x) => {
    const cell = make("span", (drop ?? 0) < 0 ? "hx-against" : "hx-for");
    cell.style.setProperty("--depth", String(Math.abs(drop ?? 0) / most));
    if (drop !== null) cell.title = cellText(answer, drop, answer.others[y][x]);
    return cell;
  })));
  map.hidden = false;
}

/**
 * @param {OcclusionAnswer} answer
 * @param {number} drop
 * @param {string} other
 */
function cellText({ class: name, p }, drop, other) {
  const then = percent(Math.min(1, Math.max(0, p - drop)));
  const becomes = other === name ? "" : `; it becomes ${plain(other)}`;
  return `Without this part: ${plain(name)} ${then}, in place of ${percent(p)}${becomes}`;
}
