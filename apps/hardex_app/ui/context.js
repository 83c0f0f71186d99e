// The contract between a page and the window that shows it, as types.

/**
 * What the script of one page gets: from Gradio in the owner's window, from `visitor.js` in that of
 * annotators.
 *
 * @typedef {object} Context
 * @property {HTMLElement} element the page's markup
 * @property {Record<string, any>} props what Python has set
 * @property {Record<string, (request?: any) => Promise<any>>} server the questions of the page; a call without an
 *   answer fails
 */

export {};
