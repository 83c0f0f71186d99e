// The Probe page: a pad, two pictures, bars, sliders and a response curve, live.
// Class names and ids arrive as data and are set as text, never as markup.
const signed = (angle) => `${angle > 0 ? "+" : angle < 0 ? "\u2212" : ""}${Math.abs(angle)}°`;
const COLORS = ["#2f6fde", "#e4572e", "#17a673", "#9b5de5", "#c99700", "#00a5b8", "#d6457f", "#6c757d", "#7f5539"];
const SLIDERS = [
  { name: "rotation", label: "Rotate", min: -180, max: 180, step: 1, start: 0, show: signed },
  { name: "scale", label: "Scale", min: 0.4, max: 2, step: 0.02, start: 1, show: (v) => `× ${v.toFixed(2)}` },
  { name: "shift_x", label: "Shift right", min: -14, max: 14, step: 0.5, start: 0, show: (v) => `${v} px` },
  { name: "shift_y", label: "Shift down", min: -14, max: 14, step: 0.5, start: 0, show: (v) => `${v} px` },
];

const state = { kind: "sketch", id: null, strokes: [], transform: {}, facts: null, answer: null, curve: null };
for (const slider of SLIDERS) state.transform[slider.name] = slider.start;

// ---------------------------------------------------------------- asking the server
// One request of a kind is under way at most; what changed meanwhile is asked once it is back.
function latched(ask) {
  let busy = false, again = false;
  return async function run() {
    if (busy) { again = true; return; }
    busy = true;
    try { await ask(); } catch (error) { say("The server did not answer. Trying again…"); setTimeout(run, 1000); }
    busy = false;
    if (again) { again = false; run(); }
  };
}
const source = () => state.kind === "example"
  ? { kind: "example", id: state.id }
  : { kind: "sketch", strokes: state.strokes, brush: Number(part(".hx-brush").value),
      normalize: part(".hx-normalize").checked };
const nothing = () => state.kind === "example" ? !state.id : !state.strokes.length;

const askProbe = latched(async () => {
  if (nothing()) { showNothing(); return; }
  const answer = await server.probe({ source: source(), transform: state.transform });
  if (refused(answer, askProbe) || nothing()) return;
  state.answer = answer;
  showAnswer();
});
const askCurve = latched(async () => {
  if (nothing()) return;
  const answer = await server.curve({ source: source(), transform: state.transform });
  if (refused(answer, askCurve) || nothing()) return;
  state.curve = answer;
  showCurve();
});
function refused(answer, retry) {
  if (answer && answer.waiting) { say(answer.waiting); setTimeout(retry, 400); return true; }
  if (!answer || answer.error) { say(answer ? answer.error : "The server did not answer."); return true; }
  say("");
  return false;
}
function say(text) { part(".hx-status").textContent = text; part(".hx-status").hidden = !text; }

