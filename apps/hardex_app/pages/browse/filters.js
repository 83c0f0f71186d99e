// The filters: from the address into the form, and from the form into the address.

import { address, go } from "../../ui/address.js";
import { find, make, plain } from "../../ui/dom.js";
import { LIST_NAMES } from "../../ui/lists.js";
import { many } from "../../ui/numbers.js";
import { option } from "./desk.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").View} View */
/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

const TYPED_FROM = 21; // classes: with more, a name is typed
const SIMPLE = ["given", "predicted", "correct", "text", "sort", "score", "least", "most", "verdict", "cause", "at"];
const MORE = ["score", "least", "most", "verdict", "cause"]; // those under "More filters"
const TYPING_MS = 150;

/**
 * What of the address the server needs: neither the page, nor the open example, nor names of Gradio.
 *
 * @param {View} view
 */
export function filtersOf(view) {
  const wanted = Object.entries(view).filter(([name]) => name !== "id" && name !== "page" && !name.startsWith("__"));
  return Object.fromEntries(wanted);
}

/** @param {Desk} desk */
export function listenToFilters(desk) {
  const { form, element, state } = desk;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => {
    if (!isSearch(event.target)) goFiltered(desk);
  });
  form.addEventListener("input", (event) => {
    if (isSearch(event.target)) goSoon(desk);
  });
  find(element, ".hx-lists").addEventListener("click", ({ detail, target }) => {
    // After a click the arrow keys step through the list; with the keyboard they choose another one.
    if (detail > 0 && target instanceof HTMLElement) target.blur();
  });
  const order = find(element, ".hx-order");
  order.addEventListener("click", () => {
    order.setAttribute("aria-pressed", String(order.getAttribute("aria-pressed") !== "true"));
    goFiltered(desk);
  });
  find(element, ".hx-widen").addEventListener("click", () => go({ ...fromForm(desk), list: "all" }));
  find(element, ".hx-clear-filters").addEventListener("click", () => {
    form.reset();
    go({ page: "browse", list: state.view.list, id: state.id });
  });
}

/**
 * @param {Desk} desk
 * @param {{instead?: boolean}} [how]
 */
function goFiltered(desk, how) {
  desk.state.filtered = true; // the next page opens its first example where it lacks the open one
  go(fromForm(desk), how);
}

/** @param {EventTarget | null} target */
function isSearch(target) {
  return target instanceof HTMLInputElement && target.type === "search";
}

/** @param {Desk} desk */
function goSoon(desk) {
  const { state } = desk;
  clearTimeout(state.typing);
  state.typing = setTimeout(() => {
    state.typing = undefined;
    goFiltered(desk, { instead: Boolean(state.view.text) });
  }, TYPING_MS);
}

/**
 * A visitor who leaves the page while typing is not brought back.
 *
 * @param {Desk} desk
 */
export function stopTypingElsewhere({ state }) {
  if (address().page === "browse") return;
  clearTimeout(state.typing);
  state.typing = undefined;
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function fieldOf(form, name) {
  return /** @type {Field} */ (form.elements.namedItem(name));
}

/** @param {HTMLElement} element */
function metaFields(element) {
  return /** @type {NodeListOf<HTMLInputElement>} */ (find(element, ".hx-meta").querySelectorAll("[name]"));
}

/** @param {Desk} desk */
function fromForm({ element, form, state }) {
  const list = /** @type {RadioNodeList} */ (form.elements.namedItem("list")).value;
  /** @type {import("../../ui/address.js").View} */
  const view = { page: "browse", list: list === "hard" ? "" : list };
  for (const name of SIMPLE) view[name] = fieldOf(form, name).value;
  view.text = String(view.text).trim();
  if (!view.score) view.least = view.most = "";
  for (const field of metaFields(element)) view[field.name] = field.value;
  if (find(element, ".hx-order").getAttribute("aria-pressed") === "true") view.order = "asc";
  return { ...view, id: state.id }; // what is open stays open where the page has it
}

/**
 * @param {Desk} desk
 * @param {View} view
 */
export function fillForm({ element, form, state }, view) {
  for (const one of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("[name=list]"))) {
    one.checked = one.value === (view.list || "hard");
  }
  for (const name of SIMPLE) {
    const isNewer = name === "text" && state.typing !== undefined; // what is being typed, than the address
    if (!isNewer) set(fieldOf(form, name), view[name] || "");
  }
  for (const field of metaFields(element)) set(field, view[field.name] || "");
  showOrder(find(element, ".hx-order"), view.order === "asc");
  const further = Object.keys(view).filter((name) => MORE.includes(name) || name.startsWith("meta."));
  if (further.some((name) => view[name] || name.startsWith("meta."))) {
    find(element, ".hx-more", HTMLDetailsElement).open = true;
  }
  for (const name of ["least", "most"]) fieldOf(form, name).disabled = !fieldOf(form, "score").value;
  find(element, ".hx-clear-filters").hidden = !isFiltered(view);
  showChosen(find(element, ".hx-at"), view.at ? view.at.split(".").length : 0);
}

