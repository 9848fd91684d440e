// An example of a portal page: choose a procedure, fill its form in, upload, hand in, see the
// receipt. What is typed is kept over reloads, and what is sent is one dossier however often it is.

import { handIn, motcua, Refused, type Schemas, upload } from "motcua-sdk";
import qrcode from "qrcode-generator";
import { choice, clearErrors, controlAt, field, make, showError } from "./dom.js";
import { type Draft, finish, forget, load, save } from "./draft.js";
import { build, type Part, read } from "./form.js";

type Details = Schemas["ProcedureDetails"];

// The portal's own server adds the token of whoever is signed in (server.js).
const client = motcua({ baseUrl: new URL("api", location.href).href });
const main = document.querySelector("main") as HTMLElement;
const status = document.querySelector("[role=status]") as HTMLElement;
const LOOK_UP = document.querySelector<HTMLMetaElement>("meta[name=look-up]")?.content ?? "";

let draft: Draft = load();
let known: Details | undefined;

const say = (text: string) => (status.textContent = text);

/** Shows one step, and takes who listens or uses a keyboard to its head. */
function show(title: string, ...children: Parameters<typeof make>[2][]): void {
  const head = make("h1", { tabindex: -1 }, title);
  main.replaceChildren(head, ...children.filter((child) => child instanceof Node));
  document.title = `${title} – Dịch vụ công`;
  head.focus();
}

async function start(): Promise<void> {
  try {
    if (draft.receipt) showReceipt(draft.receipt);
    else if (draft.procedure) await fillIn(draft.procedure);
    else await choose("");
    // The page was left while the dossier was on its way: the same goes again.
    if (draft.sending) await send();
  } catch (failure) {
    failed(failure);
  }
}

// 1. The procedure.

async function choose(search: string): Promise<void> {
  const online: Schemas["OnlineLevel"][] = ["full", "partial"];
  const query = { online, limit: 20, ...(search && { search }) };
  const { data, error, response } = await client.GET("/v1/procedures", { params: { query } });
  if (!data) throw new Refused(response.status, error);
  const words = make("input", { type: "search", value: search, required: true, maxlength: 100 });
  const form = make("form", { role: "search" }, field("search", "Tên thủ tục", words), make("button", {}, "Tìm"));
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    choose(words.value.trim()).catch(failed);
  });
  const lines = data.items.map((line) => {
    const button = make("button", { type: "button", class: "line" }, line.name);
    button.addEventListener("click", () => {
      draft = { ...forget(), procedure: line.code };
      save(draft);
      fillIn(line.code).catch(failed);
    });
    return make("li", {}, button, make("span", { class: "hint" }, `${line.field.name} · ${line.levelName}`));
  });
  show("Chọn thủ tục", form, make("ul", { class: "lines" }, ...lines));
  say(`${data.total} thủ tục`);
}

// 2. The form and the documents.

async function fillIn(code: string): Promise<void> {
  if (known?.code !== code) {
    const { data, error, response } = await client.GET("/v1/procedures/{code}", { params: { path: { code } } });
    if (!data) throw new Refused(response.status, error);
    known = data;
  }
  const details = known;
  const { values } = draft;
  const again = () => void fillIn(code).then(() => say("Biểu mẫu đã thay đổi"), failed);
  const text = (path: string, label: string, more: Record<string, string>, hint?: string) => {
    const made = make("input", { required: true, ...more });
    made.value = values[path] ?? "";
    return field(path, label, made, hint);
  };
  const agency = choice(details.agencies.map((one) => [one.code, one.name]), true);
  agency.value = values.agency ?? "";
  const form = make(
    "form",
    {},
    field("agency", "Cơ quan tiếp nhận", agency),
    make(
      "fieldset",
      {},
      make("legend", {}, "Người nộp"),
      text("applicant.fullName", "Họ và tên", { autocomplete: "name", maxlength: "200" }),
      text("applicant.idNumber", "Số định danh cá nhân", { inputmode: "numeric" }, "12 chữ số, của chính tài khoản này"),
      text("applicant.phone", "Số điện thoại", { type: "tel", autocomplete: "tel" }, "Để nhận tin về hồ sơ"),
    ),
    details.form && build(details.form.schema as unknown as Part, "form", details.form.owedBy.includes("online"), values, again),
    make("fieldset", {}, make("legend", {}, "Thành phần hồ sơ"), ...details.documents.map(documentField)),
    make("button", { type: "submit" }, "Nộp hồ sơ"),
  );
  // The door judges: so every broken rule is shown at once, in Vietnamese, and stands in one place.
  form.noValidate = true;
  form.addEventListener("input", ({ target }) => keep(target));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    draft.sending ??= { key: crypto.randomUUID(), body: submission(details) };
    save(draft);
    send().catch(failed);
  });
  const back = make("button", { type: "button", class: "quiet" }, "Chọn thủ tục khác");
  back.addEventListener("click", () => {
    draft = forget();
    choose("").catch(failed);
  });
  show(details.name, form, back);
}