let curveTimer = null;
function changed({ curve }) {
  askProbe();
  if (!curve) { drawCurve(); return; }
  clearTimeout(curveTimer);
  curveTimer = setTimeout(askCurve, 80);
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
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return bytes;
}
function showAnswer() {
  const { before, after, classes, given } = state.answer;
  for (const [name, one] of [["before", before], ["after", after]]) {
    const canvas = part(`.hx-${name}`);
    const bytes = paint(canvas, one);
    canvas.setAttribute("aria-label", `${name}: the model says ${one.predicted}, ${percent(one.confidence)}`);
    part(`.hx-says-${name}`).textContent = `${one.predicted}  ${percent(one.confidence)}`;
    if (name === "after") showTensor(one, bytes);
  }
  part(".hx-quick").textContent = `The model says ${after.predicted}, ${percent(after.confidence)}`;
  const rows = part(".hx-pair-bars");
  const key = classes.map((one) => one.class).join("\n");
  if (rows.dataset.key !== key) { rows.replaceChildren(...classes.map(pairBar)); rows.dataset.key = key; }
  classes.forEach((one, i) => {
    const row = rows.children[i];
    row.classList.toggle("hx-is-given", one.class === given);
    row.classList.toggle("hx-is-predicted", one.class === after.predicted);
    row.querySelector(".hx-fill-before").style.width = `${100 * one.before}%`;
    row.querySelector(".hx-fill-after").style.width = `${100 * one.after}%`;
    row.querySelector(".hx-value").textContent =
      percent(one.before) === percent(one.after) ? percent(one.after)
        : `${percent(one.before).replace(" %", "")} → ${percent(one.after)}`;
    row.title = one.class === given ? `${one.class} is the given label` : one.class;
  });
  element.dataset.answers = String(Number(element.dataset.answers || 0) + 1);
  drawCurve();
}
function pairBar(one) {
  const row = make("div", "hx-bar");
  const tracks = make("span", "hx-track hx-two");
  tracks.append(make("span", "hx-fill hx-fill-before"), make("span", "hx-fill hx-fill-after"));
  row.append(make("span", "hx-class", one.class), tracks, make("span", "hx-value"));
  return row;
}
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
  part(".hx-curve-says").textContent = state.kind === "sketch"
    ? "Draw a digit, and the model answers while you draw." : "Choose a hard example.";
  drawCurve();
}
function showTensor(one, bytes) {
  const box = part(".hx-tensor");
  if (!box.open) return;
  const [height, width, channels] = one.shape;
  const table = state.curve && state.curve.preprocess_table;
  const number = (byte) => table ? table[byte] : byte;
  const values = Array.from(bytes, number);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  part(".hx-tensor-about").textContent =
    `shape (1, ${height}, ${width}, ${channels}), float32, ` +
    `min ${Math.min(...values).toFixed(4)}, max ${Math.max(...values).toFixed(4)}, mean ${mean.toFixed(4)}, ` +
    `preprocessing ${state.curve ? state.curve.preprocess : "?"}` +
    (state.curve && !table ? "; the numbers shown are the pixels before it" : "");
  const scroll = part(".hx-tensor-scroll");
  scroll.hidden = height * width > 4096;
  if (scroll.hidden) return;
  const rows = [];
  for (let y = 0; y < height; y++) {
    const row = document.createElement("tr");
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      const cell = document.createElement("td");
      const shade = bytes[at];
      cell.textContent = number(shade).toFixed(2).replace(/^(-?)0\./, "$1.");
      cell.style.background = `rgb(${Array.from({ length: 3 }, (_, c) => bytes[at + (channels === 1 ? 0 : c)])})`;
      cell.style.color = shade > 127 ? "#000" : "#bbb";
      cell.dataset.says = `row ${y}, column ${x}: ` + Array.from(bytes.subarray(at, at + channels),
        (byte) => `${number(byte)} (pixel ${byte})`).join(", ");
      row.append(cell);
    }
    rows.push(row);
  }
  part(".hx-tensor-table").replaceChildren(...rows);
}
part(".hx-tensor-table").addEventListener("pointerover", (event) => {
  if (event.target.dataset.says) part(".hx-tensor-at").textContent = event.target.dataset.says;
});
part(".hx-tensor").addEventListener("toggle", () => { if (state.answer) showAnswer(); });

