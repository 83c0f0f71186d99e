// The contract between a page and Gradio, as types.

/**
 * What Gradio gives to the script of one `gr.HTML` component.
 *
 * @typedef {object} Context
 * @property {HTMLElement} element the component on the page
 * @property {Record<string, any>} props what Python sets, above all `value`
 * @property {Record<string, (request?: any) => Promise<any>>} server Python functions; a failed call gives undefined
 * @property {(event: string, data?: unknown) => void} trigger sends an event to Python
 * @property {(names: string | string[], changed: () => void) => void} watch calls back when Python sets a prop
 */

export {};
