// The dossiers table's stream: a message for each new entry of a history.
import { SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";
import * as desk from "./desk.mjs";
import { run } from "./runtime.mjs";

const { NOTICES_QUEUE_URL, FAILURES_QUEUE_URL } = process.env;
const queues = new SQSClient({ md5: false });

function changed(code, entry) {
  const version = Number(entry.version.N);
  return JSON.stringify({
    specversion: "1.0",
    id: `${code}/${version}`,
    source: "urn:motcua:dossiers",
    type: "vn.motcua.dossier.changed.v1",
    subject: code,
    time: entry.at.S,
    data: {
      schemaVersion: 1,
      code,
      version,
      status: Number(entry.status.N),
      action: entry.action.S,
    },
  });
}

function bodies(change) {
  const image = change.NewImage ?? {};
  if (Object.keys(image).length === 0) return [];
  const seen = Number(change.OldImage?.version.N ?? 0);
  const entries = image.history.L.map((entry) => entry.M);
  const fresh = entries.filter((entry) => Number(entry.version.N) > seen);
  if (fresh.length > 0 && fresh.at(-1).version.N !== image.version.N) {
    throw new Error("version and history disagree");
  }
  return fresh.map((entry) => changed(image.code.S, entry));
}

async function relay(event) {
  const messages = [];
  for (const { dynamodb: change } of event.Records) {
    try {
      messages.push(...bodies(change));
    } catch {
      const place = { code: change.Keys.code.S, sequenceNumber: change.SequenceNumber };
      await queues.send(
        new SendMessageCommand({
          QueueUrl: FAILURES_QUEUE_URL,
          MessageBody: JSON.stringify(place),
          MessageAttributes: {
            reason: { DataType: "String", StringValue: "unreadable-image" },
          },
        }),
      );
    }
  }
  await Promise.all(
    messages.map((message) =>
      queues.send(new SendMessageCommand({ QueueUrl: NOTICES_QUEUE_URL, MessageBody: message })),
    ),
  );
  desk.log({ message: "changes relayed", messages: messages.length });
}

await run(relay);
