"""The integrators' queue: a sender is proven, an event has a record, a dossier is moved once."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
from typing import Any

import desk
from change_status import move
from desk import Refused
from submit import take_in

TABLES = desk.tables()
QUEUES = desk.queues()
EVENTS = os.environ["EVENTS_TABLE"]
AGENCIES = {"urn:motcua:integrator:land-registry": {"H20.12"}}
SENDERS = {"urn:motcua:integrator:land-registry": {"AROALANDREGISTRY0001X"}}
RECORD_KEPT = dt.timedelta(days=30)
ONCE = (
    "#source = if_not_exists(#source, :source), #receivedAt = if_not_exists(#receivedAt, :now), "
    "#expiresAt = if_not_exists(#expiresAt, :end)"
)


class Record:
    """How far an event has come, for thirty days."""

    def __init__(self, key: str, source: str, now: dt.datetime) -> None:
        self.key = {"event": {"S": key}}
        self.names = {f"#{name}": name for name in ("source", "receivedAt", "expiresAt", "since")}
        self.values = {
            ":source": {"S": source},
            ":now": {"S": desk.stamp(now)},
            ":end": {"N": str(int((now + RECORD_KEPT).timestamp()))},
        }

    def opened(self, body: str) -> dict[str, Any]:
        answer = TABLES.update_item(
            TableName=EVENTS,
            Key=self.key,
            UpdateExpression=(
                f"SET {ONCE}, #body = if_not_exists(#body, :body), "
                "#since = if_not_exists(#since, :now), #state = if_not_exists(#state, :received)"
            ),
            ExpressionAttributeNames={**self.names, "#body": "body", "#state": "state"},
            ExpressionAttributeValues={
                **self.values,
                ":body": {"S": body},
                ":received": {"S": "received"},
            },
            ReturnValues="ALL_NEW",
        )
        record: dict[str, Any] = answer["Attributes"]
        return record

    def settled(self, fields: dict[str, Any]) -> None:
        sets = "".join(f", #{name} = :{name}" for name in fields)
        # Another delivery of the same event may have applied it.
        with contextlib.suppress(TABLES.exceptions.ConditionalCheckFailedException):
            TABLES.update_item(
                TableName=EVENTS,
                Key=self.key,
                UpdateExpression=f"SET {ONCE}, #since = :now{sets}",
                ConditionExpression="attribute_not_exists(#state) OR #state <> :applied",
                ExpressionAttributeNames={**self.names, **{f"#{name}": name for name in fields}},
                ExpressionAttributeValues={
                    **self.values,
                    ":applied": {"S": "applied"},
                    **{f":{name}": value for name, value in fields.items()},
                },
            )


def work_off(event: dict[str, Any], key: str, source: str) -> dict[str, Any]:
    data = event["data"]
    agencies = AGENCIES[source]
    if event["type"] == "vn.motcua.dossier.submit.v1":
        code = data.pop("code", None)
        if data.get("agency") not in agencies:
            raise Refused(403, "forbidden")
        claims = {"role": "integrator", "sub": source}
        return take_in(data, claims, key, code, event["time"])
    if event["type"] == "vn.motcua.dossier.transition.v1":
        by = {"role": "integrator", "id": source}
        return move(event["subject"], data, by, agencies, key)
    raise Refused(400, "invalid-request", "type")


def receive(body: str, sender: str) -> None:
    event = json.loads(body)
    if event.get("specversion") != "1.0":
        raise Refused(400, "invalid-request", "specversion")
    source = event.get("source", "")
    if source not in AGENCIES:
        raise Refused(400, "invalid-request", "source")
    if sender.split(":", maxsplit=1)[0] not in SENDERS[source]:
        raise Refused(403, "sender-not-proven")
    key = desk.hashed("event", source, event["id"])
    record = Record(key, source, desk.now())
    digest = hashlib.sha256(body.encode()).hexdigest()
    known = record.opened(digest)
    if known["state"]["S"] == "applied" and known["body"]["S"] == digest:
        return
    try:
        answer = work_off(event, key, source)
    except Refused as refused:
        if refused.status < 500:
            record.settled({"state": {"S": "refused"}, "problem": {"S": refused.kind}})
        raise
    record.settled(
        {
            "state": {"S": "applied"},
            "dossier": {"S": answer["code"]},
            "version": {"N": str(answer["version"])},
        }
    )


def park(body: str, refused: Refused) -> None:
    QUEUES.send_message(
        QueueUrl=os.environ["DLQ_URL"],
        MessageBody=body,
        MessageAttributes={
            "reason": {"DataType": "String", "StringValue": refused.kind},
            "detail": {"DataType": "String", "StringValue": refused.detail or "-"},
        },
    )


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        try:
            try:
                receive(record["body"], record["attributes"]["SenderId"])
                desk.log(message="message worked off", id=record["messageId"])
            except (ValueError, KeyError, TypeError) as error:
                raise Refused(400, "malformed-body", type(error).__name__) from error
        except Refused as refused:
            if refused.status >= 500:
                failures.append({"itemIdentifier": record["messageId"]})
            else:
                park(record["body"], refused)
    return {"batchItemFailures": failures}
