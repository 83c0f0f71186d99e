// The bar at the top: one link per page; the page that the address names is shown. `props.pages` has the
// name and the title of each page of the window, in order. Annotators have fewer; `props.leaves` says that
// they see their name and can leave.

import { address, addressOf, announce, go, pageOf, stay, whenAddressChanges } from "./address.js";
import { copy } from "./copy.js";
import { find, isModified, make, makeButton, plain } from "./dom.js";
import { addHelp } from "./help.js";
import { PAUSES_MS, pause } from "./patience.js";
import { addTour } from "./tour.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {Record<string, string>} Titles the title of each page, by its name */

const LATE_MS = [0, 200, 1000, 4000]; // a slow browser may draw the pages later, or once more
const NOT_DRAWN_MS = 50;
const COPIED_MS = 2000;

/** @param {Context} context */
export function start({ element, props, server }) {
  const titles = titlesOf(props.pages);
  const bar = find(element, ".hx-pages");
  const show = pageShower(bar, titles);
  const open = () => {
    if (Object.hasOwn(titles, pageOf(address()))) show();
    else {
      stay({ page: Object.keys(titles)[0] });
      announce();
    }
  };
  whenAddressChanges(open);
  open();
  for (const ms of LATE_MS) setTimeout(show, ms);
  const nav = find(element, ".hx-nav");
  if (props.leaves) addVisitor(nav, server);
  if (window.self !== window.top) addCopyView(nav);
  addHelp(nav, () => pageOf(address()));
  addTour(nav, Object.keys(titles));
}

/**
 * @param {{name: string, title: string}[]} pages
 * @returns {Titles}
 */
function titlesOf(pages) {
  return Object.fromEntries(pages.map(({ name, title }) => [name, title]));
}

/**
 * Fills the bar with links and gives the function that shows the page in the address.
 *
 * @param {HTMLElement} bar
 * @param {Titles} titles
 */
function pageShower(bar, titles) {
  /** @type {Record<string, Record<string, string>>} */
  const last = {}; // the view in which each page was left, to which its link returns
  const links = Object.entries(titles).map(([page, title]) => pageLink(page, title, last));
  const mark = marker();
  /** @type {string | null} */
  let shown = null;
  const remember = () => {
    if (shown) last[shown] = { ...address(), page: shown };
  };
  function show() {
    const page = pageOf(address());
    followColours();
    markLinks(links, page);
    const changed = shown !== null && shown !== page;
    const drawn = Object.keys(titles).map((name) => showPage(name, titles[name], name === page, changed, mark));
    if (!drawn.every(Boolean)) setTimeout(show, NOT_DRAWN_MS); // the pages may be drawn after this bar
    if (shown !== page) document.title = `${titles[page]} · hardex`;
    shown = page;
    remember();
  }
  bar.append(...links);
  // Pages change the address without an event: it is read when the visitor moves on.
  bar.addEventListener("pointerdown", remember);
  bar.addEventListener("focusin", remember);
  return show;
}

/**
 * @param {string} page
 * @param {string} title
 * @param {Record<string, Record<string, string>>} last
 */
function pageLink(page, title, last) {
  const node = make("a", "hx-page-link", title);
  node.href = addressOf({ page });
  node.dataset.page = page;
  node.addEventListener("click", (event) => {
    if (isModified(event)) return;
    event.preventDefault();
    go(last[page] || { page });
  });
  return node;
}

/** Scroll bars and form fields in the colours that Gradio shows. */
function followColours() {
  document.documentElement.style.colorScheme = document.body.classList.contains("dark") ? "dark" : "light";
}

/**
 * Move the row of links, which is wider than a phone, so that one of them is seen; the page itself stays.
 *
 * @param {HTMLElement} link
 */
function bringIntoView(link) {
  const row = link.parentElement;
  if (row) row.scrollLeft = link.offsetLeft - row.offsetLeft - (row.clientWidth - link.offsetWidth) / 2;
}

