// Elements of the page. Class names, ids and all other text of a run arrive as data and are set as
// text, never as markup.

/**
 * A new element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {string} [text]
 */
export function make(tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

/**
 * A new button, which submits no form.
 *
 * @param {string} className
 * @param {string} text
 * @param {(event: MouseEvent) => void} pressed
 */
export function makeButton(className, text, pressed) {
  const node = make("button", className, text);
  node.type = "button";
  node.addEventListener("click", pressed);
  return node;
}

/**
 * A new element of an SVG picture.
 *
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
export function shape(tag, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  if (text !== undefined) node.textContent = text;
  return node;
}

/**
 * The first element that matches. The markup and the scripts of a page belong together: one that is
 * missing is a mistake in the page.
 *
 * @template {Element} [Kind=HTMLElement]
 * @param {ParentNode} within
 * @param {string} selector
 * @param {new () => Kind} [kind]
 * @returns {Kind}
 */
export function find(within, selector, kind = /** @type {any} */ (HTMLElement)) {
  const node = within.querySelector(selector);
  if (!(node instanceof kind)) throw new Error(`the page has no ${kind.name} that matches ${selector}`);
  return node;
}

/**
 * Text in which control and format characters are visible: a newline in a name would be lost on the page, and
 * others turn the direction of reading around. The joiners of words and emoji stay.
 *
 * @param {unknown} text
 */
export function plain(text) {
  return String(text).replace(ACTING, visible);
}

const CONTROLS = "\\u0000-\\u001f\\u007f-\\u009f";
const FORMATS = "\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb";
const ACTING = new RegExp(`[${CONTROLS}${FORMATS}]`, "g");

/** @param {string} character */
function visible(character) {
  if (character > "\u007f") return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return String.fromCharCode(0x2400 + (character === "\u007f" ? 0x21 : character.charCodeAt(0)));
}

/**
 * Whether a click asks the browser for something else, such as another tab.
 *
 * @param {MouseEvent} event
 */
export function isModified(event) {
  return event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
}
