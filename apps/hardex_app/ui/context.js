// The contract between a page and Gradio, as types.

/**
 * What Gradio gives to the script of one `gr.HTML` component.
 *
 * @typedef {object} Context
 * @property {HTMLElement} element the component on the page
 * @property {Record<string, any>} props what Python has set
 * @property {Record<string, (request?: any) => Promise<any>>} server Python functions; a failed call gives undefined
 */

export {};
