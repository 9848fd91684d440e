// Against a deployed stack: API_URL, and ISSUER_URL whose tokens it takes, come with stack.env.

import assert from "node:assert/strict";
import { randomInt, randomUUID } from "node:crypto";
import test from "node:test";
import { type Claim, handIn, motcua, problemOf, Refused, type Schemas, upload } from "../src/index.js";

const setting = (name: string): string => {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: . .local/stack.env`);
  return value;
};
const baseUrl = setting("API_URL");

async function token(claims: Record<string, unknown>): Promise<string> {
  const answer = await fetch(`${setting("ISSUER_URL")}/token`, {
    method: "POST",
    body: JSON.stringify(claims),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

// Somebody whose dossiers are those of one test alone.
const someone = () => `087199${randomInt(100_000, 1_000_000)}`;
const signedIn = (idNumber: string) => () => token({ role: "citizen", idNumber });
const of = (idNumber: string) => motcua({ baseUrl, token: signedIn(idNumber) });

// A birth to be registered, with these documents.
const birth = (idNumber: string, documents: Schemas["Document"][]): Schemas["SubmissionBody"] => ({
  procedure: "1.001193",
  agency: "H20.101",
  channel: "online",
  applicant: { kind: "citizen", fullName: "Trần Thị Mẫu", idNumber, phone: "0912 345 678" },
  documents,
  documentsWithSender: false,
});

const elsewhere = ["TK", "GCS"].map((code) => ({
  code,
  name: `${code}.pdf`,
  sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  url: `https://files.example/${code}.pdf`,
}));

const picture = () => {
  // One grey pixel, and a comment that makes it another file each time.
  const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";
  return new Blob([Buffer.from(png, "base64")], { type: "image/png" });
};

async function own(idNumber: string): Promise<string[]> {
  const { data } = await of(idNumber).GET("/v1/me/dossiers", { params: { query: { limit: 50 } } });
  return data?.items.map(({ code }) => code) ?? assert.fail("no list");
}

test("everybody finds a procedure and what it asks for, without a token", async () => {
  const client = motcua({ baseUrl });
  const found = await client.GET("/v1/procedures", { params: { query: { search: "khai sinh" } } });
  const wanted = found.data?.items.find(({ name }) => name === "Đăng ký khai sinh");
  const code = wanted?.code ?? assert.fail("not found");
  const told = await client.GET("/v1/procedures/{code}", { params: { path: { code } } });
  assert.deepEqual(told.data?.documents.map((document) => document.code), ["TK", "GCS"]);
  assert.equal(told.data?.form?.schema.type, "object");
});

test("a list in a query is repeated by name, as the document says", async () => {
  const client = motcua({ baseUrl });
  const query = { online: ["full" as const, "partial" as const], limit: 1 };
  const both = await client.GET("/v1/procedures", { params: { query } });
  assert.equal(both.response.status, 200);
  assert.ok(both.data && both.data.total > 1);
});

test("one key makes one dossier: sent five times at once, and again after the answer", async () => {
  const [idNumber, key] = [someone(), randomUUID()];
  const [client, body] = [of(idNumber), birth(idNumber, elsewhere)];
  const slips = await Promise.all([1, 2, 3, 4, 5].map(() => handIn(client, key, body)));
  slips.push(await handIn(client, key, body));
  assert.equal(new Set(slips.map((slip) => JSON.stringify(slip))).size, 1);
  const { code } = slips[0] ?? assert.fail();
  assert.deepEqual(await own(idNumber), [code]);
  const seen = await motcua({ baseUrl }).GET("/v1/dossiers/{code}", { params: { path: { code } } });
  assert.equal(seen.data?.status, 1);
});

test("an answer that is lost on its way costs nothing: the same is sent again", async () => {
  const idNumber = someone();
  let lost = 0;
  const client = motcua({
    baseUrl,
    token: signedIn(idNumber),
    fetch: async (request) => {
      const answer = await fetch(request);
      if (request.method === "POST" && lost++ < 2) throw new TypeError("the connection broke");
      return answer;
    },
  });
  const slip = await handIn(client, randomUUID(), birth(idNumber, elsewhere), { pauseMs: 1 });
  assert.equal(lost, 3);
  assert.deepEqual(await own(idNumber), [slip.code]);
});

test("a broken field is named, in the reader's language, and is not sent again", async () => {
  const idNumber = someone();
  const body = birth(idNumber, elsewhere);
  body.applicant.phone = "12";
  for (const language of ["vi", "en"] as const) {
    let sent = 0;
    const client = motcua({
      baseUrl,
      language,
      token: signedIn(idNumber),
      fetch: (request) => ((sent += 1), fetch(request)),
    });
    const refused = await handIn(client, randomUUID(), body).then(
      () => assert.fail("it was taken"),
      (failure: unknown) => failure,
    );
    assert.ok(refused instanceof Refused);
    assert.deepEqual([refused.status, refused.slug, sent], [400, "invalid-request", 1]);
    const broken = refused.problem?.errors?.[0];
    assert.equal(broken?.field, "applicant.phone");
    assert.ok(!JSON.stringify(refused.problem).includes(idNumber));
    // Written with accents, or without any.
    assert.equal(/[^\x00-\x7f]/.test(refused.message), language === "vi", refused.message);
  }
});

test("what the gateway refuses itself is no problem document", async () => {
  const client = motcua({ baseUrl });
  const answer = await client.GET("/v1/me/dossiers");
  assert.equal(answer.response.status, 401);
  assert.equal(problemOf(answer.error), undefined);
  assert.equal(new Refused(401, answer.error).message, "HTTP 401");
});

test("uploaded files are inspected, handed in and belong to the dossier", async () => {
  const idNumber = someone();
  const client = of(idNumber);
  const claims: Claim[] = [await upload(client, picture()), await upload(client, picture())];
  const documents = ["TK", "GCS"].map((code, place) => ({ code, ...(claims[place] as Claim) }));
  const slip = await handIn(client, randomUUID(), birth(idNumber, documents));
  const path = { code: slip.code };
  const told = await client.GET("/v1/dossiers/{code}/case", { params: { path } });
  assert.deepEqual(
    told.data?.documents.map(({ source }) => [source.kind, source.id]),
    claims.map((claim) => ["upload", claim.upload]),
  );
});

test("a file that does not open is refused with the sentence of its rule", async () => {
  const broken = new Blob(["no picture"], { type: "image/png" });
  await assert.rejects(upload(of(someone()), broken), (failure: Error) => {
    assert.match(failure.message, /[^\x00-\x7f]/);
    return true;
  });
});
