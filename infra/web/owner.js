// What the owner of a dossier sees and does, once they have proved by a one-time code that it is
// theirs; what the author of a feedback does is in author.js. The token lives in this page alone: whoever closes it has closed the dossier.

import { showFeedback } from "./author.js";

const language = document.documentElement.lang;
const place = document.getElementById("owner");
export let words = {};
export let open = null;

export const begin = given => { words = given; };

export const say = (text, bad = false) => {
  const said = document.getElementById("said");
  said.textContent = text;
  said.classList.toggle("bad", bad);
};

// An element with these properties and children; text is text, and never more.
export const make = (name, properties = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (key in made && !key.includes("-")) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
};

export const card = (id, title, ...children) => make("section", { className: "card", "aria-labelledby": id },
  make("h2", { id, tabIndex: -1 }, title), ...children);

const zone = { timeZone: "Asia/Ho_Chi_Minh" };
const tongue = language === "en" ? "en-GB" : "vi-VN";
export const when = text => new Intl.DateTimeFormat(tongue, { ...zone, dateStyle: "long", timeStyle: "short" }).format(new Date(text));
const day = text => new Intl.DateTimeFormat(tongue, { timeZone: "UTC", weekday: "short", day: "2-digit", month: "2-digit", year: "numeric" }).format(new Date(`${text}T00:00:00Z`));
export const word = (kind, name) => words[`${kind}:${name}`] ?? name;

class Refused extends Error {
  constructor(problem, status) {
    super(problem.title ?? String(status));
    this.type = (problem.type ?? "").split(":").pop();
    this.problem = problem;
    this.status = status;
  }
}

// The answer of a door; with the token where there is one.
export const ask = async (method, path, body, token = open?.token) => {
  const headers = { "accept-language": language };
  if (token) headers.authorization = `Bearer ${token}`;
  if (body) {
    headers["content-type"] = "application/json";
    headers["idempotency-key"] = body.key ?? crypto.randomUUID();
    delete body.key;
  }
  const answer = await fetch(path, { method, headers, cache: "no-store", body: body && JSON.stringify(body) });
  // The gateway's own refusals are no documents of ours.
  const read = await answer.json().catch(() => ({}));
  if (answer.ok) return read;
  throw new Refused(read, answer.status);
};

export const own = rest => `v1/own/${encodeURIComponent(open.code)}${rest}`;

// Acts on a press, with the button out of use until it is done.
export const press = act => async event => {
  event.preventDefault();
  const button = event.submitter ?? event.currentTarget;
  button.disabled = true;
  try {
    await act();
  } catch (failure) {
    if (failure.status === 401 && open?.token) {
      close();
      say(words.over, true);
    } else {
      say(failure instanceof Refused ? failure.message : words.failed, true);
    }
  } finally {
    button.disabled = false;
  }
};

export const close = () => {
  open = null;
  place.replaceChildren();
};

// Shows the dossier as it is now, where the reader has proved that it is theirs; else `false`.
export const refresh = async code => {
  if (!open?.token || open.code !== code) return false;
  try {
    await show();
    return true;
  } catch (failure) {
    if (failure.status !== 401) throw failure;
    return false;
  }
};

// The one question after a result, for who has a token that lets them answer it.
const survey = (code, token) => {
  const levels = ["very-satisfied", "satisfied", "neutral", "unsatisfied", "very-unsatisfied"];
  const choice = level => make("label", { className: "level" },
    make("input", { type: "radio", name: "level", value: level, required: true }), ` ${word("level", level)}`);
  const shown = card("survey", words.surveyTitle,
    make("form", { on: { submit: press(async () => {
      const satisfaction = shown.querySelector("input:checked").value;
      const path = `v1/own/${encodeURIComponent(code)}/satisfaction`;
      try {
        await ask("POST", path, { satisfaction }, token);
      } catch (failure) {
        // Of a link that is over, and of an answer that comes too late, the same is to be said.
        const late = failure.problem?.errors?.some(({ rule }) => rule === "answers-until");
        if (failure.status !== 401 && !late) throw failure;
        shown.replaceChildren(make("p", {}, words.surveyOver));
        return;
      }
      shown.replaceChildren(make("h2", { tabIndex: -1 }, words.surveyThanks), make("p", { className: "help" }, words.surveyOnce));
      shown.querySelector("h2").focus();
    }) } },
    make("fieldset", {}, make("legend", {}, words.surveyQuestion), ...levels.map(choice)),
    make("p", { className: "help" }, words.surveyHelp),
    make("button", { type: "submit", id: "answer-survey" }, words.surveySend)));
  return shown;
};

