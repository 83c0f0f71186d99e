// The most frequent causes, where the run has been diagnosed.

import { link } from "../../ui/address.js";
import { find, make, plain } from "../../ui/dom.js";
import { count, many } from "../../ui/numbers.js";
import { toExamples } from "./names.js";

/**
 * @param {HTMLElement} element
 * @param {import("./facts.js").Facts} facts
 */
export function drawCauses(element, { causes }) {
  find(element, ".hx-ov-causes-panel").hidden = !causes;
  if (!causes) return;
  const text = causes.count > causes.counts.length ? `All ${many(causes.count, "cause")}` : "More about the causes";
  find(element, ".hx-ov-all-causes").replaceChildren(link("", text, { page: "causes" }));
  const most = Math.max(1, ...causes.counts.map((one) => one.count));
  find(element, ".hx-ov-causes").replaceChildren(...causes.counts.map(({ cause, words, count: n }) => {
    const bar = toExamples("hx-ov-cause", undefined, { cause });
    const track = make("span", "hx-ov-cause-track");
    track.style.setProperty("--share", String(n / most));
    bar.append(make("span", "hx-ov-cause-name", plain(words)), track, make("span", "hx-ov-num", count(n)));
    const item = make("li", "");
    item.append(bar);
    return item;
  }));
}