/**
 * @param {HTMLElement[]} links
 * @param {string} page
 */
function markLinks(links, page) {
  for (const node of links) {
    if (node.dataset.page === page) {
      node.setAttribute("aria-current", "page");
      bringIntoView(node);
    } else node.removeAttribute("aria-current");
  }
}

/**
 * @param {string} name
 * @param {string} title
 * @param {boolean} current
 * @param {boolean} changed whether another page was shown before
 * @param {(box: HTMLElement, current: boolean) => void} mark
 * @returns {boolean} whether the page is drawn yet
 */
function showPage(name, title, current, changed, mark) {
  const box = document.getElementById(`page-${name}`);
  if (!box) return false;
  mark(box, current);
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", title);
  box.tabIndex = -1;
  // A screen reader announces the page that gets the focus; at the start the browser announces it.
  if (current && changed) box.focus({ preventScroll: true });
  return true;
}

/** Marks the current page. Gradio rewrites the class of a page that it draws again: the mark is put back. */
function marker() {
  /** @type {Map<Node, boolean>} */
  const marked = new Map();
  const keeper = new MutationObserver((changes) => {
    for (const { target } of changes) set(/** @type {HTMLElement} */ (target), Boolean(marked.get(target)));
  });
  /**
   * @param {HTMLElement} box
   * @param {boolean} current
   */
  function set(box, current) {
    if (!marked.has(box)) keeper.observe(box, { attributes: true, attributeFilter: ["class"] });
    marked.set(box, current);
    if (box.classList.contains("hx-current") !== current) box.classList.toggle("hx-current", current);
  }
  return set;
}

/**
 * Annotators see their name, and a button that ends their session.
 *
 * @param {HTMLElement} nav
 * @param {Context["server"]} server
 */
function addVisitor(nav, server) {
  const name = make("span", "hx-who", "");
  const leave = makeButton("hx-button hx-leave", "Leave", () => leaveApp(leave));
  leave.title = "End your session on this device; your link opens it again";
  nav.append(name, leave);
  showName(name, server);
}

/**
 * Show who the visitor is; the name stays empty where the server gives no answer for long.
 *
 * @param {HTMLElement} name
 * @param {Context["server"]} server
 */
async function showName(name, server) {
  for (const ms of PAUSES_MS) {
    const who = await server.who({}).catch(() => null);
    if (who) {
      name.textContent = plain(who.name);
      name.title = who.name;
      return;
    }
    await pause(ms);
  }
}

/**
 * In a notebook the address cannot be seen: this gives the words that open the view again.
 *
 * @param {HTMLElement} nav
 */
function addCopyView(nav) {
  const button = makeButton("hx-button hx-copy-view", "Copy view", async () => {
    const words = `app.show(${JSON.stringify(location.search.slice(1))})`;
    if (!(await copy(words))) prompt("Copy these words:", words);
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = "Copy view";
    }, COPIED_MS);
  });
  button.title = "Copy a line for a cell that opens this view again";
  nav.append(button);
}

/** @param {HTMLButtonElement} button */
async function leaveApp(button) {
  if (!mayLeave()) return;
  button.disabled = true;
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" };
  const response = await fetch("leave", request).catch(() => null);
  if (response && response.ok) {
    location.replace("./?left");
    return;
  }
  button.disabled = false;
  alert("Your session has not ended: the server does not answer. Try again later.");
}

/** Whether a visitor wants to leave although some of their work is not saved yet. */
function mayLeave() {
  const pages = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-waiting]"));
  const unsent = [...pages].reduce((sum, page) => sum + Number(page.dataset.waiting), 0);
  if (!unsent) return true;
  const [changes, them] = unsent === 1 ? ["One change is", "it"] : [`${unsent} changes are`, "them"];
  return confirm(
    `${changes} not saved yet. If you leave now, open your link again in this browser to send ${them}.`,
  );
}
