// The Probe page: a picture is drawn, taken or chosen; what is done to it, and what the model then
// says, live. Class names, ids and notes arrive as data and are set as text, never as markup.
// @ts-nocheck -- not typed yet
/* eslint-disable -- not linted yet */
import { address, go, link, stay, whenAddressed } from "../../ui/address.js";
import { make, plain } from "../../ui/dom.js";
import { count, percent } from "../../ui/numbers.js";
import { requestsOf, silence, uuid } from "../../ui/requests.js";
import { keepInTab, keptInTab } from "../../ui/tab_store.js";

export function start({ element, props, server, trigger, watch }) {
const part = (selector) => element.querySelector(selector);
const { latched, countAsking } = requestsOf(element);
const COLORS = ["#2f6fde", "#e4572e", "#17a673", "#9b5de5", "#c99700", "#00a5b8", "#d6457f", "#6c757d", "#7f5539"];
const MAIN = ["scale", "rotation", "shift_x", "shift_y"];  // the others stand under "More changes"
const CURVE_LEFT = 46, CURVE_RIGHT = 26;

const state = {
  kind: "sketch", id: null, strokes: [], taken: null,  // where the picture comes from
  expected: { sketch: "", image: "" },  // what the visitor says that it should be
  kept: null,  // the kept probe that is open, while it is unchanged
  transform: {}, along: "rotation",
  facts: null, answer: null, curve: null, pictures: 0,
};
const rows = new Map();  // a transform's name -> its row: what it is, and the parts that show it

// ---------------------------------------------------------------- asking the server
let expecting = false;  // whether the next answer says what the picture should be
const ASKED = {
  sketch: () => state.strokes.length && { kind: "sketch", ...drawing() },
  image: () => state.taken && { kind: "image", pixels: state.taken.pixels, shape: state.taken.shape },
  example: () => state.id && { kind: "example", id: state.id },
};
// The source of the picture as the server wants it, or null while there is none.
function source() {
  const one = ASKED[state.kind]() || null;
  const expected = part(".hx-expected").value;
  return one && expected && state.kind !== "example" ? { ...one, expected } : one;
}
function request(from) {
  const transform = { ...state.transform };
  for (const [name, { one }] of rows) if (isSwitch(one)) transform[name] = Boolean(transform[name]);
  return { source: from, transform };
}

const askProbe = latched(async () => {
  const from = source();
  if (!from) { showNothing(); return; }
  const picture = state.pictures;
  const answer = await server.probe(request(from));
  if (refused(answer, askProbe) || !source()) return;
  state.answer = answer;
  showAnswer();
  if (expecting && picture === state.pictures) { part(".hx-keep-expected").value = answer.given || ""; expecting = false; }
  if (!sameShape(answer.before.shape)) learnShape(answer.before.shape);
}, say);
const askCurve = latched(async () => {
  const from = source();
  if (!from) return;
  const answer = await server.curve({ ...request(from), along: state.along });
  if (refused(answer, askCurve) || !source() || answer.along !== state.along) return;
  state.curve = answer;
  showCurve();
}, say);
function refused(answer, retry) {
  if (!answer) throw new Error("no answer");  // which is how Gradio tells of most failures
  if (answer.waiting) { say(answer.waiting); setTimeout(retry, 400); return true; }
  if (answer.error) { say(answer.error); return true; }
  say("");
  return false;
}
function say(text) { part(".hx-status").textContent = text; part(".hx-status").hidden = !text; }
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
// For what is asked once, at the press of a button: the answer, or one with an `error`.
async function asked(ask, about, waiting) {
  for (;;) {
    let answer;
    countAsking(1);
    try { answer = await ask(about); } catch (error) { answer = null; }
    countAsking(-1);
    if (!answer) return { error: await silence() };
    if (!answer.waiting) return answer;
    if (waiting) waiting(answer.waiting);
    await wait(400);
  }
}

let curveTimer = null;
function curveSoon() { clearTimeout(curveTimer); curveTimer = setTimeout(askCurve, 80); }
function pictureChanged() {
  state.pictures += 1;
  forgetSmallest();
  askProbe();
  curveSoon();
}
function transformChanged(names) {
  askProbe();
  if (names.some((name) => name !== state.along)) curveSoon();
  drawCurve();
  remember();
}

// ---------------------------------------------------------------- the address
let addressTimer = null;
function remember() {
  markKept();
  allowKeeping();
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => {
    if (address().page !== "probe" || !state.facts) return;
    const words = { id: state.kind === "example" ? state.id : "", probe: state.kept, along: state.along === "rotation" ? "" : state.along };
    for (const [name, row] of rows) words[name] = state.transform[name] === row.one.start ? "" : state.transform[name];
    stay(words);
    markDesk();
  }, 300);
}
// Each step of the browser's history has a desk of its own: what lay on it when it was left, a
// drawing for instance that no address can hold, lies there again when the visitor comes back.
const DESKS_MOST = 20;
const DESKS = "hardex.desks";
const desks = new Map();
let desk = null;  // the one in use
const markDesk = () => history.replaceState({ ...history.state, desk }, "", location.href);
function leaveDesk() {
  if (!desk) return;
  desks.delete(desk);
  desks.set(desk, leftBehind());
  if (desks.size > DESKS_MOST) desks.delete(desks.keys().next().value);
}
// Also over a reload.
function storeDesks() {
  if (!state.facts || !desk) return;  // nothing was found yet
  leaveDesk();
  const all = [...desks];  // the one in use last
  for (let count = all.length; count; count = Math.floor(count / 2)) if (keepDesks(all.slice(-count))) return;
  keepDesks([]);  // too much to be kept
}
function keepDesks(some) { return keepInTab(DESKS, state.facts.whose, { desks: some, sent, keeping: Boolean(keeping) }); }
function findDesks() {
  const found = keptInTab(DESKS, state.facts.whose);
  if (!found) return;
  for (const [name, one] of found.desks) desks.set(name, one);
  sent = found.sent;
  if (found.keeping) keepSays("The page was loaded again before the answer came. Press Keep once more: it is kept once.");
}
addEventListener("pagehide", storeDesks);
document.addEventListener("visibilitychange", () => { if (document.hidden) storeDesks(); });  // a phone may end a page without a word
// Go to the desk of this step; says whether it is another one.
function changeDesk() {
  const here = history.state && history.state.desk;
  if (here && here === desk) return false;
  clearTimeout(addressTimer);  // it was to speak of what was left
  opening += 1;
  leaveDesk();
  desk = here || uuid();
  markDesk();
  return true;
}
const SET = [".hx-keep-expected", ".hx-keep-name", ".hx-keep-note", ".hx-brush", ".hx-grey", ".hx-paper", ".hx-ink"];
function leftBehind() {
  return {
    kind: state.kind, id: state.id, taken: state.taken, kept: state.kept, along: state.along, transform: { ...state.transform },
    expected: { ...state.expected }, strokes: state.strokes.map((stroke) => ({ ...stroke, points: [...stroke.points] })), canvas: [pad.width, pad.height],
    set: SET.map((name) => part(name).value), normalize: part(".hx-normalize").checked, about: part(".hx-taken").textContent, expecting,
  };
}
function layOut(found) {
  taking += 1;  // what is still being read belongs elsewhere
  current = pointer = keys = null;
  Object.assign(state, { id: found.id, taken: found.taken, strokes: found.strokes, expected: { ...found.expected } });
  [pad.width, pad.height] = found.canvas;
  SET.forEach((name, i) => { part(name).value = found.set[i]; });
  part(".hx-normalize").checked = found.normalize;
  fileSays(found.about);
  drawPad();
  showPicked();
  putAll(found.transform);
  choose(found.kind);
  part(".hx-keep-expected").value = found.set[SET.indexOf(".hx-keep-expected")];
  expecting = found.expecting;
  state.kept = found.kept;
  markKept();
  showAlong(found.along);
  remember();
}
// Show what an address names; one that names nothing leaves everything as it was.
let wanted = null;
function open(words) {
  if (!state.facts) { wanted = words; return; }
  wanted = null;
  requestAnimationFrame(drawCurve);  // a hidden page has no width
  listKept();
  if (state.facts.may && !state.facts.may.upload) listJudged();
  const first = !desk;
  if (!changeDesk()) { remember(); return; }
  if (desks.has(desk)) { layOut(desks.get(desk)); return; }
  const changes = [...rows.keys()].filter((name) => name in words);
  if (!changes.length && !["id", "probe", "along"].some((name) => name in words)) {
    const latest = first && [...desks.values()].pop();  // what lay there when the page was loaded again
    if (latest) layOut(structuredClone(latest)); else remember();
    return;
  }
  if (rows.has(words.along)) showAlong(words.along);
  const given = Object.fromEntries(changes.map((name) => [name, Number(words[name])]));
  if (words.probe) { reopen(words.probe, changes.length ? given : null); return; }
  setAll(given);
  if (words.id) { if (state.kind !== "example" || state.id !== words.id) pick(words.id); }
  else if (state.kind === "example") choose("sketch");
}

