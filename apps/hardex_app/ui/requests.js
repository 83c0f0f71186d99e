// Requests to the server: one of a kind at a time, tried again when they fail.

const STATUS_MS = 5000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30000;

/** A random identifier. Browsers offer crypto.randomUUID only over https and on this computer. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Why there was no answer, as a sentence. */
export async function silence() {
  return (await status()) === 401
    ? "Your session has expired or your link was revoked. Open your link again in this browser, or ask for a new one."
    : "The server does not answer.";
}

/** The HTTP status of whether the visitor may still be here; 0 when the server does not answer. */
export async function status() {
  try {
    return (await fetch("here", { cache: "no-store", signal: AbortSignal.timeout(STATUS_MS) })).status;
  } catch {
    return 0;
  }
}

/**
 * The requests of one component. `data-asking` of the element counts those that wait for an answer.
 *
 * @param {HTMLElement} element
 */
export function requestsOf(element) {
  let waiting = 0;
  /** @param {number} change */
  const countAsking = (change) => {
    waiting += change;
    element.dataset.asking = String(waiting);
  };
  return {
    countAsking,
    /**
     * @param {() => Promise<unknown>} ask
     * @param {(sentence: string) => void} failed
     */
    latched: (ask, failed) => latched(ask, failed, countAsking),
  };
}

/**
 * At most one request at a time: what changes meanwhile is asked for once the answer is back. A
 * request that fails is sent again, after longer and longer pauses.
 *
 * @param {() => Promise<unknown>} ask
 * @param {(sentence: string) => void} failed
 * @param {(change: number) => void} countAsking
 */
function latched(ask, failed, countAsking) {
  let busy = false;
  let again = false;
  let pause = FIRST_PAUSE_MS;
  /** @type {number | undefined} */
  let retry;
  const attempt = async () => {
    try {
      await ask();
      pause = FIRST_PAUSE_MS;
    } catch {
      failed(`${await silence()} Trying again…`);
      retry = setTimeout(run, pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      again = false; // the retry is soon enough
    }
  };
  async function run() {
    if (busy) {
      again = true;
      return;
    }
    clearTimeout(retry);
    busy = true;
    countAsking(1);
    await attempt();
    busy = false;
    countAsking(-1);
    if (again) {
      again = false;
      run();
    }
  }
  return run;
}