/**
 * A button that removes the limit to chosen examples.
 *
 * @param {HTMLElement} button
 * @param {number} count how many are chosen
 */
function showChosen(button, count) {
  button.hidden = !count;
  button.textContent = `${many(count, "chosen example")} ×`;
}

/** @param {View} view */
function isFiltered(view) {
  return Object.entries(filtersOf(view)).some(([name, value]) => name !== "p" && name !== "list" && value);
}

/**
 * @param {HTMLElement} button
 * @param {boolean} ascending
 */
function showOrder(button, ascending) {
  const label = ascending ? "reverse order: on" : "reverse order: off";
  button.setAttribute("aria-pressed", String(ascending));
  button.textContent = ascending ? "↑" : "↓";
  button.setAttribute("aria-label", label);
  button.title = label;
}

/**
 * A value that is not on offer is shown all the same; the server says what is wrong with it.
 *
 * @param {Field} field
 * @param {string} value
 */
function set(field, value) {
  field.value = value;
  if (field instanceof HTMLSelectElement && field.value !== value) {
    field.append(option(value, plain(value)));
    field.value = value;
  }
}

/**
 * Fill the form with what this run offers.
 *
 * @param {Desk} desk
 * @param {import("./desk.js").Facts} facts
 */
export function offerFilters({ element, form }, facts) {
  const lists = find(element, ".hx-lists");
  lists.replaceChildren(find(lists, "legend"), ...LIST_NAMES.map(radio));
  const classes = facts.class_names.map((name) => ({ value: name, text: name }));
  const scores = facts.scores.map(({ name }) => ({ value: name, text: name }));
  for (const name of ["given", "predicted"]) offerClasses(form, name, classes);
  offer(find(element, "#hx-class-names"), facts.class_names.length < TYPED_FROM ? [] : classes);
  const others = facts.causes.length ? ["position", "cause"] : ["position"];
  offer(fieldOf(form, "sort"),
    [{ value: "", text: "rank / position" }, ...scores, ...others.map((name) => ({ value: name, text: name }))]);
  offer(fieldOf(form, "score"), [{ value: "", text: "no score" }, ...scores]);
  offer(fieldOf(form, "verdict"), verdictChoices(facts));
  const causes = facts.causes.map((one) => ({ value: one, text: facts.cause_names[one] ?? one }));
  offer(fieldOf(form, "cause"), [{ value: "", text: "any" }, ...causes]);
  find(element, ".hx-cause").hidden = !facts.causes.length;
  find(element, ".hx-meta").replaceChildren(...facts.meta.map(metaField));
}

/**
 * Few classes are chosen from a list; of many, a name is typed and completed.
 *
 * @param {HTMLFormElement} form
 * @param {string} name of the field
 * @param {{value: string, text: string}[]} classes
 */
function offerClasses(form, name, classes) {
  const field = fieldOf(form, name);
  if (classes.length < TYPED_FROM) {
    offer(field, [{ value: "", text: "any" }, ...classes]);
    return;
  }
  const typed = make("input", "");
  Object.assign(typed, { name, type: "text", placeholder: "any", autocomplete: "off", spellcheck: false });
  typed.setAttribute("list", "hx-class-names");
  field.replaceWith(typed);
}

/** @param {import("./desk.js").Facts} facts */
function verdictChoices({ verdicts }) {
  return [
    { value: "", text: "any or none" },
    { value: "none", text: "not judged yet" },
    { value: "any", text: "judged" },
    { value: "disagree", text: "people disagree" },
    ...verdicts.map(({ value, words }) => ({ value, text: words })),
  ];
}

/**
 * @param {HTMLElement} field
 * @param {{value: string, text: string}[]} choices
 */
function offer(field, choices) {
  field.replaceChildren(...choices.map(({ value, text }) => option(value, plain(text))));
}

/** @param {[string, string]} list */
function radio([value, text]) {
  const box = make("label", "hx-radio");
  const input = make("input", "");
  Object.assign(input, { type: "radio", name: "list", value });
  box.append(input, make("span", "", text));
  return box;
}

/**
 * @param {{name: string, values: string[]}} column
 * @param {number} at
 */
function metaField({ name, values }, at) {
  const box = make("label", "", `${plain(name)} `);
  const field = make("input", "");
  field.name = `meta.${name}`;
  const choices = make("datalist", "");
  choices.id = `hx-meta-${at}`;
  choices.append(...values.map((value) => option(value, plain(value))));
  field.setAttribute("list", choices.id);
  box.append(field, choices);
  return box;
}