// ---------------------------------------------------------------- showing the answer
function paint(canvas, one) {
  const [height, width, channels] = one.shape;
  const bytes = Uint8Array.from(atob(one.pixels), (letter) => letter.charCodeAt(0));
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = bytes[i * channels + (channels === 1 ? 0 : c)];
    image.data[4 * i + 3] = 255;
  }
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    canvas.style.aspectRatio = `${width} / ${height}`;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return bytes;
}
function showAnswer() {
  const { before, after, classes, given } = state.answer;
  for (const [name, one] of [["before", before], ["after", after]]) {
    const canvas = part(`.hx-${name}`), said = part(`.hx-says-${name}`);
    const bytes = paint(canvas, one);
    canvas.setAttribute("aria-label", `${name}: the model says ${one.predicted}, ${percent(one.confidence)}`);
    said.replaceChildren(make("span", "hx-says-class", plain(one.predicted)), make("span", "", percent(one.confidence)));
    said.title = one.predicted;
    if (name === "after") showTensor(one, bytes);
  }
  part(".hx-quick").textContent = `The model says ${plain(after.predicted)}, ${percent(after.confidence)}`;
  const bars = part(".hx-pair-bars");
  const key = classes.map((one) => one.class).join("\n");
  if (bars.dataset.key !== key) { bars.replaceChildren(...classes.map(pairBar)); bars.dataset.key = key; }
  classes.forEach((one, i) => {
    const bar = bars.children[i];
    bar.classList.toggle("hx-is-given", one.class === given);
    bar.classList.toggle("hx-is-predicted", one.class === after.predicted);
    bar.querySelector(".hx-fill-before").style.width = `${100 * one.before}%`;
    bar.querySelector(".hx-fill-after").style.width = `${100 * one.after}%`;
    bar.querySelector(".hx-value").textContent =
      percent(one.before) === percent(one.after) ? percent(one.after)
        : `${percent(one.before).replace(" %", "")} → ${percent(one.after)}`;
    bar.title = one.class === given ? `${one.class}: what it should be` : one.class;
  });
  element.dataset.answers = String(Number(element.dataset.answers || 0) + 1);
}
function pairBar(one) {
  const bar = make("div", "hx-bar");
  const tracks = make("span", "hx-track hx-two");
  tracks.append(make("span", "hx-fill hx-fill-before"), make("span", "hx-fill hx-fill-after"));
  bar.append(make("span", "hx-class", plain(one.class)), tracks, make("span", "hx-value"));
  return bar;
}
const bounded = () => Boolean(state.facts && state.facts.may && !state.facts.may.upload);  // an annotator
const nothing = () => (state.facts && state.facts.problem) || {
  sketch: "Draw something, and the model answers while you draw.",
  image: "Choose, drop or paste an image.",
  example: bounded() ? "Choose one of the examples that you have judged." : "Choose a hard example.",
}[state.kind];
function showNothing() {
  state.answer = state.curve = null;
  for (const name of ["before", "after"]) {
    const canvas = part(`.hx-${name}`);
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    canvas.setAttribute("aria-label", `${name}: nothing yet`);
    part(`.hx-says-${name}`).textContent = "";
  }
  for (const name of [".hx-quick", ".hx-tensor-about", ".hx-tensor-at"]) part(name).textContent = "";
  for (const name of [".hx-curve-legend", ".hx-tensor-table"]) part(name).replaceChildren();
  part(".hx-pair-bars").replaceChildren();
  part(".hx-pair-bars").dataset.key = "";
  part(".hx-curve-says").textContent = nothing();
  drawCurve();
}
function showTensor(one, bytes) {
  const box = part(".hx-tensor");
  if (!box.open) return;
  const [height, width, channels] = one.shape;
  const table = state.curve && state.curve.preprocess_table;
  const number = (byte) => table ? table[byte] : byte;
  let least = Infinity, most = -Infinity, sum = 0;
  for (const byte of bytes) { const value = number(byte); least = Math.min(least, value); most = Math.max(most, value); sum += value; }
  part(".hx-tensor-about").textContent =
    `shape (1, ${height}, ${width}, ${channels}), float32, ` +
    `min ${least.toFixed(4)}, max ${most.toFixed(4)}, mean ${(sum / bytes.length).toFixed(4)}, ` +
    `preprocessing ${state.curve ? state.curve.preprocess : "?"}` +
    (state.curve && !table ? "; the numbers shown are the pixels before it" : "");
  const scroll = part(".hx-tensor-scroll");
  scroll.hidden = height * width > 4096;
  if (scroll.hidden) return;
  const lines = [];
  for (let y = 0; y < height; y++) {
    const line = document.createElement("tr");
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      const cell = document.createElement("td");
      const shade = bytes[at + (channels === 1 ? 0 : 1)];  // green is most of what the eye calls light
      cell.textContent = number(bytes[at]).toFixed(2).replace(/^(-?)0\./, "$1.");
      cell.style.background = `rgb(${Array.from({ length: 3 }, (_, c) => bytes[at + (channels === 1 ? 0 : c)])})`;
      cell.style.color = shade > 117 ? "#000" : "#fff";
      cell.dataset.says = `row ${y}, column ${x}: ` + Array.from(bytes.subarray(at, at + channels),
        (byte) => `${number(byte)} (pixel ${byte})`).join(", ");
      line.append(cell);
    }
    lines.push(line);
  }
  part(".hx-tensor-table").replaceChildren(...lines);
}
part(".hx-tensor-table").addEventListener("pointerover", (event) => {
  if (event.target.dataset.says) part(".hx-tensor-at").textContent = event.target.dataset.says;
});
part(".hx-tensor").addEventListener("toggle", () => { if (state.answer) showAnswer(); });

