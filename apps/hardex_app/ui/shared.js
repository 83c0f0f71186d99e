// What every script of the pages begins with. Class names, ids and all other text of a run arrive as
// data and are set as text, never as markup.
const part = (name) => element.querySelector(name);
const make = (tag, name, text) => {
  const node = document.createElement(tag);
  node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
};
// Never certain where the model is not: 99.996 % is not shown as 100 %.
const percent = (p) => (p > 0.9995 && p < 1 ? "> 99.9 %" : p > 0 && p < 0.0005 ? "< 0.1 %" : `${(100 * p).toFixed(1)} %`);
const count = (n) => n.toLocaleString("en");
// A newline or a tab in a name would be lost on the page; its sign is shown.
const plain = (text) => String(text).replace(/[\u0000-\u001f\u007f]/g, (sign) => String.fromCharCode(0x2400 + (sign === "\u007f" ? 0x21 : sign.charCodeAt(0))));

// ---------------------------------------------------------------- where the visitor is
// The address says which page is open and what it shows, so that a link opens the same view again.
// Pages know nothing of each other: they go to an address, and whoever is meant shows it.
const GRADIO = /^__/;  // its own words in an address, such as __theme, stay
// In the address the page is called `view`: Gradio takes `page` for itself.
const address = () => {
  const { view, page, ...words } = Object.fromEntries(new URLSearchParams(location.search));
  return view ? { page: view, ...words } : words;
};
const addressOf = ({ page, ...words }) => {
  const kept = Object.entries(address()).filter(([name]) => GRADIO.test(name));
  const wanted = Object.entries({ view: page, ...words })
    .filter(([name, value]) => value !== "" && value !== null && value !== undefined && !GRADIO.test(name));
  return `?${new URLSearchParams([...wanted, ...kept])}`;
};
// Open another view: one step in the browser's history, or (while somebody types) in place of the last.
function go(words, { instead = false } = {}) {
  const before = address().page;
  history[instead ? "replaceState" : "pushState"](null, "", addressOf(words));
  window.dispatchEvent(new Event("hardex:address"));
  if ((before || "overview") !== (words.page || "overview")) window.scrollTo(0, 0);
}
// The same view, a little changed: no step in the history, and nobody is told.
function stay(words) {
  history.replaceState(null, "", addressOf({ ...address(), ...words }));
}
// Call `show(words)` now and whenever the address changes, while this page is the one it names.
function whenAddressed(page, show) {
  const look = () => { if ((address().page || "overview") === page) show(address()); };
  window.addEventListener("hardex:address", look);
  window.addEventListener("popstate", look);
  look();
}
// A real link to a view: it can be opened in another tab, and a plain click stays in this one.
function link(name, text, words) {
  const node = make("a", name, text);
  node.href = addressOf(words);
  node.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(words);
  });
  return node;
}

function uuid() {
  // Browsers offer crypto.randomUUID only over https and on this computer.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
// What a tab keeps over a reload: Gradio loads the page again by itself when a connection that broke is
// back. It is for one visitor of one run; somebody else, or another run at this address, finds nothing.
function keepInTab(name, whose, value) {
  try { sessionStorage.setItem(name, JSON.stringify({ whose, value })); return true; } catch (error) { return false; }
}
function keptInTab(name, whose) {
  try {
    const found = JSON.parse(sessionStorage.getItem(name));
    if (found && found.whose === whose) return found.value;
    sessionStorage.removeItem(name);
  } catch (error) { /* nothing is kept for us */ }
  return null;
}
// Why there was no answer. What Gradio says of a failure depends on the protocol; a status does not.
async function status() {
  try { return (await fetch("here", { cache: "no-store", signal: AbortSignal.timeout(5000) })).status; } catch (error) { return 0; }  // nobody is there
}
async function silence() {
  return (await status()) === 401
    ? "The server lets you in no more: your visit is over, or your link was taken back. Open your own link again, in this browser, or ask for a new one."
    : "The server does not answer.";
}

// One request of a kind is under way at most; what changed meanwhile is asked once it is back. What
// fails is tried again, ever more rarely. How many are under way stands in `data-asking`.
let asking = 0;
const countAsking = (change) => { element.dataset.asking = asking += change; };
function latched(ask, failed) {
  let busy = false, again = false, pause = 1000, retry = null;
  return async function run() {
    if (busy) { again = true; return; }
    clearTimeout(retry);
    busy = true;
    countAsking(1);
    try { await ask(); pause = 1000; } catch (error) {
      failed(`${await silence()} Trying again…`);
      retry = setTimeout(run, pause);
      pause = Math.min(2 * pause, 30000);
      again = false;  // that is soon enough
    }
    busy = false;
    countAsking(-1);
    if (again) { again = false; run(); }
  };
}
