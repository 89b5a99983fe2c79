// Receives Boxoffice's webhooks and refuses what Boxoffice did not sign. Node 18 or later, nothing else:
//
//     WEBHOOK_SECRET=whsec_… node verify_webhook.mjs 3000

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

export function verify(secret, headers, body) {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signatures } = headers;
  if (!id || !signatures || !(Math.abs(Date.now() / 1000 - Number(at)) < 300)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest();
  return signatures.split(" ").some((signature) => {
    const [version, value] = signature.split(",");
    const given = Buffer.from(value ?? "", "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const seen = new Set();

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!verify(process.env.WEBHOOK_SECRET ?? "", request.headers, body)) {
    response.writeHead(400).end();
    return;
  }
  const id = request.headers["webhook-id"];
  if (!seen.has(id)) {
    seen.add(id);
    const { type, data } = JSON.parse(body);
    console.log(type, data.confirmation_number ?? "");
  }
  response.writeHead(204).end();
});

server.listen(Number(process.argv[2] ?? 3000), "127.0.0.1");
