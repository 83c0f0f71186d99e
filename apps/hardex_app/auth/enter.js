// The token is behind the # of the link, which browsers do not send to any server. It is removed from
// the address before anything else happens, and sent in the body of one request.

const NO_LINK = "This app opens with a personal link. Ask the person who sent you here for one.";
const TRIES_MOST = 30;
const PAUSE_MS = 2000;
const TEXT_MOST = 300; // characters

let latest = 0; // which link is tried: another one may be pasted over this one

/** @param {string} text */
function say(text) {
  const node = document.getElementById("says");
  if (node) node.textContent = text;
}

/** A server that is just starting, or full, is asked again: the address no longer has the token. */
async function enter() {
  const token = location.hash.slice(1);
  const mine = ++latest;
  history.replaceState(null, "", location.pathname);
  if (!token) {
    say(NO_LINK);
    return;
  }
  say("Opening…");
  for (let tries = 1; mine === latest; tries += 1) {
    const answer = await send(token);
    if (mine !== latest) return;
    const pause = await receive(answer, tries);
    if (pause === null) return;
    await new Promise((go) => setTimeout(go, pause));
  }
}

/** @param {string} token */
function send(token) {
  const request = {
    method: "POST",
    credentials: /** @type {const} */ ("same-origin"),
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  };
  return fetch("enter", request).catch(() => null);
}

/**
 * @param {Response | null} answer
 * @param {number} tries
 * @returns {Promise<number | null>} ms until the next try; null if there is none
 */
async function receive(answer, tries) {
  if (answer?.ok || (await isInside())) {
    location.replace("./");
    return null;
  }
  const text = answer ? (await answer.text()).trim().slice(0, TEXT_MOST) : "";
  const isLater = !answer || answer.status === 429 || answer.status >= 500;
  if (!isLater || tries === TRIES_MOST) {
    say(isLater ? "The server does not answer. Open the link again later."
      : text || "This link could not be used. Ask for a new one.");
    return null;
  }
  return sayWaiting(answer, text);
}

/**
 * @param {Response | null} answer
 * @param {string} text
 * @returns {number} ms until the next try
 */
function sayWaiting(answer, text) {
  const seconds = answer?.status === 429 ? Number(answer.headers.get("retry-after")) || 0 : 0;
  say(seconds ? `${text} Leave this page open: it tries again automatically.`
    : "The server does not answer yet. Trying again…");
  return Math.max(PAUSE_MS, 1000 * seconds);
}

/** A notebook that is reloaded shows its link again, which works only once: its session goes on. */
async function isInside() {
  if (window.parent === window) return false;
  const here = await fetch("here").catch(() => null);
  return here?.status === 204;
}

addEventListener("hashchange", () => {
  if (location.hash) enter();
});
enter();
