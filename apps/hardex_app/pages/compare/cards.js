// The examples of a list, each with the answers of all models side by side.

import { fillPlaces } from "../../ui/place_pictures.js";
import { go, link } from "../../ui/address.js";
import { find, make, makeButton, plain } from "../../ui/dom.js";
import { count, percent } from "../../ui/numbers.js";

/** @typedef {import("./facts.js").ListPage} ListPage */
/** @typedef {import("./facts.js").View} View */

const TOGETHER = 12; // pictures of one request
const CHIPS = 12;

/**
 * @param {HTMLElement} element
 * @param {import("../../ui/context.js").Context["server"]} server
 * @param {ListPage} page
 * @param {View} view
 */
export function drawCards(element, server, page, view) {
  const box = find(element, ".hx-co-cards");
  box.replaceChildren(...page.examples.map(card));
  if (!page.examples.length) box.append(make("p", "hx-empty", "No example is in this list."));
  drawPager(element, page, view);
  drawChips(element, page, view);
  const places = /** @type {HTMLElement[]} */ ([...box.querySelectorAll(".hx-co-place")]);
  for (let at = 0; at < places.length; at += TOGETHER) fillPlaces(server, places.slice(at, at + TOGETHER));
}

/** @param {import("./facts.js").Example} example */
function card({ id, given, answers }) {
  const node = link("hx-co-card", undefined, { page: "browse", list: "all", id });
  const place = make("span", "hx-co-place");
  place.dataset.id = id;
  const told = answers.map(({ run, predicted }) => `${plain(run)} ${plain(predicted)}`).join(", ");
  node.setAttribute("aria-label", `example ${plain(id)}, given ${plain(given)}: ${told}`);
  node.title = plain(id);
  const list = make("span", "hx-co-answers");
  list.append(make("span", "hx-co-given", `given ${plain(given)}`), ...answers.map((one) => answerOf(one, given)));
  node.append(place, list);
  const item = make("div", "hx-co-item");
  item.setAttribute("role", "listitem");
  item.append(node);
  return item;
}

/**
 * @param {import("./facts.js").Answer} one
 * @param {string} given
 */
function answerOf({ run, predicted, confidence }, given) {
  const right = predicted === given;
  const node = make("span", `hx-co-answer ${right ? "hx-co-right" : "hx-co-wrong"}`);
  node.append(make("span", "hx-co-run", plain(run)),
    make("span", "hx-co-predicted", `${right ? "✓" : "✗"} ${plain(predicted)}`),
    make("span", "hx-co-sure", percent(confidence)));
  node.title = `${plain(run)}: ${plain(predicted)}, ${percent(confidence)}`;
  return node;
}

/**
 * @param {HTMLElement} element
 * @param {ListPage} page
 * @param {View} view
 */
function drawPager(element, { page, pages }, view) {
  find(element, ".hx-co-pager").hidden = pages < 2;
  find(element, ".hx-co-page").textContent = `page ${count(page)} of ${count(pages)}`;
  for (const [name, to] of /** @type {[string, number][]} */ ([["before", page - 1], ["after", page + 1]])) {
    const button = find(element, `.hx-co-${name}`, HTMLButtonElement);
    button.disabled = to < 1 || to > pages;
    button.onclick = () => go({ ...view, page: "compare", p: to });
  }
}

/**
 * Classes and confusion pairs of the list: a press shows only these, and again all.
 *
 * @param {HTMLElement} element
 * @param {ListPage} page
 * @param {View} view
 */
function drawChips(element, { classes, pairs }, view) {
  const box = find(element, ".hx-co-chips");
  box.replaceChildren();
  if (classes.length < 2) return;
  box.append(...classes.slice(0, CHIPS).map(([given, n]) => chip(`${plain(given)} (${count(n)})`, { given }, view)));
  const more = classes.length - CHIPS;
  if (more > 0) box.append(make("span", "hx-co-note", `and ${count(more)} more classes`));
  box.append(...pairs.map(([given, answer, n]) => {
    return chip(`${plain(given)} → ${plain(answer)} (${count(n)})`, { given, answer }, view);
  }));
}

/**
 * @param {string} text
 * @param {{given: string, answer?: string}} wanted
 * @param {View} view
 */
function chip(text, { given, answer = "" }, view) {
  const on = view.given === given && (view.answer ?? "") === answer;
  const filter = on ? { given: "", answer: "" } : { given, answer };
  const button = makeButton("hx-button hx-co-chip", text, () => go({ ...view, ...filter, page: "compare", p: "" }));
  button.setAttribute("aria-pressed", String(on));
  return button;
}
