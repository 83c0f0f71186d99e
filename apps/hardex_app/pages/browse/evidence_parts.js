// The evidence for each kind of cause: pictures beside each other, and numbers in words.

import { link } from "../../ui/address.js";
import { make, plain } from "../../ui/dom.js";
import { percent } from "../../ui/numbers.js";

/** @typedef {import("./desk.js").Example} Example */
/** @typedef {import("./desk.js").Facts} Facts */
/** @typedef {import("./desk.js").Finding} Finding */

/**
 * A training image.
 *
 * @typedef {{id: string, label: string, distance?: number | null}} Training
 */

/** @typedef {(finding: Finding, shown: Example, facts: Facts) => HTMLElement[]} Part */

const WORTH_NAMING = 0.05; // probability of a cause that is not named

/** @type {Record<string, Part>} */
const PARTS = {
  mislabelled: (finding, _, facts) => [
    line([`Given label: ${plain(finding.given_label)}. Suggested: `, bold(finding.suggested_label ?? "none"), "."]),
    ...nearest(finding, facts),
  ],
  ambiguous: (finding, _, facts) => [
    ...training(`Typical of ${plain(finding.given_label)}, the given label`,
      typical(finding.given_ids, finding.given_label), facts),
    ...training(`Typical of ${plain(finding.other_label ?? finding.predicted_label)}`,
      typical(finding.other_ids, finding.other_label ?? finding.predicted_label), facts),
    ...hint(facts, [...finding.given_ids, ...finding.other_ids]),
  ],
  rare: (finding, _, facts) => [...distances(finding), ...nearest(finding, facts)],
  junk: (finding, _, facts) => [...distances(finding), ...nearest(finding, facts)],
  imbalance,
  duplicate,
  unexplained,
};

/**
 * @param {Finding} finding
 * @param {Example} shown
 * @param {Facts} facts
 * @returns {HTMLElement[]}
 */
export function evidenceOf(finding, shown, facts) {
  if (finding.is_transform) return beforeAndAfter(finding, shown);
  return (PARTS[finding.cause] ?? ((about, _, known) => nearest(about, known)))(finding, shown, facts);
}

/**
 * The picture as the model sees it, and with the transform undone, with what the model predicts of each.
 *
 * @param {Finding} finding
 * @param {Example} shown
 * @returns {HTMLElement[]}
 */
function beforeAndAfter({ seen, undone, label_after: label, confidence_after: confidence }, shown) {
  const box = make("div", "hx-evidence-pair");
  box.append(
    undoneFigure("as it is", seen, prediction(shown.predicted, shown.confidence), shown.predicted === shown.given),
    make("span", "hx-evidence-arrow", "→"),
    undoneFigure("undone", undone, label === null ? "" : prediction(label, confidence), label === shown.given));
  return [box];
}

/**
 * @param {string} title
 * @param {string | undefined} address
 * @param {string} predicted
 * @param {boolean} right whether that is the given label
 */
function undoneFigure(title, address, predicted, right) {
  const figure = make("figure", "hx-evidence-figure");
  if (address) figure.append(place(`the picture ${title}`, { address }));
  const caption = make("figcaption", "", title);
  caption.append(make("strong", right ? "hx-evidence-right" : "", predicted + (predicted && right ? " ✓" : "")));
  figure.append(caption);
  return figure;
}

/**
 * @param {string} label
 * @param {number | null} confidence
 */
function prediction(label, confidence) {
  return `predicted ${plain(label)}${confidence === null ? "" : `, ${percent(confidence)}`}`;
}

/** @type {Part} */
function imbalance({ given_label: given, class_share: share, other_label: other }) {
  const parts = [];
  if (share !== null) parts.push(`${percent(share)} of the training images are of class ${plain(given)}. `);
  if (other !== null) parts.push("Corrected for the shares of the classes, the model predicts ", bold(other), ".");
  return parts.length ? [line(parts)] : [];
}

/** @type {Part} */
function duplicate({ copy_id: id, copy_label: label, copy_in: where, given_label: given }, _, facts) {
  if (id === null) return [];
  const labelled = label === null ? [] : [", labelled ", bold(label), label === given ? ", as this one" : ""];
  if (where === "train") {
    const copy = [{ id, label: label ?? "" }];
    return [line(["It is a copy of the training image ", bold(id), ...labelled, "."]),
      ...training("", copy, facts), ...hint(facts, [id])];
  }
  const other = link("hx-evidence-copy", plain(id), { page: "browse", list: "all", id });
  return [line(["It is a copy of the example ", other, ...labelled, "."])];
}

