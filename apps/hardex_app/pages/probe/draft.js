// The draft of the Probe page over a reload: drawing, image, texts and changes.

import { storeDraft, storedDraft } from "../../ui/draft.js";
import { whoseOf } from "../../ui/facts.js";
import { isKeptInTab } from "../../ui/tab_store.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./state.js").Draft} Draft */

const STORE = "hardex.draft.probe";

/** @param {Page} page */
export function startDraftStore({ state, server }) {
  forgetAnothers(server);
  storeDraft(STORE, () => {
    const at = location.search;
    return state.facts && {
      owner: state.facts.whose,
      versions: [{ at, draft: state.draft }, { at, draft: withoutImages(state.draft) }],
    };
  });
}

/**
 * Remove what another visitor drew in this tab, also while this visitor has not opened the page.
 *
 * @param {Page["server"]} server
 */
async function forgetAnothers(server) {
  if (isKeptInTab(STORE)) storedDraft(STORE, await whoseOf(server) ?? "");
}

/**
 * A large image may be more than a browser keeps; a drawing is not.
 *
 * @param {Draft} draft
 * @returns {Draft}
 */
function withoutImages(draft) {
  const { pictures, aside } = draft;
  const none = { image: null, imageNote: "" };
  return {
    ...draft,
    pictures: { ...pictures, ...none },
    aside: aside && { ...aside, pictures: { ...aside.pictures, ...none } },
  };
}

/**
 * Take over the draft that the tab has kept, unless the visitor has drawn something already.
 *
 * @param {Page} page
 */
export function restoreDraft({ state }) {
  const found = storedDraft(STORE, state.facts?.whose ?? "");
  if (!found || state.draft.pictures.strokes.length) return;
  Object.assign(state.draft, found.draft);
  state.leftAt = found.at;
}
