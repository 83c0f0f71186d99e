// One draft for a page: what lies on it and no address can name, a drawing for instance, is found again
// after a reload in the same tab, by the same visitor of the same run.

import { keepInTab, keptInTab } from "./tab_store.js";

/**
 * Store the draft whenever the page may end: when it is left, and when it is hidden, since a phone may end a
 * hidden page without notice.
 *
 * @param {string} name
 * @param {() => {owner: string, versions: unknown[]} | null} current the draft as plain data, and smaller
 *   versions to fall back on where the browser has no room; null while nothing is known
 */
export function storeDraft(name, current) {
  const store = () => {
    const draft = current();
    if (draft) draft.versions.some((version) => keepInTab(name, draft.owner, version));
  };
  addEventListener("pagehide", store);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) store();
  });
}

/**
 * @param {string} name
 * @param {string} owner
 * @returns {any} the draft, or null
 */
export function storedDraft(name, owner) {
  return keptInTab(name, owner);
}
