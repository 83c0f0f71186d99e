// The Annotate page: which class is this? Answers wait here until the server says that they are
// stored; they are sent in order, and again until then, and the server stores each once.
// @ts-nocheck -- not typed yet
/* eslint-disable -- not linted yet */
import { go } from "../../ui/address.js";
import { make, plain } from "../../ui/dom.js";
import { count } from "../../ui/numbers.js";
import { silence, status, uuid } from "../../ui/requests.js";

export function start({ element, props, server, watch }) {
const part = (selector) => element.querySelector(selector);
const root = part(".hx-annotate"), figure = part(".hx-ann-figure"), find = part(".hx-ann-find");
const AT_HAND = 8, FIRST = 2;       // examples that are here before they are needed
const LARGE = 100000;               // characters of an image: from there on they come one by one
const WAITING_MOST = 48;            // answers on their way
const PATIENCE_MS = 45000, AGAIN_MS = [1000, 2000, 4000, 8000, 15000], LATER_MS = 20000;
const PATIENCES_MOST = 4;           // while the server is there, but its answer is still on its way
const BUTTONS_MOST = 12, RECENT_MOST = 8, FOUND_MOST = 200, SECONDS_MOST = 3600;
const OWNER = "owner";
const OWN_KEYS = "uck";             // keys with a meaning of their own

const state = {
  facts: null, name: null, run: null, started: false,
  ahead: [],                        // examples to judge, the one in view first
  entries: [],                      // what was judged here, latest last
  changing: null,                   // the entry that is looked at again
  waiting: [], sending: false, tries: 0,
  refused: [],                      // answers that the server will never take, until they are read
  done: 0, total: 0, later: false, asked: false, empty: false, oneByOne: false, isOldest: false,
  asks: new Set(), lastAsk: 0, newest: 0,  // questions for examples; the latest that was answered
  recent: [], found: [], chosen: 0, picked: false, inView: null,
  commentOf: null, draft: "",       // whose comment stands in the field, and what waits beneath
  heard: 0,                         // answers that the server stored
};
const here = () => element.offsetParent !== null || root.offsetParent !== null;

// ---------------------------------------------------------------- what waits, also over a reload
// What was refused stays here as well, with `refused`: the sentence why.
const PREFIX = () => `hardex.said.${state.run}.`;
const keyOf = (item) => `${PREFIX()}${encodeURIComponent(item.name)}.${item.event_id}`;
let forgetful = false;  // the browser keeps nothing for us
function keep(item) { try { localStorage.setItem(keyOf(item), JSON.stringify(item)); } catch (error) { forgetful = true; } }
function forget(item) { try { localStorage.removeItem(keyOf(item)); } catch (error) { /* nothing was kept */ } }
function kept() {
  const items = [];
  try {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(PREFIX())) continue;
      let item = null;
      try { item = JSON.parse(localStorage.getItem(key)); } catch (error) { localStorage.removeItem(key); continue; }  // damaged
      if (item && item.event_id && item.ticket && ["annotate", "undo"].includes(item.kind)) items.push(item);
    }
  } catch (error) { forgetful = true; }
  return items.sort((a, b) => a.at - b.at);
}
let lastAt = 0;
function enqueue(item) {
  lastAt = Math.max(Date.now(), lastAt + 1);
  item.at = lastAt;
  state.waiting.push(item);
  for (const ask of state.asks) ask.touched.add(item.ticket);
  keep(item);
  pump();
}
addEventListener("beforeunload", (event) => { if (forgetful && state.waiting.length) event.preventDefault(); });

