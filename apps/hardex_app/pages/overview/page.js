// The Overview page: figures, the confusion matrix, pairs, classes, calibration, and both lists' heads.
// Class names and ids arrive as data and are set as text, never as markup.
// @ts-nocheck -- not typed yet
/* eslint-disable -- not linted yet */
import { link, stay, whenAddressed } from "../../ui/address.js";
import { make, plain } from "../../ui/dom.js";
import { count, percent } from "../../ui/numbers.js";

export function start({ element, props, watch }) {
const part = (selector) => element.querySelector(selector);
const FIRST_PAIRS = 20, FIRST_CLASSES = 50;
const state = { facts: null, shares: false, allPairs: false, allClasses: false, by: "accuracy", down: false };

// ---------------------------------------------------------------- words
const exact = (p) => (p === null ? "–" : percent(p));
// The figures of the whole run, as finely as its number of examples allows.
const decimals = () => (state.facts.examples >= 1000 ? 2 : 1);
function finely(p) {
  if (p === null) return "–";
  const places = decimals(), text = (100 * p).toFixed(places);
  if (p < 1 && Number(text) === 100) return `> ${(100 - 10 ** -places).toFixed(places)} %`;
  return p > 0 && Number(text) === 0 ? `< ${(10 ** -places).toFixed(places)} %` : `${text} %`;
}
const between = (one, places = 1) => (one.low === null ? "" : `${(100 * one.low).toFixed(places)} to ${(100 * one.high).toFixed(places)} %`);
const many = (n, word) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;
const nameOf = (i) => state.facts.class_names[i];
const givenOf = (i) => state.facts.classes[i][0];
const shareOf = (n, given) => (givenOf(given) ? n / givenOf(given) : 0);
// Names may be long, in another direction, or hold line ends: each is isolated and can be read whole.
function nameNode(tag, text) {
  const node = make(tag, "hx-ov-name", plain(text));
  node.title = plain(text);
  return node;
}
function toExamples(name, text, words) { return link(name, text, { page: "browse", list: "all", ...words }); }
function arrow(node, given, predicted) {
  const to = make("span", "hx-ov-to", "→ ");
  to.append(nameNode("bdi", predicted));
  node.append(nameNode("bdi", given), " ", to);
  return node;
}
function row(tag, cells) {
  const node = make("tr", "");
  for (const text of cells) node.append(text instanceof Node ? text : make(tag, "", text));
  if (tag === "th") for (const cell of node.children) cell.scope = "col";
  return node;
}

// ---------------------------------------------------------------- figures
function drawFigures() {
  const { examples, wrong, sealed, accuracy, calibration } = state.facts;
  const figure = (name, value, note, words) => {
    const box = make("div", `hx-ov-figure hx-ov-figure-${name.replace(/ .*/, "")}`);
    const number = make("dd", "");
    number.append(words ? toExamples("hx-ov-number", value, words) : make("span", "hx-ov-number", value));
    if (note) number.append(make("span", "hx-ov-aside", note));
    box.append(make("dt", "", name), number);
    return box;
  };
  const figures = [
    figure("accuracy", finely(accuracy.value), accuracy.low === null ? "" : `95 % interval ${between(accuracy, decimals())}`),
    figure("wrong", count(wrong), wrong ? "prediction and given label differ" : "no prediction differs from its label",
      wrong ? { correct: "no" } : null),
    figure("examples", count(examples), state.facts.class_names.length === 1 ? "1 class" : `${count(state.facts.class_names.length)} classes`, {}),
    figure("calibration error", finely(calibration.error), "mean distance of confidence and accuracy"),
  ];
  if (sealed) figures.push(figure("sealed", count(sealed), "kept unseen for a later proof"));
  part(".hx-ov-figures").replaceChildren(...figures);
}

// ---------------------------------------------------------------- confusion matrix
// The one cell that Tab reaches; the arrow keys move it.
let here = [1, 1];

function drawMatrix() {
  const { confusion, problem, class_names: names } = state.facts;
  const table = part(".hx-ov-matrix");
  for (const button of element.querySelectorAll(".hx-ov-switch button"))
    button.setAttribute("aria-pressed", String((button.dataset.shares === "yes") === state.shares));
  part(".hx-ov-switch").hidden = table.hidden = !confusion;
  if (!confusion) { part(".hx-ov-matrix-note").textContent = problem; return; }
  const { classes, counts } = confusion;
  part(".hx-ov-matrix-note").textContent = matrixNote(classes.length, names.length);
  table.querySelector("caption").textContent =
    `Confusion matrix: one row per given class, one column per predicted class, ${state.shares ? "shares of the given class in percent" : "numbers of examples"}. Arrow keys move, Enter opens the examples.`;
  table.style.setProperty("--cells", classes.length);
  table.classList.toggle("hx-ov-dense", isDense());
  table.classList.toggle("hx-ov-upright", classes.every((i) => [...names[i]].length <= (isDense() ? 2 : 3)));
  const value = (r, c) => (state.shares ? shareOf(counts[r][c], classes[r]) : counts[r][c]);
  const errors = counts.flatMap((line, r) => line.map((n, c) => (r === c ? 0 : value(r, c))));
  const most = Math.max(...errors, 0) || 1;
  const best = Math.max(...classes.map((_, r) => value(r, r))) || 1;

  const corner = make("td", "hx-ov-corner", "given ↓\npredicted →");
  corner.setAttribute("role", "gridcell");
  const head = make("tr", "");
  head.append(corner, ...classes.map((i) => heading("col", i, { predicted: names[i] }, "predicted")));
  const lines = classes.map((i, r) => {
    const line = make("tr", "");
    line.append(heading("row", i, { given: names[i] }, "given"),
      ...classes.map((j, c) => {
        const depth = r === c ? value(r, c) / best : Math.sqrt(value(r, c) / most);
        return cell(i, j, counts[r][c], depth);
      }));
    return line;
  });
  table.querySelector("thead").replaceChildren(head);
  table.querySelector("tbody").replaceChildren(...lines);
  table.style.setProperty("--signs", Math.max(...[...table.querySelectorAll("td a")].map((one) => one.textContent.length), 1));
  sayMore();
  here = [Math.min(here[0], classes.length), Math.min(here[1], classes.length)];
  reach(here, false);
}
function matrixNote(shown, all) {
  const numbers = state.shares ? "Numbers are percent of the given class. " : "";
  const chosen = shown < all ? `The ${shown} classes with the most errors, of ${count(all)}; the list of pairs leads to the others. ` : "";
  return `${chosen}${numbers}Rows are given, columns predicted. Choose a cell to see its examples.`;
}
// Where columns of a table lie outside of the view, its edge fades; of the matrix it is said, too.
const views = [...element.querySelectorAll(".hx-ov-scroll")];
const spare = (view) => view.scrollWidth - view.clientWidth;
function sayMore() {
  for (const view of views) view.classList.toggle("hx-ov-goes-on", view.scrollLeft < spare(view) - 1);
  part(".hx-ov-sideways").hidden = spare(part(".hx-ov-matrix").parentNode) <= 1;
}
const sizes = new ResizeObserver(sayMore);
for (const view of views) {
  view.addEventListener("scroll", sayMore, { passive: true });
  sizes.observe(view);
}
function heading(scope, i, words, what) {
  const node = make("th", "");
  node.scope = scope;
  node.setAttribute("role", scope === "col" ? "columnheader" : "rowheader");
  const inside = toExamples("hx-ov-cell", undefined, words);
  inside.append(nameNode("bdi", nameOf(i)));
  inside.setAttribute("aria-label", `${what} ${plain(nameOf(i))}`);
  node.append(inside);
  return node;
}
function cell(given, predicted, n, depth) {
  const node = make("td", given === predicted ? "hx-ov-right" : "hx-ov-wrong");
  node.setAttribute("role", "gridcell");
  node.style.setProperty("--depth", depth.toFixed(3));
  const said = `given ${plain(nameOf(given))}, predicted ${plain(nameOf(predicted))}: `;
  if (!n) {
    node.classList.add("hx-ov-cell");
    node.setAttribute("aria-label", `${said}none`);
    return node;
  }
  const inside = toExamples("hx-ov-cell", state.shares ? inPercent(shareOf(n, given)) : short(n, isDense() ? 1000 : 10000),
    { given: nameOf(given), predicted: nameOf(predicted) });
  inside.title = `${said}${many(n, "example")}, ${percent(shareOf(n, given))}`;
  inside.setAttribute("aria-label", inside.title);
  node.append(inside);
  return node;
}
const isDense = () => state.facts.confusion.classes.length > 15;
const short = (n, most) => (n < most ? String(n) : n.toLocaleString("en", { notation: "compact", maximumFractionDigits: 0 }));
function inPercent(share) {
  const text = (100 * share).toFixed(isDense() || share === 1 ? 0 : 1);
  return Number(text) === 0 ? (isDense() ? "<1" : "<0.1") : text === "100.0" ? "99.9" : text;
}
const placeOf = (node) => {
  const outer = node.closest("td, th");
  return outer && [outer.parentNode.rowIndex, outer.cellIndex];
};
function at([r, c]) {
  const outer = part(".hx-ov-matrix").rows[r]?.cells[c];
  return outer && (outer.querySelector(".hx-ov-cell") || (outer.classList.contains("hx-ov-cell") ? outer : null));
}
// Each cell can have the focus, one of them by the Tab key.
function reach(place, focus) {
  const wanted = at(place);
  if (!wanted) return;
  for (const node of element.querySelectorAll(".hx-ov-matrix .hx-ov-cell")) node.tabIndex = -1;
  wanted.tabIndex = 0;
  here = place;
  if (focus) wanted.focus();
}
part(".hx-ov-matrix").addEventListener("keydown", (event) => {
  if (event.altKey || event.metaKey || event.shiftKey) return;
  const last = part(".hx-ov-matrix").rows.length - 1, [r, c] = here, far = event.ctrlKey;
  const moves = {
    ArrowUp: [far ? 0 : r - 1, c], ArrowDown: [far ? last : r + 1, c], ArrowLeft: [r, far ? 0 : c - 1],
    ArrowRight: [r, far ? last : c + 1], Home: [far ? 1 : r, 0], End: [far ? last : r, last],
  };
  if (!(event.key in moves)) return;
  event.preventDefault();
  reach(moves[event.key], true);
});
part(".hx-ov-matrix").addEventListener("focusin", (event) => reach(placeOf(event.target), false));
part(".hx-ov-switch").addEventListener("click", (event) => {
  if (!event.target.dataset || event.target.dataset.shares === undefined) return;
  stay({ shares: event.target.dataset.shares });
  showShares(event.target.dataset.shares);
});
function showShares(word) {
  if (state.shares === (word === "yes")) return;
  state.shares = word === "yes";
  if (state.facts) drawMatrix();
}

// ---------------------------------------------------------------- most confused pairs
function drawPairs() {
  const { pairs, pair_count: all, problem, class_names: names } = state.facts;
  const shown = state.allPairs ? pairs : pairs.slice(0, FIRST_PAIRS);
  const most = pairs.length ? pairs[0][2] : 1;
  part(".hx-ov-pairs-note").textContent = problem ? problem
    : !all ? "No class is taken for another: every prediction agrees with the given label."
      : all > pairs.length ? `The ${count(pairs.length)} most frequent of ${count(all)} pairs, given → predicted.`
        : `${many(all, "pair")}, given → predicted, with the share of the given class.`;
  part(".hx-ov-pairs").replaceChildren(...shown.map(([given, predicted, n]) => {
    const item = make("li", "");
    const inside = arrow(toExamples("hx-ov-pair", undefined, { given: names[given], predicted: names[predicted] }),
      names[given], names[predicted]);
    const words = make("span", "hx-ov-pair-names");
    words.append(...inside.childNodes);
    const track = make("span", "hx-ov-pair-track");
    track.style.setProperty("--share", n / most);
    inside.append(words, track, make("span", "hx-ov-pair-count", count(n)),
      make("span", "hx-ov-pair-share", percent(shareOf(n, given))));
    inside.setAttribute("aria-label", `given ${plain(names[given])}, predicted ${plain(names[predicted])}: ${many(n, "example")}, ${percent(shareOf(n, given))} of the given class`);
    item.append(inside);
    return item;
  }));
  showMore(".hx-ov-more-pairs", pairs.length, FIRST_PAIRS, state.allPairs, "pairs");
}
function showMore(name, all, first, open, what) {
  const button = part(name);
  button.hidden = all <= first;
  button.textContent = open ? `Show the first ${first}` : `Show all ${count(all)} ${what}`;
}
part(".hx-ov-more-pairs").addEventListener("click", () => { state.allPairs = !state.allPairs; drawPairs(); });

// ---------------------------------------------------------------- class by class
const COLUMNS = [
  { name: "class", title: "class", of: (i) => i, down: false },
  { name: "accuracy", title: "accuracy", of: (i) => state.facts.classes[i][2], down: false },
  { name: "given", title: "given", of: (i) => state.facts.classes[i][0], down: true },
  { name: "predicted", title: "predicted", of: (i) => state.facts.classes[i][1], down: true },
  { name: "balance", title: "balance", of: (i) => ratio(i), down: false },
];
const FLAGS = { never: "never predicted", seldom: "seldom predicted", often: "often predicted" };
function ratio(i) {
  const [given, predicted] = state.facts.classes[i];
  return given ? predicted / given : predicted ? Infinity : null;
}
function sorted() {
  const { of } = COLUMNS.find((one) => one.name === state.by);
  const last = (value) => value === null;  // what has no value comes last either way
  return state.facts.classes.map((_, i) => i).sort((a, b) => {
    const [x, y] = [of(a), of(b)];
    if (last(x) || last(y)) return last(x) - last(y) || a - b;
    return (x === y ? 0 : x < y ? -1 : 1) * (state.down ? -1 : 1) || a - b;
  });
}
function floorOf(classes) {
  const least = Math.min(1, ...classes.filter((one) => one[3] !== null).map((one) => one[3]));
  return [0.95, 0.9, 0.8, 0.5].find((one) => one <= least) || 0;
}
function drawClasses() {
  const { classes } = state.facts;
  const order = sorted(), floor = floorOf(classes);
  const shown = state.allClasses ? order : order.slice(0, FIRST_CLASSES);
  const head = make("tr", "");
  head.append(...COLUMNS.map((column) => sortHeading(column, floor)));
  const table = part(".hx-ov-classes");
  table.querySelector("thead").replaceChildren(head);
  table.querySelector("tbody").replaceChildren(...shown.map((i) => classRow(i, floor)));
  showMore(".hx-ov-more-classes", classes.length, FIRST_CLASSES, state.allClasses, "classes");
  drawBalance();
}
function sortHeading(column, floor) {
  const node = make("th", `hx-ov-col-${column.name}`);
  node.scope = "col";
  const chosen = state.by === column.name;
  if (chosen) node.setAttribute("aria-sort", state.down ? "descending" : "ascending");
  const button = make("button", "hx-ov-sort", column.title);
  button.type = "button";
  const mark = make("span", "", chosen ? (state.down ? " ↓" : " ↑") : "");
  mark.setAttribute("aria-hidden", "true");
  button.append(mark);
  button.addEventListener("click", () => {
    state.down = chosen ? !state.down : column.down;
    state.by = column.name;
    drawClasses();
    part(`.hx-ov-col-${column.name} button`).focus();
  });
  node.append(button);
  if (column.name === "accuracy") node.append(make("span", "hx-ov-aside", `${100 * floor} to 100 %, with 95 % interval`));
  return node;
}
function classRow(i, floor) {
  const [given, predicted, value, low, high, flag] = state.facts.classes[i];
  const name = make("th", "hx-ov-col-class");
  name.scope = "row";
  const inside = toExamples("hx-ov-link", undefined, { given: nameOf(i) });
  inside.append(nameNode("bdi", nameOf(i)));
  name.append(inside);
  const accuracy = make("td", "hx-ov-col-accuracy");
  if (value === null) accuracy.append(make("span", "hx-ov-aside", "no example is given this class"));
  else accuracy.append(whiskers({ value, low, high }, floor), make("span", "hx-ov-value", percent(value)));
  const counted = (column, n, words) => {
    const node = make("td", `hx-ov-col-${column} hx-ov-num`);
    node.append(n ? toExamples("hx-ov-link", count(n), words) : "0");
    if (n) node.firstChild.setAttribute("aria-label", `${count(n)} ${column} ${plain(nameOf(i))}`);
    return node;
  };
  const balance = make("td", "hx-ov-col-balance");
  if (flag) balance.append(make("span", `hx-ov-flag hx-ov-flag-${flag}`, FLAGS[flag]));
  else if (given && !predicted) balance.append(make("span", "hx-ov-aside", "none, too few to judge"));
  else if (given) balance.append(make("span", "hx-ov-times", `× ${ratio(i).toFixed(2)}`));
  const line = make("tr", "");
  line.append(name, accuracy, counted("given", given, { given: nameOf(i) }),
    counted("predicted", predicted, { predicted: nameOf(i) }), balance);
  return line;
}
function whiskers(share, floor) {
  const node = make("span", "hx-ov-whiskers");
  const place = (p) => `${(100 * Math.max(0, p - floor)) / (1 - floor)}%`;
  for (const [name, p] of [["--low", share.low], ["--high", share.high], ["--value", share.value], ["--all", state.facts.accuracy.value]])
    node.style.setProperty(name, place(p));
  node.append(make("span", "hx-ov-all"), make("span", "hx-ov-range"), make("span", "hx-ov-dot"));
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", `95 % interval ${between(share)}`);
  node.title = `${percent(share.value)}, 95 % interval ${between(share)}`;
  return node;
}
function drawBalance() {
  const { classes, problem, balance_rule: rule } = state.facts;
  part(".hx-ov-rule-of-balance").textContent = problem ? "" : rule;
  const note = part(".hx-ov-balance");
  const flagged = classes.map((one, i) => [one[5], i]).filter(([flag]) => flag);
  if (problem) { note.textContent = "Without confusion.csv, given and predicted cannot be held against each other."; return; }
  if (!flagged.length) {
    note.textContent = "Balance: no class is predicted clearly more or less often than it is given.";
    return;
  }
  note.replaceChildren("Balance: ");
  Object.keys(FLAGS).forEach((flag) => {
    const of = flagged.filter(([one]) => one === flag);
    if (!of.length) return;
    note.append(make("strong", "", `${FLAGS[flag]}: `));
    of.slice(0, 12).forEach(([, i], place) => {
      const [given, predicted] = classes[i];
      const words = flag === "often" ? { predicted: nameOf(i) } : { given: nameOf(i) };
      const inside = toExamples("hx-ov-link", undefined, words);
      inside.append(nameNode("bdi", nameOf(i)));
      note.append(place ? ", " : "", inside, ` (${count(predicted)} times, given ${count(given)})`);
    });
    note.append(of.length > 12 ? ` and ${of.length - 12} more. ` : ". ");
  });
}
part(".hx-ov-more-classes").addEventListener("click", () => { state.allClasses = !state.allClasses; drawClasses(); });

// ---------------------------------------------------------------- calibration
const BOX = { left: 44, top: 24, side: 300, strip: 44, gap: 26, width: 364, height: 444 };
function shape(tag, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}
function drawCalibration() {
  const { bins, says } = state.facts.calibration;
  part(".hx-ov-sure").textContent = says;
  const { left, top, side, strip, gap, width, height } = BOX;
  const x = (p) => left + side * p, y = (p) => top + side * (1 - p);
  const base = top + side + gap + strip;
  const picture = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "hx-ov-reliability",
    "aria-label": `Reliability diagram. ${says} ${bins.map((one) => `Says ${percent(one.confidence)}, right in ${exact(one.value)} of ${count(one.examples)}.`).join(" ")}` });
  for (const p of [0, 0.25, 0.5, 0.75, 1]) {
    picture.append(shape("line", { x1: x(0), x2: x(1), y1: y(p), y2: y(p), class: "hx-ov-rule" }),
      shape("text", { x: left - 6, y: y(p) + 4, "text-anchor": "end" }, `${100 * p} %`),
      shape("text", { x: x(p), y: base + 16, "text-anchor": "middle" }, `${100 * p} %`));
  }
  const most = Math.max(1, ...bins.map((one) => one.examples));
  for (const one of bins) {
    const from = x(one.from) + 1, wide = Math.max(1, x(one.to) - x(one.from) - 2), middle = x(one.confidence);
    const group = shape("g", { class: "hx-ov-bin" });
    const tall = Math.max(1, strip * Math.sqrt(one.examples / most));
    group.append(shape("title", {}, `says ${percent(one.confidence)}, right in ${exact(one.value)} (${between(one)}) of ${many(one.examples, "example")}`),
      shape("rect", { x: from, width: wide, y: y(one.value), height: side * one.value, class: "hx-ov-bar" }),
      shape("line", { x1: middle, x2: middle, y1: y(one.low), y2: y(one.high), class: "hx-ov-whisker" }),
      shape("circle", { cx: middle, cy: y(one.value), r: 3.5, class: "hx-ov-point" }),
      shape("rect", { x: from, width: wide, y: base - tall, height: tall, class: "hx-ov-count-bar" }));
    picture.append(group);
  }
  picture.append(shape("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), class: "hx-ov-diagonal" }),
    shape("text", { x: x(0), y: top - 9, class: "hx-ov-axis" }, "how often it is right"),
    shape("text", { x: x(0), y: base - strip - 5, class: "hx-ov-axis" }, "how many examples (square root)"),
    shape("text", { x: x(0.5), y: base + 34, "text-anchor": "middle", class: "hx-ov-axis" }, "confidence: what the model says"));
  part(".hx-ov-diagram").replaceChildren(picture);
  const table = part(".hx-ov-bins");
  table.querySelector("thead").replaceChildren(row("th", ["confidence", "examples", "says", "is right", "95 % interval"]));
  table.querySelector("tbody").replaceChildren(...bins.map((one) => {
    const range = make("th", "", `${Math.round(100 * one.from)} to ${Math.round(100 * one.to)} %`);
    range.scope = "row";
    return row("td", [range, count(one.examples), percent(one.confidence), exact(one.value), between(one)]);
  }));
}

