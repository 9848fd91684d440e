// The portal's own server, as small as can be: it serves the page, and passes calls on to the API
// with the token of whoever is signed in. The token never reaches the browser.
//
//   API_URL      the API
//   ISSUER_URL   the issuer of the local stack, and
//   CITIZEN_ID   who is signed in there. `signedIn` is what a real portal replaces.
//   LOOK_UP_URL  where applicants look a dossier up, e.g. https://motcua.example.vn/tra-cuu
//   STORAGE_URL  the origin of the storage to which the browser uploads
//   PORT         where to listen on this machine; any free port without it

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";

/** @param {string} name */
const setting = (name) => process.env[name] ?? "";
const API = setting("API_URL");
const STORAGE = setting("STORAGE_URL");

// What the page calls, and nothing else of the API: the session must not open other doors.
const DOORS = [
  /^GET \/v1\/procedures(\/[^/]+)?$/,
  /^POST \/v1\/documents$/,
  /^GET \/v1\/documents\/[0-9a-f]{32}$/,
  /^POST \/v1\/dossiers$/,
];
const PASSED_ON = ["accept-language", "content-type", "idempotency-key"];
const PASSED_BACK = ["content-type", "content-language", "retry-after"];

const FILES = new Map([
  ["/", ["index.html", "text/html; charset=utf-8"]],
  ["/portal.css", ["portal.css", "text/css; charset=utf-8"]],
  ["/portal.js", ["dist/portal.js", "text/javascript; charset=utf-8"]],
]);
const GUARDS = {
  "cache-control": "no-store",
  "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ${STORAGE}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The token of whoever is signed in. Here the local issuer gives one for the asking. */
async function signedIn() {
  const claims = { role: "citizen", idNumber: setting("CITIZEN_ID") };
  const answer = await fetch(`${setting("ISSUER_URL")}/token`, { method: "POST", body: JSON.stringify(claims) });
  return (await answer.json()).access_token;
}

/** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response @param {URL} url */
async function passOn(request, response, url) {
  const path = url.pathname.slice("/api".length);
  const allowed = DOORS.some((door) => door.test(`${request.method} ${path}`));
  // A page of another site must not act for whoever is signed in here.
  const site = request.headers["sec-fetch-site"] ?? "same-origin";
  if (!allowed || site !== "same-origin") {
    response.writeHead(403, GUARDS).end();
    return;
  }
  const headers = new Headers({ authorization: `Bearer ${await signedIn()}` });
  for (const name of PASSED_ON) {
    const value = request.headers[name];
    if (typeof value === "string") headers.set(name, value);
  }
  const body = request.method === "POST" ? { body: Readable.toWeb(request), duplex: "half" } : {};
  const target = `${API}${path}${url.search}`;
  const answer = await fetch(target, /** @type {RequestInit} */ ({ method: request.method, headers, ...body }));
  /** @type {Record<string, string>} */
  const back = { ...GUARDS };
  for (const name of PASSED_BACK) {
    const value = answer.headers.get(name);
    if (value) back[name] = value;
  }
  response.writeHead(answer.status, back).end(Buffer.from(await answer.arrayBuffer()));
}

const server = createServer(async (request, response) => {
  try {
    const url = new URL(request.url ?? "/", "http://localhost");
    const [name, type] = FILES.get(url.pathname) ?? [];
    if (url.pathname.startsWith("/api/")) await passOn(request, response, url);
    else if (name && type) {
      let text = await readFile(new URL(name, import.meta.url), "utf8");
      if (name === "index.html") {
        text = text.replace('name="look-up" content=""', `name="look-up" content="${setting("LOOK_UP_URL")}"`);
      }
      response.writeHead(200, { ...GUARDS, "content-type": type }).end(text);
    } else response.writeHead(404, GUARDS).end();
  } catch {
    // The API did not answer. What was sent may have arrived: the page sends the same again.
    if (!response.headersSent) response.writeHead(503, GUARDS);
    response.end();
  }
});

server.listen(Number(setting("PORT")), "127.0.0.1", () => {
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${address.port}/`);
});
