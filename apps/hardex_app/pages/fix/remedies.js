// The remedies as cards: each with its reason, a switch and its few settings.

import { link } from "../../ui/address.js";
import { find, make, plain } from "../../ui/dom.js";
import { count } from "../../ui/numbers.js";
import { augmentFields, FIRST_AUGMENT } from "./augment.js";
import { checkField, choiceField, keepingFocus, numberField, textField } from "./fields.js";

/** @typedef {import("./facts.js").Desk} Desk */
/** @typedef {import("./facts.js").Part} Part */
/** @typedef {Record<string, any>} Values of one part of a recipe */
/** @typedef {(values: Values) => void} Change */

const CARDS = /** @type {{part: Part, title: string, about: string}[]} */ ([
  { part: "augment", title: "Augment", about: "Train with pictures that are transformed as the hard ones are." },
  { part: "balance", title: "Balance", about: "Let small classes count as much as large ones." },
  { part: "clean", title: "Clean", about: "Relabel or remove training examples whose label is wrong." },
  { part: "collect", title: "Collect", about: "Add kept probes and new images to what is learnt from." },
  { part: "adapt", title: "Adapt", about: "Correct the model for images that differ and that nobody labelled." },
  { part: "simple", title: "Start simple", about: "A small network, to see what little effort reaches." },
]);
const FIRST = /** @type {Record<string, Values>} */ ({
  augment: FIRST_AUGMENT, balance: { class_weights: true }, clean: {}, collect: { probes: true },
  adapt: {}, simple: {},
});
const WAYS = /** @type {[string, string][]} */ ([
  ["class_weights", "class weights"], ["oversample", "show small classes more often"],
  ["undersample", "show large classes less often"], ["logit_adjustment", "correct the outputs (no training)"],
  ["none", "none of these"],
]);

/** @param {Desk} desk */
export function drawRemedies(desk) {
  const { element, facts } = desk;
  drawFindings(element, facts);
  find(element, ".hx-fx-to-do").replaceChildren(...facts.notes.map((note) => make("li", "", plain(note))));
  drawCards(desk);
}

/** @param {Desk} desk */
export function drawCards(desk) {
  const box = find(desk.element, ".hx-fx-cards");
  keepingFocus(box, () => box.replaceChildren(...CARDS.map((one) => card(desk, one)), trainingCard(desk)));
}

/**
 * @param {HTMLElement} element
 * @param {import("./facts.js").Facts} facts
 */
function drawFindings(element, { diagnosed, findings, command, suggested, problem }) {
  const line = find(element, ".hx-fx-says-findings");
  if (problem) {
    line.textContent = plain(problem);
    return;
  }
  if (!diagnosed) {
    line.replaceChildren("This run has not been diagnosed, so nothing is suggested; type ",
      make("code", "", plain(command)), ", or choose remedies by hand.");
    return;
  }
  const causes = findings.map(({ cause, words, count: n }) => (
    link("hx-fx-cause", `${plain(words)} ${count(n)}`, { page: "browse", list: "all", sort: "loss", cause })));
  const parted = causes.flatMap((one, at) => (at ? [", ", one] : [one]));
  const none = ". None of it calls for a remedy that can be trained; you can choose one by hand.";
  const end = suggested.length ? "." : none;
  line.replaceChildren("The diagnosis found: ", ...parted, end);
}

/**
 * @param {Desk} desk
 * @param {{part: Part, title: string, about: string}} about
 */
function card(desk, { part, title, about }) {
  const { recipe, facts } = desk;
  const values = /** @type {Values | undefined} */ (recipe[part]);
  const node = make("section", "hx-fx-card");
  node.dataset.part = part;
  node.classList.toggle("hx-fx-on", values !== undefined);
  const suggested = /** @type {Values | undefined} */ (facts.recipe[part]);
  /** @param {Values | undefined} wanted */
  const set = (wanted) => {
    const { [part]: now, ...others } = desk.recipe;
    const next = wanted && values && now ? merged(now, values, wanted) : wanted;
    const reason = facts.recipe.reasons?.[part];
    const reasons = { ...desk.recipe.reasons, ...(next && reason ? { [part]: reason } : {}) };
    if (!next) delete reasons[part];
    desk.write({ recipe: /** @type {any} */ ({ ...others, ...(next ? { [part]: next } : {}), reasons }) });
  };
  const switched = checkField(title, values !== undefined, (on) => set(on ? suggested ?? FIRST[part] : undefined),
    part);
  switched.classList.add("hx-fx-title");
  const reason = recipe.reasons?.[part] ?? (suggested && facts.recipe.reasons?.[part]);
  node.append(switched, ...(suggested ? [make("span", "hx-tag hx-fx-suggested", "suggested")] : []),
    make("p", "hx-fx-reason", plain(reason ?? about)));
  if (values) {
    const fields = make("div", "hx-fx-fields");
    fields.append(...fieldsOf(desk, part, values, set));
    node.append(fields);
  }
  return node;
}

/**
 * The values as they are now, with what a field has changed of those that were drawn: another field may have changed
 * since, before the cards were drawn anew.
 *
 * @param {Values} now
 * @param {Values} drawn
 * @param {Values} wanted
 */
function merged(now, drawn, wanted) {
  const found = { ...now };
  for (const name of new Set([...Object.keys(drawn), ...Object.keys(wanted)])) {
    if (JSON.stringify(drawn[name]) === JSON.stringify(wanted[name])) continue;
    if (name in wanted) found[name] = wanted[name];
    else delete found[name];
  }
  return found;
}

/**
 * @param {Desk} desk
 * @param {Part} part
 * @param {Values} values
 * @param {Change} set
 * @returns {HTMLElement[]}
 */
