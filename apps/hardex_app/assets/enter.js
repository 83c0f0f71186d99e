// The token stands behind the # of the link, which browsers send to no server; it goes from here in
// the body of one request, and is taken out of the address before anything else happens.
const say = (text) => { document.getElementById("says").textContent = text; };
const NO_LINK = "This app opens with a personal link; ask for one whoever sent you here.";

async function enter() {
  const token = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  if (!token) { say(NO_LINK); return; }
  say("Opening…");
  try {
    const answer = await fetch("enter", {
      method: "POST", credentials: "same-origin",
      headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }),
    });
    if (answer.ok) location.replace("./");
    else say((await answer.text()).trim().slice(0, 300) || "The link could not be used; ask for a new one.");
  } catch (error) {
    say("The server did not answer; try the link again in a moment.");
  }
}
addEventListener("hashchange", () => { if (location.hash) enter(); });  // another link, pasted over this one
enter();
