// A picture in a box that keeps its size: fit, actual pixels, larger and smaller, dragged and pinched. The
// buttons stay where they are.

import { chooseLook, look, whenLookChanges } from "./look.js";
import { find, make, makeButton } from "./dom.js";
import { clamped, fitting, nextStep, STEPS } from "./zoom_steps.js";

const WHEEL = 0.0025; // per pixel that a wheel turns
const LARGEST = STEPS[STEPS.length - 1];

/** @typedef {import("./zoom_steps.js").Size} Size */

export class Zoom {
  /** @type {HTMLImageElement | null} */
  #image = null;
  /** @type {number | null} */
  #chosen = null; // the factor that the visitor chose; null fits
  #at = { x: 0, y: 0 }; // of the picture's middle from that of the box
  /** @type {Map<number, {x: number, y: number}>} */
  #held = new Map(); // fingers, or the mouse
  #factor = 1;

  /**
   * @param {HTMLElement} box whose size does not depend on the picture
   * @param {HTMLElement} bar gets the buttons
   */
  constructor(box, bar) {
    this.box = box;
    this.bar = bar;
    box.classList.add("hx-zoom-box");
    bar.replaceChildren(
      this.#button("hx-out", "−", "smaller", () => this.#set(nextStep(this.#factor, -1))),
      make("output", "hx-zoom-says"),
      this.#button("hx-in", "+", "larger", () => this.#set(nextStep(this.#factor, 1))),
      this.#button("hx-fit", "Fit", "fit the picture into its box", () => this.#set(null)),
      this.#button("hx-actual", "1:1", "actual pixels", () => this.#set(1)),
      this.#button("hx-look", "", "smoothed or in whole pixels", () => {
        chooseLook(look() === "smooth" ? "pixels" : "smooth");
      }),
    );
    box.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    box.addEventListener("dblclick", () => this.#set(this.#chosen === null ? 2 * this.#factor : null));
    box.addEventListener("pointerdown", (event) => this.#hold(event));
    box.addEventListener("pointermove", (event) => this.#drag(event));
    for (const name of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
      box.addEventListener(name, (event) => this.#held.delete(event.pointerId));
    }
    new ResizeObserver(() => this.#draw()).observe(box);
    whenLookChanges(() => this.#draw());
  }

  /**
   * Another picture; what was chosen for the last one is forgotten.
   *
   * @param {HTMLImageElement | null} image in the box
   */
  show(image) {
    if (image !== this.#image) {
      this.#image = image;
      image?.addEventListener("load", () => this.#draw());
    }
    this.reset();
  }

  /** Fit the picture. */
  reset() {
    this.#set(null);
  }

  /**
   * @param {string} key
   * @returns {boolean} whether it was a key of the zoom
   */
  onKey(key) {
    if (key === "+" || key === "=") this.#set(nextStep(this.#factor, 1));
    else if (key === "-") this.#set(nextStep(this.#factor, -1));
    else if (key === "0") this.#set(null);
    else return false;
    return true;
  }

  /**
   * @param {string} className
   * @param {string} text
   * @param {string} label
   * @param {() => void} pressed
   */
  #button(className, text, label, pressed) {
    const button = makeButton(`hx-button ${className}`, text, pressed);
    button.setAttribute("aria-label", label);
    button.title = label;
    return button;
  }

  /** @param {number | null} factor */
  #set(factor) {
    const before = this.#factor;
    this.#chosen = factor === null ? null : Math.min(LARGEST, Math.max(STEPS[0], factor));
    if (this.#chosen === null) this.#at = { x: 0, y: 0 };
    else this.#at = { x: (this.#at.x * this.#chosen) / before, y: (this.#at.y * this.#chosen) / before };
    this.#draw();
  }

  #draw() {
    const image = this.#image;
    this.bar.hidden = !image;
    if (!image || !image.naturalWidth || !this.box.clientWidth) return;
    const natural = { width: image.naturalWidth, height: image.naturalHeight };
    const room = { width: this.box.clientWidth, height: this.box.clientHeight };
    this.#factor = this.#chosen ?? fitting(natural, room, look());
    const size = { width: natural.width * this.#factor, height: natural.height * this.#factor };
    this.#at = { x: clamped(this.#at.x, size.width, room.width), y: clamped(this.#at.y, size.height, room.height) };
    Object.assign(image.style, {
      width: `${size.width}px`, height: `${size.height}px`,
      left: `${(room.width - size.width) / 2 + this.#at.x}px`, top: `${(room.height - size.height) / 2 + this.#at.y}px`,
    });
    this.box.classList.toggle("hx-zoomed", size.width > room.width + 1 || size.height > room.height + 1);
    this.#say();
  }

  #say() {
    const factor = this.#factor;
    const text = factor >= 10 ? factor.toFixed(0) : Number(factor.toFixed(factor < 1 ? 2 : 1)).toString();
    find(this.bar, ".hx-zoom-says").textContent = `${text} ×`;
    find(this.bar, ".hx-out", HTMLButtonElement).disabled = factor <= STEPS[0];
    find(this.bar, ".hx-in", HTMLButtonElement).disabled = factor >= LARGEST;
    find(this.bar, ".hx-fit").setAttribute("aria-pressed", String(this.#chosen === null));
    const isSmooth = look() === "smooth";
    find(this.bar, ".hx-look").textContent = isSmooth ? "Smooth" : "Pixels";
    find(this.bar, ".hx-look").setAttribute("aria-pressed", String(isSmooth));
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (!event.ctrlKey) return; // the page scrolls
    event.preventDefault();
    this.#set(this.#factor * Math.exp(-event.deltaY * WHEEL));
  }

  /** @param {PointerEvent} event */
  #hold(event) {
    const isZoomed = this.box.classList.contains("hx-zoomed");
    if (!this.#image || event.button !== 0 || (event.pointerType === "mouse" && !isZoomed)) return;
    this.#held.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (event.pointerType === "mouse") {
      event.preventDefault(); // no picture is dragged out of the page
      this.box.setPointerCapture(event.pointerId);
    }
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const before = this.#held.get(event.pointerId);
    if (!before) return;
    const apart = this.#apart();
    this.#held.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.#held.size === 2 && apart) {
      this.#set((this.#factor * (this.#apart() ?? apart)) / apart);
      return;
    }
    this.#at = { x: this.#at.x + event.clientX - before.x, y: this.#at.y + event.clientY - before.y };
    this.#draw();
  }

  /** How far two fingers are apart. */
  #apart() {
    const [one, other] = [...this.#held.values()];
    return one && other ? Math.hypot(one.x - other.x, one.y - other.y) : null;
  }
}