// ---------------------------------------------------------------- the response curve
function showCurve() {
  if (part(".hx-tensor").open && state.answer) showAnswer();  // it knows the preprocessing now
  part(".hx-curve-says").textContent = state.curve.sentence;
  part(".hx-curve-legend").replaceChildren(...state.curve.lines.map((line, i) => {
    const given = line.class === state.curve.given;
    const key = make("span", "hx-key", line.class + (given ? " (given label)" : ""));
    key.style.setProperty("--key", COLORS[i % COLORS.length]);
    return key;
  }));
  drawCurve();
}
function drawCurve() {
  const canvas = part(".hx-curve"), ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width) return;
  if (canvas.width !== Math.round(width * ratio)) { canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio); }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const style = getComputedStyle(element);
  const ink = style.getPropertyValue("--body-text-color").trim() || "#333";
  const faint = style.getPropertyValue("--border-color-primary").trim() || "#ccc";
  const left = 46, right = width - 18, top = 10, bottom = height - 24;
  const x = (angle) => left + (angle + 180) / 360 * (right - left);
  const y = (p) => bottom - p * (bottom - top);
  pen.font = "12px system-ui, sans-serif";
  pen.lineWidth = 1;
  for (const p of [0, 0.5, 1]) {
    pen.strokeStyle = faint; line([[left, y(p)], [right, y(p)]]);
    pen.fillStyle = ink; pen.textAlign = "right"; pen.fillText(`${100 * p} %`, left - 6, y(p) + 4);
  }
  pen.textAlign = "center";
  for (let angle = -180; angle <= 180; angle += width < 500 ? 90 : 45) pen.fillText(signed(angle), x(angle), bottom + 16);
  function line(points) {
    pen.beginPath();
    points.forEach(([px, py], i) => i ? pen.lineTo(px, py) : pen.moveTo(px, py));
    pen.stroke();
  }
  if (state.curve) {
    state.curve.lines.forEach((one, i) => {
      pen.strokeStyle = COLORS[i % COLORS.length];
      pen.lineWidth = one.class === state.curve.given ? 3 : 1.75;
      line(one.probabilities.map((p, j) => [x(state.curve.angles[j]), y(p)]));
    });
    pen.lineWidth = 1;
    for (const flip of state.curve.flips) {
      pen.strokeStyle = pen.fillStyle = ink;
      pen.setLineDash([3, 3]); line([[x(flip.angle), top], [x(flip.angle), bottom]]); pen.setLineDash([]);
      pen.textAlign = flip.angle < 0 ? "right" : "left";
      pen.fillText(`${signed(flip.angle)} → ${flip.class}`.slice(0, 24), x(flip.angle) + (flip.angle < 0 ? -5 : 5), top + 12);
    }
  }
  const now = x(state.transform.rotation);
  pen.strokeStyle = style.getPropertyValue("--color-accent").trim() || "#f60";
  pen.lineWidth = 2;
  line([[now, top], [now, bottom]]);
}
new ResizeObserver(drawCurve).observe(part(".hx-curve"));
part(".hx-curve").addEventListener("click", (event) => {
  const box = event.target.getBoundingClientRect();
  const angle = Math.round((event.clientX - box.left - 46) / (box.width - 64) * 360 - 180);
  set("rotation", Math.max(-180, Math.min(180, angle)));
});

// ---------------------------------------------------------------- sliders
for (const slider of SLIDERS) {
  const row = make("label", "hx-slider"), value = make("output", "", slider.show(slider.start));
  const input = make("input", `hx-${slider.name}`);
  Object.assign(input, { type: "range", min: slider.min, max: slider.max, step: slider.step, value: slider.start });
  input.setAttribute("aria-label", slider.label);
  input.addEventListener("input", () => set(slider.name, Number(input.value)));
  row.append(make("span", "", slider.label), input, value);
  part(".hx-sliders").append(row);
}
const reset = make("button", "hx-reset", "Reset");
reset.type = "button";
reset.addEventListener("click", () => { for (const slider of SLIDERS) set(slider.name, slider.start); });
part(".hx-sliders").append(reset, make("p", "hx-order", "Order: scale, then rotate (+ is counter-clockwise), then shift."));
function set(name, value) {
  const slider = SLIDERS.find((one) => one.name === name), input = part(`.hx-sliders .hx-${name}`);
  if (state.transform[name] === value) return;
  state.transform[name] = value;
  input.value = value;
  input.parentElement.querySelector("output").textContent = slider.show(value);
  changed({ curve: name !== "rotation" });
}