// ---------------------------------------------------------------- what is done to the picture
const isSwitch = (one) => one.switch;
const clamped = (one, value) => Math.min(one.most, Math.max(one.least, value));
const digits = (one) => (String(one.step).split(".")[1] || "").length;
const rounded = (one, value) => Number(value.toFixed(Math.max(2, digits(one))));
const onStep = (one, value) => rounded(one, clamped(one, one.start + Math.round((value - one.start) / one.step) * one.step));
// An amount as people read it: +30°, × 1.20, −2.5 px, on.
function amountText(one, value) {
  if (isSwitch(one)) return value ? "on" : "off";
  const sign = one.least < 0 ? (value > 0 ? "+" : value < 0 ? "\u2212" : "") : "";
  const number = sign + Math.abs(value).toFixed(Number.isInteger(value) && one.unit !== "×" ? 0 : digits(one));
  if (one.unit === "×") return `× ${number}`;
  return one.unit === "°" || !one.unit ? number + (one.unit || "") : `${number} ${one.unit}`;
}
const within = (name) => state.transform[name];
// Take a number for a transform and show it; whether it is another one than before.
function put(name, value) {
  const row = rows.get(name), before = within(name);
  state.transform[name] = Number.isFinite(value) ? rounded(row.one, clamped(row.one, value)) : row.one.start;
  row.show();
  return state.transform[name] !== before;
}
function set(name, value) { if (put(name, value)) transformChanged([name]); }
// Take all numbers at once; those not named do nothing to the picture. Nobody is asked yet: that is
// for a picture that changes, too. The names of those that are others than before.
function putAll(numbers) {
  const changes = [...rows.keys()].filter((name) => put(name, name in numbers ? Number(numbers[name]) : NaN));
  const more = part(".hx-more-changes");
  if (changes.some((name) => !MAIN.includes(name) && within(name) !== rows.get(name).one.start)) more.open = true;
  drawCurve();
  return changes;
}
function setAll(numbers) {
  const changes = putAll(numbers);
  if (changes.length) transformChanged(changes);
}
function showHowMany() {
  const set = [...rows].filter(([name, row]) => !MAIN.includes(name) && within(name) !== row.one.start).length;
  part(".hx-more-set").textContent = set ? ` (${set} set)` : "";
}
function sliderRow(one) {
  const row = make("div", "hx-slider"), id = `probe-${one.name}`;
  const name = make("label", "", one.label);
  name.htmlFor = id;
  const input = make("input", `hx-${one.name}`);
  Object.assign(input, { type: "range", id, min: one.least, max: one.most, step: one.step });
  const number = make("input", "hx-number");
  Object.assign(number, { type: "number", min: one.least, max: one.most, step: one.step });
  number.setAttribute("aria-label", `${one.label}, as a number`);
  const reset = make("button", "hx-reset-one", "↺");
  reset.type = "button";
  reset.title = `Reset ${one.label.toLowerCase()}`;
  reset.setAttribute("aria-label", reset.title);
  const box = make("span", "hx-amount");
  box.append(number, make("span", "hx-unit", one.unit));
  row.append(name, input, box, reset);
  input.addEventListener("input", () => set(one.name, Number(input.value)));
  input.addEventListener("dblclick", () => set(one.name, one.start));
  number.addEventListener("input", () => { if (number.value !== "" && number.checkValidity()) set(one.name, Number(number.value)); });
  number.addEventListener("change", () => { set(one.name, number.value === "" ? one.start : Number(number.value)); number.value = within(one.name); });
  reset.addEventListener("click", () => { set(one.name, one.start); input.focus(); });
  const show = () => {
    const value = within(one.name);
    input.value = value;
    input.setAttribute("aria-valuetext", amountText(one, value));
    if (document.activeElement !== number) number.value = value;
    row.classList.toggle("hx-set", value !== one.start);
    showHowMany();
  };
  return { one, row, show };
}
function switchRow(one) {
  const row = make("label", "hx-slider hx-toggle"), input = make("input", `hx-${one.name}`);
  input.type = "checkbox";
  input.setAttribute("role", "switch");
  row.append(make("span", "", one.label), input);
  input.addEventListener("change", () => set(one.name, input.checked ? 1 : 0));
  const show = () => { input.checked = Boolean(within(one.name)); row.classList.toggle("hx-set", input.checked); showHowMany(); };
  return { one, row, show };
}
function showSliders(sliders) {
  const kept = { ...state.transform };
  rows.clear();
  for (const one of sliders) {
    rows.set(one.name, isSwitch(one) ? switchRow(one) : sliderRow(one));
    state.transform[one.name] = one.name in kept ? rounded(one, clamped(one, kept[one.name])) : one.start;
  }
  for (const row of rows.values()) row.show();
  const [main, more] = [true, false].map((wanted) => [...rows].filter(([name]) => MAIN.includes(name) === wanted).map(([, { row }]) => row));
  part(".hx-sliders-main").replaceChildren(...main);
  part(".hx-sliders-more").replaceChildren(...more);
  const along = part(".hx-along");
  along.replaceChildren(...sliders.map((one) => new Option(one.label, one.name)));
  showAlong(rows.has(state.along) ? state.along : sliders[0].name);
}
part(".hx-reset").addEventListener("click", () => setAll({}));

