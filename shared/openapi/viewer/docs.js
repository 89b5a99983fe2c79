// Shows the document that this page names. Requests go to whoever served the page.
"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

const place = document.getElementById("docs");

async function show() {
  const answer = await fetch(place.dataset.document);
  if (!answer.ok) throw new Error(`${place.dataset.document}: ${answer.status}`);
  const spec = await answer.json();
  spec.servers = [{ url: location.origin }];
  SwaggerUIBundle({
    spec,
    domNode: place,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    validatorUrl: null,
  });
}

show().catch((error) => {
  place.textContent = `The document could not be shown. ${error.message}`;
});