// ---------------------------------------------------------------- sending
const TOO_LATE = new Error("no answer");
function within(promise, patience = PATIENCE_MS) {
  return Promise.race([promise, new Promise((_, fail) => setTimeout(() => fail(TOO_LATE), patience))]);
}
// On a slow line pictures take long: nothing is asked beside them as long as the server is there.
async function patiently(promise) {
  for (let times = 1; ; times++) {
    try { return await within(promise); } catch (error) {
      if (error !== TOO_LATE || times >= PATIENCES_MOST || (await status()) !== 204) throw error;
    }
  }
}
let retry = null;
async function pump() {
  if (state.sending || !state.waiting.length) { drawSaved(); return; }
  clearTimeout(retry);
  state.sending = true;
  drawSaved();
  const { kind, at, ...said } = state.waiting[0];
  let answer, trouble = "";
  try {
    answer = await within(server[kind](said));
    if (answer.waiting) trouble = answer.waiting;
    else if (answer.error && answer.again) trouble = answer.error;
  } catch (error) { trouble = await silence(); }
  state.sending = false;
  if (trouble) {
    const wait = AGAIN_MS[Math.min(state.tries++, AGAIN_MS.length - 1)];
    retry = setTimeout(pump, wait);
    problem(`${trouble} ${waitingWords()}`);
    draw();  // what was said last is not stored yet
    return;
  }
  state.tries = 0;
  const item = state.waiting.shift();
  if (answer.error) refuse(item, answer.error);
  else stored(item, answer);
  if (!state.waiting.length) problem("");
  draw();
  pump();
  refill();
}
function waitingWords() {
  const n = state.waiting.length;
  if (!n) return "";
  if (state.waiting.some((one) => one.kind === "undo")) return "What you said is kept in this page and sent again by itself.";
  return `${n === 1 ? "One answer is" : `${n} answers are`} kept in this page and sent again by ${n === 1 ? "itself" : "themselves"}.`;
}
function stored(item, answer) {
  forget(item);
  state.heard += 1;
  state.done = answer.done;
  state.total = answer.total;
  const entry = entryOf(item.ticket), event = entry && entry.events.find((one) => one.event_id === item.event_id);
  if (event) event.told = answer;
  element.dataset.saved = String(Number(element.dataset.saved || 0) + 1);
}
function refuse(item, sentence) {
  const entry = entryOf(item.ticket), kept = { ...item, refused: sentence };
  keep(kept);
  state.refused.push({ ...kept, image: entry ? entry.image : "" });
  drop(item.ticket, item.event_id);
  // What was never stored cannot be taken back.
  for (const undo of state.waiting.filter((one) => one.undoes === item.event_id)) forget(undo);
  state.waiting = state.waiting.filter((one) => one.undoes !== item.event_id);
  drawRefused();
}
const entryOf = (ticket) => state.entries.find((one) => one.ticket === ticket);
function drop(ticket, event_id) {
  const entry = entryOf(ticket);
  if (!entry) return;
  entry.events = entry.events.filter((one) => one.event_id !== event_id);
  if (entry.events.length) return;
  state.entries = state.entries.filter((one) => one !== entry);
  if (state.changing === entry) state.changing = null;
}
addEventListener("online", () => { clearTimeout(retry); pump(); });

