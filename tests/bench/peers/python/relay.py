"""The dossiers table's stream: a message for each new entry of a history."""

from __future__ import annotations

import json
import os
from typing import Any

import desk

QUEUES = desk.queues()
NOTICES = os.environ.get("NOTICES_QUEUE_URL", "")
FAILURES = os.environ.get("FAILURES_QUEUE_URL", "")


def changed(code: str, entry: dict[str, Any]) -> str:
    version = int(entry["version"]["N"])
    event = {
        "specversion": "1.0",
        "id": f"{code}/{version}",
        "source": "urn:motcua:dossiers",
        "type": "vn.motcua.dossier.changed.v1",
        "subject": code,
        "time": entry["at"]["S"],
        "data": {
            "schemaVersion": 1,
            "code": code,
            "version": version,
            "status": int(entry["status"]["N"]),
            "action": entry["action"]["S"],
        },
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def bodies(change: dict[str, Any]) -> list[str]:
    new = change.get("NewImage")
    if not new:
        return []
    seen = int((change.get("OldImage") or {}).get("version", {"N": "0"})["N"])
    version = int(new["version"]["N"])
    entries = [each["M"] for each in new["history"]["L"]]
    fresh = [entry for entry in entries if int(entry["version"]["N"]) > seen]
    if fresh and int(fresh[-1]["version"]["N"]) != version:
        raise ValueError("version and history disagree")
    return [changed(new["code"]["S"], entry) for entry in fresh]


def relayed(event: dict[str, Any]) -> list[str]:
    messages: list[str] = []
    for record in event["Records"]:
        change = record["dynamodb"]
        try:
            messages += bodies(change)
        except (ValueError, KeyError, TypeError):
            place = {
                "code": change["Keys"]["code"]["S"],
                "sequenceNumber": change["SequenceNumber"],
            }
            QUEUES.send_message(
                QueueUrl=FAILURES,
                MessageBody=json.dumps(place),
                MessageAttributes={
                    "reason": {"DataType": "String", "StringValue": "unreadable-image"},
                },
            )
    desk.log(message="changes relayed", messages=len(messages))
    return messages


def handler(event: dict[str, Any], _context: Any) -> None:
    for message in relayed(event):
        QUEUES.send_message(QueueUrl=NOTICES, MessageBody=message)


def other_handler(event: dict[str, Any], _context: Any) -> None:
    """The same with ten messages a call."""
    messages = relayed(event)
    for first in range(0, len(messages), 10):
        entries = [
            {"Id": str(place), "MessageBody": message}
            for place, message in enumerate(messages[first : first + 10])
        ]
        answer = QUEUES.send_message_batch(QueueUrl=NOTICES, Entries=entries)
        if answer.get("Failed"):
            raise RuntimeError("messages were not taken")
