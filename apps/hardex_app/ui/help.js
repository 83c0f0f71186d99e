// Help on the page that is shown: what it is for, and its keys.

import { find, make, makeButton } from "./dom.js";

/**
 * @typedef {object} Help
 * @property {string} about
 * @property {[string, string][]} keys
 * @property {string} section of the guide
 */

/** @type {Record<string, Help>} */
const PAGES = {
  overview: {
    about: "How good the model is, and where it fails. Click any number, cell, bar or picture to see the examples "
      + "behind it, hardest first. Drag a box on the map to open all examples in it.",
    keys: [["arrows, Home, End", "move in the confusion matrix; Enter opens a cell"],
      ["arrows, Enter", "on the map: the next hardest example; open it"]],
    section: "Overview",
  },
  browse: {
    about: "The examples: filter and sort them, look at one, judge its label. A click with Ctrl or Shift selects "
      + "several.",
    keys: [["← →", "the previous or next example"], ["↑ ↓", "the card above or below"],
      ["+ − 0", "on the picture: larger, smaller, fit"], ["Ctrl and wheel", "zoom; drag to move"]],
    section: "Browse",
  },
  causes: {
    about: "Why the examples are hard, as the diagnosis found it, what the whole data set says, and how far that can "
      + "be trusted. Click a cause, a sentence or a picture to see the examples behind it.",
    keys: [],
    section: "Causes",
  },
  compare: {
    about: "Several models on the same examples: which is better, and whose errors they are. Click any number to see "
      + "the examples behind it with the answers of all models, and a picture to open it in Browse.",
    keys: [],
    section: "Compare",
  },
  curves: {
    about: "How the training went: loss and accuracy of one or several trainings, what the curves say, and what to do. "
      + "Click a training to hide or show it, a finding to see its part of the curve.",
    keys: [["← →, Home, End", "on a chart: read the values"]],
    section: "Curves",
  },
  fix: {
    about: "What to do about the findings: choose remedies, see what they will do, train with them and without them, "
      + "and read whether they helped. Nothing of this run is changed: each fix is a new model beside it.",
    keys: [["← →, Home, End", "on a chart: read the values"]],
    section: "Fix",
  },
  probe: {
    about: "Change a picture and watch the prediction: take an example, draw, or drop an image; move the sliders. The "
      + "curve shows where the prediction flips.",
    keys: [["arrows", "on the curve: a step, with Shift ten; on the pad: move the pen"], ["Space", "pen down, pen up"],
      ["Ctrl Z", "undo the last stroke"], ["Ctrl V", "paste an image"]],
    section: "Probe",
  },
  people: {
    about: "Invite annotators and viewers, see how far they are and where they disagree, and export their answers.",
    keys: [],
    section: "People",
  },
};

/**
 * A button for the bar, and the key `?`. Annotate has a help of its own, with the keys of its answers.
 *
 * @param {HTMLElement} bar
 * @param {() => string} page that is shown
 */
export function addHelp(bar, page) {
  const dialog = make("dialog", "hx-help");
  dialog.setAttribute("aria-label", "help");
  const open = () => {
    const own = document.querySelector("#page-annotate .hx-ann-ask-help");
    if (page() === "annotate" && own instanceof HTMLElement) own.click();
    else if (PAGES[page()]) show(dialog, PAGES[page()]);
  };
  const button = makeButton("hx-button hx-ask-help", "?", open);
  button.setAttribute("aria-label", "help on this page (question mark)");
  bar.append(button, dialog);
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof Element && event.target.closest("input, select, textarea");
    if (event.key !== "?" || isTyping || page() === "annotate" || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    open();
  });
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {Help} help
 */
function show(dialog, { about, keys, section }) {
  const list = make("dl", "hx-help-keys");
  list.append(...[...keys, ["?", "this help"]].flatMap(([key, text]) => {
    const name = make("dt", "");
    name.append(make("kbd", "", key));
    return [name, make("dd", "", text)];
  }));
  const guide = make("p", "hx-muted", `More in the guide that comes with hardex: docs/app.md, section ${section}.`);
  dialog.replaceChildren(make("h2", "", section), make("p", "", about), list, guide,
    makeButton("hx-button hx-primary", "Close", () => dialog.close()));
  dialog.showModal();
  find(dialog, "button").focus();
}
