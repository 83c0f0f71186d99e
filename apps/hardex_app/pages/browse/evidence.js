// Why the open example is hard: the cause that the diagnosis found, and the evidence for it.

import { link } from "../../ui/address.js";
import { find, make, plain } from "../../ui/dom.js";
import { percent } from "../../ui/numbers.js";
import { fetchPicture } from "../../ui/pictures.js";
import { evidenceOf } from "./evidence_parts.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Finding} Finding */

const WAITING_MS = 2000;

/** @param {Desk} desk */
export function drawEvidence(desk) {
  const { element, state } = desk;
  const { shown, facts } = state;
  if (!shown || !facts) return;
  const { finding, finding_problem: problem } = shown;
  const box = find(element, ".hx-evidence");
  box.hidden = !finding && !problem;
  const body = find(box, ".hx-evidence-body");
  if (!finding) {
    body.replaceChildren(make("p", "hx-problem", plain(problem)));
    return;
  }
  body.replaceChildren(head(finding), make("p", "hx-evidence-why", sentence(finding.why)),
    ...evidenceOf(finding, shown, facts), remedy(finding));
  for (const place of placesIn(body, "address")) showPicture(place);
  askTraining(desk);
}

/** @param {Finding} finding */
function head({ cause, words, confidence, second, done }) {
  const line = make("p", "hx-evidence-head");
  const name = link("hx-evidence-cause", plain(words), { page: "browse", list: "all", sort: "loss", cause });
  name.title = "all examples with this cause";
  line.append(name);
  const isNamed = cause !== "unexplained"; // which is as sure as the likeliest cause is not
  if (isNamed && confidence !== null) line.append(make("span", "hx-evidence-sure", percent(confidence)));
  if (done) line.append(make("span", "", done));
  if (isNamed && second) line.append(make("span", "hx-quiet", `or ${plain(second)}`));
  return line;
}

/** @param {Finding} finding */
function remedy({ remedy: text }) {
  const line = make("p", "hx-quiet hx-evidence-remedy");
  line.append(make("strong", "", "What to do: "), sentence(text));
  return line;
}

/**
 * A clause as a sentence.
 *
 * @param {string} clause
 */
function sentence(clause) {
  const text = plain(clause);
  return text && `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

/**
 * The places whose pictures are still to come.
 *
 * @param {HTMLElement} within
 * @param {"address" | "training"} kind
 */
function placesIn(within, kind) {
  const places = within.querySelectorAll(`.hx-evidence-place:empty[data-${kind}]`);
  return /** @type {HTMLElement[]} */ ([...places]);
}

/**
 * @param {HTMLElement} place
 * @param {string | undefined} url
 */
function fill(place, url) {
  if (!url) {
    place.textContent = "no image";
    return;
  }
  const image = make("img", "hx-pixels");
  image.src = url;
  image.alt = place.dataset.alt ?? "";
  place.replaceChildren(image);
}

/** @param {HTMLElement} place */
async function showPicture(place) {
  fill(place, (await fetchPicture(place.dataset.address ?? "").catch(() => ({ url: "" }))).url);
}

/**
 * The training pictures follow, once the app has read the training data.
 *
 * @param {Desk} desk
 */
async function askTraining(desk) {
  const { element, server, state } = desk;
  const missing = placesIn(find(element, ".hx-evidence-body"), "training");
  if (!missing.length) return;
  const id = state.shown?.id;
  const ids = [...new Set(missing.map((place) => place.dataset.training ?? ""))];
  const answer = await server.training_pictures(ids).catch(() => ({ waiting: "" }));
  if (state.shown?.id !== id) return;
  if (answer.waiting === undefined) {
    for (const place of missing) fill(place, answer.pictures?.[place.dataset.training ?? ""]);
    return;
  }
  setTimeout(() => {
    if (state.shown?.id === id && !document.hidden) askTraining(desk);
  }, WAITING_MS);
}
