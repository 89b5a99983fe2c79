"use strict";
// The order form with less waiting: steppers, the total, names as they are needed, and a key that makes two clicks
// one order (with the key the server places at once; without it, it first reads the order back).

const form = document.querySelector("[data-order]");
const kinds = [...form.querySelectorAll("[data-kind]")].filter((kind) => kind.querySelector("input[type=number]"));
const language = document.documentElement.lang;
const PLAIN_DIGITS = { numberingSystem: "latn" };

const count = (kind) => Math.max(0, Math.min(1e6, parseInt(kind.querySelector("input[type=number]").value, 10) || 0));

function money(kind, amount) {
  const { currency, digits } = kind.dataset;
  const options = { style: "currency", currency, minimumFractionDigits: +digits, maximumFractionDigits: +digits, ...PLAIN_DIGITS };
  return new Intl.NumberFormat(language, options).format(amount / 10 ** digits);
}

function stepper(kind) {
  const place = kind.querySelector(".steps"), input = place.querySelector("input");
  for (const [step, sign, label] of [[-1, "−", place.dataset.fewer], [1, "+", place.dataset.more]]) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: sign, className: "step" });
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => {
      input.value = Math.max(0, Math.min(+input.max, count(kind) + step));
      changed();
    });
    step < 0 ? input.before(button) : input.after(button);
  }
}

function names(kind) {
  const box = kind.querySelector(".names"), fields = box.querySelector(".fields"), wanted = Math.min(count(kind), +kind.querySelector("input").max);
  while (fields.children.length > wanted) fields.lastElementChild.remove();
  while (fields.children.length < wanted) fields.append(nameField(kind, fields.children.length));
  box.hidden = wanted === 0;
}

function nameField(kind, place) {
  const field = form.querySelector("template").content.firstElementChild.cloneNode(true);
  const [label, input] = field.children;
  label.textContent = label.textContent.replace("{n}", place + 1);
  input.id = label.htmlFor = `attendee-${kind.dataset.kind}-${place}`;
  input.name = `attendee.${kind.dataset.kind}`;
  input.setAttribute("aria-describedby", `names-${kind.dataset.kind}`);
  return field;
}

function changed() {
  kinds.forEach(names);
  const chosen = kinds.filter(count);
  const one = new Set(chosen.map((kind) => kind.dataset.currency)).size === 1;
  const total = chosen.reduce((sum, kind) => sum + count(kind) * kind.dataset.amount, 0);
  form.querySelector(".sum").hidden = !one;
  form.querySelector(".sum output").textContent = one ? money(chosen[0], total) : "";
}

// In this tab the same order is the same until its confirmation was seen: back, a reload or a cut line repeat nothing.
function orderKey() {
  const content = JSON.stringify([location.pathname, ...new FormData(form)].filter((pair) => pair[0] !== "key"));
  let kept = null;
  try { kept = JSON.parse(sessionStorage.getItem("order")); } catch { /* no storage: a key a page, then */ }
  if (kept?.content !== content) {
    const random = crypto.getRandomValues(new Uint8Array(18));
    kept = { content, key: btoa(String.fromCharCode(...random)) };
    try { sessionStorage.setItem("order", JSON.stringify(kept)); } catch { /* as above */ }
  }
  return kept.key;
}

let sent = false;
form.addEventListener("submit", (event) => {
  if (event.submitter?.name === "step") return;
  if (sent) { event.preventDefault(); return; }
  sent = true;
  if (kinds.length) form.elements.key.value = orderKey();
  const button = form.querySelector(".buy");
  button.setAttribute("aria-disabled", "true");
  const said = button.textContent;
  button.textContent = form.dataset.placing;
  // Stopped, or an answer that never came: pressing again is safe, the key is the same.
  setTimeout(() => { sent = false; button.removeAttribute("aria-disabled"); button.textContent = said; }, 10000);
});
// Come back to, the page is asked for anew; what the browser then fills in again is reckoned with.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); else if (kinds.length) changed(); });

if ("answered" in form.dataset) { try { sessionStorage.removeItem("order"); } catch { /* nothing kept */ } }
if (kinds.length) {
  kinds.forEach(stepper);
  form.querySelector(".buy").textContent = form.dataset.buy;
  form.addEventListener("input", changed);
  changed();
}