/**
 * Why there is no cause is in the sentence of the finding; these are the likeliest ones.
 *
 * @type {Part}
 */
function unexplained({ others, why }) {
  const plainly = why ? [] : [line(["No cause that hardex knows fits this example well enough."])];
  if (!others.length) return plainly;
  const likeliest = others.filter(({ p }, at) => at === 0 || p >= WORTH_NAMING);
  const text = likeliest.map(({ words, p }) => `${plain(words)} ${percent(p)}`).join(", ");
  return [...plainly, line(["Likeliest, but not named: ", bold(text), "."])];
}

/**
 * How far it lies from the training images, against what is usual.
 *
 * @param {Finding} finding
 */
function distances({ given_label: given, own_distance: own, usual_distance: usual, nearest_distance: near }) {
  const parts = [];
  if (own !== null) {
    const often = usual === null ? "" : `, usually ${usual.toFixed(2)}`;
    parts.push(`Distance to the training images of ${plain(given)}: ${own.toFixed(2)}${often}. `);
  }
  if (near !== null) parts.push(`To those of the nearest class: ${near.toFixed(2)}.`);
  return parts.length ? [line(parts)] : [];
}

/**
 * @param {Finding} finding
 * @param {Facts} facts
 */
function nearest(finding, facts) {
  const { neighbour_ids: ids, neighbour_labels: labels, neighbour_distances: far, given_label: given } = finding;
  const found = ids.map((id, at) => ({ id, label: labels[at] ?? "", distance: far[at] }));
  return [...training("Nearest training images", found, facts, given), ...hint(facts, ids)];
}

/**
 * @param {string[]} ids
 * @param {string} label of all
 */
function typical(ids, label) {
  return ids.map((id) => ({ id, label }));
}

/**
 * Training images with their labels: as pictures where the app has them, else by id.
 *
 * @param {string} title
 * @param {Training[]} images
 * @param {Facts} facts
 * @param {string} [given] the given label, which is marked
 * @returns {HTMLElement[]}
 */
function training(title, images, facts, given) {
  if (!images.length) return [];
  const heading = title ? [make("h4", "", title)] : [];
  if (!facts.training) {
    const names = images.map(({ id, label }) => `${plain(id)} (${plain(label)})`).join(", ");
    return [...heading, make("p", "hx-evidence-names", names)];
  }
  const list = make("div", "hx-evidence-list");
  list.setAttribute("role", "list");
  list.append(...images.map((one) => trainingFigure(one, one.label === given)));
  return [...heading, list];
}

/**
 * @param {Training} one
 * @param {boolean} same whether its label is the given one
 */
function trainingFigure({ id, label, distance }, same) {
  const item = make("figure", "hx-neighbour");
  item.setAttribute("role", "listitem");
  item.title = plain(id) + (typeof distance === "number" ? `: distance ${distance.toFixed(3)}` : "");
  const caption = make("figcaption", same ? "hx-same" : "", plain(label));
  item.append(place(`training image ${plain(id)}`, { training: id }), caption);
  return item;
}

/**
 * Room for a picture that follows.
 *
 * @param {string} alt
 * @param {{address: string} | {training: string}} source
 */
function place(alt, source) {
  const node = make("span", "hx-evidence-place");
  Object.assign(node.dataset, source, { alt });
  return node;
}

/**
 * How to see the training images, where the app has not opened them.
 *
 * @param {Facts} facts
 * @param {string[]} ids
 * @returns {HTMLElement[]}
 */
function hint(facts, ids) {
  if (facts.training || !ids.length) return [];
  if (!facts.open_training) return [make("p", "hx-quiet", "The app shows them if its owner opens the training data.")];
  const text = make("p", "hx-quiet", "To see these pictures, open the app with the training data: ");
  text.append(make("code", "", plain(facts.open_training)));
  return [text];
}

/** @param {(string | HTMLElement)[]} parts */
function line(parts) {
  const node = make("p", "");
  node.append(...parts);
  return node;
}

/** @param {string} text */
function bold(text) {
  return make("strong", "", plain(text));
}