// ---------------------------------------------------------------- the response curve
function showAlong(name) {
  part(".hx-along").value = name;
  if (name === state.along && state.curve) return;
  state.along = name;
  state.curve = null;
  if (source()) curveSoon();
  drawCurve();
}
part(".hx-along").addEventListener("change", (event) => { showAlong(event.target.value); remember(); });
function showCurve() {
  if (part(".hx-tensor").open && state.answer) showAnswer();  // it knows the preprocessing now
  part(".hx-curve-says").textContent = plain(state.curve.sentence);
  part(".hx-curve-legend").replaceChildren(...state.curve.lines.map((line, i) => {
    const given = line.class === state.curve.given;
    const key = make("span", "hx-key", plain(line.class) + (given ? " (what it should be)" : ""));
    key.title = line.class;
    key.style.setProperty("--key", COLORS[i % COLORS.length]);
    return key;
  }));
  if (axisEnd() < 1) part(".hx-curve-legend").append(make("span", "hx-muted", `The axis ends at ${100 * axisEnd()} %.`));
  drawCurve();
}
const STEPS = [0.1, 0.2, 0.25, 0.5, 1, 2, 4, 5, 7, 8, 10, 15, 20, 28, 45, 50, 90, 100, 200, 500];
function ticks(one, most) {
  if (isSwitch(one)) return [0, 1];
  const step = STEPS.find((step) => (one.most - one.least) / step <= most) || (one.most - one.least) / 2;
  const first = Math.ceil(one.least / step - 1e-9);
  return Array.from({ length: Math.floor(one.most / step + 1e-9) - first + 1 }, (_, i) => rounded(one, (first + i) * step));
}
function drawCurve() {
  const canvas = part(".hx-curve"), ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width || !rows.has(state.along)) return;
  showPlace(canvas);
  const { one } = rows.get(state.along);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const style = getComputedStyle(element);
  const ink = style.getPropertyValue("--body-text-color").trim() || "#333";
  const faint = style.getPropertyValue("--border-color-primary").trim() || "#ccc";
  const paperColor = style.getPropertyValue("--body-background-fill").trim() || "#fff";
  const left = CURVE_LEFT, right = width - CURVE_RIGHT, top = 10, bottom = height - 24;
  const x = (amount) => left + (amount - one.least) / (one.most - one.least) * (right - left);
  const most = axisEnd();
  const y = (p) => bottom - p / most * (bottom - top);
  const line = (points) => {
    pen.beginPath();
    points.forEach(([px, py], i) => i ? pen.lineTo(px, py) : pen.moveTo(px, py));
    pen.stroke();
  };
  pen.font = "12px system-ui, sans-serif";
  pen.lineWidth = 1;
  for (const p of [0, most / 2, most]) {
    pen.strokeStyle = faint; line([[left, y(p)], [right, y(p)]]);
    pen.fillStyle = ink; pen.textAlign = "right"; pen.fillText(`${100 * p} %`, left - 6, y(p) + 4);
  }
  pen.textAlign = "center";
  for (const amount of ticks(one, width < 500 ? 4 : 8)) pen.fillText(amountText(one, amount), x(amount), bottom + 16);
  const now = x(within(state.along));
  pen.strokeStyle = style.getPropertyValue("--color-accent").trim() || "#f60";
  pen.lineWidth = 2;
  line([[now, top], [now, bottom]]);
  if (!state.curve) return;
  state.curve.lines.forEach((each, i) => {
    pen.strokeStyle = pen.fillStyle = COLORS[i % COLORS.length];
    pen.lineWidth = each.class === state.curve.given ? 3 : 1.75;
    const points = each.probabilities.map((p, j) => [x(state.curve.amounts[j]), y(p)]);
    line(points);
    if (points.length < 10) for (const [px, py] of points) { pen.beginPath(); pen.arc(px, py, 4, 0, 7); pen.fill(); }
  });
  pen.lineWidth = 1;
  pen.strokeStyle = pen.fillStyle = ink;
  pen.setLineDash([3, 3]);
  for (const flip of state.curve.flips) line([[x(flip.amount), top], [x(flip.amount), bottom]]);
  pen.setLineDash([]);
  pen.textAlign = "left";
  let taken = null;  // from where to where the label before this one goes
  for (const flip of state.curve.flips) {
    const at = x(flip.amount), words = `${amountText(one, flip.amount)} → ${plain(flip.class)}`.slice(0, 24);
    const wide = pen.measureText(words).width, room = wide + 8;
    const before = flip.amount < one.start ? at - left > room : right - at < room;
    const from = Math.max(0, Math.min(width - wide - 2, before ? at - 5 - wide : at + 5));
    const lower = taken && from < taken[1] + 6 && from + wide > taken[0] - 6;
    const base = top + (lower ? 29 : 12);
    pen.fillStyle = paperColor;
    pen.fillRect(from - 2, base - 12, wide + 4, 16);
    pen.fillStyle = ink;
    pen.fillText(words, from, base);
    taken = [from, from + wide];
  }
}
// Where the axis of confidences ends: with many classes none may ever come near 100 %.
function axisEnd() {
  const highest = state.curve ? Math.max(...state.curve.lines.flatMap((each) => each.probabilities)) : 1;
  return [0.25, 0.5].find((end) => highest <= end) || 1;
}
new ResizeObserver(drawCurve).observe(part(".hx-curve"));
// The chart is a slider, too: by pointer, and by the keys that sliders know.
function showPlace(canvas) {
  const { one } = rows.get(state.along), value = within(state.along);
  const nearest = state.curve ? state.curve.amounts.reduce((best, amount, i, all) =>
    Math.abs(amount - value) < Math.abs(all[best] - value) ? i : best, 0) : null;
  const says = nearest === null ? "" : `: the model says ${state.curve.leaders[nearest]}`;
  const words = { label: `Response curve along ${one.label.toLowerCase()}`, valuemin: one.least, valuemax: one.most, valuenow: value, valuetext: amountText(one, value) + says };
  for (const [name, word] of Object.entries(words)) canvas.setAttribute(`aria-${name}`, word);
}
function pointed(event) {
  const box = part(".hx-curve").getBoundingClientRect(), { one } = rows.get(state.along);
  const across = (event.clientX - box.left - CURVE_LEFT) / (box.width - CURVE_LEFT - CURVE_RIGHT);
  set(state.along, onStep(one, one.least + across * (one.most - one.least)));
}
part(".hx-curve").addEventListener("click", (event) => { if (rows.has(state.along)) pointed(event); });
part(".hx-curve").addEventListener("pointermove", (event) => { if (event.buttons & 1 && event.pointerType === "mouse" && rows.has(state.along)) pointed(event); });
part(".hx-curve").addEventListener("keydown", (event) => {
  if (!rows.has(state.along)) return;
  const { one } = rows.get(state.along), value = within(state.along);
  const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
  const to = { Home: one.least, End: one.most }[event.key];
  if (by === undefined && to === undefined) return;
  event.preventDefault();
  set(state.along, to !== undefined ? to : onStep(one, value + by * (event.shiftKey ? 10 : 1) * one.step));
});

