// The token is behind the # of the link, which browsers do not send to any server. It is removed from
// the address before anything else happens, and sent in the body of one request.
const say = (text) => { document.getElementById("says").textContent = text; };
const NO_LINK = "This app opens with a personal link. Ask the person who sent you here for one.";

// A server that is just starting, or full, is asked again: the address no longer has the token.
const TRIES_MOST = 30, AGAIN_MS = 2000;
const waitFor = (ms) => new Promise((go) => setTimeout(go, ms));
let latest = 0;

async function enter() {
  const token = location.hash.slice(1), mine = ++latest;
  history.replaceState(null, "", location.pathname);
  if (!token) { say(NO_LINK); return; }
  say("Opening…");
  for (let tries = 1; mine === latest; tries += 1) {
    const answer = await fetch("enter", {
      method: "POST", credentials: "same-origin",
      headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }),
    }).catch(() => null);
    if (mine !== latest) return;
    if (answer && answer.ok) { location.replace("./"); return; }
    const text = answer && (await answer.text()).trim().slice(0, 300);
    // A notebook that is reloaded shows its link again, which worked only once: the session goes on.
    const here = window.parent !== window && await fetch("here").catch(() => null);
    if (here && here.status === 204) { location.replace("./"); return; }
    const later = !answer || answer.status === 429 || answer.status >= 500;
    if (!later) { say(text || "This link could not be used. Ask for a new one."); return; }
    if (tries === TRIES_MOST) { say("The server does not answer. Open the link again later."); return; }
    const seconds = answer && answer.status === 429 ? Number(answer.headers.get("retry-after")) || 0 : 0;
    say(seconds ? `${text} Leave this page open: it tries again automatically.` : "The server does not answer yet. Trying again…");
    await waitFor(Math.max(AGAIN_MS, 1000 * seconds));
  }
}
addEventListener("hashchange", () => { if (location.hash) enter(); });  // another link, pasted over this one
enter();
