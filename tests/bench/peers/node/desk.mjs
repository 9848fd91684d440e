// What the handlers share: dates, answers, hashes.
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

const PEOPLE_KEY = process.env.PEOPLE_KEY ?? "";
const HOUR = 3_600_000;
const CLOSING = 17;

export const STATUS = { 1: "Mới đăng ký", 2: "Được tiếp nhận", 4: "Đang xử lý" };

export class Refused extends Error {
  constructor(status, kind, detail = "") {
    super(detail || kind);
    Object.assign(this, { status, kind, detail });
  }
}

function read(name) {
  return JSON.parse(readFileSync(process.env[name], "utf8"));
}

export function procedures() {
  return new Map(read("PROCEDURES").procedures.map((each) => [each.code, each]));
}

// Working days, and when something received is due. Days are counted in milliseconds of UTC.
export class Calendar {
  constructor() {
    const years = Object.entries(read("CALENDAR").years);
    this.years = new Set(years.map(([year]) => year));
    this.off = new Set(years.flatMap(([, year]) => year.off));
    this.worked = new Set(years.flatMap(([, year]) => year.worked));
  }

  works(day) {
    const text = new Date(day).toISOString().slice(0, 10);
    if (!this.years.has(text.slice(0, 4))) throw new Refused(500, "calendar-missing");
    const weekday = new Date(day).getUTCDay();
    return this.worked.has(text) || (weekday % 6 !== 0 && !this.off.has(text));
  }

  after(day, count) {
    let left = count;
    let found = day;
    while (left > 0) {
      found += 24 * HOUR;
      left -= this.works(found) ? 1 : 0;
    }
    return found;
  }

  due(received, amount) {
    const local = new Date(received.getTime() + 7 * HOUR);
    let day = Date.parse(local.toISOString().slice(0, 10));
    if (!this.works(day) || local.getUTCHours() >= CLOSING) day = this.after(day, 1);
    return new Date(this.after(day, amount) + (CLOSING - 7) * HOUR);
  }
}

export function vietNam(time) {
  return new Date(time.getTime() + 7 * HOUR).toISOString().slice(0, 10);
}

export function claims(event) {
  const found = event.requestContext.authorizer?.jwt?.claims ?? {};
  if (!["portal", "citizen", "officer"].includes(found.role)) {
    throw new Refused(401, "unauthorized");
  }
  return found;
}

export function body(event) {
  let found;
  try {
    found = JSON.parse(event.body ?? "");
  } catch {
    throw new Refused(400, "malformed-body");
  }
  if (typeof found !== "object" || found === null) throw new Refused(400, "malformed-body");
  return found;
}

export function hashed(...parts) {
  const digest = createHash("sha256");
  for (const part of parts) {
    digest.update(`${Buffer.byteLength(part)}:`);
    digest.update(part);
  }
  return digest.digest("hex");
}

export function person(kind, number) {
  return `${kind}#${createHmac("sha256", PEOPLE_KEY).update(number).digest("hex")}`;
}

export function reply(status, answer) {
  return {
    statusCode: status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: JSON.stringify(answer),
    isBase64Encoded: false,
  };
}

export function log(fields) {
  console.log(JSON.stringify({ level: "INFO", fields }));
}

// Answers with what `work` comes to, or with a problem document.
export async function answering(event, status, work) {
  try {
    const answer = await work();
    log({ message: "request answered", status, code: answer.code });
    return reply(status, answer);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    log({ message: "request refused", status: error.status, kind: error.kind });
    return reply(error.status, {
      type: `urn:motcua:problem:${error.kind}`,
      status: error.status,
      detail: error.detail,
      requestId: event.requestContext.requestId,
    });
  }
}