function keep(target: EventTarget | null): void {
  if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return;
  const path = target.dataset.path;
  if (!path || target.type === "file") return;
  draft.values[path] = target instanceof HTMLInputElement && target.type === "checkbox" ? (target.checked ? "on" : "") : target.value;
  save(draft);
}

function documentField(document: Schemas["ProcedureDocument"]): HTMLElement {
  const accept = known?.documentTypes.map((type) => type.mediaType).join(",");
  const path = `document.${document.code}`;
  const input = make("input", { type: "file", accept, required: document.required });
  const there = draft.uploads[document.code];
  const made = field(path, document.name, input, there && `Đã tải lên: ${there.name}`);
  input.addEventListener("change", async () => {
    const file = input.files?.[0];
    if (!file) return;
    say(`Đang tải lên: ${file.name}`);
    input.disabled = true;
    try {
      const claim = await upload(client, file);
      draft.uploads[document.code] = { ...claim, name: file.name };
      save(draft);
      const fresh = documentField(document);
      made.replaceWith(fresh);
      fresh.querySelector("input")?.focus();
      say(`Đã tải lên: ${file.name}`);
    } catch (failure) {
      clearErrors();
      showError(input, failure instanceof Error ? failure.message : String(failure));
      say("");
    } finally {
      input.disabled = false;
    }
  });
  return made;
}

function submission(details: Details): Schemas["SubmissionBody"] {
  const { values, uploads } = draft;
  const typed = (path: string) => values[path] ?? "";
  const filled = details.form && read(details.form.schema as unknown as Part, "form", details.form.owedBy.includes("online"), values);
  return {
    procedure: details.code,
    agency: typed("agency"),
    channel: "online",
    applicant: {
      kind: "citizen",
      fullName: typed("applicant.fullName"),
      idNumber: typed("applicant.idNumber"),
      phone: typed("applicant.phone"),
    },
    documents: Object.entries(uploads).map(([code, { upload, sha256 }]) => ({ code, upload, sha256 })),
    ...(filled !== undefined && { form: filled as Record<string, unknown> }),
    documentsWithSender: false,
  };
}

// 3. On its way.

let underWay = false;

async function send(): Promise<void> {
  if (underWay || !draft.sending) return;
  underWay = true;
  const button = main.querySelector<HTMLButtonElement>("button[type=submit]");
  button?.setAttribute("aria-disabled", "true");
  clearErrors();
  say("Đang nộp hồ sơ…");
  try {
    draft = finish(await handIn(client, draft.sending.key, draft.sending.body));
    showReceipt(draft.receipt as Schemas["Receipt"]);
    say("Đã nộp hồ sơ");
  } catch (failure) {
    // What was decided is decided: a changed body wants another key. Of what broke on its way
    // nobody knows, so that key and body stay as they are.
    if (failure instanceof Refused && !failure.passes) {
      delete draft.sending;
      save(draft);
    }
    throw failure;
  } finally {
    underWay = false;
    button?.removeAttribute("aria-disabled");
  }
}

