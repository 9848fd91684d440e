"""The integrators' queue."""

from __future__ import annotations

import json
import os
from typing import Any

import desk
from change_status import move
from desk import Refused
from submit import take_in

QUEUES = desk.queues()
AGENCIES = {"urn:motcua:integrator:land-registry": {"H20.12"}}


def work_off(event: dict[str, Any]) -> None:
    if event.get("specversion") != "1.0":
        raise Refused(400, "invalid-request", "specversion")
    source = event.get("source", "")
    agencies = AGENCIES.get(source)
    if agencies is None:
        raise Refused(400, "invalid-request", "source")
    key = desk.hashed("event", source, event["id"])
    data = event["data"]
    claims = {"role": "integrator", "sub": source}
    if event["type"] == "vn.motcua.dossier.submit.v1":
        code = data.pop("code", None)
        if data.get("agency") not in agencies:
            raise Refused(403, "forbidden")
        take_in(data, claims, key, code, event["time"])
    elif event["type"] == "vn.motcua.dossier.transition.v1":
        by = {"role": "integrator", "id": source}
        move(event["subject"], data, by, agencies, key)
    else:
        raise Refused(400, "invalid-request", "type")


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
                work_off(json.loads(record["body"]))
                desk.log(message="message worked off", id=record["messageId"])
            except (ValueError, KeyError, TypeError) as error:
                raise Refused(400, "malformed-body", type(error).__name__) from error
        except Refused as refused:
            if refused.status >= 500:
                failures.append({"itemIdentifier": record["messageId"]})
            else:
                park(record["body"], refused)
    return {"batchItemFailures": failures}