function fieldsOf({ facts }, part, values, set) {
  if (part === "augment") return augmentFields(values, facts.transforms, set);
  if (part === "balance") return balanceFields(values, set);
  if (part === "adapt") return adaptFields(values, set);
  if (part === "simple") return simpleFields(values, set);
  return part === "clean" ? cleanFields(values, set) : collectFields(values, set);
}

/**
 * @param {Values} values
 * @param {Change} set
 */
function balanceFields(values, set) {
  const { class_weights: weights, sampling, logit_adjustment: shift, focal } = values;
  const sampled = sampling && sampling !== "all" ? sampling : "none";
  const way = (weights && "class_weights") || (shift && "logit_adjustment") || sampled;
  const kept = focal ? { focal } : {};
  const chosen = /** @type {Record<string, Values>} */ ({
    class_weights: { class_weights: true }, oversample: { sampling: "oversample" },
    undersample: { sampling: "undersample" }, logit_adjustment: { logit_adjustment: 1 }, none: {},
  });
  return [
    choiceField("How", WAYS, way, (name) => set({ ...chosen[name], ...kept }), "balance.way"),
    numberField("Focal loss, exponent (0 is without)", focal ?? 0, (value) => {
      const { focal: _, ...others } = values;
      set(value ? { ...others, focal: value } : others);
    }, { key: "balance.focal", step: "0.5" }),
  ];
}

/**
 * @param {Values} values
 * @param {Change} set
 */
function cleanFields(values, set) {
  const { action = "relabel", by = "consensus", run = "", confidence = 0.8, votes = 2 } = values;
  /** @param {Values} change */
  const next = (change) => set({ action, by, run, confidence, votes, ...change });
  return [
    choiceField("What", [["relabel", "relabel them"], ["remove", "remove them"]], action,
      (value) => next({ action: value }), "clean.action"),
    choiceField("Who says so", [["consensus", "annotators who agree"], ["findings", "the diagnosis"]], by,
      (value) => next({ by: value }), "clean.by"),
    numberField(by === "consensus" ? "Share of the votes, at least" : "Confidence, at least", confidence,
      (value) => next({ confidence: value ?? 0.8 }), { key: "clean.confidence", step: "0.05" }),
    ...(by === "consensus" ? [numberField("Votes, at least", votes, (value) => next({ votes: value ?? 2 }),
      { key: "clean.votes", step: "1" })] : []),
    textField("Run over the training data, in which they were judged", run, (value) => next({ run: value }),
      { key: "clean.run", hint: "this run" }),
  ];
}

/**
 * @param {Values} values
 * @param {Change} set
 */
function collectFields(values, set) {
  const { probes = false, folders = [] } = values;
  return [
    checkField("Kept probes that have a class", probes, (on) => set({ ...values, probes: on }), "collect.probes"),
    textField("New images, named as data is in hardex rank", folders[0] ?? "", (value) => {
      set({ ...values, folders: [...(value ? [value] : []), ...folders.slice(1)] });
    }, { key: "collect.folders", hint: "new-images/" }),
  ];
}

/**
 * @param {Values} values
 * @param {Change} set
 */
function adaptFields({ statistics = "", shares = "", method = "em" }, set) {
  /** @param {Values} change */
  const next = (change) => set({ statistics, shares, method, ...change });
  return [
    textField("Images for batch normalisation", statistics, (value) => next({ statistics: value }),
      { key: "adapt.statistics", hint: "without labels" }),
    textField("Images whose classes have other shares", shares, (value) => next({ shares: value }),
      { key: "adapt.shares", hint: "without labels" }),
    choiceField("Estimate the shares by", [["em", "expectation maximisation"], ["confusion", "the confusion matrix"]],
      method, (value) => next({ method: value }), "adapt.method"),
  ];
}

/**
 * @param {Values} values
 * @param {Change} set
 */
function simpleFields({ network = "lenet", examples = 10000 }, set) {
  return [
    choiceField("Network", [["lenet", "two convolutions"], ["hidden", "one hidden layer"]], network,
      (value) => set({ network: value, examples }), "simple.network"),
    numberField("Images, at most", examples, (value) => set({ network, examples: value ?? 10000 }),
      { key: "simple.examples", step: "1000" }),
  ];
}

/** @param {Desk} desk */
function trainingCard(desk) {
  const { recipe } = desk;
  const { start, epochs, batch_size: batch, learning_rate: rate, patience } = recipe.training;
  /** @param {Values} change */
  const set = (change) => {
    const training = Object.fromEntries(Object.entries({ ...desk.recipe.training, ...change })
      .filter(([, value]) => value !== null));
    desk.write({ recipe: { ...desk.recipe, training } });
  };
  const node = make("section", "hx-fx-card hx-fx-on");
  node.dataset.part = "training";
  const fields = make("div", "hx-fx-fields");
  fields.append(
    choiceField("Start", [["fine-tune", "from the weights of the model"], ["retrain", "from new weights"]], start,
      (value) => set({ start: value }), "training.start"),
    numberField("Epochs, at most", epochs, (value) => set({ epochs: value }), { key: "training.epochs", step: "1" }),
    numberField("Learning rate", rate, (value) => set({ learning_rate: value }),
      { key: "training.rate", hint: start === "retrain" ? "0.001" : "0.0001" }),
    numberField("Batch size", batch, (value) => set({ batch_size: value }), { key: "training.batch", step: "1" }),
    numberField("Patience, epochs", patience, (value) => set({ patience: value }),
      { key: "training.patience", step: "1" }),
  );
  node.append(make("p", "hx-fx-title", "Training"),
    make("p", "hx-fx-reason", "The same with the remedies and without them; it ends when validation gets no better."),
    fields);
  return node;
}