// ---------------------------------------------------------------- the smallest changes
function forgetSmallest() {
  part(".hx-smallest-says").textContent = "";
  part(".hx-smallest-found").replaceChildren();
}
part(".hx-find").addEventListener("click", async () => {
  const from = source(), picture = state.pictures, button = part(".hx-find");
  forgetSmallest();
  const tell = (text) => { part(".hx-smallest-says").textContent = plain(text); };
  if (!from) { tell(nothing()); return; }
  button.disabled = true;
  tell("Looking…");
  const answer = await asked(server.smallest, request(from), tell);
  button.disabled = false;
  if (picture !== state.pictures) { forgetSmallest(); return; }
  if (answer.error) { tell(answer.error); return; }
  tell(answer.sentence);
  const tables = [["Breaks the prediction", answer.breaking], ["Restores what it should be", answer.restoring]]
    .filter(([, found]) => found && found.length).map(([words, found]) => smallestTable(words, found));
  const never = (answer.unchanged || []).map((name) => rows.has(name) ? rows.get(name).one.label.toLowerCase() : name);
  if (never.length) tables.push(make("p", "hx-muted", `Alone, these change the prediction at none of the amounts tried: ${never.join(", ")}.`));
  part(".hx-smallest-found").replaceChildren(...tables);
});
function smallestTable(words, found) {
  const table = make("table", "hx-small-table"), body = document.createElement("tbody"), head = document.createElement("tr");
  for (const [text, about] of [["change", ""], ["becomes", ""], ["pixels", "how much the pixels change: root mean square, of 255"]]) {
    const cell = make("th", "", text);
    cell.scope = "col";
    if (about) cell.title = about;
    head.append(cell);
  }
  const top = document.createElement("thead");
  top.append(head);
  for (const one of found) {
    const row = rows.get(one.transform), line = document.createElement("tr"), cell = document.createElement("td");
    if (!row) continue;
    const button = make("button", "hx-take-it", `${row.one.label} ${amountText(row.one, Number(one.amount))}`);
    button.type = "button";
    button.title = "Set the sliders to it";
    cell.append(button);
    line.append(cell, make("td", "", plain(one.class)), make("td", "hx-number-cell", Number(one.change).toFixed(1)));
    line.addEventListener("click", () => { showAlong(one.transform); setAll({ [one.transform]: Number(one.amount) }); });
    body.append(line);
  }
  table.append(make("caption", "", words), top, body);
  return table;
}

// ---------------------------------------------------------------- the pad
const pad = part(".hx-pad"), brush = part(".hx-brush");
let current = null, pointer = null;  // the stroke being drawn, and by which finger
let keys = null;  // where the pen is while it is led by keys
const colored = () => Boolean(state.facts && state.facts.colored);
const paper = () => colored() ? part(".hx-paper").value : part(".hx-grey").value;
const inkNow = () => colored() ? part(".hx-ink").value : "";
const inkOf = (stroke) => stroke.color || (part(".hx-grey").value === "#ffffff" ? "#000000" : "#ffffff");
function drawing() {
  const widths = state.strokes.map((stroke) => stroke.width), [brush] = widths;
  const whole = {
    strokes: state.strokes.map((stroke) => stroke.points), brush, canvas: [pad.width, pad.height], paper: paper(),
    normalize: !colored() && part(".hx-normalize").checked,
  };
  if (widths.some((width) => width !== brush)) whole.widths = widths;
  return colored() ? { ...whole, colors: state.strokes.map(inkOf) } : whole;
}
function place(event) {
  const box = pad.getBoundingClientRect();
  return [(event.clientX - box.left) * pad.width / box.width, (event.clientY - box.top) * pad.height / box.height]
    .map((value) => Math.round(10 * value) / 10);
}
function drawPad() {
  const pen = pad.getContext("2d");
  pen.fillStyle = paper();
  pen.fillRect(0, 0, pad.width, pad.height);
  pen.lineCap = pen.lineJoin = "round";
  for (const stroke of state.strokes) {
    pen.strokeStyle = pen.fillStyle = inkOf(stroke);
    pen.lineWidth = stroke.width;
    pen.beginPath();
    if (stroke.points.length === 1) { pen.arc(...stroke.points[0], pen.lineWidth / 2, 0, 7); pen.fill(); continue; }
    stroke.points.forEach(([px, py], i) => i ? pen.lineTo(px, py) : pen.moveTo(px, py));
    pen.stroke();
  }
  pen.fillStyle = pen.strokeStyle = "#808080";
  if (!state.strokes.length && !keys) {
    pen.font = "18px system-ui, sans-serif"; pen.textAlign = "center";
    pen.fillText("draw here", pad.width / 2, pad.height / 2);
  }
  if (!keys) return;
  pen.lineWidth = current ? 3 : 1.5;
  pen.beginPath(); pen.arc(...keys, Number(brush.value) / 2 + 2, 0, 7); pen.stroke();
}
function begin(point) {
  current = { points: [point], width: Number(brush.value), color: inkNow() };
  state.strokes.push(current);
  drawn();
}
function drawn() {
  state.kept = null;
  drawPad();
  pictureChanged();
  remember();
}
pad.addEventListener("pointerdown", (event) => {
  if (event.button || current) return;
  event.preventDefault();
  keys = null;
  pointer = event.pointerId;
  pad.setPointerCapture(pointer);
  begin(place(event));
});
pad.addEventListener("pointermove", (event) => {
  if (!current || event.pointerId !== pointer) return;
  const seen = event.getCoalescedEvents ? event.getCoalescedEvents() : [], before = current.points.length;
  for (const one of seen.length ? seen : [event]) {
    const [px, py] = place(one), [lx, ly] = current.points[current.points.length - 1];
    if (Math.hypot(px - lx, py - ly) >= 2) current.points.push([px, py]);  // finer adds work, not shape
  }
  if (current.points.length > before) drawn();
});
for (const end of ["pointerup", "pointercancel", "lostpointercapture"])
  pad.addEventListener(end, (event) => {
    if (!current || event.pointerId !== pointer) return;
    current = pointer = null;  // what was drawn has been asked about
  });
