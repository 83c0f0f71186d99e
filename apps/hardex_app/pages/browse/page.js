// The Browse page: any view of the examples, a page at a time, and one of them large.
// @ts-nocheck -- not typed yet
/* eslint-disable -- not linted yet */
import { address, addressOf, go, stay, whenAddressed } from "../../ui/address.js";
import { make, plain } from "../../ui/dom.js";
import { count, percent } from "../../ui/numbers.js";
import { requestsOf, silence, uuid } from "../../ui/requests.js";
import { keepInTab, keptInTab } from "../../ui/tab_store.js";

export function start({ element, props, server, trigger, watch }) {
const part = (selector) => element.querySelector(selector);
const { latched } = requestsOf(element);
const form = part(".hx-filters"), grid = part(".hx-grid");
const LISTS = { hard: "hard", unsure: "unsure", wrong: "wrong", all: "all examples" };
const SIMPLE = ["given", "predicted", "correct", "text", "sort", "score", "least", "most", "verdict", "cause"];
const state = { facts: null, words: {}, asked: null, page: null, id: null, shown: null, zoom: null, pictures: new Map(), token: null };

let typing = null;  // the pause after a letter

// ---------------------------------------------------------------- the address <-> the filters
function viewWords(words) {
  const { id, page, ...view } = words;
  for (const name of Object.keys(view)) if (name.startsWith("__")) delete view[name];
  return view;
}
function fromForm() {
  const words = { page: "browse", list: form.elements.list.value };
  for (const name of SIMPLE) words[name] = form.elements[name].value;
  words.text = words.text.trim();
  if (!words.score) words.least = words.most = "";
  for (const field of part(".hx-meta").querySelectorAll("[name]")) words[field.name] = field.value;
  if (part(".hx-order").getAttribute("aria-pressed") === "true") words.order = "asc";
  if (words.list === "hard") words.list = "";
  return { ...words, id: state.id };  // what is open stays open
}
function fillForm(words) {
  const list = words.list || "hard";
  for (const one of form.querySelectorAll("[name=list]")) one.checked = one.value === list;
  // What is just being typed is newer than the address.
  for (const name of SIMPLE) if (!(name === "text" && typing)) set(form.elements[name], words[name] || "");
  for (const field of part(".hx-meta").querySelectorAll("[name]")) set(field, words[field.name] || "");
  const ascending = words.order === "asc", order = part(".hx-order");
  order.setAttribute("aria-pressed", String(ascending));
  order.textContent = ascending ? "↑" : "↓";
  order.setAttribute("aria-label", ascending ? "the other way round: on" : "the other way round: off");
  order.title = order.getAttribute("aria-label");
  const hidden = ["score", "least", "most", "verdict", "cause"].some((name) => words[name]) || Object.keys(words).some((name) => name.startsWith("meta."));
  if (hidden) part(".hx-more").open = true;
  for (const name of ["least", "most"]) form.elements[name].disabled = !form.elements.score.value;
  part(".hx-clear-filters").hidden = !Object.keys(viewWords(words)).some((name) => name !== "p" && name !== "list" && words[name]);
}
function set(field, value) {
  field.value = value;
  // A value that is not on offer is shown all the same; the server says what is wrong with it.
  if (field.tagName === "SELECT" && field.value !== value) { field.append(option(value, value)); field.value = value; }
}
function option(value, words) {
  const node = make("option", "", plain(words));
  node.value = value;
  return node;
}
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", (event) => { if (event.target.type !== "search") go(fromForm()); });
form.addEventListener("input", (event) => {
  if (event.target.type !== "search") return;
  clearTimeout(typing);
  typing = setTimeout(() => { typing = null; go(fromForm(), { instead: Boolean(state.words.text) }); }, 150);
});
// Who leaves the page while typing is not brought back.
window.addEventListener("hardex:address", () => { if (address().page !== "browse") { clearTimeout(typing); typing = null; } });
part(".hx-order").addEventListener("click", (event) => {
  event.currentTarget.setAttribute("aria-pressed", String(event.currentTarget.getAttribute("aria-pressed") !== "true"));
  go(fromForm());
});
part(".hx-clear-filters").addEventListener("click", () => { form.reset(); go({ page: "browse", list: state.words.list, id: state.id }); });

// ---------------------------------------------------------------- a page of examples
const askPage = latched(async () => {
  const words = viewWords(state.words), key = JSON.stringify(words);
  if (state.asked === key || !state.facts) return;
  const answer = await server.browse(words);
  if (answer.waiting) { setTimeout(askPage, 500); return; }
  state.asked = key;
  problem(".hx-page-problem", answer.error);
  state.page = answer.error ? { total: 0, page: 1, pages: 1, examples: [], empty: "" } : answer;
  drawPage();
}, (why) => problem(".hx-page-problem", why));
function problem(where, text) { part(where).textContent = text || ""; part(where).hidden = !text; }

function drawPage() {
  const inGrid = grid.contains(document.activeElement);
  const { examples, total, page, pages, size, empty } = state.page;
  part(".hx-count").textContent = total > examples.length
    ? `${count((page - 1) * size + 1)}–${count((page - 1) * size + examples.length)} of ${count(total)} examples`
    : `${count(total)} example${total === 1 ? "" : "s"}`;
  part(".hx-empty").textContent = empty;
  part(".hx-pager").hidden = pages <= 1;
  part(".hx-page-number").value = page;
  part(".hx-page-number").max = pages;
  part(".hx-pages-count").textContent = `of ${count(pages)}`;
  for (const name of [".hx-first", ".hx-prev"]) part(name).disabled = page <= 1;
  for (const name of [".hx-next", ".hx-last"]) part(name).disabled = page >= pages;
  grid.replaceChildren(...examples.map(card));
  const opened = markOpen();
  if (inGrid) (opened || grid.querySelector(".hx-card"))?.focus({ preventScroll: true });
  if (state.openAt !== undefined && examples.length) {
    open(examples[state.openAt < 0 ? examples.length - 1 : 0].id);
    state.openAt = undefined;
  }
  askPictures(examples.map((one) => one.id));
  element.dataset.pages = String(Number(element.dataset.pages || 0) + 1);
}
function card(one) {
  const button = make("button", "hx-card");
  button.type = "button";
  button.dataset.id = one.id;
  const right = one.given === one.predicted;
  const shift = make("strong", "hx-shift");
  shift.append(make("span", "", plain(one.given)), make("span", "", right ? "✓" : `→ ${plain(one.predicted)}`));
  const ranks = Object.entries(one.ranks);
  button.dataset.says = `${ranks.map(([list, rank]) => `${list} ${rank}, `).join("")}given ${plain(one.given)}, predicted ${plain(one.predicted)}, confidence ${one.confidence.toFixed(2)}`;
  button.append(make("span", "hx-place"));
  const line = make("span", "hx-line");
  for (const [list, rank] of ranks) line.append(make("span", `hx-tag hx-${list}`, `${list} ${rank}`));
  const sorted = state.words.sort && one.score !== null && state.words.sort !== "confidence";
  const head = make("span", "hx-card-head"), number = make("span", "hx-conf", sorted ? one.score.toFixed(3) : percent(one.confidence));
  number.title = sorted ? plain(state.words.sort) : "confidence";
  head.append(shift, number);
  button.append(head, line);
  drawMark(button, one);
  button.title = `given ${plain(one.given)}, predicted ${plain(one.predicted)}\n${plain(one.id)}`;
  button.addEventListener("click", () => open(one.id, true));
  const item = make("div", "hx-item");
  item.setAttribute("role", "listitem");
  item.append(button);
  return item;
}
// What people say of it: "right", "wrong ×2", "right, wrong".
function markOf(verdicts) {
  const words = [...new Set(verdicts)].map((one) => [one, verdicts.filter((other) => other === one).length]);
  const named = (value) => (state.facts.verdicts.find((one) => one.value === value) || { words: value }).words.toLowerCase();
  return words.map(([value, times]) => named(value) + (times > 1 ? ` ×${times}` : "")).join(", ");
}
function drawMark(card, one) {
  card.querySelector(".hx-mark")?.remove();
  const text = markOf(one.verdicts);
  card.setAttribute("aria-label", card.dataset.says + (text ? `, judged ${text}` : ""));
  if (!text) return;
  const mark = make("span", `hx-tag hx-mark hx-mark-${new Set(one.verdicts).size > 1 ? "split" : one.verdicts[0]}`, `✎ ${text}`);
  mark.title = `what people say of the given label: ${text}`;
  card.querySelector(".hx-line").append(mark);
}
async function askPictures(ids) {
  fillPictures();
  const missing = ids.filter((id) => !state.pictures.has(id)), parts = [];
  for (let at = 0; at < missing.length; at += 20) parts.push(missing.slice(at, at + 20));
  await Promise.all(parts.map(async (part) => {  // all at once; each is drawn when it comes
    const answer = await server.pictures(part).catch(() => ({ error: "drawn without them" }));
    if (answer.error || answer.waiting) return;
    for (const [id, url] of Object.entries(answer)) state.pictures.set(id, url);
    fillPictures();
  }));
  while (state.pictures.size > 1200) state.pictures.delete(state.pictures.keys().next().value);
}
function fillPictures() {
  for (const box of grid.querySelectorAll(".hx-card")) {
    const place = box.querySelector(".hx-place"), url = state.pictures.get(box.dataset.id);
    if (url === undefined || place.dataset.filled) continue;
    place.dataset.filled = "yes";
    if (!url) { place.textContent = "no image"; continue; }
    const image = make("img", "hx-pixels");
    image.src = url;
    image.alt = "";
    place.replaceChildren(image);
  }
}
function turn(page) { go({ ...state.words, page: "browse", id: "", p: page > 1 ? page : "" }); }
for (const [name, where] of [[".hx-first", () => 1], [".hx-prev", () => state.page.page - 1],
  [".hx-next", () => state.page.page + 1], [".hx-last", () => state.page.pages]])
  part(name).addEventListener("click", () => turn(where()));
part(".hx-page-number").addEventListener("change", (event) => turn(Math.max(1, Math.round(Number(event.target.value)) || 1)));

// ---------------------------------------------------------------- one example, large
function markOpen() {
  const cards = [...grid.querySelectorAll(".hx-card")];
  const opened = cards.find((one) => one.dataset.id === state.id);
  for (const one of cards) {
    one.setAttribute("aria-pressed", String(one === opened));
    one.tabIndex = one === (opened || cards[0]) ? 0 : -1;  // one stop for Tab; arrows do the rest
  }
  const at = cards.indexOf(opened), { page, pages } = state.page || { page: 1, pages: 1 };
  part(".hx-before-this").disabled = at < 0 || (at === 0 && page <= 1);
  part(".hx-after-this").disabled = at < 0 || (at === cards.length - 1 && page >= pages);
  return opened;
}
function open(id, byHand) {
  state.id = id;
  state.byHand = byHand;
  stay({ page: "browse", id });
  const opened = state.page && markOpen();
  if (opened) opened.scrollIntoView({ block: "nearest" });
  askExample();
}
const askExample = latched(async () => {
  const id = state.id;
  if (!id || !state.facts || (state.shown && state.shown.id === id)) return;
  const answer = await server.example(id);
  if (answer.waiting) { setTimeout(askExample, 500); return; }
  if (state.id !== id) { setTimeout(askExample); return; }  // another was opened meanwhile
  problem(".hx-example-problem", answer.error);
  if (answer.error) { forgetUnsaved(id); return; }
  state.shown = answer;
  drawExample();
  askImage();
  askNeighbours();
  if (part(".hx-scores").open) askEasier();
}, (why) => problem(".hx-example-problem", why));

function bar(one, shown) {
  const row = make("div", "hx-bar");
  if (one.class === shown.given) row.classList.add("hx-is-given");
  if (one.class === shown.predicted) row.classList.add("hx-is-predicted");
  const track = make("span", "hx-track"), fill = make("span", "hx-fill");
  fill.style.width = `${100 * one.p}%`;
  track.append(fill);
  const name = make("span", "hx-class", plain(one.class));
  name.title = plain(one.class);
  row.append(name, track, make("span", "hx-value", percent(one.p)));
  return row;
}
function fact(name, words, text, copy) {
  const value = make("dd", `hx-fact-${name}`);
  value.append(make("span", "hx-fact-text", plain(text)));
  if (copy) {
    const button = make("button", "hx-copy", "Copy");
    button.type = "button";
    button.setAttribute("aria-label", `copy the ${words}`);
    button.addEventListener("click", () => copyText(text, button, value.firstChild));
    value.append(button);
  }
  return [make("dt", "", words), value];
}
async function copyText(text, button, shown) {
  try { await navigator.clipboard.writeText(text); } catch (error) {
    // Browsers offer the clipboard only over https and on this computer: mark it for Ctrl-C instead.
    getSelection().selectAllChildren(shown);
    button.textContent = "Marked: press Ctrl-C";
    return;
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}
function drawExample() {
  const shown = state.shown;
  part(".hx-hint").hidden = true;
  part(".hx-detail-body").hidden = false;
  part(".hx-says").textContent = shown.given === shown.predicted
    ? `${plain(shown.given)}, and the model agrees` : `Given ${plain(shown.given)}, the model says ${plain(shown.predicted)}`;
  part(".hx-probe-this").href = addressOf({ page: "probe", id: shown.id });
  const facts = [...fact("given", "given", shown.given), ...fact("predicted", "predicted", shown.predicted),
    ...fact("confidence", "confidence", percent(shown.confidence)), ...fact("id", "id", shown.id, true)];
  if (shown.file_name) facts.push(...fact("file", "file name", shown.file_name, true));
  for (const [name, value] of Object.entries(shown.meta)) facts.push(...fact("meta", plain(name), value));
  part(".hx-facts").replaceChildren(...facts);
  part(".hx-reasons").replaceChildren(...(shown.reasons.length ? shown.reasons.map((one) => {
    const item = make("li", "");
    item.append(make("span", `hx-tag hx-${one.list}`, `${one.list} ${one.rank}`), ` ${plain(one.reason)}`);
    return item;
  }) : [make("li", "hx-quiet", "in neither list of hard examples")]));
  part(".hx-bars").replaceChildren(...shown.bars.map((one) => bar(one, shown)));
  part(".hx-bars").setAttribute("aria-label", "probabilities: " + shown.bars.map((one) => `${plain(one.class)} ${percent(one.p)}`).join(", "));
  part(".hx-score-list").replaceChildren(...shown.scores.flatMap((one) => {
    const name = make("dt", ""), value = make("dd", "");
    name.append(make("strong", "", plain(one.name)), make("span", "hx-meaning", [one.meaning, one.formula].filter(Boolean).join(": ")));
    const easier = make("span", "hx-meaning hx-easier");
    easier.dataset.score = one.name;
    value.append(make("strong", "", one.value.toFixed(4)), easier);
    return [name, value];
  }));
  drawSaid(shown.said);
  press(null);
  part(".hx-judge-comment input").value = "";
  part(".hx-judge-says").textContent = "";
  part(".hx-new-label").value = "";
  tellUnsaved();
  part(".hx-neighbours").hidden = true;
  // On a phone the detail lies below all cards: bring it to the eye.
  if (state.byHand && window.innerWidth < 900) part(".hx-detail").scrollIntoView({ block: "start" });
  state.byHand = false;
  element.dataset.opened = shown.id;
}
// The picture and the place among all take longer than the rest, and follow it.
async function askImage() {
  const id = state.shown.id, image = part(".hx-large");
  const known = state.pictures.get(id);
  if (known) { image.onload = () => zoom(state.zoom); image.src = known; }  // small, until the large one comes
  showImage(known !== "");
  const answer = (await server.image(id).catch(() => null)) || { error: await silence() };
  if (!state.shown || state.shown.id !== id || answer.waiting) return;
  showImage(Boolean(answer.image), answer.error);
  if (!answer.image) return;
  image.onload = () => zoom(state.zoom);
  image.src = answer.image;
  image.alt = `example ${plain(id)}`;
  part(".hx-size").textContent = answer.whole ? `${answer.width} × ${answer.height}` : `${answer.width} × ${answer.height}, shown smaller`;
  element.dataset.pictured = id;
}
function showImage(there, why) {
  for (const name of [".hx-large", ".hx-zoom-says", ".hx-in", ".hx-out", ".hx-probe-this", ".hx-size"]) part(name).hidden = !there;
  part(".hx-figure .hx-noimage").hidden = there;
  part(".hx-figure .hx-noimage").textContent = why || "";
}
async function askEasier() {
  const id = state.shown.id;
  const answer = (await server.easier(id).catch(() => null)) || {};
  if (!state.shown || state.shown.id !== id) return;
  for (const node of element.querySelectorAll(".hx-easier")) {
    const easier = answer[node.dataset.score];
    if (typeof easier === "number") node.textContent = `harder than ${(Math.floor(10000 * easier) / 100).toFixed(2)} % of all`;
  }
}
part(".hx-scores").addEventListener("toggle", () => { if (part(".hx-scores").open && state.shown) askEasier(); });
function step(by) {
  // The ring around a verdict would look like one on the next example.
  if (part(".hx-judge").contains(document.activeElement)) part(".hx-detail").focus({ preventScroll: true });
  const ids = state.page ? state.page.examples.map((one) => one.id) : [], at = ids.indexOf(state.id);
  if (at < 0) { if (ids.length) open(ids[0]); return; }
  if (ids[at + by] !== undefined) {
    const inGrid = grid.contains(document.activeElement);
    open(ids[at + by]);
    if (inGrid) grid.querySelector('[aria-pressed="true"]').focus();
  } else if (by < 0 ? state.page.page > 1 : state.page.page < state.page.pages) {
    state.openAt = by < 0 ? -1 : 0;
    turn(state.page.page + by);
  }
}
part(".hx-to-list").addEventListener("click", () => {
  const opened = grid.querySelector('[aria-pressed="true"]') || grid;
  opened.scrollIntoView({ block: "center" });
  opened.focus?.({ preventScroll: true });
});
part(".hx-before-this").addEventListener("click", () => step(-1));
part(".hx-after-this").addEventListener("click", () => step(1));
document.addEventListener("keydown", (event) => {
  if (address().page !== "browse" || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const at = event.target, editing = at.closest && at.closest("input, select, textarea, [contenteditable], .hx-figure");
  if (editing || (at !== document.body && !element.contains(at))) return;
  const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  const by = { ArrowLeft: -1, ArrowRight: 1, ...(grid.contains(at) ? { ArrowUp: -columns, ArrowDown: columns } : {}) }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  const ids = state.page ? state.page.examples.map((one) => one.id) : [];
  if (Math.abs(by) > 1) {
    const next = ids[ids.indexOf(state.id || at.dataset.id) + by];
    if (next !== undefined) { open(next); grid.querySelector('[aria-pressed="true"]').focus(); }
  } else step(by);
});
part(".hx-probe-this").addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go({ page: "probe", id: state.shown.id });
});

// ---------------------------------------------------------------- zoom: whole steps, no smoothing
const STEPS = [0.25, 0.5, 1, 2, 3, 4, 6, 8, 10, 12, 16, 24, 32, 48, 64];
function fits() {
  const image = part(".hx-large"), room = Math.min(part(".hx-figure").clientWidth - 4, 320);
  return [...STEPS].reverse().find((one) => one * Math.max(image.naturalWidth, image.naturalHeight) <= room) || STEPS[0];
}
function zoom(wanted) {
  const image = part(".hx-large"), factor = wanted || fits();
  image.style.width = `${factor * image.naturalWidth}px`;
  part(".hx-zoom-says").textContent = `${factor} ×`;
  part(".hx-out").disabled = factor === STEPS[0];
  part(".hx-in").disabled = factor === STEPS[STEPS.length - 1];
  state.zoomed = factor;
}
for (const [name, by] of [[".hx-out", -1], [".hx-in", 1]])
  part(name).addEventListener("click", () => {
    state.zoom = STEPS[Math.min(STEPS.length - 1, Math.max(0, STEPS.indexOf(state.zoomed) + by))];
    zoom(state.zoom);
  });
new ResizeObserver(() => { if (!state.zoom && part(".hx-large").naturalWidth) zoom(null); }).observe(part(".hx-detail"));

// ---------------------------------------------------------------- what it looks like in the training data
async function askNeighbours() {
  const id = state.shown.id;
  const answer = await server.neighbours(id).catch(() => null);
  if (!answer || !state.shown || state.shown.id !== id) return;
  part(".hx-neighbours").hidden = false;
  part(".hx-neighbours-say").textContent = answer.waiting || answer.error || plain(answer.sentence);
  part(".hx-neighbour-list").replaceChildren(...(answer.neighbours || []).map((one) => {
    const item = make("figure", "hx-neighbour");
    item.setAttribute("role", "listitem");
    if (one.image) {
      const image = make("img", "hx-pixels");
      image.src = one.image;
      image.alt = `training image ${plain(one.id)}`;
      item.append(image);
    }
    const label = make("figcaption", one.label === state.shown.given ? "hx-same" : "", plain(one.label));
    if (one.copy) label.append(make("strong", "hx-same-picture", " same picture"));
    item.title = `${plain(one.id)}: distance ${one.distance.toFixed(3)}`;
    item.append(label);
    return item;
  }));
  if (answer.waiting) setTimeout(() => { if (state.shown.id === id && !document.hidden) askNeighbours(); }, 2000);
}

// ---------------------------------------------------------------- verdicts
function drawSaid(lines) { part(".hx-said").replaceChildren(...lines.map((line) => make("li", "", plain(line)))); }
function press(verdict) {
  for (const button of part(".hx-verdicts").children) button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
}
// Verdicts by id that the server has not said to be stored, also over a reload. Those whose answer may
// still come are under way.
const VERDICTS = "hardex.verdicts";
const unsaved = new Map(), underWay = new Set();
function keepUnsaved() { keepInTab(VERDICTS, state.facts.whose, [...unsaved]); }
function forgetUnsaved(id) { if (unsaved.delete(id)) keepUnsaved(); }
function judge(verdict) {
  const id = state.shown.id, token = state.token = uuid(), comment = part(".hx-judge-comment input").value.trim();
  const new_label = verdict === "wrong" ? part(".hx-new-label").value : "";
  part(".hx-judge-says").textContent = "Saving…";
  unsaved.set(id, { token, comment, new_label });
  underWay.add(token);
  keepUnsaved();
  trigger("judge", { id, verdict, new_label, comment, token });
  setTimeout(() => { if (underWay.delete(token)) tellUnsaved(); }, 10000);
}
// What may not be saved is told where it can be chosen again; of another example it is told beside it.
function tellUnsaved() {
  const ids = [...unsaved.keys()].filter((id) => !underWay.has(unsaved.get(id).token)), here = state.shown && state.shown.id;
  if (!ids.length) return;
  if (ids.includes(here)) {
    part(".hx-judge-says").textContent = "The server did not answer: your verdict may not be saved. Choose it again.";
    part(".hx-judge-comment input").value ||= unsaved.get(here).comment;
    part(".hx-new-label").value ||= unsaved.get(here).new_label;
    return;
  }
  const more = ids.length > 1 ? ` and ${ids.length - 1} more` : "";
  part(".hx-judge-says").textContent = `Your verdict on ${plain(ids[0])}${more} may not be saved: open it and choose it again.`;
}
function heard(said) {
  if (state.words.verdict) { state.asked = null; askPage(); }  // the view may have changed by it
  if (said.verdicts) remark(said.id, said.verdicts);
  const isHere = state.shown && said.id === state.shown.id && said.token === state.token;
  underWay.delete(said.token);
  // Why it was refused is told here and now; elsewhere that it is not saved.
  if (unsaved.get(said.id)?.token === said.token && (isHere || !said.error)) forgetUnsaved(said.id);
  if (!isHere) {
    if (!underWay.has(state.token)) part(".hx-judge-says").textContent = "";
    tellUnsaved();
    return;
  }
  part(".hx-judge-says").textContent = said.error || "Saved.";
  if (said.error) return;
  part(".hx-judge-comment input").value = "";
  state.shown.said = said.lines;
  drawSaid(said.lines);
  press(said.verdict);
}
function remark(id, verdicts) {
  const one = state.page?.examples.find((other) => other.id === id);
  const box = [...grid.querySelectorAll(".hx-card")].find((other) => other.dataset.id === id);
  if (!one || !box) return;
  one.verdicts = verdicts;
  drawMark(box, one);
}

// ---------------------------------------------------------------- what can be asked for, once
function load(facts) {
  if (!state.facts) for (const [id, said] of keptInTab(VERDICTS, facts.whose) || []) unsaved.set(id, said);
  state.facts = facts;
  part(".hx-lists").replaceChildren(part(".hx-lists legend"), ...Object.entries(LISTS).map(([value, words]) => {
    const box = make("label", "hx-radio"), radio = document.createElement("input");
    Object.assign(radio, { type: "radio", name: "list", value });
    box.append(radio, make("span", "", words));
    return box;
  }));
  const classes = () => [option("", "any"), ...facts.class_names.map((name) => option(name, name))];
  form.elements.given.replaceChildren(...classes());
  form.elements.predicted.replaceChildren(...classes());
  part(".hx-new-label").replaceChildren(option("", "not said"), ...classes().slice(1));
  const scores = () => facts.scores.map((one) => option(one.name, one.name));
  form.elements.sort.replaceChildren(option("", "rank / position"), ...scores(), option("position", "position"));
  form.elements.score.replaceChildren(option("", "no score"), ...scores());
  form.elements.verdict.replaceChildren(option("", "any or none"), option("none", "not judged yet"), option("any", "judged"), ...facts.verdicts.map((one) => option(one.value, one.words)));
  form.elements.cause.replaceChildren(option("", "any"), ...facts.causes.map((one) => option(one, one)));
  part(".hx-cause").hidden = !facts.causes.length;
  part(".hx-meta").replaceChildren(...facts.meta.map((one, at) => {
    const box = make("label", "", `${plain(one.name)} `), field = document.createElement("input");
    field.name = `meta.${one.name}`;
    const list = make("datalist", "");
    list.id = `hx-meta-${at}`;
    list.append(...one.values.map((value) => option(value, value)));
    field.setAttribute("list", list.id);
    box.append(field, list);
    return box;
  }));
  part(".hx-verdicts").replaceChildren(...facts.verdicts.map((one) => {
    const button = make("button", "hx-button", one.words);
    button.type = "button";
    button.dataset.verdict = one.value;
    button.addEventListener("click", () => judge(one.value));
    return button;
  }));
  state.asked = null;
  show(state.words);
}
function show(words) {
  state.words = words;
  if (!state.facts) return;
  fillForm(words);
  if (words.verdict) state.asked = null;  // people may have judged meanwhile
  askPage();
  if (words.id && words.id !== state.id) { state.id = words.id; markOpen(); }
  if (words.id) askExample();
}
const received = () => {
  if (props.value && props.value.problem) part(".hx-browse-columns .hx-empty").textContent = props.value.problem;
  else if (props.value && !state.facts) load(props.value);
};
watch("value", received);
watch("said", () => { if (props.said) heard(props.said); });
received();
whenAddressed("browse", show);
}
