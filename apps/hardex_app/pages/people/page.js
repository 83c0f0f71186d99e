// The People page: invite somebody, see what everybody has done and where they disagree, export the answers.

import { link, whenAddressed } from "../../ui/address.js";
import { copy as copyText } from "../../ui/copy.js";
import { find, make, makeButton, plain } from "../../ui/dom.js";
import { download } from "../../ui/download.js";
import { untilReady } from "../../ui/facts.js";
import { count } from "../../ui/numbers.js";
import { alphaText, answersText, linksText, rateText } from "./figures.js";

/** @typedef {import("../../ui/context.js").Context} Context */

/**
 * @typedef {object} Person
 * @property {string} name
 * @property {string[]} can
 * @property {Record<string, number>} links how many are in each state
 * @property {string} until
 * @property {number} judged
 * @property {string} last
 * @property {number | null} seconds
 * @property {import("./figures.js").Rate | null} gold
 * @property {import("./figures.js").Rate | null} others
 */

/**
 * @typedef {object} Facts
 * @property {string} address
 * @property {string} how
 * @property {Person[]} people
 * @property {{votes: number, wanted: number, says: string}} progress
 * @property {Parameters<typeof alphaText>[0] & {pairs: {names: string[], examples: number,
 *   kappa: number | null}[]}} agreement
 * @property {{total: number, at: number[], examples: {id: string, given: string, answers: [string, number][],
 *   image: string}[]}} conflicts
 */

const COPIED_MS = 2000;
const NAMES = { annotate: "judge", view: "read" };

/** @param {Context} context */
export function start({ element, server }) {
  const page = { element, server, ask: () => {} };
  let asking = false;
  page.ask = async () => {
    if (asking) return;
    asking = true;
    const wait = find(element, ".hx-pe-wait");
    const answer = await untilReady(() => server.facts({}), (sentence) => {
      wait.textContent = plain(sentence);
    });
    asking = false;
    if (answer.error === undefined) draw(page, answer);
    say(element, answer.error ?? "");
    wait.hidden = true;
  };
  whenAddressed("people", page.ask);
  find(element, ".hx-pe-refresh").addEventListener("click", page.ask);
  listenToInvite(page);
  find(element, ".hx-pe-exports").addEventListener("click", (event) => exportAs(page, event));
}

/** @typedef {{element: HTMLElement, server: Context["server"], ask: () => void}} Page */

/**
 * @param {HTMLElement} element
 * @param {string} sentence
 */
function say(element, sentence) {
  const problem = find(element, ".hx-pe-problem");
  problem.textContent = plain(sentence);
  problem.hidden = !sentence;
}

/** @param {Page} page */
function listenToInvite(page) {
  const { element } = page;
  const form = find(element, ".hx-pe-form", HTMLFormElement);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await change(page, "invite", Object.fromEntries(new FormData(form)));
    if (!answer) return;
    find(element, ".hx-pe-link").hidden = false;
    find(element, ".hx-pe-link-says").textContent = `The link of ${plain(answer.name)}. It is not shown again.`;
    const text = find(element, ".hx-pe-link-text", HTMLInputElement);
    text.value = answer.link;
    text.select();
    form.reset();
  });
  const copy = find(element, ".hx-pe-copy");
  copy.addEventListener("click", async () => {
    const text = find(element, ".hx-pe-link-text", HTMLInputElement);
    text.select();
    copy.textContent = (await copyText(text.value)) ? "Copied" : "Press Ctrl-C";
    setTimeout(() => {
      copy.textContent = "Copy";
    }, COPIED_MS);
  });
}

/**
 * Ask for a change, and show how things are then.
 *
 * @param {Page} page
 * @param {string} name of the question
 * @param {object} about
 * @returns {Promise<any>} undefined where it failed, which is said
 */
async function change({ element, server, ask }, name, about) {
  const answer = await server[name](about).catch(() => ({ error: "The server does not answer; try again." }));
  say(element, answer.error ?? "");
  if (answer.error !== undefined) return undefined;
  ask();
  return answer;
}

/**
 * @param {Page} page
 * @param {Event} event
 */
async function exportAs({ element, server }, event) {
  const format = event.target instanceof HTMLElement ? event.target.dataset.format : undefined;
  if (!format) return;
  const answer = await server.exported({ format }).catch(() => ({ error: "The server does not answer; try again." }));
  say(element, answer.error ?? "");
  if (answer.error !== undefined) return;
  download(answer.file, answer.content);
}