/** Every broken rule at its field, and all of them above the form with a way to each. */
function failed(failure: unknown): void {
  say("");
  document.querySelector(".problem")?.remove();
  const problem = failure instanceof Refused ? failure.problem : undefined;
  const lines = (problem?.errors ?? []).map((broken) => {
    const control = controlAt(ofPage(broken.field));
    if (!control) return make("li", {}, broken.detail);
    showError(control, broken.detail);
    const label = document.querySelector(`label[for="${CSS.escape(control.id)}"]`)?.textContent;
    const link = make("a", { href: `#${control.id}` }, `${label}: ${broken.detail}`);
    link.addEventListener("click", (event) => (event.preventDefault(), control.focus()));
    return make("li", {}, link);
  });
  const title = problem?.title ?? "Chưa có kết quả. Thông tin đã nhập vẫn còn; xin thử lại.";
  const box = make(
    "div",
    { class: "problem", role: "alert", tabindex: -1 },
    make("h2", {}, title),
    lines.length > 0 && make("ul", {}, ...lines),
    draft.sending && retry(),
    problem && make("p", { class: "hint" }, `Mã yêu cầu: ${problem.requestId}`),
  );
  if (main.firstElementChild) main.firstElementChild.after(box);
  else show("Dịch vụ công", box);
  box.focus();
}

function retry(): HTMLElement {
  const button = make("button", { type: "button" }, "Gửi lại");
  button.addEventListener("click", () => void send().catch(failed));
  return button;
}

/** Where the page has what a problem document names: documents go by their code here. */
function ofPage(field: string): string {
  const place = /^documents\[(\d+)\]/.exec(field)?.[1];
  if (field.startsWith("documents") && known) {
    const sent = place === undefined ? undefined : Object.keys(draft.uploads)[Number(place)];
    const missing = known.documents.find(({ code, required }) => required && !draft.uploads[code]);
    return `document.${sent ?? missing?.code ?? known.documents[0]?.code}`;
  }
  return field;
}

// 4. The receipt.

function showReceipt(receipt: Schemas["Receipt"]): void {
  const address = LOOK_UP && `${LOOK_UP}#${receipt.code}`;
  const at = new Date(receipt.submittedAt).toLocaleString("vi-VN", { timeZone: "Asia/Ho_Chi_Minh", dateStyle: "short", timeStyle: "short" });
  const other = make("button", { type: "button", class: "quiet" }, "Nộp hồ sơ khác");
  other.addEventListener("click", () => {
    draft = forget();
    choose("").catch(failed);
  });
  show(
    "Đã nộp hồ sơ",
    make(
      "dl",
      {},
      make("dt", {}, "Mã hồ sơ"),
      make("dd", { class: "code" }, receipt.code),
      make("dt", {}, "Trạng thái"),
      make("dd", {}, receipt.statusName),
      make("dt", {}, "Thời điểm nộp"),
      make("dd", {}, at),
    ),
    address ? picture(address) : null,
    address ? make("p", {}, "Tra cứu tại ", make("a", { href: address, rel: "noreferrer" }, address)) : null,
    receipt.notReachable ? make("p", { class: "hint" }, "Số điện thoại này không nhận được tin nhắn.") : null,
    other,
  );
}

/** The address as a QR code, drawn as one path so that no markup is parsed. */
function picture(address: string): SVGElement {
  const code = qrcode(0, "M");
  code.addData(address);
  code.make();
  const size = code.getModuleCount();
  const places = Array.from({ length: size * size }, (_, at): [number, number] => [at % size, Math.floor(at / size)]);
  const dark = places.filter(([x, y]) => code.isDark(y, x)).map(([x, y]) => `M${x} ${y}h1v1h-1z`);
  const svg = (name: string, attributes: Record<string, string>) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made as SVGElement;
  };
  const label = { role: "img", "aria-label": "Mã QR của địa chỉ tra cứu hồ sơ", class: "qr" };
  const made = svg("svg", { ...label, viewBox: `-4 -4 ${size + 8} ${size + 8}` });
  made.append(svg("path", { d: dark.join("") }));
  return made;
}

start();
