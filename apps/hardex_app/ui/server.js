// The server as the script of a page sees it: `server.NAME(request)` asks one of the page's questions.

const NEVER = new Set([400, 413, 422]); // the same request will be refused again

/**
 * The questions of one page.
 *
 * @param {string} page
 * @param {string[]} names
 * @returns {import("./context.js").Context["server"]}
 */
export function serverOf(page, names) {
  return Object.fromEntries(names.map((name) => [name, (request) => ask(`ask/${page}/${name}`, request)]));
}

/**
 * @param {string} address relative to the document, so that proxies and notebooks may show the app anywhere
 * @param {any} [request]
 * @returns {Promise<any>}
 */
async function ask(address, request = {}) {
  const response = await fetch(address, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(request), cache: "no-store",
  });
  if (response.ok) return response.json();
  if (NEVER.has(response.status)) return { error: (await response.text()).trim() };
  throw new Error(`${address} was answered with status ${response.status}`);
}
