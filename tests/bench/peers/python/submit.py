"""POST /v1/dossiers."""

from __future__ import annotations

import datetime as dt
import json
import os
from typing import Any

import desk
from desk import CONTENTS, DOSSIERS, INTAKE, Refused

TABLES = desk.tables()
PROCEDURES = desk.procedures()
RECEIPT_KEPT = dt.timedelta(days=90)
FIELDS = {"procedure", "agency", "channel", "applicant", "documents", "form", "ward"}


def judged(asked: dict[str, Any], by: dict[str, Any]) -> dict[str, Any]:
    """The request in the form in which it is stored."""
    unknown = set(asked) - FIELDS
    if unknown:
        raise Refused(400, "invalid-request", f"unknown: {sorted(unknown)}")
    applicant = asked.get("applicant") or {}
    phone = str(applicant.get("phone", "")).replace(" ", "").replace(".", "")
    broken = []
    if not desk.PHONE.match(phone):
        broken.append("applicant.phone")
    if not desk.IDENTITY.match(str(applicant.get("idNumber", ""))):
        broken.append("applicant.idNumber")
    name = str(applicant.get("fullName", "")).strip()
    if not 1 <= len(name) <= 200:
        broken.append("applicant.fullName")
    if asked.get("channel") not in ("online", "counter", "postal"):
        broken.append("channel")
    if broken:
        raise Refused(400, "invalid-request", ", ".join(broken))
    procedure = PROCEDURES.get(asked.get("procedure"))
    if procedure is None:
        raise Refused(404, "procedure-not-found")
    if by["role"] == "citizen" and by.get("id_number") != applicant["idNumber"]:
        raise Refused(403, "forbidden")
    documents = asked.get("documents") or []
    codes = {document.get("code") for document in documents}
    missing = [
        kind["code"]
        for kind in procedure["documents"]
        if kind["required"] and kind["code"] not in codes
    ]
    wrong = [document for document in documents if len(document.get("sha256", "")) != 64]
    if missing or wrong:
        raise Refused(400, "invalid-request", f"documents: {missing}")
    return {
        "procedure": procedure,
        "agency": asked["agency"],
        "channel": asked["channel"],
        "applicant": {**applicant, "fullName": name, "phone": phone},
        "documents": documents,
    }