// ---------------------------------------------------------------- getting the next ones ready
// `look`: ask also if enough is at hand, what of it was judged meanwhile: on another device, in
// another window. So it is when the page is looked at again, and every now and then while it is.
async function refill(look = false) {
  if (!state.started || state.filling) { state.fillAgain = state.filling; return; }
  const missing = Math.max(0, AT_HAND - state.ahead.length);
  if (!looking() || isIdle()) return;
  clearTimeout(state.lookAgain);
  if (!missing && !look) { state.lookAgain = setTimeout(() => refill(true), LATER_MS); return; }
  state.filling = true;
  const ask = { number: ++state.lastAsk, heard: state.heard, touched: new Set(state.waiting.map((one) => one.ticket)) };
  state.asks.add(ask);
  const have = [...state.ahead, ...state.waiting].map((one) => one.ticket);
  const portion = state.oneByOne ? 1 : state.ahead.length ? missing : FIRST;
  const asked = { have: [...new Set(have)].slice(0, 64), count: ask.count = Math.min(portion, missing), last: !state.asked };
  if (state.name !== null) asked.name = state.name;
  let wait = 0, isLate = false;
  const pending = server.next_examples(asked);
  // What comes after all is taken, whatever was asked in its place.
  pending.then((answer) => { if (isLate && answer.examples && [null, answer.name].includes(state.name)) take(answer, ask); }, () => {}).finally(() => state.asks.delete(ask));
  try {
    const answer = await patiently(pending);
    if (answer.waiting) { wait = 500; say(answer.waiting); }
    else if (answer.error) { wait = 5000; problem(`${answer.error} ${waitingWords()}`); }
    else wait = take(answer, ask) && state.ahead.length < AT_HAND ? 1 : LATER_MS;
  } catch (error) { isLate = true; state.oneByOne ||= error === TOO_LATE; wait = 3000; problem(`${await silence()} ${waitingWords()}`); }
  state.filling = false;
  if (state.fillAgain) { state.fillAgain = false; wait = 1; }
  // Where all is judged, an undo elsewhere or a new start may bring more; until then rarely asked.
  state.lookAgain = setTimeout(() => refill(wait === LATER_MS || (look && wait > 1)), wait);
}
// Take in what the server gave; whether anything is new.
function take(answer, ask) {
  const first = !state.asked;
  state.asked = true;
  state.name = answer.name;
  part(".hx-ann-gold").hidden = answer.name !== OWNER;
  state.run = answer.run;
  if (ask.number > state.newest) {
    state.newest = ask.number;
    if (ask.count) Object.assign(state, { later: answer.later, empty: !answer.examples.length });
    // Counted before an answer that was stored meanwhile, it would count back.
    if (state.heard === ask.heard) Object.assign(state, { done: answer.done, total: answer.total });
  }
  if (!state.waiting.length) problem("");
  if (first) goOn(answer.last);
  const unsent = new Set(state.waiting.map((one) => one.ticket)), inHand = new Set(state.ahead.map((one) => one.ticket));
  // What was said here since the question was asked, the answer does not know of.
  const unknown = (ticket) => ask.touched.has(ticket) || unsent.has(ticket);
  const over = new Set(answer.over.filter((ticket) => inHand.has(ticket) && !unknown(ticket)));
  if (over.size) leave(over);
  const fresh = answer.examples.filter((one) => !inHand.has(one.ticket) && !unknown(one.ticket));
  for (const one of fresh) {
    // Judged here, and taken back elsewhere: in another tab, or on another device.
    state.entries = state.entries.filter((entry) => entry.ticket !== one.ticket);
    if (state.changing && state.changing.ticket === one.ticket) state.changing = null;
    state.oneByOne ||= one.image.length > LARGE;
    state.ahead.push({ ...one, picture: picture(one) });
  }
  draw();
  return fresh.length > 0 || over.size > 0;
}
// What was judged elsewhere is not worth judging here; a comment that was begun is not lost.
function leave(over) {
  const one = state.ahead[0], field = part("[name=comment]"), begun = (state.changing ? state.draft : field.value).trim();
  if (one && over.has(one.ticket)) {
    if (state.changing) state.draft = "";
    else field.value = "";
    if (begun) {
      state.refused.push({ kind: "begun", name: state.name, ticket: one.ticket, event_id: uuid(), comment: begun, image: one.image,
        refused: "you have judged this one meanwhile, in another window or on another device." });
      drawRefused();
    }
  }
  state.ahead = state.ahead.filter((other) => !over.has(other.ticket));
}
// What was stored of an example: all words of it, so that taking back the last shows the one before.
function asEntry(told) {
  return { ticket: told.ticket, image: told.image, events: [...told.words, told].map((one) => ({ event_id: one.event_id, told: one })) };
}
// Where this annotator left off: the answers that were not sent, and the last one that was.
function goOn(last) {
  if (last) state.entries.push(asEntry(last));
  for (const item of kept()) {
    if (item.name !== state.name) continue;  // somebody else's, in the same browser
    lastAt = Math.max(lastAt, item.at);
    if (item.refused) { state.refused.push(item); continue; }
    state.waiting.push(item);
    if (item.kind === "undo") { drop(item.ticket, item.undoes); continue; }
    const entry = entryOf(item.ticket) || { ticket: item.ticket, image: "", events: [] };
    if (!entry.events.some((one) => one.event_id === item.event_id)) entry.events.push({ event_id: item.event_id, label: item.label, verdict: item.verdict });
    if (!entryOf(item.ticket)) state.entries.push(entry);
  }
  drawRefused();
  pump();
}
function picture(one) {
  if (!one.image) return make("p", "", "The image of this example is not here.");
  const image = make("img", "");
  image.alt = "the image to judge";
  image.src = one.image;
  // Small images are shown dot for dot; large ones are made smaller, and better smoothly.
  image.decode().then(() => image.classList.toggle("hx-pixels", image.naturalWidth < 400)).catch(() => {});
  return image;
}

