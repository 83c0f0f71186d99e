// The time that an annotator spends on an example, counted only while the page is in view.

const SECONDS_MOST = 3600;
const IDLE_MS = 600_000;

export class Clock {
  /** @type {number | null} */
  #since = null;
  #spent = 0;
  #touched = performance.now();

  /** @param {() => boolean} isShown whether the page is the one that is shown */
  constructor(isShown) {
    this.isShown = isShown;
  }

  isInView() {
    return !document.hidden && this.isShown();
  }

  restart() {
    this.#spent = 0;
    this.#since = this.isInView() ? performance.now() : null;
  }

  /** The page may have come into view, or gone out of it. */
  update() {
    if (this.#since !== null) this.#spent += performance.now() - this.#since;
    this.#since = this.isInView() ? performance.now() : null;
  }

  seconds() {
    this.update();
    return Math.min(SECONDS_MOST, Math.round(this.#spent) / 1000);
  }

  /** Whether nobody has touched the page for a while: it fetches nothing then, so that others get it. */
  isIdle() {
    return performance.now() - this.#touched > IDLE_MS;
  }

  /** @param {() => void} resumed called when somebody comes back to an idle page */
  watchHands(resumed) {
    const touch = () => {
      const wasIdle = this.isIdle();
      this.#touched = performance.now();
      if (wasIdle) resumed();
    };
    for (const kind of ["pointerdown", "pointermove", "keydown"]) {
      document.addEventListener(kind, touch, { capture: true, passive: true });
    }
  }
}
