// What the author of a feedback sees and does, once they have proved by a one-time code that it is
// theirs.

import { ask, card, leave, make, open, own, press, say, show, when, word, words } from "./owner.js";

const levels = ["very-satisfied", "satisfied", "neutral", "unsatisfied", "very-unsatisfied"];

// Makes a move and shows what has become of it. The key is of the form: pressed twice, it is one.
const move = async (body, key) => {
  const { code } = open;
  let said = words.feedbackDone;
  try {
    await ask("POST", own("/feedback"), { ...body, expectedVersion: open.version, key });
  } catch (failure) {
    // An officer was faster: what there is now is shown.
    if (failure.type !== "stale-version" && failure.type !== "illegal-feedback-move") throw failure;
    said = words.feedbackMoved;
  }
  document.dispatchEvent(new CustomEvent("moved", { detail: { code } }));
  await show();
  say(said);
};

export const showFeedback = async place => {
  const found = await ask("GET", own("/feedback"));
  open.version = found.version;
  say("");
  const may = action => found.allowed.includes(action);
  const parts = [
    may("verify") ? verify() : null,
    answer(found),
    may("rate") ? rate() : null,
    may("reopen") ? reasoned("reopen", words.feedbackReopenTitle, words.feedbackReopenHelp, words.feedbackReopen) : null,
    card("words", words.feedbackWordsTitle, make("p", {}, found.words), found.place ? make("p", { className: "help" }, found.place.words) : null),
    history(found),
    may("withdraw") ? withdraw() : null,
    leave(),
  ];
  place.replaceChildren(...parts.filter(Boolean));
  place.querySelector("h2").focus();
};

const verify = () => {
  const key = crypto.randomUUID();
  return card("verify", words.feedbackVerifyTitle, make("p", {}, words.feedbackVerifyHelp),
    make("button", { type: "button", id: "do-verify", on: { click: press(() => move({ action: "verify" }, key)) } }, words.feedbackVerify));
};

// The last thing that was said to the author: an answer, or why it is not handled.
const answer = found => {
  const said = found.history.findLast(entry => ["answer", "refuse"].includes(entry.action) && entry.words);
  if (!said) return null;
  return card("answer-given", said.action === "answer" ? words.feedbackAnswerTitle : words.feedbackRefusalTitle,
    make("span", { className: "when" }, when(said.at)), make("p", {}, said.words));
};

const rate = () => {
  const key = crypto.randomUUID();
  const level = make("select", { id: "level" }, ...levels.map(name => make("option", { value: name }, word("satisfaction", name))));
  return card("rate", words.feedbackRateTitle,
    make("form", { on: { submit: press(() => move({ action: "rate", satisfaction: level.value }, key)) } },
      make("label", { htmlFor: "level" }, words.feedbackRateTitle), level,
      make("button", { type: "submit", id: "do-rate" }, words.feedbackRate)));
};

const reasoned = (action, title, help, does) => {
  const key = crypto.randomUUID();
  const reason = make("textarea", { id: `${action}-reason`, rows: 3, maxLength: 2000, required: true });
  return card(action, title, make("p", { className: "help" }, help),
    make("form", { on: { submit: press(() => move({ action, words: reason.value.trim() }, key)) } },
      make("label", { htmlFor: `${action}-reason` }, words.feedbackReason), reason,
      make("button", { type: "submit", id: `do-${action}` }, does)));
};

const withdraw = () => {
  const key = crypto.randomUUID();
  return card("withdraw", words.feedbackWithdrawTitle,
    make("details", {}, make("summary", {}, words.feedbackWithdrawTitle),
      make("button", { type: "button", id: "do-withdraw", on: { click: press(() => move({ action: "withdraw" }, key)) } }, words.feedbackWithdraw)));
};

const history = found => card("history", words.feedbackHistoryTitle,
  make("ol", { className: "list" }, ...found.history.toReversed().map(entry => make("li", {},
    make("span", { className: "when" }, when(entry.at)),
    make("strong", {}, word("feedback", entry.status)),
    entry.agency ? make("span", { className: "when" }, entry.agency) : null))));