/**
 * @param {Page} page
 * @param {Facts} facts
 */
function draw(page, facts) {
  const { element } = page;
  find(element, ".hx-pe-body").hidden = false;
  find(element, ".hx-pe-form").hidden = !facts.address;
  find(element, ".hx-pe-address").textContent = facts.how || `Links lead to ${plain(facts.address)}.`;
  find(element, ".hx-pe-progress-says").textContent = facts.progress.says;
  const progress = find(element, ".hx-pe-progress", HTMLProgressElement);
  progress.hidden = !facts.progress.wanted;
  progress.max = facts.progress.wanted || 1;
  progress.value = facts.progress.votes;
  find(element, ".hx-pe-nobody").hidden = facts.people.length > 0;
  find(element, ".hx-pe-scroll").hidden = !facts.people.length;
  find(element, ".hx-pe-table tbody").replaceChildren(...facts.people.map((one) => row(page, one)));
  find(element, ".hx-pe-alpha").textContent = plain(alphaText(facts.agreement));
  find(element, ".hx-pe-pairs").replaceChildren(...facts.agreement.pairs.map(({ names, examples, kappa }) => {
    const value = kappa === null ? "undefined" : kappa.toFixed(2);
    return make("li", "", plain(`${names.join(" and ")}: kappa ${value} on ${count(examples)}`));
  }));
  drawConflicts(element, facts);
}

/**
 * @param {Page} page
 * @param {Person} person
 */
function row(page, person) {
  const name = make("th", "hx-pe-name", plain(person.name));
  name.scope = "row";
  name.title = plain(person.name);
  const links = make("td", "unconfirmed" in person.links ? "hx-pe-off" : "", linksText(person.links));
  const can = person.can.map((one) => NAMES[/** @type {"annotate" | "view"} */ (one)]).join(", ");
  const seconds = person.seconds === null ? "" : person.seconds.toFixed(1);
  const cells = [can, links, person.until || (person.links.open ? "no end" : ""), count(person.judged), person.last,
    seconds, rateText(person.gold), rateText(person.others)];
  const node = make("tr", "");
  node.append(name, ...cells.map((one) => (typeof one === "string" ? make("td", "", one) : one)));
  node.append(actions(page, person));
  return node;
}

/**
 * @param {Page} page
 * @param {Person} person
 */
function actions(page, { name, links }) {
  const node = make("td", "");
  if (links.unconfirmed) {
    node.append(button(page, { what: "Confirm", name, question: "confirm" }, "Whoever made this link has it, too. "
      + "Confirm it only if you made it yourself, on another computer."), " ");
  }
  if (links.open || links.unconfirmed) {
    node.append(button(page, { what: "Revoke", name, question: "revoke" }, "Their links stop working, and their "
      + "sessions end. Their answers stay."));
  }
  return node;
}

/**
 * @param {Page} page
 * @param {{what: string, name: string, question: string}} action
 * @param {string} warning
 */
function button(page, { what, name, question }, warning) {
  const node = makeButton("hx-button", what, () => {
    if (confirm(`${what} ${plain(name)}? ${warning}`)) change(page, question, { name });
  });
  node.setAttribute("aria-label", `${what} ${plain(name)}`);
  return node;
}

/**
 * @param {HTMLElement} element
 * @param {Facts} facts
 */
function drawConflicts(element, { conflicts }) {
  const { total, at, examples } = conflicts;
  find(element, ".hx-pe-no-conflicts").textContent = total ? "" : "Nobody has answered differently from anybody else.";
  const view = { page: "browse", list: "all", at: at.join(".") };
  const which = at.length < total ? `The first ${count(at.length)} of` : "All";
  const text = `${which} ${count(total)} in Browse`;
  find(element, ".hx-pe-all").replaceChildren(...(total ? [link("hx-button", text, view)] : []));
  find(element, ".hx-pe-conflicts").replaceChildren(...examples.map((one, i) => {
    const node = link("hx-pe-conflict", undefined, { page: "browse", list: "all", at: at[i], id: one.id });
    if (one.image) {
      const image = make("img", "hx-pixels");
      Object.assign(image, { src: one.image, alt: "" });
      node.append(image);
    }
    const said = make("strong", "", plain(answersText(one.answers)));
    node.append(said, make("span", "hx-pe-aside", `given ${plain(one.given)}`));
    return node;
  }));
}
