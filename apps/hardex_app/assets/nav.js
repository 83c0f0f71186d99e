// The bar at the top: one link per page; the page that the address names is shown.
const PAGES = { overview: "Overview", browse: "Browse", probe: "Probe" };
const links = Object.entries(PAGES).map(([page, words]) => {
  const node = link("hx-page-link", words, { page });
  node.dataset.page = page;
  return node;
});
part(".hx-pages").append(...links);

function show() {
  const page = address().page in PAGES ? address().page : "overview";
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
show();
requestAnimationFrame(show);  // the pages may be drawn after this bar