def numbered(agency: str, day: dt.date) -> str:
    counted = TABLES.update_item(
        TableName=INTAKE,
        Key={"key": {"S": f"sequence#{agency}#{day.isoformat()}"}},
        UpdateExpression="ADD #last :step",
        ExpressionAttributeNames={"#last": "last"},
        ExpressionAttributeValues={":step": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    return f"{agency}-{day:%y%m%d}-{int(counted['Attributes']['last']['N']):04}"


def items(
    code: str, dossier: dict[str, Any], by: dict[str, str], key: str, at: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """State and content of a new dossier."""
    applicant, agency = dossier["applicant"], dossier["agency"]
    procedure = dossier["procedure"]
    term = procedure["terms"][dossier["channel"]]
    entry = {
        "version": {"N": "1"},
        "action": {"S": "submit"},
        "status": {"N": "1"},
        "at": {"S": at},
        "recordedAt": {"S": at},
        "by": {"M": {"role": {"S": by["role"]}, "id": {"S": by["id"]}}},
        "command": {"S": key},
    }
    state = {
        "code": {"S": code},
        "version": {"N": "1"},
        "status": {"N": "1"},
        "procedure": {"S": procedure["code"]},
        "procedureVersion": {"N": str(procedure["version"])},
        "term": {"M": {"amount": {"N": str(term["amount"])}, "unit": {"S": term["unit"]}}},
        "agency": {"S": agency},
        "channel": {"S": dossier["channel"]},
        "submittedAt": {"S": at},
        "history": {"L": [{"M": entry}]},
        "work": {"S": f"{agency}#open"},
        "workDue": {"S": f"01#9999-12-31#{code}"},
        "applicantHash": {"S": desk.person("applicant", applicant["idNumber"])},
        "phoneHash": {"S": desk.person("applicant-phone", applicant["phone"])},
        "documentCount": {"N": str(len(dossier["documents"]))},
        "contentVersion": {"N": "1"},
    }
    documents = [
        {
            "M": {
                "code": {"S": document["code"]},
                "name": {"S": document["name"]},
                "sha256": {"S": document["sha256"]},
                "url": {"S": document["url"]},
                "version": {"N": "1"},
            }
        }
        for document in dossier["documents"]
    ]
    content = {
        "code": {"S": code},
        "version": {"N": "1"},
        "applicant": {"M": {name: {"S": value} for name, value in applicant.items()}},
        "documents": {"L": documents},
    }
    return state, content


def put(table: str, item: dict[str, Any], key: str) -> dict[str, Any]:
    condition = {
        "ConditionExpression": "attribute_not_exists(#key)",
        "ExpressionAttributeNames": {"#key": key},
    }
    return {"Put": {"TableName": table, "Item": item, **condition}}


def receipt_of(code: str, at: str) -> dict[str, Any]:
    return {
        "code": code,
        "status": 1,
        "statusName": desk.STATUS[1],
        "submittedAt": at,
        "version": 1,
    }


def repeated(kept: dict[str, Any], fingerprint: str) -> dict[str, Any]:
    if kept["fingerprint"]["S"] != fingerprint:
        raise Refused(422, "idempotency-key-reused")
    return receipt_of(kept["code"]["S"], kept["submittedAt"]["S"])


def take_in(
    asked: dict[str, Any],
    claims: dict[str, Any],
    key: str,
    code: str | None = None,
    at: str | None = None,
    keeps_receipts: bool = True,
) -> dict[str, Any]:
    """Takes a dossier in, once for each key."""
    by = {"role": claims["role"], "id": claims["sub"]}
    fingerprint = desk.hashed(json.dumps(asked, sort_keys=True), code or "")
    receipt_key = {"key": {"S": f"receipt#{key}"}}
    if keeps_receipts:
        found = TABLES.get_item(TableName=INTAKE, Key=receipt_key, ConsistentRead=True)
        if "Item" in found:
            return repeated(found["Item"], fingerprint)
    dossier = judged(asked, claims)
    now = desk.now()
    at = at or desk.stamp(now)
    for _ in range(20):
        number = code or numbered(dossier["agency"], now.astimezone(desk.VIET_NAM).date())
        state, content = items(number, dossier, by, key, at)
        writes = [put(DOSSIERS, state, "code")]
        if keeps_receipts:
            expires = int((now + RECEIPT_KEPT).timestamp())
            receipt = {
                **receipt_key,
                "fingerprint": {"S": fingerprint},
                "code": {"S": number},
                "submittedAt": {"S": at},
                "expiresAt": {"N": str(expires)},
            }
            writes.append(put(INTAKE, receipt, "key"))
        writes.append({"Put": {"TableName": CONTENTS, "Item": content}})
        try:
            TABLES.transact_write_items(TransactItems=writes)
            return receipt_of(number, at)
        except TABLES.exceptions.TransactionCanceledException as cancelled:
            reasons = [why.get("Code") for why in cancelled.response["CancellationReasons"]]
            if keeps_receipts and reasons[1] == "ConditionalCheckFailed":
                found = TABLES.get_item(TableName=INTAKE, Key=receipt_key, ConsistentRead=True)
                return repeated(found["Item"], fingerprint)
            if reasons[0] != "ConditionalCheckFailed":
                raise
            if code is not None:
                raise Refused(400, "invalid-request", "code") from None
    raise Refused(503, "unavailable")


def key_of(event: dict[str, Any], claims: dict[str, Any]) -> str:
    given = event["headers"].get("idempotency-key")
    if not given:
        raise Refused(400, "missing-idempotency-key")
    return desk.hashed("submit", claims["role"], claims["sub"], given)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    try:
        claims = desk.claims(event)
        key = key_of(event, claims)
        answer = take_in(desk.body(event), claims, key)
        desk.log(message="request answered", status=201, code=answer["code"])
        return desk.reply(201, answer)
    except Refused as refused:
        desk.log(message="request refused", status=refused.status, kind=refused.kind)
        return desk.problem(refused, event)


if os.environ.get("_HANDLER") == "submit.other_handler":
    from aws_lambda_powertools.utilities.idempotency import (
        DynamoDBPersistenceLayer,
        IdempotencyConfig,
        idempotent_function,
    )
    from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyValidationError

    CONFIG = IdempotencyConfig(
        event_key_jmespath="key",
        payload_validation_jmespath="asked",
        expires_after_seconds=int(RECEIPT_KEPT.total_seconds()),
    )
    LAYER = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])

    @idempotent_function(data_keyword_argument="request", persistence_store=LAYER, config=CONFIG)
    def once(request: dict[str, Any]) -> dict[str, Any]:
        return take_in(request["asked"], request["claims"], request["key"], keeps_receipts=False)

    def other_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            claims = desk.claims(event)
            CONFIG.register_lambda_context(context)
            key = key_of(event, claims)
            answer = once(request={"asked": desk.body(event), "claims": claims, "key": key})
            desk.log(message="request answered", status=201, code=answer["code"])
            return desk.reply(201, answer)
        except IdempotencyValidationError:
            return desk.problem(Refused(422, "idempotency-key-reused"), event)
        except Refused as refused:
            desk.log(message="request refused", status=refused.status, kind=refused.kind)
            return desk.problem(refused, event)