function undo() { current = null; state.strokes.pop(); drawn(); }
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
pad.addEventListener("keydown", (event) => {
  if (event.key === "z" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); undo(); return; }
  if (pointer !== null || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " ") {
    event.preventDefault();
    keys = keys || [pad.width / 2, pad.height / 2];
    if (current) { current = null; drawPad(); } else begin([...keys]);
  } else if (event.key in ARROWS) {
    event.preventDefault();
    const far = event.shiftKey ? 2 : 8, from = keys || [pad.width / 2, pad.height / 2];
    keys = from.map((at, i) => Math.min([pad.width, pad.height][i], Math.max(0, at + far * ARROWS[event.key][i])));
    if (current) { current.points.push([...keys]); drawn(); } else drawPad();
  }
});
pad.addEventListener("blur", () => { if (keys) { keys = current = null; drawPad(); } });
part(".hx-undo").addEventListener("click", undo);
part(".hx-clear").addEventListener("click", () => { state.strokes = []; current = null; expectNothing("sketch"); drawn(); });
for (const name of [".hx-normalize", ".hx-grey", ".hx-paper"]) part(name).addEventListener("input", drawn);

// ---------------------------------------------------------------- where the picture comes from
function choose(kind) {
  state.kind = kind;
  for (const button of element.querySelectorAll(".hx-switch button"))
    button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
  for (const [box, of] of [[".hx-draw", "sketch"], [".hx-take", "image"], [".hx-pick", "example"]]) part(box).hidden = kind !== of;
  part(".hx-expect").hidden = kind === "example";
  part(".hx-expected").value = state.expected[kind] || "";
  state.curve = null;
  expect();
  pictureChanged();
  remember();
}
for (const button of element.querySelectorAll(".hx-switch button"))
  button.addEventListener("click", () => { state.kept = null; choose(button.dataset.kind); });
// What the picture should be: said by the visitor, or the label that an example was given, which
// comes with its answer.
function expect() {
  expecting = state.kind === "example";
  part(".hx-keep-expected").value = expecting ? "" : part(".hx-expected").value;
}
part(".hx-keep-expected").addEventListener("change", () => { expecting = false; });
part(".hx-expected").addEventListener("change", () => {
  state.expected[state.kind] = part(".hx-expected").value;
  state.kept = null;
  expect();
  pictureChanged();
  remember();
});
// Another picture was chosen: nothing that was said of the last one is true of it.
function expectNothing(kind) {
  state.expected[kind] = "";
  if (kind === state.kind) { part(".hx-expected").value = ""; expect(); }
  forgetTexts();
}
// Name and note of the kept probe that was open go with it; what the visitor typed stays.
function forgetTexts() {
  for (const name of TEXTS) if (part(name).value === part(name).dataset.came) part(name).value = "";
}

// --- an example
function pick(id) {
  forgetTexts();
  state.id = id;
  state.kept = null;
  showPicked();
  choose("example");
}
function showPicked() {
  for (const tile of element.querySelectorAll(".hx-tile")) tile.setAttribute("aria-selected", String(tile.dataset.id === state.id));
  const strip = part(".hx-strip"), chosen = part('.hx-tile[aria-selected="true"]');
  rove(chosen || part(".hx-tile"));
  // Only the strip is moved, and only where the chosen one is out of sight.
  if (chosen) requestAnimationFrame(() => {
    const top = chosen.getBoundingClientRect().top - strip.getBoundingClientRect().top;
    if (top < 0 || top + chosen.offsetHeight > strip.clientHeight) strip.scrollTop += top - 8;
  });
  const known = state.id && state.facts && state.facts.examples.find((one) => one.id === state.id);
  part(".hx-picked").textContent = !state.id ? "" : bounded()  // who knows it by a ticket alone
    ? (known ? `An example that you have judged: given ${plain(known.given)}, predicted ${plain(known.predicted)}` : "") : known
    ? `Example ${plain(state.id)}: ${known.list} ${known.rank}, given ${plain(known.given)}, predicted ${plain(known.predicted)}` : `Example ${plain(state.id)}`;
}
function tile(one) {
  const button = make("button", "hx-tile");
  button.type = "button";
  button.dataset.id = one.id;
  button.setAttribute("role", "option");
  button.setAttribute("aria-label", `${one.list} ${one.rank}: given ${one.given}, predicted ${one.predicted}`);
  if (one.image) { const image = make("img", "hx-pixels"); image.src = one.image; image.alt = ""; button.append(image); }
  button.append(make("span", "", `${plain(one.given)} → ${plain(one.predicted)}`));
  button.addEventListener("click", () => {
    if (state.kind !== "example" || state.id !== one.id) putAll({});
    pick(one.id);
  });
  return button;
}
// One stop for the Tab key; the arrows go on from there.
function rove(to) { for (const tile of element.querySelectorAll(".hx-tile")) tile.tabIndex = tile === to ? 0 : -1; }
part(".hx-strip").addEventListener("keydown", (event) => {
  const tiles = [...element.querySelectorAll(".hx-tile")], at = tiles.indexOf(document.activeElement);
  const across = getComputedStyle(part(".hx-strip")).gridTemplateColumns.split(" ").length;
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
  const to = by ? tiles[at + by] : { Home: tiles[0], End: tiles[tiles.length - 1] }[event.key];
  if (at < 0 || !to) return;
  event.preventDefault();
  rove(to);
  to.focus();
});
function showExamples(examples) {
  const strip = part(".hx-strip");
  strip.replaceChildren(...examples.map(tile));
  if (examples.length) strip.setAttribute("role", "listbox");
  else strip.append(make("p", "hx-muted", bounded()
    ? "What you have judged can be probed here; nothing is yet." : "This run has no hard examples. Any example can be probed from Browse."));
  showPicked();
}