// ---------------------------------------------------------------- saying
const words = (said) => {
  const other = state.facts.undecided.find((one) => one.value === said.verdict);
  return other ? other.words.toLowerCase() : plain(said.label);
};
function answer(said, byPointer) {
  const changing = state.changing, one = changing || state.ahead[0];
  if (!one || !state.facts || dialog.open) return;
  if (state.waiting.length >= WAITING_MOST) { problem(`No more answers can wait here. ${waitingWords()}`); return; }
  const began = performance.now();
  const field = part("[name=comment]");
  const item = { kind: "annotate", name: state.name, ticket: one.ticket, label: said.label || "", verdict: said.verdict || "", comment: field.value.trim(), seconds: secondsSpent(), event_id: uuid(), first: !changing, uncommented: Boolean(changing) && !field.value.trim() };
  field.value = "";
  const entry = entryOf(one.ticket) || { ticket: one.ticket, image: one.image, events: [] };
  entry.events.push({ event_id: item.event_id, label: item.label, verdict: item.verdict, comment: item.comment });
  state.entries = [...state.entries.filter((other) => other !== entry), entry].slice(-200);
  if (changing) state.changing = null;
  else state.ahead.shift();
  if (said.label) state.recent = [said.label, ...state.recent.filter((name) => name !== said.label)].slice(0, RECENT_MOST);
  draw();
  element.dataset.swapMs = (performance.now() - began).toFixed(1);
  element.dataset.answered = String(Number(element.dataset.answered || 0) + 1);
  // A button that was clicked should not be the one that the space bar presses next.
  if (byPointer) figure.focus({ preventScroll: true });
  enqueue(item);
  refill();
}
const lastEntry = () => state.entries[state.entries.length - 1];
const lastWord = (entry) => entry && entry.events[entry.events.length - 1];
const toldOf = (entry) => (lastWord(entry) || {}).told;  // nothing before it is stored
const differs = (told) => Boolean(told && told.verdict !== "right" && told.shown === "blind");
function keepLast() {
  const entry = state.changing || lastEntry(), told = toldOf(entry);
  if (!differs(told)) return;
  const { verdict, said } = told, undecided = state.facts.undecided.some((one) => one.value === verdict);
  // The server keeps the comment, too; of an answer that is looked at again, it is what the field says.
  const changing = Boolean(state.changing), comment = changing ? part("[name=comment]").value.trim() : "";
  const item = { kind: "annotate", name: state.name, ticket: entry.ticket, label: undecided ? "" : said, verdict: undecided ? verdict : "", comment, seconds: null, event_id: uuid(), uncommented: changing && !comment };
  entry.events.push({ event_id: item.event_id, label: item.label, verdict: item.verdict, comment: changing ? comment : told.comment });
  state.changing = null;
  draw();
  enqueue(item);
}
function undoLast() {
  const entry = state.changing || lastEntry(), word = lastWord(entry);
  if (!word || state.waiting.length >= WAITING_MOST) return;
  entry.events.pop();
  state.changing = null;
  const item = { kind: "undo", name: state.name, ticket: entry.ticket, undoes: word.event_id, event_id: uuid() };
  if (!entry.events.length) {
    state.entries = state.entries.filter((one) => one !== entry);
    if (entry.image) {
      const one = { ticket: entry.ticket, image: entry.image };
      state.ahead.unshift({ ...one, picture: picture(one) });
    }
  }
  draw();
  enqueue(item);
}
function older() {
  const at = state.changing ? state.entries.indexOf(state.changing) : state.entries.length;
  if (at > 0) { state.changing = state.entries[at - 1]; draw(); }
  else fetchEarlier();
}
// What was said before this page was opened, or on another device, one answer at a time.
async function fetchEarlier() {
  if (state.fetching || state.isOldest || !state.asked) return;
  state.fetching = true;
  const before = state.changing, have = [...new Set([...state.entries, ...state.waiting].map((one) => one.ticket))];
  const answer = await within(server.earlier({ name: state.name, have })).catch(() => null);
  state.fetching = false;
  if (!answer || answer.waiting || answer.error) { problem(answer ? plain(answer.error || answer.waiting) : await silence()); return; }
  const told = answer.earlier;
  if (!told) state.isOldest = true;
  else if (!entryOf(told.ticket)) state.entries.unshift(asEntry(told));
  if (told && state.changing === before) state.changing = state.entries[0];
  draw();
}
function newer() {
  if (!state.changing) return;
  state.changing = state.entries[state.entries.indexOf(state.changing) + 1] || null;
  draw();
}
function back() { state.changing = null; draw(); }