// Asks whoever came by the link of the question; of everybody else what was asked is taken away.
export const question = (code, token) => {
  const asked = code && token ? [survey(code, token)] : [];
  document.getElementById("question").replaceChildren(...asked);
};

// Codes of feedback stand under a group that no agency has.
const isFeedback = code => /\.PA-/.test(code);

// Offers to prove that the dossier, or the feedback, is the reader's.
export const offer = code => {
  open = { code, token: null };
  const [title, help] = isFeedback(code) ? [words.feedbackProveTitle, words.feedbackProveHelp] : [words.proveTitle, words.proveHelp];
  place.replaceChildren(card("prove", title, make("p", {}, help),
    make("button", { type: "button", id: "send-code", on: { click: press(sendCode) } }, words.sendCode)));
};

const sendCode = async () => {
  // The same key until there is an answer: after an error of ours it is the same code that is asked for.
  open.asking ??= crypto.randomUUID();
  const asked = await ask("POST", `v1/dossiers/${encodeURIComponent(open.code)}/proof`, { key: open.asking });
  open.asking = null;
  open.proof = asked.proof;
  say("");
  const field = make("input", { id: "digits", className: "digits", inputMode: "numeric", autocomplete: "one-time-code", maxLength: 7, required: true, pattern: "[0-9 ]{6,7}", "aria-describedby": "digits-help" });
  place.replaceChildren(card("prove", isFeedback(open.code) ? words.feedbackProveTitle : words.proveTitle,
    make("form", { on: { submit: press(() => confirm(field.value)) } },
      make("p", { id: "digits-help" }, words.digitsHelp),
      make("label", { htmlFor: "digits" }, words.digitsLabel),
      make("div", { className: "field" }, field, make("button", { type: "submit" }, words.confirm))),
    make("p", { className: "help" }, words.digitsNone),
    make("button", { type: "button", className: "quiet", on: { click: press(sendCode) } }, words.sendAgain)));
  field.focus();
};

const confirm = async digits => {
  const path = `v1/dossiers/${encodeURIComponent(open.code)}/proof/confirm`;
  const answer = await ask("POST", path, { proof: open.proof, digits, key: open.proof });
  open.token = answer.token;
  open.sentTo = answer.sentTo;
  await show();
};

export const show = async () => {
  if (isFeedback(open.code)) return showFeedback(place);
  const [history, deadline, dossier, reads] = await Promise.all(
    ["/history", "/deadline", "/case", "/reads"].map(door => ask("GET", own(door))));
  open.version = dossier.version;
  open.names = dossier.agencyNames ?? {};
  say("");
  place.replaceChildren(
    ...[about(dossier), fees(dossier), owed(dossier), results(dossier), asked(dossier), due(deadline, history, dossier), documents(dossier), steps(history), readers(reads), leave()].filter(Boolean));
  place.querySelector("h2").focus();
};

// Who came by the link is asked there already.
const asked = dossier => {
  const already = document.getElementById("question").childElementCount > 0;
  return dossier.satisfactionUntil && !already ? survey(open.code, open.token) : null;
};

export const leave = () => make("p", {}, make("button", { type: "button", className: "quiet", on: { click: () => { const code = open.code; close(); offer(code); } } }, words.leave));

// What people call an agency of the dossier; of others the page has the code alone.
const agency = code => open.names[code] ?? code;

