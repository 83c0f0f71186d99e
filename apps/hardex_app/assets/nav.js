// The bar at the top: one link per page; the page that the address names is shown.
// Annotators have fewer of them, and a window of their own that names them.
const ALL = { overview: "Overview", browse: "Browse", annotate: "Annotate", probe: "Probe" };
const PAGES = Object.fromEntries(Object.entries(ALL).filter(([page]) => !props.pages || props.pages.includes(page)));
const FIRST = Object.keys(PAGES)[0];
const links = Object.entries(PAGES).map(([page, words]) => {
  const node = link("hx-page-link", words, { page });
  node.dataset.page = page;
  return node;
});
part(".hx-pages").append(...links);

function show() {
  const page = address().page in PAGES ? address().page : FIRST;
  for (const node of links) {
    if (node.dataset.page === page) node.setAttribute("aria-current", "page");
    else node.removeAttribute("aria-current");
  }
  for (const name of Object.keys(PAGES)) {
    const box = document.getElementById(`page-${name}`);
    if (box) box.classList.toggle("hx-current", name === page);
  }
}
window.addEventListener("hardex:address", show);
window.addEventListener("popstate", show);
if (props.pages && !(address().page in PAGES)) {
  stay({ page: FIRST });
  window.dispatchEvent(new Event("hardex:address"));
}
show();
requestAnimationFrame(show);  // the pages may be drawn after this bar

// Annotators are told under which name they are here, and can end that.
if (props.pages) {
  const name = make("span", "hx-who", ""), leave = make("button", "hx-button hx-leave", "Leave");
  leave.type = "button";
  leave.title = "End this visit on this device; your link opens it again";
  leave.addEventListener("click", async () => {
    leave.disabled = true;
    try { await fetch("leave", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }); }
    finally { location.replace("./"); }
  });
  part(".hx-nav").append(name, leave);
  server.who({}).then((who) => { name.textContent = plain(who.name); name.title = who.name; }, () => {});
}
