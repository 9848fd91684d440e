// The citizen's page: looks a code up without leaving the page, and reads it from the receipt's QR.
// The code stays in the fragment of the address, which no server and no other site is told.

import { begin, close, offer, question, refresh } from "./owner.js";

const language = document.documentElement.lang;
const at = id => document.getElementById(id);
const field = at("ma");
let words = {};

const say = (text, bad = false) => {
  at("said").textContent = text;
  at("said").classList.toggle("bad", bad);
};

// A code in an address of ours, or what was typed; behind a mark the token of the question.
const partsOf = text => {
  const behind = text.slice(text.indexOf("#") + 1).trim();
  let parts = behind;
  try {
    parts = decodeURIComponent(behind);
  } catch {
    // What cannot be decoded is looked for as it is.
  }
  return parts.split("!");
};

const codeIn = text => partsOf(text)[0];

// The token of the question stands in the address no longer than until it is read.
const taken = () => {
  const [code, token] = partsOf(location.hash);
  if (token) history.replaceState(null, "", `${location.pathname}${location.search}#${code}`);
  return { code, token };
};

let asked = 0;

const lookUp = async (typed, token) => {
  if (!typed) return;
  asked += 1;
  const mine = asked;
  say(words.looking ?? "");
  try {
    const query = new URLSearchParams({ ma: typed, lang: language });
    const answer = await fetch(`tra-cuu?${query}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Somebody who looks up a second code before the first answer wants the second.
    if (mine !== asked) return;
    const found = page.querySelector("#answer > *");
    at("answer").replaceChildren(document.adoptNode(found));
    const code = found.dataset.code;
    if (code) {
      field.value = code;
      history.replaceState(null, "", `${location.pathname}${location.search}#${code}`);
      keepPlace();
    }
    say("");
    if (!code) close();
    at("found").focus();
    question(code, token);
    if (code && !(await refresh(code))) offer(code);
  } catch (failure) {
    const often = failure.message === "429";
    if (mine === asked) say((often ? words.tooOften : words.failed) ?? "", true);
  }
};

// The status anew, where the owner has moved the dossier.
document.addEventListener("moved", async ({ detail }) => {
  const query = new URLSearchParams({ ma: detail.code, lang: language });
  const answer = await fetch(`tra-cuu?${query}`, { cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  at("answer").replaceChildren(document.adoptNode(page.querySelector("#answer > *")));
});

// Another language shows the same dossier.
const keepPlace = () => {
  for (const link of document.querySelectorAll("nav a")) link.hash = location.hash;
};

at("look-up").addEventListener("submit", event => {
  event.preventDefault();
  lookUp(codeIn(field.value));
});

addEventListener("hashchange", () => {
  const { code, token } = taken();
  const other = code !== at("answer").firstElementChild?.dataset.code;
  if (code && code !== "noi-dung" && (other || token)) lookUp(code, token);
});

// The camera, where the browser reads codes by itself.
const scanner = async () => {
  const formats = await globalThis.BarcodeDetector?.getSupportedFormats?.();
  if (!formats?.includes("qr_code") || !navigator.mediaDevices) return;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  let stream = null;
  const stop = () => {
    stream?.getTracks().forEach(track => track.stop());
    stream = null;
    at("scanner").hidden = true;
    at("scan").focus();
  };
  at("scan").hidden = false;
  at("scan-stop").addEventListener("click", stop);
  at("scan").addEventListener("click", async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      say(words.scanNone, true);
      return;
    }
    at("scanner").hidden = false;
    at("camera").srcObject = stream;
    await at("camera").play();
    while (stream) {
      const [seen] = await detector.detect(at("camera"));
      if (seen) {
        stop();
        field.value = codeIn(seen.rawValue);
        lookUp(field.value);
      }
      await new Promise(next => setTimeout(next, 200));
    }
  });
};

const start = async () => {
  const { code, token } = taken();
  words = (await (await fetch("tra-cuu/texts.json")).json())[language];
  begin(words);
  keepPlace();
  if (code && code !== "noi-dung") {
    field.value = code;
    lookUp(code, token);
  }
  await scanner();
};

start();
