// The token stands behind the # of the link, which browsers send to no server; it goes from here in
// the body of one request, and is taken out of the address before anything else happens.
const say = (text) => { document.getElementById("says").textContent = text; };
const NO_LINK = "You need a personal link to open this app; ask for one whoever sent you here.";

// A server that is just starting, or full, is asked again; the token is in no address any more.
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
    // A notebook that is loaded again shows its link again, which let in once: who is in stays in.
    const here = window.parent !== window && await fetch("here").catch(() => null);
    if (here && here.status === 204) { location.replace("./"); return; }
    const later = !answer || answer.status === 429 || answer.status >= 500;
    if (!later) { say(text || "The link could not be used; ask for a new one."); return; }
    if (tries === TRIES_MOST) { say("The server does not answer; open the link again later."); return; }
    const seconds = answer && answer.status === 429 ? Number(answer.headers.get("retry-after")) || 0 : 0;
    say(seconds ? `${text} Leave this page open: it tries again by itself.` : "The server does not answer yet; trying again…");
    await waitFor(Math.max(AGAIN_MS, 1000 * seconds));
  }
}
addEventListener("hashchange", () => { if (location.hash) enter(); });  // another link, pasted over this one
enter();
