// The bar at the top: one link per page; the page that the address names is shown.
// Annotators have fewer of them, and a window of their own that names them.
const ALL = { overview: "Overview", browse: "Browse", annotate: "Annotate", probe: "Probe" };
const PAGES = Object.fromEntries(Object.entries(ALL).filter(([page]) => !props.pages || props.pages.includes(page)));
const FIRST = Object.keys(PAGES)[0];
// A page is left as it was: its link goes back to what it showed last.
const last = {};
const links = Object.entries(PAGES).map(([page, words]) => {
  const node = make("a", "hx-page-link", words);
  node.href = addressOf({ page });
  node.dataset.page = page;
  node.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(last[page] || { page });
  });
  return node;
});
const remember = () => { last[shown] = { ...address(), page: shown }; };
part(".hx-pages").append(...links);

// Whatever draws a page anew writes its class anew, too: the mark is put back at once.
const marked = new Map();
const keeper = new MutationObserver((changes) => { for (const { target } of changes) mark(target, marked.get(target)); });
function mark(box, current) {
  if (!marked.has(box)) keeper.observe(box, { attributes: true, attributeFilter: ["class"] });
  marked.set(box, current);
  if (box.classList.contains("hx-current") !== current) box.classList.toggle("hx-current", current);
}

let shown = null;
function show() {
  document.documentElement.style.colorScheme = document.body.classList.contains("dark") ? "dark" : "light";
  const page = Object.hasOwn(PAGES, address().page ?? "") ? address().page : FIRST;
  for (const node of links) {
    if (node.dataset.page === page) node.setAttribute("aria-current", "page");
    else node.removeAttribute("aria-current");
  }
  let missing = false;
  for (const name of Object.keys(PAGES)) {
    const box = document.getElementById(`page-${name}`);
    if (!box) { missing = true; continue; }
    mark(box, name === page);
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", PAGES[name]);
    box.tabIndex = -1;
    // Who listens hears which page came; not at the start, when the browser says it.
    if (name === page && shown !== null && shown !== page) box.focus({ preventScroll: true });
  }
  if (missing) setTimeout(show, 50);  // the pages may be drawn after this bar
  if (shown !== page) document.title = `${PAGES[page]} · hardex`;
  shown = page;
  remember();
}
// Pages change the address quietly while they are shown: it is read when the visitor moves on.
part(".hx-pages").addEventListener("pointerdown", remember);
part(".hx-pages").addEventListener("focusin", remember);
window.addEventListener("hardex:address", show);
window.addEventListener("popstate", show);
if (props.pages && !(address().page in PAGES)) {
  stay({ page: FIRST });
  window.dispatchEvent(new Event("hardex:address"));
}
show();
// A slow browser may draw the pages later, or once more.
for (const ms of [0, 200, 1000, 4000]) setTimeout(show, ms);

// Annotators are told under which name they are here, and can end that.
if (props.pages) {
  const name = make("span", "hx-who", ""), leave = make("button", "hx-button hx-leave", "Leave");
  leave.type = "button";
  leave.title = "End this visit on this device; your link opens it again";
  leave.addEventListener("click", async () => {
    // Nobody is sent away from answers that only this page has.
    const unsent = Number(document.querySelector("[data-waiting]")?.dataset.waiting || 0);
    if (unsent && !confirm(`${unsent === 1 ? "One answer is" : `${unsent} answers are`} not saved yet. If you leave now, open your link again in this browser to send ${unsent === 1 ? "it" : "them"}.`)) return;
    leave.disabled = true;
    const answer = await fetch("leave", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }).catch(() => null);
    if (answer && answer.ok) { location.replace("./?left"); return; }
    leave.disabled = false;
    alert("You are still in: the server does not answer. Try again later.");
  });
  part(".hx-nav").append(name, leave);
  server.who({}).then((who) => { name.textContent = plain(who.name); name.title = who.name; }, () => {});
}
