// The map of the examples: hover to see one, click to open it, drag a box to open all that lie in it.

import { go, link } from "../../ui/address.js";
import { find, make, makeButton, plain } from "../../ui/dom.js";
import { untilReady } from "../../ui/facts.js";
import { count, many, percent } from "../../ui/numbers.js";
import { AT_MOST, boxOf, inside, middles, nearest, wordAt } from "./map_points.js";
import { addArrow } from "./names.js";

/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./map_points.js").Place} Place */

/**
 * Examples in two dimensions, hardest first.
 *
 * @typedef {object} Drawn
 * @property {number[]} x from 0 to 1
 * @property {number[]} y
 * @property {number[]} positions
 * @property {number[]} given classes by number
 * @property {number[]} predicted
 * @property {number[]} confidence
 * @property {string[]} ids
 * @property {string} says
 */

const MARGIN = 14; // pixels
const REACH = 14; // of the pointer
const DRAG = 5; // pixels after which a press is a drag
const NAMES_MOST = 30; // classes whose names are written on the map
const FEWEST = 5; // examples of a class before its name is written
const PICTURE_MS = 60;
// Ten colours that can be told apart; further classes are grey.
const COLOURS = [
  "#4e79a7", "#f28e2b", "#e15759", "#76b7b2", "#59a14f", "#b8860b", "#b07aa1", "#d4789c", "#9c755f", "#5f6b7a",
];
const GREY = "#9aa3b2";

/**
 * @param {HTMLElement} element the page
 * @param {import("../../ui/context.js").Context["server"]} server
 */
export function mapOf(element, server) {
  const map = new EmbeddingMap(element, server);
  return (/** @type {Facts} */ facts) => map.offer(facts);
}

class EmbeddingMap {
  /**
   * @param {HTMLElement} element
   * @param {import("../../ui/context.js").Context["server"]} server
   */
  constructor(element, server) {
    this.panel = find(element, ".hx-ov-map-panel");
    this.note = find(element, ".hx-ov-map-note");
    this.box = find(element, ".hx-ov-map-box");
    this.canvas = find(element, ".hx-ov-map", HTMLCanvasElement);
    this.brush = find(element, ".hx-ov-brush");
    this.card = find(element, ".hx-ov-map-card", HTMLAnchorElement);
    this.chosen = find(element, ".hx-ov-map-chosen");
    this.switch = /** @type {HTMLElement[]} */ ([...element.querySelectorAll(".hx-ov-colours button")]);
    this.server = server;
    /** @type {Facts | null} */
    this.facts = null;
    /** @type {Drawn | null} */
    this.drawn = null;
    /** @type {Place[]} */
    this.points = []; // in pixels of the canvas
    this.colours = "errors";
    this.shown = -1; // the example on the card
    /** @type {number[]} */
    this.selected = [];
    /** @type {Place | null} */
    this.from = null; // where a drag began
    this.listen();
  }

