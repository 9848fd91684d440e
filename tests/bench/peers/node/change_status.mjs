// POST /v1/dossiers/{code}/transitions.
import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import * as desk from "./desk.mjs";
import { Refused } from "./desk.mjs";
import { run } from "./runtime.mjs";

const { DOSSIERS_TABLE, CONTENTS_TABLE } = process.env;
const tables = new DynamoDBClient({});
const calendar = new desk.Calendar();
const CODE = /^[A-Z]\d{2}(\.\d{1,4})+-\d{6}-\d{4,8}$/;
// The moves that the checks ask for: from which status to which.
const MOVES = { receive: [1, 2], start: [2, 4] };

// The dossier, of which state and content belong together.
async function found(code) {
  const get = async (table) => {
    const key = { code: { S: code } };
    const command = new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true });
    return (await tables.send(command)).Item;
  };
  for (let tried = 0; tried < 5; tried += 1) {
    const [state, content] = await Promise.all([get(DOSSIERS_TABLE), get(CONTENTS_TABLE)]);
    if (state === undefined) throw new Refused(404, "dossier-not-found");
    if (state.contentVersion?.N === content?.version.N) return { ...content, ...state };
  }
  throw new Refused(503, "unavailable");
}

function answered(code, entry) {
  const status = Number(entry.status.N);
  const version = Number(entry.version.N);
  return { code, status, statusName: desk.STATUS[status], version, dueAt: entry.dueAt?.S };
}

// Moves a dossier, once for each command.
async function move(event) {
  const by = desk.claims(event);
  const code = event.pathParameters.code;
  if (!CODE.test(code)) throw new Refused(400, "invalid-request", "code");
  const given = event.headers["idempotency-key"] ?? event.requestContext.requestId;
  const command = desk.hashed("transition", by.role, by.sub, given);
  const asked = desk.body(event);
  const legal = MOVES[asked.action];
  if (legal === undefined) throw new Refused(400, "invalid-request", "action");
  if (!Number.isInteger(asked.expectedVersion)) {
    throw new Refused(400, "invalid-request", "expectedVersion");
  }
  const dossier = await found(code);
  const known = dossier.history.L.find((entry) => entry.M.command.S === command);
  if (known !== undefined) return answered(code, known.M);
  if (dossier.agency.S !== by.agency) throw new Refused(403, "forbidden");
  const version = Number(dossier.version.N);
  if (asked.expectedVersion !== version) throw new Refused(409, "stale-version", `${version}`);
  const [before, status] = legal;
  if (Number(dossier.status.N) !== before) throw new Refused(422, "illegal-transition");
  const now = new Date();
  const at = now.toISOString();
  const due = calendar.due(now, Number(dossier.term.M.amount.N));
  const entry = {
    version: { N: String(version + 1) },
    action: { S: asked.action },
    status: { N: String(status) },
    at: { S: at },
    recordedAt: { S: at },
    by: { M: { role: { S: by.role }, id: { S: by.sub } } },
    command: { S: command },
    dueAt: { S: due.toISOString() },
  };
  if (asked.note) entry.note = { S: asked.note };
  await write(code, version, status, entry, due);
  return answered(code, entry);
}

async function write(code, version, status, entry, due) {
  const workDue = `${String(status).padStart(2, "0")}#${desk.vietNam(due)}#${code}`;
  try {
    await tables.send(
      new UpdateItemCommand({
        TableName: DOSSIERS_TABLE,
        Key: { code: { S: code } },
        UpdateExpression:
          "SET history = list_append(history, :newest), #version = :version, " +
          "#status = :status, #dueAt = :dueAt, #workDue = :workDue",
        ConditionExpression:
          "#version = :before AND attribute_not_exists(assignment) " +
          "AND attribute_not_exists(contentGone)",
        ExpressionAttributeNames: {
          "#version": "version",
          "#status": "status",
          "#dueAt": "dueAt",
          "#workDue": "workDue",
        },
        ExpressionAttributeValues: {
          ":newest": { L: [{ M: entry }] },
          ":version": { N: String(version + 1) },
          ":status": { N: String(status) },
          ":dueAt": entry.dueAt,
          ":workDue": { S: workDue },
          ":before": { N: String(version) },
        },
      }),
    );
  } catch (error) {
    if (error.name !== "ConditionalCheckFailedException") throw error;
    throw new Refused(409, "stale-version");
  }
}

await run((event) => desk.answering(event, 200, () => move(event)));