// --- an image
const shown = () => element.offsetParent !== null;
const fileSays = (text) => { part(".hx-taken").textContent = text; };
let taking = 0;
async function take(file) {
  if (state.facts && state.facts.may && !state.facts.may.upload) return;
  if (state.kind !== "image") { state.kept = null; choose("image"); }
  const most = state.facts ? state.facts.limits.file_bytes : 15e6, mine = ++taking, name = plain(file.name || "the image");
  if (!file.size) { fileSays(`${name} is empty; choose another.`); return; }
  if (file.size > most) {
    fileSays(`${name} has ${(file.size / 1e6).toFixed(1)} MB; at most ${Math.floor(most / 1e6)} MB can be read. Make it smaller.`);
    return;
  }
  fileSays(`Reading ${name}…`);
  let answer;
  try { answer = await asked(server.taken, { file: await asBase64(file) }, fileSays); }
  catch (error) { answer = { error: `${name} cannot be read.` }; }
  if (mine !== taking) return;  // another one was chosen meanwhile
  if (answer.error) { fileSays(plain(answer.error)); return; }
  state.taken = answer;
  state.kept = null;
  putAll({});
  expectNothing("image");
  const [height, width, channels] = answer.was, [h, w, c] = answer.shape;
  fileSays(`${name}: ${width} × ${height}${channels === 3 ? "" : " grey"}, the model gets ${w} × ${h}${c === 3 ? "" : " grey"}.`);
  pictureChanged();
  remember();
}
const asBase64 = (file) => new Promise((done, fail) => {
  const reader = new FileReader();
  reader.onload = () => done(String(reader.result).split(",")[1]);
  reader.onerror = () => fail(reader.error);
  reader.readAsDataURL(file);
});
part(".hx-choose").addEventListener("click", () => part(".hx-file").click());
part(".hx-file").addEventListener("change", (event) => {
  if (event.target.files[0]) take(event.target.files[0]);
  event.target.value = "";  // the same file may be chosen again
});
document.addEventListener("paste", (event) => {
  const file = [...(event.clipboardData ? event.clipboardData.files : [])][0];
  if (!file || !shown()) return;
  event.preventDefault();
  take(file);
});
const holdsFiles = (event) => [...(event.dataTransfer ? event.dataTransfer.types : [])].includes("Files");
for (const over of ["dragenter", "dragover"])
  element.addEventListener(over, (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    part(".hx-probe").classList.add("hx-dragged");
  });