// ---------------------------------------------------------------- the pad
const pad = part(".hx-pad"), brush = part(".hx-brush");
let current = null, pointer = null;  // the stroke being drawn, and by which finger
function place(event) {
  const box = pad.getBoundingClientRect();
  return [(event.clientX - box.left) * pad.width / box.width, (event.clientY - box.top) * pad.height / box.height]
    .map((value) => Math.round(10 * value) / 10);
}
function drawPad() {
  const pen = pad.getContext("2d");
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, pad.width, pad.height);
  pen.strokeStyle = pen.fillStyle = "#fff";
  pen.lineCap = pen.lineJoin = "round";
  pen.lineWidth = Number(brush.value);
  for (const stroke of state.strokes) {
    pen.beginPath();
    if (stroke.length === 1) { pen.arc(...stroke[0], pen.lineWidth / 2, 0, 7); pen.fill(); continue; }
    stroke.forEach(([px, py], i) => i ? pen.lineTo(px, py) : pen.moveTo(px, py));
    pen.stroke();
  }
  if (!state.strokes.length) {
    pen.fillStyle = "#8a8a8a"; pen.font = "18px system-ui, sans-serif"; pen.textAlign = "center";
    pen.fillText("draw a digit here", pad.width / 2, pad.height / 2);
  }
}
pad.addEventListener("pointerdown", (event) => {
  if (event.button || current) return;
  event.preventDefault();
  pointer = event.pointerId;
  pad.setPointerCapture(pointer);
  current = [place(event)];
  state.strokes.push(current);
  drawPad();
  changed({ curve: true });
});
pad.addEventListener("pointermove", (event) => {
  if (!current || event.pointerId !== pointer) return;
  const seen = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
  for (const one of seen.length ? seen : [event]) {
    const [px, py] = place(one), [lx, ly] = current[current.length - 1];
    if (Math.hypot(px - lx, py - ly) >= 2) current.push([px, py]);  // finer adds work, not shape
  }
  drawPad();
  changed({ curve: true });
});
for (const end of ["pointerup", "pointercancel", "lostpointercapture"])
  pad.addEventListener(end, (event) => {
    if (!current || event.pointerId !== pointer) return;
    current = null;
    changed({ curve: true });
  });
function undo() { state.strokes.pop(); drawPad(); changed({ curve: true }); }
pad.addEventListener("keydown", (event) => {
  if (event.key === "z" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); undo(); }
});
part(".hx-undo").addEventListener("click", undo);
part(".hx-clear").addEventListener("click", () => { state.strokes = []; drawPad(); changed({ curve: true }); });
brush.addEventListener("input", () => { drawPad(); changed({ curve: true }); });
part(".hx-normalize").addEventListener("change", () => changed({ curve: true }));

// ---------------------------------------------------------------- where the picture comes from
function choose(kind) {
  state.kind = kind;
  for (const button of element.querySelectorAll(".hx-switch button"))
    button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
  part(".hx-draw").hidden = kind !== "sketch";
  part(".hx-pick").hidden = kind !== "example";
  state.curve = null;
  changed({ curve: true });
}
for (const button of element.querySelectorAll(".hx-switch button"))
  button.addEventListener("click", () => choose(button.dataset.kind));
function pick(id) {
  state.id = id;
  for (const tile of element.querySelectorAll(".hx-tile"))
    tile.setAttribute("aria-selected", String(tile.dataset.id === id));
  const facts = (state.facts ? state.facts.examples : []).find((one) => one.id === id);
  part(".hx-picked").textContent = facts
    ? `Example ${id}: ${facts.list} ${facts.rank}, given ${facts.given}, predicted ${facts.predicted}` : `Example ${id}`;
  choose("example");
}
function tile(one) {
  const button = make("button", "hx-tile");
  button.type = "button";
  button.dataset.id = one.id;
  button.setAttribute("role", "option");
  button.setAttribute("aria-selected", String(one.id === state.id));
  button.setAttribute("aria-label", `${one.list} ${one.rank}: given ${one.given}, predicted ${one.predicted}`);
  if (one.image) { const image = make("img", "hx-pixels"); image.src = one.image; image.alt = ""; button.append(image); }
  button.append(make("span", "", `${one.given} → ${one.predicted}`));
  button.addEventListener("click", () => pick(one.id));
  return button;
}
function load() {
  const facts = props.value;
  if (!facts || !facts.class_names) return;
  const fresh = !state.facts;
  state.facts = facts;
  part(".hx-strip").replaceChildren(...facts.examples.map(tile));
  if (fresh) { brush.value = facts.brush; drawPad(); }
  for (const name of ["shift_x", "shift_y"])
    Object.assign(part(`.hx-${name}`), { min: -facts.most_shift, max: facts.most_shift });
  if (facts.open && facts.asked !== state.asked) { state.asked = facts.asked; pick(facts.open); }
}
brush.value = 18;
drawPad();
showNothing();
watch("value", load);
load();