  /** @param {Facts} facts */
  offer(facts) {
    this.facts = facts;
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      this.ask();
    }, { rootMargin: "200px" });
    seen.observe(this.panel);
  }

  async ask() {
    const answer = await untilReady(() => this.server.map({}), (sentence) => {
      this.note.textContent = plain(sentence);
    });
    const advice = matchMedia("(hover: hover)").matches ? "Drag a box to open its examples." : "Tap a point to see it.";
    this.note.textContent = plain(answer.error ?? `${answer.says} ${advice}`);
    if (answer.error !== undefined) return;
    this.drawn = answer;
    this.box.hidden = false;
    new ResizeObserver(() => this.draw()).observe(this.box);
  }

  listen() {
    for (const one of this.switch) {
      one.addEventListener("click", () => {
        this.colours = one.dataset.colours ?? "errors";
        for (const other of this.switch) other.setAttribute("aria-pressed", String(other === one));
        this.draw();
      });
    }
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    this.canvas.addEventListener("pointerup", (event) => this.release(event));
    this.canvas.addEventListener("pointercancel", () => this.forgetDrag());
    this.canvas.addEventListener("pointerleave", () => this.from || this.show(-1));
    this.canvas.addEventListener("keydown", (event) => this.step(event));
    this.canvas.addEventListener("blur", () => this.show(-1));
    new MutationObserver(() => this.draw()).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  }

  draw() {
    const { drawn, facts, canvas } = this;
    const width = this.box.clientWidth;
    const height = this.box.clientHeight;
    const ink = canvas.getContext("2d");
    if (!drawn || !facts || !ink || !width) return;
    const scale = window.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    ink.scale(scale, scale);
    const side = [width - 2 * MARGIN, height - 2 * MARGIN];
    const most = [Math.max(...drawn.x) || 1, Math.max(...drawn.y) || 1];
    this.points = drawn.x.map((x, i) => ({
      x: MARGIN + side[0] * (x / most[0]), y: MARGIN + side[1] * (drawn.y[i] / most[1]),
    }));
    canvas.setAttribute("aria-label", `Map of ${many(drawn.ids.length, "example")}. The arrow keys go through them, `
      + "the hardest first; Enter opens one.");
    for (let i = drawn.ids.length - 1; i >= 0; i -= 1) this.drawPoint(ink, i); // the hardest on top
    this.drawNames(ink);
    if (this.shown >= 0) ring(ink, this.points[this.shown]);
  }

  /**
   * Right ones are dots, errors are crosses: two shapes, for those who see no colours.
   *
   * @param {CanvasRenderingContext2D} ink
   * @param {number} i
   */
  drawPoint(ink, i) {
    const { given, predicted } = /** @type {Drawn} */ (this.drawn);
    const { x, y } = this.points[i];
    const isError = given[i] !== predicted[i];
    const isChosen = !this.selected.length || this.selected.includes(i);
    ink.globalAlpha = isChosen ? 0.85 : 0.15;
    const byClass = COLOURS[given[i]] ?? GREY;
    if (isError) {
      ink.strokeStyle = this.colours === "classes" ? byClass : this.ink("--hx-mark");
      ink.lineWidth = 2;
      ink.beginPath();
      ink.moveTo(x - 3.5, y - 3.5);
      ink.lineTo(x + 3.5, y + 3.5);
      ink.moveTo(x - 3.5, y + 3.5);
      ink.lineTo(x + 3.5, y - 3.5);
      ink.stroke();
    } else {
      ink.fillStyle = this.colours === "classes" ? byClass : GREY;
      ink.beginPath();
      ink.arc(x, y, 2.2, 0, 2 * Math.PI);
      ink.fill();
    }
    ink.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} ink */
  drawNames(ink) {
    const { drawn, facts } = this;
    if (!drawn || !facts) return;
    const places = middles(this.points, drawn.predicted, FEWEST);
    if (places.size > NAMES_MOST) return;
    Object.assign(ink, {
      font: "600 13px system-ui, sans-serif", textAlign: "center", textBaseline: "middle", lineWidth: 4,
    });
    for (const [one, { x, y }] of places) {
      const name = plain(facts.class_names[one]).slice(0, 18);
      ink.strokeStyle = this.ink("--background-fill-primary");
      ink.strokeText(name, x, y);
      ink.fillStyle = this.ink("--body-text-color");
      ink.fillText(name, x, y);
    }
  }

  /** @param {string} name of a colour of the style */
  ink(name) {
    return getComputedStyle(this.box).getPropertyValue(name).trim() || "#888";
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button !== 0 || event.pointerType === "touch") return; // a finger scrolls the page
    this.from = { x: event.offsetX, y: event.offsetY };
    this.canvas.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const here = { x: event.offsetX, y: event.offsetY };
    if (this.from && far(this.from, here)) {
      this.show(-1);
      place(this.brush, boxOf(this.from, here));
      this.select(inside(this.points, boxOf(this.from, here)));
    } else {
      this.show(nearest(this.points, here, REACH));
    }
  }

  /** @param {PointerEvent} event */
  release(event) {
    const here = { x: event.offsetX, y: event.offsetY };
    const isDrag = this.from !== null && far(this.from, here);
    this.from = null;
    if (isDrag) return;
    const found = nearest(this.points, here, REACH);
    if (event.pointerType === "touch") this.show(found);
    else if (found >= 0) this.open(found);
    else this.clear();
  }

  forgetDrag() {
    this.from = null;
    this.clear();
  }

  /** @param {KeyboardEvent} event */
  step(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by) {
      event.preventDefault();
      const last = this.points.length - 1;
      this.show(Math.min(last, Math.max(0, this.shown + by)));
    } else if (event.key === "Enter" && this.shown >= 0) {
      this.open(this.shown);
    } else if (event.key === "Escape") {
      this.clear();
    }
  }

  /** @param {number} i */
  open(i) {
    if (!this.drawn) return;
    go({ page: "browse", list: "all", sort: "loss", at: this.drawn.positions[i], id: this.drawn.ids[i] });
  }

  /** @param {number[]} numbers */
  select(numbers) {
    this.selected = numbers;
    this.draw();
    const { drawn, chosen } = this;
    if (!drawn) return;
    chosen.hidden = false;
    const clear = makeButton("hx-button", "Clear", () => this.clear());
    if (!numbers.length) {
      chosen.replaceChildren("No example lies in the box. ", clear);
      return;
    }
    const view = { page: "browse", list: "all", sort: "loss", at: wordAt(numbers.map((i) => drawn.positions[i])) };
    const wrong = numbers.filter((i) => drawn.given[i] !== drawn.predicted[i]).length;
    const isTooMany = numbers.length > AT_MOST;
    const what = isTooMany ? `the ${AT_MOST} hardest of ${count(numbers.length)}` : many(numbers.length, "example");
    const open = link("hx-button hx-primary", `Open ${what} in Browse`, view);
    chosen.replaceChildren(open, ` ${many(wrong, "error")} among them. `, clear);
  }

  clear() {
    this.selected = [];
    this.brush.hidden = true;
    this.chosen.hidden = true;
    this.draw();
  }

  /** @param {number} i the example on the card; -1 for none */
  show(i) {
    if (i === this.shown) return;
    this.shown = i;
    this.draw();
    this.card.hidden = i < 0;
    if (i >= 0) this.fill(i);
  }

  /** @param {number} i */
  async fill(i) {
    const { drawn, facts, card } = this;
    if (!drawn || !facts) return;
    const labels = make("span", "hx-ov-shift");
    addArrow(labels, facts.class_names[drawn.given[i]], facts.class_names[drawn.predicted[i]]);
    const image = make("img", "hx-pixels");
    image.alt = "";
    image.hidden = true;
    card.replaceChildren(image, labels, make("span", "hx-ov-aside", percent(drawn.confidence[i])));
    const { x, y } = this.points[i];
    const isRight = x > this.box.clientWidth / 2;
    Object.assign(card.style, {
      left: isRight ? "" : `${x + 12}px`, right: isRight ? `${this.box.clientWidth - x + 12}px` : "",
      top: `${Math.min(Math.max(0, y - 40), Math.max(0, this.box.clientHeight - 130))}px`,
    });
    card.href = link("", "", { page: "browse", list: "all", id: drawn.ids[i], at: drawn.positions[i] }).href;
    await new Promise((done) => { setTimeout(done, PICTURE_MS); }); // whoever passes by needs no picture
    if (this.shown !== i) return;
    const found = await this.server.pictures([drawn.ids[i]]).catch(() => ({}));
    const url = found[drawn.ids[i]];
    if (this.shown !== i || !url) return;
    image.src = url;
    image.hidden = false;
  }
}

/**
 * @param {Place} a
 * @param {Place} b
 */
function far(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y) > DRAG;
}

/**
 * @param {HTMLElement} node
 * @param {import("./map_points.js").Box} box
 */
function place(node, { left, top, right, bottom }) {
  node.hidden = false;
  Object.assign(node.style, {
    left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px`,
  });
}

/**
 * @param {CanvasRenderingContext2D} ink
 * @param {Place} place
 */
function ring(ink, { x, y }) {
  ink.strokeStyle = "#4f46e5";
  ink.lineWidth = 2.5;
  ink.beginPath();
  ink.arc(x, y, 8, 0, 2 * Math.PI);
  ink.stroke();
}