// Of which procedure it is, and with whom.
const about = dossier => card("about", words.aboutTitle,
  make("p", {}, dossier.procedureName ?? dossier.procedure),
  make("p", { className: "help" }, `${words.aboutAgency} ${agency(dossier.agency)}`),
  dossier.handler ? make("p", { className: "help" }, `${words.aboutHandler} ${agency(dossier.handler)}`) : null);

const dong = amount => `${new Intl.NumberFormat(tongue).format(amount)} đồng`;

// What has to be paid now, item by item where the agency said so.
const fees = dossier => {
  const asked = dossier.fees.requests.findLast(request => request.state === "owed");
  if (!asked) return null;
  return card("fees", words.feesTitle,
    asked.amountVnd === undefined ? make("p", {}, words.feesNotSaid) : make("p", { className: "big" }, dong(asked.amountVnd)),
    asked.items ? make("ul", { className: "list" }, ...asked.items.map(item => make("li", {}, `${item.name}: `, dong(item.amountVnd)))) : null,
    asked.reason ? make("p", {}, asked.reason) : null,
    make("p", { className: "help" }, words.feesHelp));
};

// Why there is no due date: nothing was received, the time stands still, or it begins again.
const undated = (deadline, history, dossier) => {
  if (!history.receivedAt) return words.dueNotYet;
  if (dossier.status === 5) return words.dueAgain;
  return deadline.pausedAt ? words.duePaused : words.dueNone;
};

const due = (deadline, history, dossier) => {
  const count = deadline.count;
  return card("due", words.dueTitle,
    deadline.dueAt
      ? make("p", { className: "big" }, when(deadline.dueAt))
      : make("p", {}, undated(deadline, history, dossier)),
    deadline.dueProvisional ? make("p", { className: "help" }, words.dueProvisional) : null,
    deadline.originalDueAt ? make("p", {}, `${words.dueOriginal} ${when(deadline.originalDueAt)}`) : null,
    deadline.apology ? make("p", {}, `${words.apology} ${deadline.apology.reason ?? ""}`) : null,
    count ? make("details", {}, make("summary", {}, words.dueWhy),
      make("p", { className: "help" }, `${words.dueFrom} ${when(count.startedAt)}`),
      make("ul", { className: "list" }, ...count.days.map(line =>
        make("li", {}, make("span", { className: "when" }, day(line.date)), word("day", line.reckoning))))) : null);
};

// An address of a minute, opened where the reader pressed.
const fetchable = (id, label) => make("button", { type: "button", className: "quiet", "data-document": id, on: { click: press(async () => {
  const found = await ask("GET", own(`/documents/${id}`));
  const link = make("a", { href: found.url, rel: "noreferrer noopener", download: "" });
  document.body.append(link);
  link.click();
  link.remove();
  say(words.fetched);
}) } }, label);

const documents = dossier => card("documents", words.documentsTitle,
  dossier.documents.length
    ? make("ul", { className: "list" }, ...dossier.documents.map(found => make("li", {}, make("div", { className: "row" },
        make("span", {}, found.name ?? dossier.documentNames?.[found.code] ?? found.code, make("span", { className: "when" }, `${found.code} · ${words.version} ${found.version}`)),
        found.source.kind === "upload" ? fetchable(found.source.id, words.download)
          : found.source.copy?.state === "usable" ? fetchable(found.source.copy.id, words.download) : null))))
    : make("p", {}, words.documentsNone));

const results = dossier => {
  const given = dossier.results.filter(end => end.result?.holds);
  if (!given.length) return null;
  return card("result", words.resultTitle, ...given.map(({ result, at }) => make("div", { className: "row" },
    make("p", {}, word("result", result.kind), make("span", { className: "when" }, when(at))),
    result.document ? fetchable(result.document.id, words.resultDownload) : null)));
};