// ---------------------------------------------------------------- heads of the lists
const NO_HEAD = {
  wrong: "Every prediction agrees with its given label. The unsure list still shows where the model hesitates; examples the model was not tuned on may show more.",
  unsure: "This list is empty. Rank again with a higher --count to fill it.",
};
function drawHead(box) {
  const list = box.dataset.list, { total, examples } = state.facts.heads[list];
  const title = box.querySelector(".hx-ov-title");
  title.querySelector("a")?.remove();
  const cards = box.querySelector(".hx-ov-cards");
  if (!total) {
    cards.replaceChildren(make("p", "hx-ov-note", list === "wrong" && state.facts.wrong ? NO_HEAD.unsure : NO_HEAD[list]));
    return;
  }
  const all = link("hx-ov-link", `All ${count(total)} of the list`, { page: "browse", list });
  all.setAttribute("aria-label", `All ${count(total)} of the list ${list}`);
  title.append(all);
  cards.replaceChildren(...examples.map((one) => {
    const card = link("hx-ov-card", undefined, { page: "browse", list, id: one.id });
    if (one.image) {
      const image = make("img", "hx-pixels");
      image.src = one.image;
      image.alt = "";
      card.append(image);
    } else card.append(make("span", "hx-noimage", "no image"));
    const words = make("span", "hx-ov-shift");
    if (one.given === one.predicted) words.append(nameNode("bdi", one.given), " ✓");
    else arrow(words, one.given, one.predicted);
    card.append(words, make("span", "hx-ov-aside", percent(one.confidence)));
    card.setAttribute("aria-label", `${plain(one.id)}: given ${plain(one.given)}, predicted ${plain(one.predicted)}, confidence ${percent(one.confidence)}`);
    return card;
  }));
}

let drawn = "";
function draw() {
  const there = Boolean(props.value && props.value.class_names);
  if (!there && !(props.value && props.value.problem)) return;
  part(".hx-ov-wait").hidden = there;
  part(".hx-ov-body").hidden = !there;
  if (!there) { part(".hx-ov-wait").textContent = props.value.problem; return; }
  // Drawn anew, a link would lose the focus, or a click on it.
  const facts = JSON.stringify(props.value);
  if (facts === drawn) return;
  drawn = facts;
  state.facts = props.value;
  drawFigures();
  drawMatrix();
  drawPairs();
  drawClasses();
  drawCalibration();
  for (const box of element.querySelectorAll(".hx-ov-head")) drawHead(box);
  sayMore();
}

whenAddressed("overview", (words) => showShares(words.shares));
watch("value", draw);
draw();
}
