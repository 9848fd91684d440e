// The client of Một Cửa: every route, parameter, body and answer of infra/openapi.yaml as types
// (schema.ts, generated), one small fetch client, and the two exchanges that take more than a call.

import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type { components, paths };
export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];
export type Motcua = Client<paths>;

export interface Options {
  /** Where the API is: `ApiUrl` of the deployed template, or a path of the portal's own server. */
  baseUrl: string;
  /** The language of problem documents and texts; Vietnamese without it. */
  language?: "vi" | "en";
  /** The token of whoever is signed in, asked for at each call. Not for what everybody may ask. */
  token?: () => string | Promise<string>;
  /** Another `fetch`, for tests. */
  fetch?: (request: Request) => Promise<Response>;
}

/** A client with types for every route: `client.GET("/v1/procedures/{code}", { params: … })`. */
export function motcua({ baseUrl, language = "vi", token, fetch }: Options): Motcua {
  const client = createClient<paths>({ baseUrl, ...(fetch && { fetch }) });
  client.use({
    async onRequest({ request }) {
      request.headers.set("accept-language", language);
      if (token) request.headers.set("authorization", `Bearer ${await token()}`);
      return request;
    },
  });
  return client;
}

const PROBLEM = "urn:motcua:problem:";

/** The problem document in an answer; nothing where the gateway itself has refused. */
export function problemOf(error: unknown): Problem | undefined {
  const type = (error as { type?: unknown } | undefined)?.type;
  return typeof type === "string" && type.startsWith(PROBLEM) ? (error as Problem) : undefined;
}

/** What an answer refuses, for whoever catches it: with the problem document, if there is one. */
export class Refused extends Error {
  readonly problem: Problem | undefined;

  constructor(
    readonly status: number,
    error: unknown,
  ) {
    const problem = problemOf(error);
    super(problem?.title ?? `HTTP ${status}`);
    this.name = "Refused";
    this.problem = problem;
  }

  /** The last part of the problem's type, e.g. `invalid-request`. */
  get slug(): string | undefined {
    return this.problem?.type.slice(PROBLEM.length);
  }

  /** Whether the very same request may succeed later: nothing was decided about it. */
  get passes(): boolean {
    return [429, 500, 503].includes(this.status) || this.slug === "documents-under-inspection";
  }
}

/** How often, and with which pauses in milliseconds, a request is sent again. */
export interface Patience {
  tries?: number;
  pauseMs?: number;
  pauseMaxMs?: number;
}

const after = (ms: number) => new Promise<void>((next) => setTimeout(next, ms));

/** Milliseconds to wait before the try after this one: what the answer says, else ever longer. */
function pause(tried: number, answer: Response | undefined, patience: Patience): number {
  const { pauseMs = 500, pauseMaxMs = 8_000 } = patience;
  const told = Number(answer?.headers.get("retry-after"));
  const wait = told > 0 ? told * 1_000 : pauseMs * 2 ** tried;
  // Spread, so that everybody who was refused at once does not come back at once.
  return Math.min(wait, pauseMaxMs) * (0.75 + Math.random() / 2);
}

/**
 * Hands a dossier in under `key`, again and again until there is an answer. Keep key and body
 * together until then, over reloads too: one key with one body makes one dossier, however often it
 * is sent. A body that was changed wants another key.
 */
export async function handIn(
  client: Motcua,
  key: string,
  body: Schemas["SubmissionBody"],
  patience: Patience = {},
): Promise<Schemas["Receipt"]> {
  const { tries = 6 } = patience;
  for (let tried = 0; ; tried += 1) {
    const last = tried + 1 >= tries;
    let answer: Response | undefined;
    try {
      const sent = await client.POST("/v1/dossiers", {
        params: { header: { "Idempotency-Key": key } },
        body,
      });
      if (sent.data) return sent.data;
      const refused = new Refused(sent.response.status, sent.error);
      if (last || !refused.passes) throw refused;
      answer = sent.response;
    } catch (failure) {
      // A connection that broke says nothing about whether the dossier was taken.
      if (last || failure instanceof Refused) throw failure;
    }
    await after(pause(tried, answer, patience));
  }
}

/** Lower-case hexadecimal SHA-256 of `content`. */
export async function sha256(content: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await content.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A document that a submission may name: `{ code, ...claim }`. */
export interface Claim {
  upload: string;
  sha256: string;
}

/**
 * Uploads a file and waits until it was inspected. What the inspection refuses is thrown as an
 * error with its sentence.
 */
export async function upload(
  client: Motcua,
  content: Blob,
  patience: Patience = {},
): Promise<Claim> {
  const { tries = 40, pauseMaxMs = 2_000 } = patience;
  const hash = await sha256(content);
  const mediaType = content.type as Schemas["DocumentType"];
  const asked = await client.POST("/v1/documents", {
    body: { mediaType, bytes: content.size, sha256: hash },
  });
  if (!asked.data?.upload) throw new Refused(asked.response.status, asked.error);
  const { id, upload: to } = asked.data;
  // A browser sends these two by itself and lets nobody else.
  const ours = to.headers.filter(({ name }) => !["host", "content-length"].includes(name));
  const stored = await fetch(to.url, {
    method: to.method,
    headers: Object.fromEntries(ours.map(({ name, value }) => [name, value])),
    body: content,
    referrerPolicy: "no-referrer",
  });
  if (!stored.ok) throw new Refused(stored.status, undefined);
  for (let tried = 0; tried < tries; tried += 1) {
    const seen = await client.GET("/v1/documents/{id}", { params: { path: { id } } });
    const refused = seen.data ? undefined : new Refused(seen.response.status, seen.error);
    if (refused && !refused.passes) throw refused;
    if (seen.data?.state === "usable") return { upload: id, sha256: hash };
    if (seen.data?.state === "refused") throw new Error(seen.data.reason?.text);
    await after(pause(tried, seen.response, { pauseMs: 250, ...patience, pauseMaxMs }));
  }
  throw new Refused(503, undefined);
}