// ---------------------------------------------------------------- time, only while it is looked at
const clock = { since: null, spent: 0 };
const looking = () => !document.hidden && here();
// A page that nobody touches asks for nothing: what it holds goes to others after a while.
const IDLE_MS = 600_000;
let touched = performance.now();
const isIdle = () => performance.now() - touched > IDLE_MS;
for (const kind of ["pointerdown", "pointermove", "keydown"]) document.addEventListener(kind, () => {
  const wasIdle = isIdle();
  touched = performance.now();
  if (wasIdle) refill(true);
}, { capture: true, passive: true });
function restart() { clock.spent = 0; clock.since = looking() ? performance.now() : null; }
function pause() {
  if (clock.since !== null) clock.spent += performance.now() - clock.since;
  clock.since = looking() ? performance.now() : null;
}
function secondsSpent() { pause(); return Math.min(SECONDS_MOST, Math.round(clock.spent) / 1000); }
document.addEventListener("visibilitychange", () => { pause(); refill(true); });
addEventListener("focus", () => refill(true));

// ---------------------------------------------------------------- drawing
function problem(text) { part(".hx-ann-problem").textContent = text.trim(); part(".hx-ann-problem").hidden = !text.trim(); }
function say(text) { part(".hx-ann-empty").textContent = text; }
function draw() {
  element.dataset.ahead = String(state.ahead.length);
  const one = state.changing || state.ahead[0];
  part(".hx-ann-body").hidden = !one;
  part(".hx-ann-empty").hidden = Boolean(one);
  if (!one && state.asked) {
    say(!state.empty ? "The next examples are on their way…"
      : state.later ? "Nothing to judge right now: what is left is with others. Come back later, or leave this page open."
        : state.done || state.entries.length ? "All done, thank you!" : "Nothing to judge; come back later.");
  }
  if (one && state.inView !== one) {
    figure.replaceChildren(one.picture || picture(one));
    state.inView = one;
    find.value = "";
    if (listed()) search();
    restart();
    element.dataset.ticket = one.ticket;
  } else if (!one) { figure.replaceChildren(); state.inView = null; delete element.dataset.ticket; }
  drawComment();
  drawChanging();
  drawLast();
  drawSaved();
}
// An answer that is looked at again brings its comment along; what was begun waits meanwhile.
function drawComment() {
  if (state.commentOf === state.changing) return;
  const field = part("[name=comment]"), word = lastWord(state.changing);
  if (!state.commentOf) state.draft = field.value;
  field.value = word ? (word.comment ?? (word.told || {}).comment ?? "") : state.draft;
  state.commentOf = state.changing;
}
function drawChanging() {
  const entry = state.changing, told = toldOf(entry);
  part(".hx-ann-changing").hidden = !entry;
  part(".hx-ann-done").hidden = Boolean(entry);
  part(".hx-ann-older").hidden = !entry || (state.isOldest && state.entries.indexOf(entry) < 1);
  part(".hx-ann-question").textContent = entry ? "Which class is it after all?" : "Which class is this?";
  if (entry) part(".hx-ann-changing-says").textContent = told ? sentence(told) : `You said ${words(lastWord(entry))}. It is not stored yet.`;
  const said = entry && lastWord(entry);
  for (const button of root.querySelectorAll("[data-said]"))
    button.classList.toggle("hx-ann-said", Boolean(said) && button.dataset.said === (said.label ? `label:${said.label}` : `verdict:${said.verdict}`));
}
function sentence({ said, given, predicted, verdict }) {
  const mine = words({ label: said, verdict });
  const model = given === predicted ? "and the model says so too" : `the model says ${plain(predicted)}`;
  return `You said ${mine}. Given ${plain(given)}, ${model}.`;
}
function drawLast() {
  const entry = lastEntry(), box = part(".hx-ann-done"), word = lastWord(entry);
  const place = part(".hx-ann-last-place");
  if (place.dataset.ticket !== (entry ? entry.ticket : "")) {
    place.dataset.ticket = entry ? entry.ticket : "";
    place.replaceChildren();
    if (entry && entry.image) {
      const image = make("img", "hx-pixels");
      image.alt = "";
      image.src = entry.image;
      place.append(image);
    }
  }
  const told = toldOf(entry), open = differs(told);
  box.classList.toggle("hx-differs", open);
  const text = !entry ? "Your last answer stands here, with the given label once it is stored."
    : told ? `${sentence(told)}${told.shown === "label" ? " Said with the label in view." : ""}`
      : `You said ${words(word)}. ${state.tries ? "Not stored yet." : "Storing…"}`;
  const says = part(".hx-ann-done .hx-ann-last-says");
  if (says.textContent !== text) says.textContent = says.title = text;
  part(".hx-ann-keep").hidden = !open;
  part(".hx-ann-change").hidden = !entry && (!state.done || state.isOldest);
  part(".hx-ann-undo").hidden = !entry;
}
function drawRefused() {
  part(".hx-ann-refused").hidden = !state.refused.length;
  part(".hx-ann-refused-list").replaceChildren(...state.refused.map((item) => {
    const node = make("li", ""), said = { undo: "You took an answer back", begun: "You had begun a comment" }[item.kind] || `You said ${words(item)}`;
    if (item.image) {
      const image = make("img", "hx-pixels");
      image.alt = "";
      image.src = item.image;
      node.append(image);
    }
    node.append(make("span", "", `${said}${item.comment ? ` (${plain(item.comment)})` : ""}: ${plain(item.refused)}`));
    return node;
  }));
}
function closeRefused() {
  state.refused.splice(0).forEach(forget);
  drawRefused();
  figure.focus({ preventScroll: true });
}
function drawSaved() {
  const n = state.waiting.length, total = state.total, unsent = new Set(state.waiting.filter((one) => one.kind === "annotate").map((one) => one.ticket)).size;
  part(".hx-ann-saved").textContent = !n ? (state.done || element.dataset.saved ? "Saved ✓" : "") : state.tries ? `${n} not saved yet` : "Saving…";
  part(".hx-ann-count").textContent = state.asked ? `${count(state.done)} of ${count(total)} judged` : "";
  part(".hx-ann-progress").max = Math.max(1, total);
  part(".hx-ann-progress").value = state.done;
  part(".hx-ann-progress").hidden = !state.asked || !total;
  element.dataset.waiting = String(n);
  element.dataset.unsent = String(unsent);
}