for (const end of ["dragleave", "drop"])
  element.addEventListener(end, (event) => {
    if (end === "dragleave" && element.contains(event.relatedTarget)) return;
    part(".hx-probe").classList.remove("hx-dragged");
    if (end !== "drop" || !holdsFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });

// ---------------------------------------------------------------- kept probes
const keepSays = (text) => { part(".hx-keep-says").textContent = plain(text); };
const TEXTS = [".hx-keep-name", ".hx-keep-note"];
let keeping = null, keepTimer = null;
let sent = null;  // what was asked to be kept and its id, until it is known that it is: so it is kept once
let done = null;  // what is kept already and would be a duplicate
const wholeProbe = (from) => ({
  ...request(from), name: part(".hx-keep-name").value, expected: part(".hx-keep-expected").value, note: part(".hx-keep-note").value,
});
const asText = () => { const from = source(); return from ? JSON.stringify(wholeProbe(from)) : ""; };
// Something changed, perhaps: then there is something new to keep.
function allowKeeping() {
  if (done === null || keeping || asText() === done) return;
  done = null;
  part(".hx-keep-this").disabled = false;
  keepSays("");
}
for (const kind of ["input", "change"]) part(".hx-keep").addEventListener(kind, allowKeeping);
part(".hx-keep").addEventListener("submit", (event) => {
  event.preventDefault();
  const from = source();
  if (!from) { keepSays(`Nothing to keep yet. ${nothing()}`); return; }
  if (keeping || done !== null) return;
  const text = asText();
  if (!sent || sent.text !== text) sent = { text, id: uuid() };
  keeping = uuid();
  part(".hx-keep-this").disabled = true;
  keepSays("Keeping…");
  trigger("keep", { token: keeping, probe: { ...wholeProbe(from), probe_id: sent.id } });
  keepTimer = setTimeout(async () => keptSays({ token: keeping, error: await silence(), silent: true }), 20_000);
});
function keptSays(said) {
  const late = said && sent && said.kept === sent.id;  // it was asked again meanwhile, which Gradio may have dropped
  if (!said || !(late || (keeping && said.token === keeping))) return;
  clearTimeout(keepTimer);
  keeping = null;
  if (said.error && !said.silent) sent = null;  // it is not kept
  if (said.error) { part(".hx-keep-this").disabled = false; keepSays(said.error); return; }
  const same = asText() === sent.text;  // or the visitor has gone on meanwhile
  sent = null;
  if (same) {
    for (const name of TEXTS) part(name).value = "";
    state.kept = said.kept;
  }
  part(".hx-keep-this").disabled = same;
  done = same ? asText() : null;
  keepSays("Kept with the run.");
  remember();
  listKept();
}
watch("said", () => keptSays(props.said));

const listKept = latched(async () => {
  const answer = await server.kept({});
  if (!answer || answer.waiting) return;
  part(".hx-kept-says").textContent = plain(answer.error || answer.problem || "");
  if (answer.error) return;
  const { probes, total, labelled } = answer;
  part(".hx-kept-count").textContent = !total ? "Nothing kept yet" : probes.length < total
    ? `${count(total)} kept; the latest ${probes.length}:` : `${count(total)} kept:`;
  part(".hx-export").hidden = !labelled;
  part(".hx-kept").replaceChildren(...probes.map(keptItem));
  markKept();
}, () => {});
function markKept() {
  for (const one of element.querySelectorAll(".hx-kept-one"))
    if (one.dataset.id === state.kept) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
}
// What an annotator has judged since the page was loaded can be probed, too.
const listJudged = latched(async () => {
  const facts = await server.facts({});
  if (!facts || !facts.examples) return;
  state.facts.examples = facts.examples;
  showExamples(facts.examples);
}, () => {});
function keptItem(one) {
  const item = document.createElement("li"), open = make("button", "hx-kept-one");
  open.type = "button";
  open.dataset.id = one.id;
  if (one.image) { const image = make("img", "hx-pixels"); image.src = one.image; image.alt = ""; open.append(image); }
  const words = make("span", "hx-kept-words");
  const what = (one.expected ? `should be ${plain(one.expected)}, ` : "") + `the model said ${plain(one.predicted)}, ${percent(one.confidence)}`;
  const when = new Date(one.time).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  words.append(make("strong", "", plain(one.name) || "(no name)"), make("span", "", what),
    ...(one.changes ? [make("span", "hx-kept-changes", one.changes)] : []), make("span", "hx-muted", `${when} · ${plain(one.annotator)}`));
  open.append(words);
  open.title = [one.name, one.changes, one.note].filter(Boolean).join("\n");
  open.addEventListener("click", () => { go({ page: "probe", probe: one.id }); });
  item.append(open);
  return item;
}
let opening = 0;
// Open a kept probe again, with its own transform or another; the last one that was asked for wins.
async function reopen(id, transform) {
  const mine = ++opening;
  const answer = await asked(server.reopen, { id }, say);
  if (mine !== opening) return;
  if (answer.error) { say(plain(answer.error)); return; }
  say("");
  const from = answer.source;
  taking += 1;
  if (from.kind !== "example") state.expected[from.kind] = answer.expected;
  if (from.kind === "sketch") openSketch(from);
  if (from.kind === "image") { state.taken = from; fileSays(`The image of the kept probe “${plain(answer.name)}”.`); }
  if (from.kind === "example") { state.id = from.id; showPicked(); }
  putAll(transform || answer.transform);
  choose(from.kind);
  state.kept = id;
  expecting = false;
  part(".hx-keep-expected").value = answer.expected;
  TEXTS.forEach((name, i) => { const box = part(name); box.value = [answer.name, answer.note][i]; box.dataset.came = box.value; });
  remember();
}
function openSketch(from) {
  const { strokes, widths = [], colors = [] } = from;
  state.strokes = strokes.map((points, i) => ({ points, width: widths[i] || from.brush || 18, color: colors[i] || "" }));
  if (from.brush) brush.value = from.brush;
  if (Array.isArray(from.canvas)) [pad.width, pad.height] = from.canvas;
  if (typeof from.normalize === "boolean") part(".hx-normalize").checked = from.normalize;
  if (from.paper) part(colored() ? ".hx-paper" : ".hx-grey").value = from.paper;
  drawPad();
}
part(".hx-export").addEventListener("click", async () => {
  const says = part(".hx-kept-says"), button = part(".hx-export");
  button.disabled = true;
  const answer = await asked(server.export, {}, () => {});
  button.disabled = false;
  says.textContent = plain(answer.error || answer.says || "");
  if (answer.error) return;
  const bytes = Uint8Array.from(atob(answer.zip), (letter) => letter.charCodeAt(0));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/zip" }));
  link.download = answer.file_name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
});

// ---------------------------------------------------------------- what the run and its model are
const sameShape = (shape) => !state.facts || String(shape) === String(state.facts.shape);
// A picture has another shape than the sliders are for: the model wants another one than the run was
// made with, or takes any. What goes with a shape is asked once.
const learned = new Map();
async function learnShape(shape) {
  const key = String(shape);
  if (!learned.has(key)) {
    learned.set(key, null);
    const answer = await asked(server.facts, { shape });
    if (answer.error) { learned.delete(key); return; }
    learned.set(key, answer);
  }
  const now = state.answer && state.answer.before.shape;
  if (learned.get(key) && String(now) === key && !sameShape(shape)) show({ ...state.facts, ...learned.get(key) });
}
function show(facts) {
  const fresh = !state.facts;
  // An annotator's examples are asked for when the page is opened, and do not come with the facts.
  if (!fresh && facts.may && !facts.may.upload && !facts.examples.length) facts = { ...facts, examples: state.facts.examples };
  state.facts = facts;
  if (fresh) findDesks();
  if (facts.problem) { say(plain(facts.problem)); showNothing(); }
  showExamples(facts.examples);
  for (const name of [".hx-expected", ".hx-keep-expected"]) {
    const select = part(name), said = select.value;
    select.replaceChildren(select.options[0], ...facts.class_names.map((one) => new Option(plain(one), one)));
    select.value = said;
  }
  part(".hx-keep-name").maxLength = facts.limits.name;
  part(".hx-keep-note").maxLength = facts.limits.note;
  if (fresh) { brush.value = facts.brush; part(".hx-normalize").checked = facts.digits; }
  const may = facts.may || { upload: true };  // an annotator draws, or takes what they have judged
  part('.hx-switch [data-kind="image"]').hidden = !may.upload;
  for (const name of [".hx-ink-box", ".hx-paper-box"]) part(name).hidden = !facts.colored;
  for (const name of [".hx-grey-box", ".hx-normalize-box"]) part(name).hidden = facts.colored;
  if (!state.strokes.length) [pad.width, pad.height] = facts.canvas;
  pad.style.aspectRatio = `${facts.canvas[0]} / ${facts.canvas[1]}`;
  drawPad();
  part(".hx-order").textContent = facts.order;
  const before = JSON.stringify(state.transform);
  showSliders(facts.sliders);
  drawCurve();
  if (wanted) open(wanted);
  else if (fresh) pictureChanged();
  else if (JSON.stringify(state.transform) !== before) transformChanged([...rows.keys()]);
}
function load() { if (props.value && props.value.class_names) show(props.value); }
for (const name of [".hx-ink-box", ".hx-paper-box"]) part(name).hidden = true;
drawPad();
showNothing();
watch("value", load);
load();
whenAddressed("probe", open);
}
