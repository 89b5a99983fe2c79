"use strict";
// Follows an order until nothing more comes: by server-sent events, and by asking again where those are cut.
// What is shown is always the server's own page, so that there is one truth and one wording.

const ASK_AGAIN_MS = [1000, 2000, 3000, 5000, 8000, 15000, 30000];
const NEWS = ["tickets.issued", "tickets.failed", "email.sent", "email.bounced", "email.failed", "order.cancelled"];

const root = document.querySelector(".confirmed");
let stream = null;
let asked = 0;
let timer = 0;
let looking = false;
let again = false;
let owed = false;

async function look() {
  if (looking) { again = true; return; }
  looking = true;
  try {
    const answer = await fetch(root.dataset.page, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch { /* the line is cut: the next look will tell */ }
  looking = false;
  if (again) { again = false; look(); }
}

function show(page) {
  const theirRoot = page.querySelector(".confirmed");
  if (!theirRoot) return;
  owed = false;
  document.title = page.title;
  for (const id of ["pass", "progress", "actions"]) {
    const ours = document.getElementById(id), theirs = page.getElementById(id);
    if (!theirs || ours.outerHTML === theirs.outerHTML) continue;
    // What someone is about to press does not move: shown when they have left it.
    if (ours.contains(document.activeElement)) { owed = true; continue; }
    ours.className = theirs.className;
    ours.replaceChildren(...theirs.childNodes);
  }
  root.dataset.stream = theirRoot.dataset.stream ?? "";
  if (!root.dataset.stream) stop();
  else if (!stream) follow();
}

function follow() {
  stream = new EventSource(root.dataset.stream);
  for (const name of NEWS) stream.addEventListener(name, look);
  // Cut for good (a proxy, an old link) or again and again: ask instead.
  stream.addEventListener("error", askLater);
  stream.addEventListener("open", () => { clearTimeout(timer); timer = 0; asked = 0; });
}

function askLater() {
  if (timer || !stream) return;
  timer = setTimeout(() => { timer = 0; look().then(() => stream && stream.readyState !== EventSource.OPEN && askLater()); },
    ASK_AGAIN_MS[Math.min(asked++, ASK_AGAIN_MS.length - 1)]);
}

function stop() {
  stream?.close();
  stream = null;
  clearTimeout(timer);
}

// The order is seen to stand: the form that placed it may place another.
try { sessionStorage.removeItem("order"); } catch { /* no storage, nothing kept */ }
root.addEventListener("focusout", () => owed && look());
// Another tab may have had it sent again, or cancelled it.
addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
if (root.dataset.stream) follow();
