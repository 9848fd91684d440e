"""What the handlers share: clients, the catalogue, dates, answers."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import os
import re
from pathlib import Path
from typing import Any

import boto3

DOSSIERS = os.environ.get("DOSSIERS_TABLE", "")
CONTENTS = os.environ.get("CONTENTS_TABLE", "")
INTAKE = os.environ.get("INTAKE_TABLE", "")
PEOPLE_KEY = os.environ.get("PEOPLE_KEY", "").encode()

VIET_NAM = dt.timezone(dt.timedelta(hours=7))
CLOSING = dt.time(17, 0)

PHONE = re.compile(r"^(\+84|84|0)[35789]\d{8}$|^(\+84|84|0)(16\d|12\d|18[68]|199)\d{7}$")
IDENTITY = re.compile(r"^\d{12}$")
CODE = re.compile(r"^[A-Z]\d{2}(\.\d{1,4})+-\d{6}-\d{4,8}$")
STATUS = {
    1: "Mới đăng ký",
    2: "Được tiếp nhận",
    4: "Đang xử lý",
}


class Refused(Exception):
    """A request that is answered with a problem document."""

    def __init__(self, status: int, kind: str, detail: str = "") -> None:
        super().__init__(detail or kind)
        self.status, self.kind, self.detail = status, kind, detail


def tables() -> Any:
    return boto3.client("dynamodb")


def queues() -> Any:
    return boto3.client("sqs")


def read(name: str) -> Any:
    return json.loads(Path(os.environ[name]).read_text(encoding="utf-8"))


def procedures() -> dict[str, Any]:
    return {each["code"]: each for each in read("PROCEDURES")["procedures"]}


class Calendar:
    """Working days, and when something received is due."""

    def __init__(self) -> None:
        years = read("CALENDAR")["years"]
        self.years = set(years)
        self.off = {day for year in years.values() for day in year["off"]}
        self.worked = {day for year in years.values() for day in year["worked"]}

    def works(self, day: dt.date) -> bool:
        if str(day.year) not in self.years:
            raise Refused(500, "calendar-missing", str(day.year))
        text = day.isoformat()
        return text in self.worked or (day.weekday() < 5 and text not in self.off)

    def after(self, day: dt.date, count: int) -> dt.date:
        while count:
            day += dt.timedelta(days=1)
            count -= self.works(day)
        return day

    def due(self, received: dt.datetime, term: dict[str, Any]) -> dt.datetime:
        local = received.astimezone(VIET_NAM)
        day = local.date()
        if not self.works(day) or local.time() >= CLOSING:
            day = self.after(day, 1)
        last = self.after(day, term["amount"])
        return dt.datetime.combine(last, CLOSING, VIET_NAM).astimezone(dt.UTC)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def stamp(time: dt.datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def claims(event: dict[str, Any]) -> dict[str, Any]:
    authorizer = event["requestContext"].get("authorizer") or {}
    found: dict[str, Any] = (authorizer.get("jwt") or {}).get("claims") or {}
    if found.get("role") not in ("portal", "citizen", "officer"):
        raise Refused(401, "unauthorized")
    return found


def body(event: dict[str, Any]) -> dict[str, Any]:
    try:
        read = json.loads(event.get("body") or "")
    except ValueError:
        raise Refused(400, "malformed-body") from None
    if not isinstance(read, dict):
        raise Refused(400, "malformed-body")
    return read


def hashed(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part.encode()).to_bytes(8, "big"))
        digest.update(part.encode())
    return digest.hexdigest()


def person(kind: str, number: str) -> str:
    return f"{kind}#{hmac.new(PEOPLE_KEY, number.encode(), hashlib.sha256).hexdigest()}"


def reply(status: int, answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps(answer, ensure_ascii=False, separators=(",", ":")),
        "isBase64Encoded": False,
    }


def problem(refused: Refused, event: dict[str, Any]) -> dict[str, Any]:
    answer = {
        "type": f"urn:motcua:problem:{refused.kind}",
        "status": refused.status,
        "detail": refused.detail,
        "requestId": event["requestContext"]["requestId"],
    }
    return reply(refused.status, answer)


def log(**fields: Any) -> None:
    print(json.dumps({"level": "INFO", "fields": fields}))
