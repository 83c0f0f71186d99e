// A proof: the verdict first, then whether the model is better, whether it is the remedy, and what changed.

import { chart } from "../../ui/chart.js";
import { find, make, plain } from "../../ui/dom.js";
import { count, many } from "../../ui/numbers.js";
import { classTable, interval, pictures } from "./proof_parts.js";

/** @typedef {import("./proof_parts.js").Group} Group */
/** @typedef {import("./proof_parts.js").Picture} Picture */

/**
 * @typedef {object} Remedy
 * @property {string} answer
 * @property {number | null} difference
 * @property {number | null} low
 * @property {number | null} high
 * @property {number[]} remedied accuracies
 * @property {number[]} placebo
 */

/**
 * @typedef {object} Proof
 * @property {"better" | "worse" | "no_measurable_difference" | "not_provable"} verdict
 * @property {string} sentence
 * @property {string} where
 * @property {string[]} told
 * @property {Record<string, string>} says the sentences of its parts
 * @property {number | null} difference
 * @property {number | null} low
 * @property {number | null} high
 * @property {number | null} repaired
 * @property {number | null} broken
 * @property {Group[]} per_class
 * @property {Remedy | null} remedy
 * @property {{before: number, after: number} | null} calibration
 * @property {{planted: string, difference: number, low: number, high: number} | null} target
 * @property {{broken: Picture[], repaired: Picture[]}} pictures
 * @property {string} pictures_problem
 * @property {{name: string}} before
 * @property {{name: string}} after
 */

export const VERDICTS = /** @type {Record<string, string>} */ ({
  better: "Better", worse: "Worse", no_measurable_difference: "No measurable difference", not_provable: "Not provable",
  untried: "Not proved yet",
});

/**
 * @param {HTMLElement} element
 * @param {Proof} proof
 */
export function drawProof(element, proof) {
  const verdict = make("p", "hx-fx-verdict");
  verdict.dataset.verdict = proof.verdict;
  verdict.append(make("strong", "", VERDICTS[proof.verdict]), " ", make("span", "", plain(proof.sentence)));
  const body = find(element, ".hx-fx-proof-body");
  const parts = [better(proof), remedy(proof), changed(proof), perClass(proof), further(proof), words(proof)];
  body.replaceChildren(verdict, ...parts.flatMap((one) => (one ? [one] : [])));
}

/**
 * @param {string} title
 * @param {(string | Node)[]} content
 */
function part(title, ...content) {
  const node = make("section", "hx-fx-part");
  node.append(make("h3", "", title), ...content);
  return node;
}

/** @param {Proof} proof */
function better({ difference, low, high, says }) {
  if (difference === null || low === null || high === null) return null;
  return part("Is the new model better?", interval({ value: difference, low, high }),
    make("p", "hx-fx-note", plain(says.sizes ?? "")));
}

/** @param {Proof} proof */
function remedy({ remedy: found, says }) {
  if (!found) return null;
  const sentence = make("p", "", plain(says.remedy ?? ""));
  const [some, others] = [found.remedied, found.placebo];
  if (!some.length || !others.length) return part("Is it the remedy?", sentence);
  const holder = make("div", "hx-fx-seeds");
  const values = [...some, ...others];
  const room = Math.max(0.001, (Math.max(...values) - Math.min(...values)) * 0.25);
  const share = /** @param {number} value */ (value) => `${(100 * value).toFixed(2)} %`;
  const least = Math.max(0, Math.min(...values) - room);
  requestAnimationFrame(() => chart(holder, { label: "Accuracy of each model of both arms", hasLegend: false }).draw({
    series: [some, others].map((arm, at) => ({
      name: at ? "without it" : "with the remedy", kind: "points", points: spread(arm, at),
    })),
    x: { names: ["with the remedy", "without it"], reach: 0.02 },
    y: { least, most: Math.min(1, Math.max(...values) + room), write: share, read: share },
  }));
  return part("Is it the remedy?", sentence, holder);
}

/**
 * Seeds side by side, so that equal ones are all seen.
 *
 * @param {number[]} arm
 * @param {number} at
 */
function spread(arm, at) {
  return arm.map((y, i) => ({ x: at + (i - (arm.length - 1) / 2) * 0.08, y }));
}

/** @param {Proof} proof */
function changed({ broken, repaired, pictures: shown, pictures_problem: problem, where }) {
  if (broken === null || repaired === null) return null;
  const parts = /** @type {const} */ ([["broken", broken], ["repaired", repaired]]).flatMap(([kind, all]) => {
    const list = shown[kind];
    const more = all > list.length && list.length ? `, the first ${list.length}` : "";
    return [make("h4", "", `${many(all, "example")} ${kind}${more}`), ...(list.length ? [pictures(list)] : [])];
  });
  const are = where === "sealed" ? "were sealed" : "are not of this run";
  const note = problem || `These examples ${are}, so Browse does not have them. What you look at here is not unseen `
    + "any more: do not tune on it.";
  return part("What was broken, and what was repaired", ...parts,
    ...(broken + repaired ? [make("p", "hx-fx-note", plain(note))] : []));
}

/** @param {Proof} proof */
function perClass({ per_class: groups, says }) {
  if (!groups.length) return null;
  return part("Per class", make("p", "", plain(says.classes ?? "")), classTable(groups));
}

/** @param {Proof} proof */
function further({ target, says }) {
  const lines = ["target", "hard_set", "calibration", "probes"].map((name) => says[name]).filter(Boolean);
  if (!lines.length) return null;
  const list = make("ul", "hx-fx-further");
  list.append(...lines.map((line) => make("li", "", plain(line))));
  const aimed = target ? [make("h4", "", `Planted: ${plain(target.planted)}`),
    interval({ value: target.difference, low: target.low, high: target.high })] : [];
  return part("The weakness itself, calibration, kept probes", ...aimed, list);
}

/** @param {Proof} proof */
function words({ told }) {
  if (!told.length) return null;
  const node = make("details", "hx-fx-words");
  const list = make("ul", "");
  list.append(...told.map((line) => make("li", "", plain(line))));
  node.append(make("summary", "", `Everything it says, in ${count(told.length)} sentences`), list);
  return node;
}
