// POST /v1/dossiers.
import {
  DynamoDBClient,
  GetItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import * as desk from "./desk.mjs";
import { Refused } from "./desk.mjs";
import { run } from "./runtime.mjs";

const { DOSSIERS_TABLE, CONTENTS_TABLE, INTAKE_TABLE } = process.env;
const tables = new DynamoDBClient({});
const procedures = desk.procedures();
const FIELDS = ["procedure", "agency", "channel", "applicant", "documents", "form", "ward"];
const PHONE = /^(\+84|84|0)([35789]\d{8}|(16\d|12\d|18[68]|199)\d{7})$/;
const RECEIPT_KEPT_S = 90 * 24 * 3_600;

// The request in the form in which it is stored.
function judged(asked, by) {
  if (Object.keys(asked).some((name) => !FIELDS.includes(name))) {
    throw new Refused(400, "invalid-request", "unknown");
  }
  const applicant = asked.applicant ?? {};
  const phone = String(applicant.phone ?? "").replace(/[ .]/g, "");
  const fullName = String(applicant.fullName ?? "").trim();
  const broken = [];
  if (!PHONE.test(phone)) broken.push("applicant.phone");
  if (!/^\d{12}$/.test(applicant.idNumber ?? "")) broken.push("applicant.idNumber");
  if (fullName.length < 1 || fullName.length > 200) broken.push("applicant.fullName");
  if (!["online", "counter", "postal"].includes(asked.channel)) broken.push("channel");
  if (broken.length > 0) throw new Refused(400, "invalid-request", broken.join(", "));
  const procedure = procedures.get(asked.procedure);
  if (procedure === undefined) throw new Refused(404, "procedure-not-found");
  if (by.role === "citizen" && by.id_number !== applicant.idNumber) {
    throw new Refused(403, "forbidden");
  }
  const documents = asked.documents ?? [];
  const codes = new Set(documents.map((document) => document.code));
  const missing = procedure.documents.filter((kind) => kind.required && !codes.has(kind.code));
  if (missing.length > 0 || documents.some((document) => document.sha256?.length !== 64)) {
    throw new Refused(400, "invalid-request", "documents");
  }
  return { ...asked, procedure, documents, applicant: { ...applicant, fullName, phone } };
}

async function numbered(agency, day) {
  const counted = await tables.send(
    new UpdateItemCommand({
      TableName: INTAKE_TABLE,
      Key: { key: { S: `sequence#${agency}#${day}` } },
      UpdateExpression: "ADD #last :step",
      ExpressionAttributeNames: { "#last": "last" },
      ExpressionAttributeValues: { ":step": { N: "1" } },
      ReturnValues: "UPDATED_NEW",
    }),
  );
  const short = day.slice(2).replaceAll("-", "");
  return `${agency}-${short}-${counted.Attributes.last.N.padStart(4, "0")}`;
}

// State and content of a new dossier.
function items(code, dossier, by, key, at) {
  const { applicant, agency, procedure, channel, documents } = dossier;
  const term = procedure.terms[channel];
  const entry = {
    version: { N: "1" },
    action: { S: "submit" },
    status: { N: "1" },
    at: { S: at },
    recordedAt: { S: at },
    by: { M: { role: { S: by.role }, id: { S: by.sub } } },
    command: { S: key },
  };
  const state = {
    code: { S: code },
    version: { N: "1" },
    status: { N: "1" },
    procedure: { S: procedure.code },
    procedureVersion: { N: String(procedure.version) },
    term: { M: { amount: { N: String(term.amount) }, unit: { S: term.unit } } },
    agency: { S: agency },
    channel: { S: channel },
    submittedAt: { S: at },
    history: { L: [{ M: entry }] },
    work: { S: `${agency}#open` },
    workDue: { S: `01#9999-12-31#${code}` },
    applicantHash: { S: desk.person("applicant", applicant.idNumber) },
    phoneHash: { S: desk.person("applicant-phone", applicant.phone) },
    documentCount: { N: String(documents.length) },
    contentVersion: { N: "1" },
  };
  const texts = (fields) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { S: value }]));
  const content = {
    code: { S: code },
    version: { N: "1" },
    applicant: { M: texts(applicant) },
    documents: { L: documents.map((one) => ({ M: { ...texts(one), version: { N: "1" } } })) },
  };
  return { state, content };
}

function put(table, item, key) {
  return {
    Put: {
      TableName: table,
      Item: item,
      ConditionExpression: "attribute_not_exists(#key)",
      ExpressionAttributeNames: { "#key": key },
    },
  };
}

function receiptOf(code, submittedAt) {
  return { code, status: 1, statusName: desk.STATUS[1], submittedAt, version: 1 };
}

async function kept(key, fingerprint) {
  const found = await tables.send(
    new GetItemCommand({ TableName: INTAKE_TABLE, Key: { key }, ConsistentRead: true }),
  );
  if (found.Item === undefined) return undefined;
  if (found.Item.fingerprint.S !== fingerprint) throw new Refused(422, "idempotency-key-reused");
  return receiptOf(found.Item.code.S, found.Item.submittedAt.S);
}

// Takes a dossier in, once for each key.
async function takeIn(event) {
  const by = desk.claims(event);
  const given = event.headers["idempotency-key"];
  if (!given) throw new Refused(400, "missing-idempotency-key");
  const key = desk.hashed("submit", by.role, by.sub, given);
  const asked = desk.body(event);
  const fingerprint = desk.hashed(JSON.stringify(asked));
  const receiptKey = { S: `receipt#${key}` };
  const earlier = await kept(receiptKey, fingerprint);
  if (earlier !== undefined) return earlier;
  const dossier = judged(asked, by);
  const now = new Date();
  const at = now.toISOString();
  for (let tried = 0; tried < 20; tried += 1) {
    const code = await numbered(dossier.agency, desk.vietNam(now));
    const { state, content } = items(code, dossier, by, key, at);
    const receipt = {
      key: receiptKey,
      fingerprint: { S: fingerprint },
      code: { S: code },
      submittedAt: { S: at },
      expiresAt: { N: String(Math.floor(now / 1_000) + RECEIPT_KEPT_S) },
    };
    const writes = [
      put(DOSSIERS_TABLE, state, "code"),
      put(INTAKE_TABLE, receipt, "key"),
      { Put: { TableName: CONTENTS_TABLE, Item: content } },
    ];
    try {
      await tables.send(new TransactWriteItemsCommand({ TransactItems: writes }));
      return receiptOf(code, at);
    } catch (error) {
      if (error.name !== "TransactionCanceledException") throw error;
      const reasons = error.CancellationReasons.map((why) => why.Code);
      if (reasons[1] === "ConditionalCheckFailed") return kept(receiptKey, fingerprint);
      if (reasons[0] !== "ConditionalCheckFailed") throw error;
    }
  }
  throw new Refused(503, "unavailable");
}

await run((event) => desk.answering(event, 201, () => takeIn(event)));
