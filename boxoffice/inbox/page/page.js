"use strict";
// The list follows the mailbox by itself; a mail's HTML runs in a frame that may do nothing but show.

const PAGE_SIZE = 50;
const $ = (selector, from = document) => from.querySelector(selector);
const state = { shown: PAGE_SIZE, chosen: null, loading: false, again: false };

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const person = ({ Name, Address }) => (Name ? `${Name} <${Address}>` : Address);
const short = ({ Name, Address }) => Name || Address;

function when(iso) {
  const date = new Date(iso);
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString([], today ? { timeStyle: "medium" } : { dateStyle: "medium" });
}

function size(bytes) {
  return bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

async function refresh() {
  // One request at a time; what changes meanwhile is one more afterwards, not a hundred.
  if (state.loading) { state.again = true; return; }
  state.loading = true;
  try {
    const answer = await fetch(`/api/v1/messages?limit=${state.shown}`);
    if (answer.ok) showList(await answer.json());
  } finally {
    state.loading = false;
    if (state.again) { state.again = false; setTimeout(refresh, 200); }
  }
}

function showList(found) {
  const repeated = found.duplicates ? `, ${found.duplicates} came twice` : "";
  $("#counts").textContent = found.total ? `${found.total.toLocaleString()} mail${found.total === 1 ? "" : "s"}, ${found.unread.toLocaleString()} unread${repeated}` : "";
  document.title = found.unread ? `Inbox (${found.unread})` : "Inbox";
  const focused = document.activeElement?.dataset?.id;
  $("#list").replaceChildren(...found.messages.map(row));
  if (focused) $(`#list [data-id="${focused}"]`)?.focus();
  $("#empty").hidden = found.total > 0;
  $("#more").hidden = found.messages.length >= found.total;
  $("#clear").hidden = found.total === 0;
}

function row(mail) {
  const button = element("button", { type: "button", className: mail.Read ? "" : "unread" },
    element("span", { className: "to", dir: "auto", textContent: [...mail.To, ...mail.Cc, ...mail.Bcc].map(short).join(", ") }),
    element("time", { dateTime: mail.Created, textContent: when(mail.Created) }),
    element("span", { className: "subject", dir: "auto", textContent: mail.Subject || "(no subject)" }),
    element("span", { className: "attached", textContent: mail.Attachments === 0 ? "" : mail.Attachments === 1 ? "1 file" : `${mail.Attachments} files` }),
    element("span", { className: "snippet", dir: "auto", textContent: `${mail.Snippet}` }));
  button.dataset.id = mail.ID;
  if (mail.ID === state.chosen) button.setAttribute("aria-current", "true");
  button.addEventListener("click", () => { location.hash = mail.ID; });
  return element("li", {}, button);
}

async function open(id) {
  state.chosen = id;
  document.body.classList.toggle("reading", Boolean(id));
  for (const button of document.querySelectorAll("#list button")) {
    if (button.dataset.id === id) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  };
  if (!id) { $("#reader").replaceChildren(element("p", { className: "hint", textContent: "Choose a mail to read it." })); return; }
  const answer = await fetch(`/api/v1/message/${encodeURIComponent(id)}`);
  if (state.chosen !== id) return;
  if (answer.ok) showMail(await answer.json());
  else $("#reader").replaceChildren(element("p", { className: "hint", textContent: "This mail is not here any more." }));
}

function showMail(mail) {
  const page = $("#mail").content.cloneNode(true);
  Object.assign($("h2", page), { textContent: mail.Subject || "(no subject)", dir: "auto" });
  const facts = { From: [mail.From], To: mail.To, Cc: mail.Cc, Bcc: mail.Bcc, "Reply to": mail.ReplyTo };
  for (const [name, people] of Object.entries(facts)) {
    if (people.length) $("dl", page).append(element("dt", { textContent: name }), element("dd", { dir: "auto", textContent: people.map(person).join(", ") }));
  }
  $("dl", page).append(element("dt", { textContent: "Date" }), element("dd", { textContent: new Date(mail.Date).toLocaleString([], { dateStyle: "full", timeStyle: "long" }) }));
  for (const part of [...mail.Attachments, ...mail.Inline]) $(".files", page).append(element("li", {}, fileLink(mail, part)));
  const views = { Page: mail.HTML && (() => htmlView(mail)), Text: mail.Text && (() => textView(mail.Text)), Source: () => sourceView(mail) };
  for (const [name, make] of Object.entries(views)) if (make) $(".views", page).append(viewButton(name, make));
  $(".back", page).addEventListener("click", () => { location.hash = ""; });
  $("#reader").replaceChildren(page);
  $("#reader .views button").click();
  $("#reader").scrollTop = 0;
}

const partAddress = (mail, part) => `/api/v1/message/${mail.ID}/part/${part.PartID}`;

function fileLink(mail, part) {
  return element("a", { href: partAddress(mail, part), target: "_blank", rel: "noopener" }, part.FileName || part.ContentType, element("span", { textContent: size(part.Size) }));
}

function viewButton(name, make) {
  const button = element("button", { type: "button", textContent: name });
  button.addEventListener("click", async () => {
    for (const other of button.parentNode.children) other.setAttribute("aria-pressed", String(other === button));
    $("#reader .body").replaceChildren(await make());
  });
  return button;
}

function htmlView(mail) {
  const frame = element("iframe", { title: "The mail as a page" });
  // No scripts, no forms, not our origin; links open beside us.
  frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  let html = mail.HTML;
  for (const part of mail.Inline) {
    if (part.ContentID) html = html.replaceAll(`cid:${part.ContentID}`, location.origin + partAddress(mail, part));
  }
  frame.srcdoc = `<base target="_blank">${html}`;
  return frame;
}

const textView = (text) => element("pre", { textContent: text, dir: "auto" });

async function sourceView(mail) {
  const answer = await fetch(`/api/v1/message/${mail.ID}/raw`);
  return textView((await answer.text()).slice(0, 200000));
}

$("#more").addEventListener("click", () => { state.shown += PAGE_SIZE; refresh(); });
$("#clear").addEventListener("click", async () => {
  if (!confirm("Delete all mails?")) return;
  await fetch("/api/v1/messages", { method: "DELETE" });
  location.hash = "";
});
addEventListener("hashchange", () => open(location.hash.slice(1)));
new EventSource("/updates").addEventListener("message", refresh);
refresh();
if (location.hash) open(location.hash.slice(1));
