// How many examples each cause explains, as bars, and what to do about it.

import { find, make, plain } from "../../ui/dom.js";
import { count, percent } from "../../ui/numbers.js";
import { toExamples } from "./facts.js";

/**
 * @param {HTMLElement} element
 * @param {import("./facts.js").Diagnosis} diagnosis
 */
export function drawCounts(element, { counts, examples }) {
  const most = Math.max(1, ...counts.map((one) => one.count));
  find(element, ".hx-ca-counts").replaceChildren(...counts.map(({ cause, words, count: n, remedy }) => {
    const bar = toExamples("hx-ca-count", undefined, { cause });
    const track = make("span", "hx-ca-track");
    track.style.setProperty("--share", String(n / most));
    const number = make("span", "hx-ca-number", count(n));
    number.append(make("span", "hx-ca-share", percent(n / Math.max(1, examples))));
    bar.append(make("span", "hx-ca-name", plain(words)), track, number);
    const item = make("li", "");
    item.append(bar, make("p", "hx-ca-remedy", plain(remedy)));
    return item;
  }));
}
