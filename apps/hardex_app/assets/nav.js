// The bar at the top: one link per page; the page that the address names is shown.
const PAGES = { overview: "Overview", browse: "Browse", probe: "Probe" };
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

let shown = null;
function show() {
  document.documentElement.style.colorScheme = document.body.classList.contains("dark") ? "dark" : "light";
  const page = Object.hasOwn(PAGES, address().page ?? "") ? address().page : "overview";
  for (const node of links) {
    if (node.dataset.page === page) node.setAttribute("aria-current", "page");
    else node.removeAttribute("aria-current");
  }
  for (const name of Object.keys(PAGES)) {
    const box = document.getElementById(`page-${name}`);
    if (!box) continue;
    box.classList.toggle("hx-current", name === page);
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", PAGES[name]);
    box.tabIndex = -1;
    // Who listens hears which page came; not at the start, when the browser says it.
    if (name === page && shown !== null && shown !== page) box.focus({ preventScroll: true });
  }
  if (shown !== page) document.title = `${PAGES[page]} · hardex`;
  shown = page;
  remember();
}
// Pages change the address quietly while they are shown: it is read when the visitor moves on.
part(".hx-pages").addEventListener("pointerdown", remember);
part(".hx-pages").addEventListener("focusin", remember);
window.addEventListener("hardex:address", show);
window.addEventListener("popstate", show);
show();
requestAnimationFrame(() => { shown = null; show(); });  // the pages may be drawn after this bar
