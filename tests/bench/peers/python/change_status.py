"""POST /v1/dossiers/{code}/transitions."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import desk
from desk import CONTENTS, DOSSIERS, Refused

TABLES = desk.tables()
CALENDAR = desk.Calendar()
# State and content are read side by side.
POOL = ThreadPoolExecutor(2)
# The moves that the checks ask for: from which status to which.
MOVES = {
    "receive": ({1}, 2),
    "start": ({2}, 4),
}


def found(code: str) -> dict[str, Any]:
    """The dossier, of which state and content belong together."""

    def get(table: str) -> Any:
        return TABLES.get_item(TableName=table, Key={"code": {"S": code}}, ConsistentRead=True)

    for _ in range(5):
        content = POOL.submit(get, CONTENTS)
        state = get(DOSSIERS).get("Item")
        kept = content.result().get("Item", {})
        if state is None:
            raise Refused(404, "dossier-not-found")
        if state.get("contentVersion") == kept.get("version"):
            return {**kept, **state}
    raise Refused(503, "unavailable")


def answered(code: str, entry: dict[str, Any]) -> dict[str, Any]:
    status = int(entry["status"]["N"])
    answer = {
        "code": code,
        "status": status,
        "statusName": desk.STATUS[status],
        "version": int(entry["version"]["N"]),
    }
    if "dueAt" in entry:
        answer["dueAt"] = entry["dueAt"]["S"]
    return answer


def move(
    code: str, asked: dict[str, Any], by: dict[str, str], agencies: set[str], command: str
) -> dict[str, Any]:
    """Moves a dossier, once for each command."""
    move = MOVES.get(asked.get("action", ""))
    if move is None:
        raise Refused(400, "invalid-request", "action")
    expected = asked.get("expectedVersion")
    if not isinstance(expected, int):
        raise Refused(400, "invalid-request", "expectedVersion")
    dossier = found(code)
    for entry in dossier["history"]["L"]:
        if entry["M"]["command"]["S"] == command:
            return answered(code, entry["M"])
    if dossier["agency"]["S"] not in agencies:
        raise Refused(403, "forbidden")
    version = int(dossier["version"]["N"])
    if expected != version:
        raise Refused(409, "stale-version", str(version))
    before, after = move
    if int(dossier["status"]["N"]) not in before:
        raise Refused(422, "illegal-transition")
    now = desk.now()
    at = desk.stamp(now)
    term = {"amount": int(dossier["term"]["M"]["amount"]["N"])}
    due = CALENDAR.due(now, term)
    entry = {
        "version": {"N": str(version + 1)},
        "action": {"S": asked["action"]},
        "status": {"N": str(after)},
        "at": {"S": at},
        "recordedAt": {"S": at},
        "by": {"M": {"role": {"S": by["role"]}, "id": {"S": by["id"]}}},
        "command": {"S": command},
        "dueAt": {"S": desk.stamp(due)},
    }
    if asked.get("note"):
        entry["note"] = {"S": asked["note"]}
    day = due.astimezone(desk.VIET_NAM).date()
    write(code, version, after, entry, due, day)
    return answered(code, entry)


def write(
    code: str, version: int, status: int, entry: dict[str, Any], due: dt.datetime, day: dt.date
) -> None:
    try:
        TABLES.update_item(
            TableName=DOSSIERS,
            Key={"code": {"S": code}},
            UpdateExpression=(
                "SET history = list_append(history, :newest), #version = :version, "
                "#status = :status, #dueAt = :dueAt, #workDue = :workDue"
            ),
            ConditionExpression=(
                "#version = :before AND attribute_not_exists(assignment) "
                "AND attribute_not_exists(contentGone)"
            ),
            ExpressionAttributeNames={
                "#version": "version",
                "#status": "status",
                "#dueAt": "dueAt",
                "#workDue": "workDue",
            },
            ExpressionAttributeValues={
                ":newest": {"L": [{"M": entry}]},
                ":version": {"N": str(version + 1)},
                ":status": {"N": str(status)},
                ":dueAt": {"S": desk.stamp(due)},
                ":workDue": {"S": f"{status:02}#{day.isoformat()}#{code}"},
                ":before": {"N": str(version)},
            },
        )
    except TABLES.exceptions.ConditionalCheckFailedException:
        raise Refused(409, "stale-version") from None


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    try:
        claims = desk.claims(event)
        code = event["pathParameters"]["code"]
        if not desk.CODE.match(code):
            raise Refused(400, "invalid-request", "code")
        given = event["headers"].get("idempotency-key") or event["requestContext"]["requestId"]
        command = desk.hashed("transition", claims["role"], claims["sub"], given)
        by = {"role": claims["role"], "id": claims["sub"]}
        answer = move(code, desk.body(event), by, {claims.get("agency", "")}, command)
        desk.log(message="request answered", status=200, code=code)
        return desk.reply(200, answer)
    except Refused as refused:
        desk.log(message="request refused", status=refused.status, kind=refused.kind)
        return desk.problem(refused, event)