const steps = history => card("history", words.historyTitle,
  make("ol", { className: "list" }, ...history.history.toReversed().map(entry => make("li", {},
    make("span", { className: "when" }, when(entry.at)),
    make("strong", {}, word("action", entry.action)),
    make("span", { className: "when" }, entry.byAgency ? `${word("role", entry.byRole)} · ${agency(entry.byAgency)}` : word("role", entry.byRole)),
    entry.reason ? make("p", {}, entry.reason) : null))));

const readers = reads => card("reads", words.readsTitle,
  reads.items.length
    ? make("ul", { className: "list" }, ...reads.items.map(read => make("li", {}, make("span", { className: "when" }, when(read.at)),
        `${word("role", read.role)}${read.agency ? ` · ${agency(read.agency)}` : ""} – ${word("read", read.what)}`)))
    : make("p", {}, words.readsNone));

// What was asked for last and has not come, with a field for each document.
const owed = dossier => {
  const may = dossier.next.some(next => next.action === "supplement");
  const asked = dossier.supplements.findLast(asked => !asked.came);
  if (!may || !asked) return null;
  const wanted = asked.askedFor ?? [];
  const fields = wanted.map((document, index) => {
    const input = make("input", { type: "file", id: `file-${index}`, required: true, accept: "application/pdf,image/jpeg,image/png", "aria-describedby": `why-${index}` });
    return { document, input, row: make("div", { className: "upload" },
      make("label", { htmlFor: `file-${index}` }, dossier.documentNames?.[document.code] ?? document.code), make("p", { id: `why-${index}`, className: "help" }, document.reason), input) };
  });
  const note = make("textarea", { id: "note", rows: 3, maxLength: 1000 });
  const key = crypto.randomUUID();
  return card("owed", words.owedTitle,
    asked.reason ? make("p", {}, asked.reason) : null,
    make("form", { on: { submit: press(() => supplement(fields, note.value.trim(), key)) } },
      ...fields.map(field => field.row),
      make("label", { htmlFor: "note" }, words.note), note,
      make("p", { className: "help" }, words.owedHelp),
      make("button", { type: "submit", id: "supplement" }, words.supplement)));
};

const hexOf = bytes => [...new Uint8Array(bytes)].map(byte => byte.toString(16).padStart(2, "0")).join("");
const pause = length => new Promise(next => setTimeout(next, length));

// Uploads a file and waits until it was inspected; gives what the supplement says of it.
const upload = async (file, code) => {
  const sha256 = hexOf(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  const declared = await ask("POST", own("/uploads"), { mediaType: file.type, bytes: file.size, sha256 });
  const headers = Object.fromEntries(declared.upload.headers.map(({ name, value }) => [name, value]).filter(([name]) => !["host", "content-length"].includes(name)));
  const sent = await fetch(declared.upload.url, { method: "PUT", headers, body: file, referrerPolicy: "no-referrer" });
  if (!sent.ok) throw new Error(String(sent.status));
  for (let looked = 0; looked < 60; looked += 1) {
    const found = await ask("GET", own(`/uploads/${declared.id}`));
    if (found.state === "usable") return { code, upload: declared.id, sha256 };
    if (found.state === "refused") throw new Refused({ title: `${file.name}: ${found.reason?.text ?? ""}` }, 422);
    await pause(Math.min(250 * (looked + 1), 2000));
  }
  throw new Error("not inspected in time");
};

const supplement = async (fields, note, key) => {
  say(words.sending);
  const documents = [];
  for (const { document, input } of fields) documents.push(await upload(input.files[0], document.code));
  const body = { action: "supplement", expectedVersion: open.version, documents, key };
  if (note) body.note = note;
  try {
    await ask("POST", own("/transitions"), body);
  } catch (failure) {
    // Somebody else was faster: what there is now is shown, and nothing is lost or doubled.
    if (failure.type !== "stale-version" && failure.type !== "illegal-transition") throw failure;
    await show();
    say(words.moved, true);
    return;
  }
  const { code } = open;
  document.dispatchEvent(new CustomEvent("moved", { detail: { code } }));
  await show();
  say(words.supplemented);
};