// ---------------------------------------------------------------- buttons and keys
// A class named by one sign has that sign as its key; else they are counted through.
function keysOf(names) {
  const signs = names.map((name) => name.toLowerCase());
  const own = signs.every((sign, at) => /^[\p{L}\p{N}]$/u.test(sign) && !OWN_KEYS.includes(sign) && signs.indexOf(sign) === at);
  return own ? signs : [..."1234567890", "v", "w"].slice(0, names.length);
}
const keys = new Map();
const listed = () => !find.closest("[hidden]");  // more classes than there are buttons for
function saidButton(text, key, said) {
  const button = make("button", "hx-button", plain(text));
  button.type = "button";
  button.title = plain(text);
  button.dataset.said = said.label ? `label:${said.label}` : `verdict:${said.verdict}`;
  if (key) {
    keys.set(key, said);
    button.setAttribute("aria-keyshortcuts", key.toUpperCase());
    if (key !== text.toLowerCase()) button.append(make("kbd", "", key));
  }
  button.addEventListener("click", (event) => answer(said, event.detail > 0));
  return button;
}
function load(facts) {
  state.facts = facts;
  part("[name=comment]").maxLength = facts.comment_most;
  const names = facts.class_names, few = names.length <= BUTTONS_MOST;
  part(".hx-ann-classes").hidden = !few;
  part(".hx-ann-search").hidden = few;
  keys.clear();
  if (few) {
    const hints = keysOf(names);
    part(".hx-ann-classes").classList.toggle("hx-short", names.length > 3 && names.every((name) => [...name].length <= 3));
    part(".hx-ann-classes").replaceChildren(...names.map((name, at) => saidButton(name, hints[at], { label: name })));
  } else search();
  const free = (wanted) => [...wanted].find((key) => !keys.has(key) && !OWN_KEYS.includes(key) && (few || !/[\p{L}\p{N}]/u.test(key)));
  if (!few) part(".hx-ann-undo kbd").textContent = "⌫";
  const others = { ambiguous: "am-", bad_image: "bx,", not_sure: "ns." };
  part(".hx-ann-others").replaceChildren(...facts.undecided.map((one) => saidButton(one.words, free(others[one.value] || ""), { verdict: one.value })));
  drawHelp(names, few);
  if (facts.problem) { say(facts.problem); return; }
  begin();
}
function drawHelp(names, few) {
  const own = [...keys].filter(([key, said]) => said.label && said.label.toLowerCase() === key);
  const rows = [...keys].filter(([key, said]) => !(own.length && said.label)).map(([key, said]) => [key, words(said)]);
  if (own.length) rows.unshift([`${own[0][0]} … ${own[own.length - 1][0]}`, "the class of that name"]);
  const shown = few ? rows : [["type", "part of a name; ↑ ↓ choose, Enter answers, Esc leaves the field"], ...rows];
  shown.push(["space", "keep your answer where the label differs"], [few ? "← or C" : "←", "look at an answer again, to change it"], ["→", "back to the next example"], [few ? "U or ⌫" : "⌫", "undo your last answer"], ["Tab", "to the comment; Esc leaves it"], ["?", "this help"]);
  part(".hx-ann-keys").replaceChildren(...shown.flatMap(([key, text]) => {
    const name = make("dt", "");
    name.append(make("kbd", "", key));
    return [name, make("dd", "", text)];
  }));
}
const dialog = part(".hx-ann-help");
part(".hx-ann-ask-help").addEventListener("click", () => dialog.showModal());
part(".hx-ann-refused-close").addEventListener("click", closeRefused);
part(".hx-ann-keep").addEventListener("click", keepLast);
part(".hx-ann-change").addEventListener("click", older);
part(".hx-ann-undo").addEventListener("click", undoLast);
part(".hx-ann-older").addEventListener("click", older);
part(".hx-ann-back").addEventListener("click", back);
document.addEventListener("keydown", (event) => {
  if (!here() || !state.facts || dialog.open || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const at = event.target, types = event.key.length === 1 && !" ?/".includes(event.key) && !keys.has(event.key);
  // Where classes are found by typing, signs are never answers: they go into the field, from
  // wherever they are typed; the few with a meaning act as long as it is empty.
  const free = at === find && !find.value && !types && event.key !== "Enter" && event.key !== "Escape";
  if (!free && at.closest && at.closest("input, select, textarea, [contenteditable]")) {
    if (event.key === "Escape") { at.blur(); figure.focus({ preventScroll: true }); }
    return;
  }
  if (types && listed()) { find.focus(); return; }
  const onButton = at.closest && at.closest("button, a, summary"), key = event.key.toLowerCase();
  const does = { ArrowLeft: older, ArrowRight: newer, Escape: back, Backspace: undoLast, "?": () => dialog.showModal() }[event.key] || { u: undoLast, c: older, k: keepLast }[key]
    || ((event.key === " " || event.key === "Enter") && !onButton ? keepLast : null)
    || (event.key === "/" && listed() ? () => find.focus() : null)
    || (keys.has(key) ? () => answer(keys.get(key), false) : null);
  if (!does) return;
  event.preventDefault();
  does();
});

// ---------------------------------------------------------------- many classes: a field and a list
function search() {
  const names = state.facts.class_names, wanted = find.value.trim().toLowerCase();
  const usual = [...state.recent, ...names.filter((name) => !state.recent.includes(name))];
  const starts = usual.filter((name) => name.toLowerCase().startsWith(wanted));
  const holds = wanted ? usual.filter((name) => !name.toLowerCase().startsWith(wanted) && name.toLowerCase().includes(wanted)) : [];
  // The name itself comes before longer ones that begin with it.
  const all = [...starts, ...holds].sort((a, b) => (b.toLowerCase() === wanted) - (a.toLowerCase() === wanted));
  state.found = all.slice(0, FOUND_MOST);
  state.chosen = 0;
  state.picked = false;
  part(".hx-ann-found").replaceChildren(...state.found.map((name, at) => {
    const node = make("div", "hx-ann-option", plain(name));
    node.id = `hx-ann-option-${at}`;
    node.setAttribute("role", "option");
    node.title = plain(name);
    if (!wanted && state.recent.includes(name)) node.append(make("small", "", "recent"));
    node.addEventListener("click", () => answer({ label: name }, true));
    return node;
  }));
  const more = all.length - state.found.length;
  part(".hx-ann-more").textContent = !all.length ? "No class is called so." : more > 0 ? `${count(more)} more: type to find them.` : wanted ? "" : `${count(all.length)} classes: type to find one.`;
  part(".hx-ann-found").scrollTop = 0;
  choose(0);
}
function choose(at) {
  const options = [...part(".hx-ann-found").children];
  state.chosen = Math.max(0, Math.min(options.length - 1, at));
  options.forEach((node, place) => node.setAttribute("aria-selected", String(place === state.chosen && (find.value !== "" || document.activeElement === find))));
  const node = options[state.chosen];
  if (!node) { find.removeAttribute("aria-activedescendant"); return; }
  find.setAttribute("aria-activedescendant", node.id);
  if (at) node.scrollIntoView({ block: "nearest" });
}
find.addEventListener("input", search);
find.addEventListener("focus", () => choose(state.chosen));
find.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by) { event.preventDefault(); state.picked = true; choose(state.chosen + by); }
  else if (event.key === "Enter" && !find.value.trim() && !state.picked) { event.preventDefault(); keepLast(); }
  else if (event.key === "Enter" && state.found.length) { event.preventDefault(); answer({ label: state.found[state.chosen] }, false); }
});

// ---------------------------------------------------------------- beginning, once the page is seen
function begin() {
  if (!here() || !state.facts || state.facts.problem) return;
  state.started = true;
  pause();
  refill(true);
}
new IntersectionObserver(() => { pause(); begin(); }).observe(root);
const received = () => { if (props.value && !state.facts) load(props.value); };
watch("value", received);
received();
}
