"""Plays one working day of a province against the running local stack, and proves that nothing was lost.

What happened on earlier days arrives as the integrators' events, which carry the time of the happening; what happens
today goes through the HTTP doors, which use the clock. Then every citizen must have been told, and the nightly
roll-up, started by its own trigger, must count what the scenario says. Every figure of the last line is compared
between sources that do not know of each other; if one differs, the line names it and the exit code is 1.

Reads the stack's addresses from the dotenv file named by STACK_ENV.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import threading
import time
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from itertools import zip_longest
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config

Json = dict[str, Any]
Cell = tuple[str, str]  # agency, procedure

VIETNAM = timezone(timedelta(hours=7))
HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "data"
THREADS = 12
# The platform counts each agency's dossiers of a day from 1. A system that issues codes itself counts from here:
# the two meet only if one agency takes in nine thousand dossiers in a day, and a whole province sees a thousand.
FIRST_ISSUED_BY_SENDER = 9001
# Without any movement for this long something is broken, and waiting will not mend it.
IDLE_SECONDS = 90.0
SAMPLE_SIZE = 12
CHANNELS = {"zalo": "Zalo", "esms": "SMS", "speedsms": "SMS", "vnpt": "SMS"}
# Closer to midnight than this the day of play might end before the play does.
MINUTES_BEFORE_MIDNIGHT = 10


class DemoFailed(Exception):
    """The demo cannot go on; the text says why."""


# ---------------------------------------------------------------------------------------------------------- screen


class Screen:
    """One line that moves on a terminal; a plain line now and then where there is none."""

    PLAIN_EVERY_SECONDS = 5.0
    DRAWN_EVERY_SECONDS = 0.1

    def __init__(self) -> None:
        self.live = sys.stdout.isatty()
        self.coloured = self.live and "NO_COLOR" not in os.environ
        self.width = shutil.get_terminal_size((160, 40)).columns if self.live else 160
        self._lock = threading.Lock()

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.coloured else text

    def bold(self, text: str) -> str:
        return self.paint(text, "1")

    def dim(self, text: str) -> str:
        return self.paint(text, "2")

    def title(self, text: str) -> None:
        self.line()
        self.line(self.bold(text))

    def line(self, text: str = "") -> None:
        with self._lock:
            print(text, flush=True)

    def over(self, text: str) -> None:
        """Draws over the line on which the cursor stands."""
        with self._lock:
            print(f"\r\x1b[K{text[: self.width - 1]}", end="", flush=True)


class Stage:
    """One step of the demo with a count that grows: `with Stage(screen, "…", total) as stage: stage.advance()`."""

    BAR = 24

    def __init__(self, screen: Screen, name: str, total: int) -> None:
        self._screen = screen
        self._name = name
        self._total = total
        self._lock = threading.Lock()
        self._drawn_at = 0.0
        self.done = 0

    def __enter__(self) -> Stage:
        self._began = time.monotonic()
        self._draw()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        mark = self._screen.paint("✓", "32") if kind is None and self.done == self._total else self._screen.paint("✗", "31")
        text = f"  {mark} {self._name:<50} {self._counted():>8}  {self._screen.dim(f'{self._elapsed():6.1f} s')}"
        if self._screen.live:
            self._screen.over("")
        self._screen.line(text)

    def advance(self, by: int = 1) -> None:
        with self._lock:
            self.done += by
            self._draw()

    def reach(self, done: int) -> None:
        with self._lock:
            self.done = done
            self._draw()

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _counted(self) -> str:
        return f"{self.done}/{self._total}"

    def _draw(self) -> None:
        pause = Screen.DRAWN_EVERY_SECONDS if self._screen.live else Screen.PLAIN_EVERY_SECONDS
        now = time.monotonic()
        if now - self._drawn_at < pause:
            return
        first, self._drawn_at = self._drawn_at == 0.0, now
        if self._screen.live:
            filled = self.BAR * min(self.done, self._total) // max(self._total, 1)
            bar = "█" * filled + "░" * (self.BAR - filled)
            self._screen.over(f"  {bar} {self._name}  {self._counted()}  {self._elapsed():.0f} s")
        elif not first:
            self._screen.line(f"    {self._name}: {self._counted()} after {self._elapsed():.0f} s")


def columns(text: str) -> int:
    """How many columns a text takes: Vietnamese marks written as separate characters take none."""
    return sum(not unicodedata.combining(character) for character in text)


def pad(text: str, width: int, right: bool = False) -> str:
    blank = " " * (width - columns(text))
    return blank + text if right else text + blank


def cut(text: str, width: int) -> str:
    text = unicodedata.normalize("NFC", text)
    return text if len(text) <= width else text[: width - 1] + "…"


# ----------------------------------------------------------------------------------------------------------- stack


class Problem(Exception):
    """A refusal by one of the HTTP doors, RFC 9457."""

    def __init__(self, status: int, document: Json) -> None:
        super().__init__(status, document)
        self.status = status
        self.document = document

    @property
    def slug(self) -> str:
        return str(self.document.get("type", "")).removeprefix("urn:motcua:problem:")

    def __str__(self) -> str:
        return f"HTTP {self.status} {json.dumps(self.document, ensure_ascii=False)}"


def call(method: str, url: str, body: Json | None = None, headers: Mapping[str, str] | None = None) -> Json:
    """One HTTP exchange in JSON. Repeats what the other side could not answer; each of our commands has a key."""
    data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    sent = {"Content-Type": "application/json", **(headers or {})}
    for attempt in range(5):
        try:
            request = urllib.request.Request(url, data, sent, method=method)
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            problem = Problem(error.code, document_of(error.read()))
            if error.code < 500 or attempt == 4:
                raise problem from None
        except OSError:
            if attempt == 4:
                raise
        time.sleep(0.5 * 2**attempt)
    raise AssertionError("unreachable: the last attempt returns or raises")


def document_of(body: bytes) -> Json:
    try:
        document = json.loads(body)
    except ValueError:
        return {"body": body[:200].decode(errors="replace")}
    return document if isinstance(document, dict) else {"body": document}


def read_dotenv(path: Path) -> dict[str, str]:
    lines = (line.strip().removeprefix("export ") for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, value in pairs}


class Stack:
    """The doors of the running stack."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        session = boto3.Session(
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
            region_name=env["AWS_REGION"],
        )
        common = {"endpoint_url": env["AWS_ENDPOINT_URL"], "config": Config(max_pool_connections=THREADS)}
        self.sqs = session.client("sqs", **common)
        self.dynamodb = session.client("dynamodb", **common)
        self.scheduler = session.client("scheduler", **common)
        self._tokens: dict[tuple[str, str], str] = {}
        self._tokens_lock = threading.Lock()

    def api(
        self, method: str, path: str, token: str, body: Json | None = None, idempotency_key: str | None = None
    ) -> Json:
        headers = {"Authorization": f"Bearer {token}"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        return call(method, self.env["API_URL"].rstrip("/") + path, body, headers)

    def token(self, role: str, *, agency: str = "", id_number: str = "") -> str:
        with self._tokens_lock:
            known = self._tokens.get((role, agency or id_number))
            if known is None:
                asked = {"role": role} | ({"agency": agency} if agency else {}) | ({"idNumber": id_number} if id_number else {})
                known = call("POST", self.env["ISSUER_URL"] + "/token", asked)["access_token"]
                self._tokens[(role, agency or id_number)] = known
            return known

    def gateways(self, method: str, path: str, body: Json | None = None) -> Json:
        return call(method, self.env["GATEWAYS_URL"] + path, body)

    def accepted(self) -> dict[str, int]:
        counts = self.gateways("GET", "/messages?limit=0")["counts"]
        return {gateway: tally["accepted"] for gateway, tally in counts.items()}

    def waiting(self, queue: str) -> int:
        """Messages in a queue, seen, in flight or delayed."""
        names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        found = self.sqs.get_queue_attributes(QueueUrl=self.env[queue], AttributeNames=names)["Attributes"]
        return sum(int(found.get(name, 0)) for name in names)

    def parked(self) -> dict[str, int]:
        queues = (
            *("INTEGRATOR_DLQ_URL", "NOTICES_DLQ_URL", "COUNTS_DLQ_URL"),
            *("RELAY_FAILURES_QUEUE_URL", "ROLLUP_FAILURES_QUEUE_URL"),
        )
        return {queue: self.waiting(queue) for queue in queues}

    def reasons(self, queue: str) -> list[str]:
        """Why messages were parked, without taking them away or showing their bodies, which name applicants."""
        answer = self.sqs.receive_message(
            QueueUrl=self.env[queue], MaxNumberOfMessages=10, VisibilityTimeout=0, MessageAttributeNames=["All"]
        )
        texts = []
        for message in answer.get("Messages", []):
            given = message.get("MessageAttributes", {})
            texts.append(": ".join(given[name]["StringValue"] for name in ("reason", "detail") if name in given))
        return texts

    def dossiers(self) -> dict[str, Json]:
        """Every dossier's state as the table has it, by code."""
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.env["DOSSIERS_TABLE"],
            ProjectionExpression="#code, #status, #version, #history",
            ExpressionAttributeNames={f"#{name}": name for name in ("code", "status", "version", "history")},
            ConsistentRead=True,
        )
        return {item["code"]["S"]: item for page in pages for item in page["Items"]}

    def notices(self) -> dict[str, list[Json]]:
        """What became of telling each change of each dossier, by the dossier's code."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.env["NOTICES_TABLE"], ConsistentRead=True)
        read = TypeDeserializer().deserialize
        return {
            item["code"]["S"]: [read(notice) for notice in item["notices"]["L"]]
            for page in pages
            for item in page["Items"]
            if not item["code"]["S"].startswith("REPORT-")  # a leader's morning, not a dossier
        }

    def report_here(self) -> None:
        """Has the gateways report to the doors of this stack."""
        api, secret = self.env["API_URL"].rstrip("/"), self.env["ESMS_REPORT_SECRET"]
        for gateway, path in (("zalo", "zalo"), ("esms", f"esms/{secret}")):
            self.gateways("PUT", "/behaviour", {"gateway": gateway, "reports": {"url": f"{api}/v1/reports/{path}"}})

    def kpi_rows(self, day: date) -> list[Json]:
        """A day's cells of work, the channels put together as people speak of them; nothing before the day is closed."""
        cells: dict[Cell, Counter[str]] = defaultdict(Counter)
        stored = self.stored_rows(day)
        if not any(row["cell"] == "!count" for row in stored):
            return []
        for row in stored:
            kind, *of = str(row.pop("cell")).split("#")
            if kind == "work":
                cells[of[0], of[1]].update(spoken_of(row, of[2]))
        return [{"day": day.isoformat(), "agency": cell[0], "procedure": cell[1], **figures} for cell, figures in cells.items()]

    def stored_rows(self, day: date) -> list[Json]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.env["KPI_TABLE"],
            KeyConditionExpression="#day = :day",
            ExpressionAttributeNames={"#day": "day"},
            ExpressionAttributeValues={":day": {"S": day.isoformat()}},
            ConsistentRead=True,
        )
        return [{name: plain(value) for name, value in item.items()} for page in pages for item in page["Items"]]


def plain(value: Json) -> Any:
    (kind, content), = value.items()
    return int(content) if kind == "N" else content


# -------------------------------------------------------------------------------------------------------- scenario

# Where each action leads; `supplement` leads back to where the dossier was.
LEADS_TO = {
    "submit": 1, "receive": 2, "refuse": 3, "refuse-expired": 3, "process": 4, "confirm-payment": 4, "resume": 4,
    "recall": 4, "send-back": 4, "request-supplement": 5, "request-payment": 6, "withdraw": 7, "suspend": 8,
    "finish": 9, "return-result": 10,
}  # fmt: skip


@dataclass(frozen=True)
class Happening:
    """One entry that a dossier's history must get."""

    action: str
    status: int
    at: datetime
    by_http: bool
    by: str = "officer"
    reason: str | None = None
    note: str | None = None

    @property
    def day(self) -> date:
        return self.at.date()


@dataclass(frozen=True)
class RefusedCommand:
    """An officer's command that the platform must refuse, and how."""

    action: str
    expected_version: int
    problem: str
    status: int


@dataclass
class Dossier:
    """One row of the scenario, with its dates worked out."""

    ref: str
    submission: Json
    phone: str
    on_zalo: bool
    source: str | None
    history: list[Happening]
    timing: str | None
    refused: RefusedCommand | None
    code: str | None = None

    @property
    def by_http(self) -> bool:
        return self.source is None

    @property
    def agency(self) -> str:
        return self.submission["agency"]

    @property
    def cell(self) -> Cell:
        return self.agency, self.submission["procedure"]

    @property
    def applicant(self) -> Json:
        return self.submission["applicant"]

    @property
    def status(self) -> int:
        return self.history[-1].status


def calendar() -> Json:
    """The decided years and, as on the stack that is played against, the assumed ones."""
    decided, assumed = load(DATA / "calendar.json"), load(DATA / "calendar.provisional.json")
    return {"years": assumed["years"] | decided["years"]}


class WorkingDays:
    """Days counted back from the day of play, by the official calendar."""

    def __init__(self, calendar: Json, play_day: date) -> None:
        self._years = calendar["years"]
        self._play_day = play_day

    def back(self, count: int) -> date:
        """The calendar day, or the working day before it; scenario.py counts in the same way."""
        day = self._play_day - timedelta(days=count)
        while not self._is_worked(day):
            day -= timedelta(days=1)
        return day

    def _is_worked(self, day: date) -> bool:
        year = self._years.get(str(day.year))
        if year is None:
            raise DemoFailed(f"the working calendar has no data for {day.year}")
        written = day.isoformat()
        return written in year["worked"] or (day.weekday() < 5 and written not in year["off"])


class Scenario:
    """The day that is played, and what must be counted after it."""

    def __init__(self, document: Json, calendar: Json, now: datetime) -> None:
        self.play_day = now.date()
        if not document["firstDay"] <= self.play_day.isoformat() <= document["lastDay"]:
            raise DemoFailed(f"the scenario can be played from {document['firstDay']} to {document['lastDay']}")
        days = WorkingDays(calendar, self.play_day)
        self.day_before = days.back(1)
        self.dossiers = [read_row(row, days, now) for row in document["dossiers"]]
        self._issue_codes()

    def days(self) -> list[date]:
        """Every day on which something happens, the day of play last."""
        return sorted({happening.day for dossier in self.dossiers for happening in dossier.history} | {self.play_day})

    def notices(self, told: frozenset[str]) -> dict[str, int]:
        """One message for each change that has a template: by Zalo, or by SMS to those who have no Zalo."""
        notices: Counter[str] = Counter(zalo=0, esms=0)
        for dossier in self.dossiers:
            gateway = "zalo" if dossier.on_zalo else "esms"
            notices[gateway] += sum(happening.action in told for happening in dossier.history)
        return dict(notices)

    def kpi(self, day: date) -> dict[Cell, Counter[str]]:
        """The roll-up's figures for a day, counted a second time: from the scenario, not from the table."""
        cells: dict[Cell, Counter[str]] = defaultdict(Counter)
        for dossier in self.dossiers:
            known = [happening for happening in dossier.history if happening.day <= day]
            if known:
                cells[dossier.cell].update(counts_of(dossier, known, day))
            if day == self.play_day and dossier.timing == "overdue":
                cells[dossier.cell]["overdue"] += 1
        return {cell: counts for cell, counts in cells.items() if counts.total()}

    def _issue_codes(self) -> None:
        issued: Counter[tuple[str, date]] = Counter()
        for dossier in self.dossiers:
            if not dossier.by_http:
                day = dossier.history[0].day
                dossier.code = f"{dossier.agency}-{day:%y%m%d}-{FIRST_ISSUED_BY_SENDER + issued[dossier.agency, day]:04}"
                issued[dossier.agency, day] += 1


def read_row(row: Json, days: WorkingDays, now: datetime) -> Dossier:
    source = row.get("source") if row["path"] == "event" else None
    history: list[Happening] = []
    before_supplement = 1
    for step in [{"action": "submit", **row["submitted"]}, *row["steps"]]:
        if step["action"] == "request-supplement":
            before_supplement = history[-1].status
        by_http = source is None or step.get("http", False)
        history.append(
            Happening(
                action=step["action"],
                status=LEADS_TO.get(step["action"], before_supplement),
                at=now if by_http else instant(days.back(step["daysBefore"]), step["at"]),
                by_http=by_http,
                by=step.get("by", "officer"),
                reason=step.get("reason"),
                note=step.get("note"),
            )
        )
    check_row(row, history)
    refused = row.get("refusedCommand")
    return Dossier(
        ref=row["ref"],
        submission={name: row[name] for name in ("procedure", "agency", "channel", "applicant", "documents")},
        phone=row["msisdn"],
        on_zalo=row["zalo"],
        source=source,
        history=history,
        timing=row["expect"].get("timing"),
        refused=refused
        and RefusedCommand(refused["action"], refused["expectedVersion"], refused["problem"], refused["status"]),
    )


def instant(day: date, at: str) -> datetime:
    return datetime.combine(day, datetime.strptime(at, "%H:%M").time(), VIETNAM)


def check_row(row: Json, history: Sequence[Happening]) -> None:
    """A scenario that contradicts itself would be blamed on the platform."""
    if (history[-1].status, len(history)) != (row["expect"]["status"], row["expect"]["version"]):
        raise DemoFailed(f"scenario {row['ref']}: {len(history)} entries that end in status {history[-1].status}")
    if any(earlier.at > later.at for earlier, later in zip(history, history[1:])):
        raise DemoFailed(f"scenario {row['ref']}: its steps are not in the order of time")


# Compared figure by figure; the others are compared from below, because the scenario foretells only some due dates.
EXACT = ("receivedOnline", "receivedCounter", "receivedPostal", "resolved", "refused", "withdrawn",
         "inProcess", "supplement", "paused")  # fmt: skip
AT_LEAST = ("early", "late", "overdue")
STOCK_OF_STATUS = {2: "inProcess", 4: "inProcess", 5: "supplement", 6: "paused", 8: "paused"}


def counts_of(dossier: Dossier, known: Sequence[Happening], day: date) -> Iterator[str]:
    """Where one dossier counts, as of the end of a day."""
    received_on = next((happening.day for happening in known if happening.action == "receive"), None)
    if received_on == day:
        yield f"received{dossier.submission['channel'].capitalize()}"
    latest = known[-1]
    if latest.status in (9, 10):
        # Resolved when work ended, not when the citizen came for the result.
        ended_on = next(happening.day for happening in reversed(known) if happening.action == "finish")
        if ended_on == day:
            yield "resolved"
            if dossier.timing in AT_LEAST:
                yield dossier.timing
    elif latest.status in (3, 7):
        if latest.day == day:
            yield "refused" if latest.status == 3 else "withdrawn"
    elif received_on is not None:
        yield STOCK_OF_STATUS[latest.status]


# ------------------------------------------------------------------------------------------------------------ play


class Player:
    """Sends the scenario through the doors of the stack."""

    def __init__(self, stack: Stack, screen: Screen, dossiers: Sequence[Dossier]) -> None:
        self._stack = stack
        self._screen = screen
        self._dossiers = dossiers
        # Part of every event id and Idempotency-Key: another run's commands are other commands.
        self._run = uuid.uuid4().hex[:8]
        self._lock = threading.Lock()
        self.troubles: list[str] = []
        self.submitted = 0
        self.moved = 0
        self.refused = 0

    def play(self) -> None:
        self._play_earlier_days()
        self._play_today()

    def _play_earlier_days(self) -> None:
        """In waves, the submissions first: no event overtakes the one it builds upon, so none has to be retried."""
        waves: list[list[Json]] = []
        for dossier in self._dossiers:
            events = [h for h in dossier.history if not h.by_http]
            for position, happening in enumerate(events):
                if position == len(waves):
                    waves.append([])
                waves[position].append(self._event(dossier, position, happening))
        for position, wave in enumerate(waves):
            name = "Earlier days: dossiers handed in" if position == 0 else f"Earlier days: step {position} of each dossier"
            with Stage(self._screen, name, len(wave)) as stage:
                self._send(wave)
                if position == 0:
                    self.submitted += len(wave)
                else:
                    self.moved += len(wave)
                self._wait_until_taken(stage, len(wave))

    def _wait_until_taken(self, stage: Stage, sent: int) -> None:
        def left() -> int:
            waiting = self._stack.waiting("INTEGRATOR_QUEUE_URL")
            stage.reach(sent - waiting)
            return waiting

        if stuck := drain(left):
            raise DemoFailed(f"the integrators' queue still holds {stuck} messages and does not move")

    def _event(self, dossier: Dossier, position: int, happening: Happening) -> Json:
        event = {
            "specversion": "1.0",
            "id": f"{self._run}-{dossier.ref}-{position}",
            "source": dossier.source,
            "type": "vn.motcua.dossier.transition.v1",
            "time": happening.at.isoformat(),
            "datacontenttype": "application/json",
        }
        if happening.action == "submit":
            submission = {"code": dossier.code, **dossier.submission}
            return event | {"type": "vn.motcua.dossier.submit.v1", "data": submission}
        return event | {"subject": dossier.code, "data": command(happening)}

    def _send(self, events: Sequence[Json]) -> None:
        def send(batch: Sequence[Json]) -> None:
            entries = [
                {"Id": str(number), "MessageBody": json.dumps(event, ensure_ascii=False)}
                for number, event in enumerate(batch)
            ]
            answer = self._stack.sqs.send_message_batch(QueueUrl=self._stack.env["INTEGRATOR_QUEUE_URL"], Entries=entries)
            if answer.get("Failed"):
                raise DemoFailed(f"the integrators' queue did not take {len(answer['Failed'])} messages")

        batches = [events[start : start + 10] for start in range(0, len(events), 10)]
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(send, batches))

    def _play_today(self) -> None:
        todays = [d for d in self._dossiers if d.refused or any(h.by_http for h in d.history)]
        commands = sum(sum(h.by_http for h in d.history) + bool(d.refused) for d in todays)
        with Stage(self._screen, "Today: citizens, portal and officers over HTTP", commands) as stage:
            with ThreadPoolExecutor(THREADS) as pool:
                for played in as_completed([pool.submit(self._play_dossier, dossier, stage) for dossier in todays]):
                    played.result()

    def _play_dossier(self, dossier: Dossier, stage: Stage) -> None:
        """One dossier's commands, one after the other; trouble with one dossier does not stop the others."""
        try:
            if dossier.by_http:
                self._submit(dossier)
                stage.advance()
            for version, happening in enumerate(dossier.history[1:], start=1):
                if happening.by_http:
                    self._move(dossier, happening, version)
                    stage.advance()
            if dossier.refused:
                self._be_refused(dossier, dossier.refused)
                stage.advance()
        except (Problem, OSError) as trouble:
            with self._lock:
                self.troubles.append(f"{dossier.ref}: {trouble}")

    def _submit(self, dossier: Dossier) -> None:
        himself = dossier.submission["channel"] == "online" and dossier.applicant["kind"] == "citizen"
        token = self._token(dossier, "citizen" if himself else "portal")
        key = f"{self._run}-{dossier.ref}-0"
        dossier.code = self._stack.api("POST", "/v1/dossiers", token, dossier.submission, key)["code"]
        with self._lock:
            self.submitted += 1

    def _move(self, dossier: Dossier, happening: Happening, version: int) -> None:
        body = command(happening) | {"expectedVersion": version}
        self._transition(dossier, happening.by, body, f"{self._run}-{dossier.ref}-{version}")
        with self._lock:
            self.moved += 1

    def _be_refused(self, dossier: Dossier, refused: RefusedCommand) -> None:
        body = {"action": refused.action, "expectedVersion": refused.expected_version}
        try:
            self._transition(dossier, "officer", body, f"{self._run}-{dossier.ref}-refused")
        except Problem as problem:
            if (problem.slug, problem.status) != (refused.problem, refused.status):
                raise
            with self._lock:
                self.refused += 1
        else:
            with self._lock:
                self.troubles.append(f"{dossier.ref}: {refused.action} was carried out, not refused as {refused.problem}")

    def _transition(self, dossier: Dossier, by: str, body: Json, key: str) -> None:
        path = f"/v1/dossiers/{urllib.parse.quote(str(dossier.code))}/transitions"
        self._stack.api("POST", path, self._token(dossier, by), body, key)

    def _token(self, dossier: Dossier, role: str) -> str:
        """Everybody in his own name: the applicant himself, the portal, or an officer of the agency."""
        match role:
            case "citizen":
                return self._stack.token(role, id_number=dossier.applicant["idNumber"])
            case "officer":
                return self._stack.token(role, agency=dossier.agency)
            case _:
                return self._stack.token(role)


def command(happening: Happening) -> Json:
    given = {"action": happening.action, "reason": happening.reason, "note": happening.note}
    return {name: value for name, value in given.items() if value is not None}


def drain(left: Callable[[], int]) -> int:
    """Waits until nothing is left, or nothing has moved for a long time; returns what is left."""
    last, moved_at, empty = -1, time.monotonic(), 0
    while time.monotonic() - moved_at < IDLE_SECONDS:
        now_left = left()
        # Twice: between two batches a queue is empty for a moment while a message is handed back.
        empty = empty + 1 if now_left <= 0 else 0
        if empty == 2:
            return 0
        if now_left != last:
            last, moved_at = now_left, time.monotonic()
        time.sleep(0.3)
    return last


# --------------------------------------------------------------------------------------------------------- notices


def wait_for_notices(stack: Stack, screen: Screen, expected: int) -> None:
    """Bounded, and silent about what is missing: the proof names it."""
    with Stage(screen, "Citizens told by Zalo or SMS", expected) as stage:

        def untold() -> int:
            told = outcomes(stack.notices())
            stage.reach(sum(told[state] for state in ("sent", "delivered", "merged", "refused", "unknown", "expired", "held")))
            return max(expected - stage.done, 0) + told["waiting"] + told["leased"] + stack.waiting("NOTICES_QUEUE_URL")

        drain(untold)
    # Each report is a call of its own by the gateway, and most of what this stage takes is the emulator's.
    accepted = outcomes(stack.notices())
    with Stage(screen, "Gateways report what arrived", accepted["sent"] + accepted["delivered"]) as stage:

        def unreported() -> int:
            told = outcomes(stack.notices())
            stage.reach(told["delivered"])
            return told["sent"]

        drain(unreported)


def outcomes(notices: Mapping[str, Sequence[Json]]) -> Counter[str]:
    return Counter(notice["state"]["is"] for thread in notices.values() for notice in thread)


def unfinished(notices: Mapping[str, Sequence[Json]]) -> list[str]:
    """What is still on its way, and why."""
    return [
        f"{code}/{notice['version']} {notice['state']['is']} {notice.get('reason', '')} {notice['state'].get('notBefore', '')}"
        for code, thread in notices.items()
        for notice in thread
        if notice["state"]["is"] in ("waiting", "leased", "held", "unknown")
    ]


# How a notice may stand, in the order of its life; what is being asked for is waiting.
STANDINGS = ("delivered", "sent", "unknown", "left", "refused", "expired", "held", "merged", "waiting")


def show_notices(screen: Screen, notices: Mapping[str, Sequence[Json]]) -> None:
    """By channel and outcome, with what they cost; then the life of one citizen's."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for notice in (notice for thread in notices.values() for notice in thread):
        attempts = notice.get("attempts", [])
        channel = CHANNELS[attempts[-1]["provider"]] if attempts else "none"
        table[channel][standing(notice)] += 1
        table[channel]["calls"] += sum(int(attempt["times"]) for attempt in attempts)
        table[channel]["đồng"] += cost(notice)
    table["all"] = sum(table.values(), Counter())
    shown = (*STANDINGS, "calls", "đồng")
    screen.title("Notices by channel and outcome")
    screen.line(screen.bold(f"  {'channel':<8}" + "".join(f"{name:>10}" for name in shown)))
    # In one order, whichever notice came first.
    for channel in (*dict.fromkeys(CHANNELS.values()), "none", "all"):
        if channel not in table:
            continue
        counts = table[channel]
        line = f"  {channel:<8}" + "".join(f"{f'{counts[name]:,}' if counts[name] else '–':>10}" for name in shown)
        screen.line(screen.bold(line) if channel == "all" else line)
    screen.line(screen.dim("  merged: said by the next message of the same dossier, because several changes came at once"))
    screen.line(screen.dim("  left: ended unknown, because a process died or a gateway did not answer; a delivery report still settles it"))
    show_timeline(screen, *max(notices.items(), key=lambda entry: sum(len(n.get("attempts", [])) for n in entry[1])))


def standing(notice: Json) -> str:
    state = notice["state"]["is"]
    if state == "unknown" and "settleAt" not in notice["state"]:
        return "left"
    return "waiting" if state == "leased" else state


def show_timeline(screen: Screen, code: str, thread: Sequence[Json]) -> None:
    """What one citizen was told: each notice with when its change came to us, and each call with its hour and its price."""
    screen.title(f"One citizen's notices · {code} · GET /v1/dossiers/{code}/notices · {sum(map(cost, thread)):,} đ")
    for notice in thread:
        why = notice.get("reason", "")
        screen.line(
            f"  {clock(notice['changedAt'])}  {int(notice['version']):>2}  {notice['action']:<19} {notice['class']:<12} "
            f"{screen.bold(notice['state']['is'])} {screen.dim(why)}"
        )
        for call in notice.get("attempts", []):
            times = f" ×{call['times']}" if int(call["times"]) > 1 else ""
            price = f"{call_cost(call):,} đ" if call_cost(call) else "–"
            answer = call["outcome"] if call["code"] == call["outcome"] else f"{call['outcome']} {call['code']}"
            screen.line(f"  {clock(call['at'])}      {call['provider']:<9}{answer + times:<24}{price:>8}")


def cost(notice: Json) -> int:
    return sum(map(call_cost, notice.get("attempts", [])))


def call_cost(call: Json) -> int:
    """As reported, where the report is believed; else by the price list."""
    return int(call.get("reportedVnd", call.get("priceVnd", 0)))


def clock(instant: str) -> str:
    return f"{datetime.fromisoformat(instant.replace('Z', '+00:00')).astimezone(VIETNAM):%H:%M:%S}"


def show_sample(stack: Stack, screen: Screen, texts: Mapping[str, str]) -> None:
    messages = stack.gateways("GET", "/messages?outcome=accepted")["messages"]
    counts = Counter(message["gateway"] for message in messages)
    sample = varied(messages, SAMPLE_SIZE)
    screen.title(f"What citizens received: {counts['zalo']} by Zalo, {counts['esms']} by SMS; {len(sample)} of them")
    for message in sample:
        via = "Zalo" if message["gateway"] == "zalo" else "SMS "
        text = cut(text_of(message["request"], texts), max(screen.width - 33, 60))
        screen.line(f"  {screen.dim(clock(message['receivedAt']))}  {screen.paint(via, '36')}  {masked(message['phone'])}  {text}")


def varied(messages: Sequence[Json], size: int) -> list[Json]:
    """A few of every kind rather than the first that came, in the order of time."""
    kinds: dict[tuple[str, str], list[Json]] = defaultdict(list)
    for message in messages:
        request = message["request"]
        # An SMS begins with a text of its own and continues with the code: the words around the code are its kind.
        wording = " ".join(word for word in request.get("Content", "").split() if word.isalpha())
        kinds[message["gateway"], str(request.get("template_id", wording))].append(message)
    for kind in kinds.values():
        random.shuffle(kind)
    in_turn = [message for turn in zip_longest(*kinds.values()) for message in random.sample(turn, len(turn)) if message]
    return sorted(in_turn[:size], key=lambda message: message["seq"])


def text_of(request: Json, texts: Mapping[str, str]) -> str:
    """What the phone shows: an SMS as sent, a Zalo message as its template in our catalogue, filled in."""
    if "Content" in request:
        return request["Content"]
    filled = texts[str(request["template_id"])]
    for name, value in request["template_data"].items():
        filled = filled.replace(f"{{{name}}}", str(value))
    return filled


def masked(phone: str) -> str:
    """84912345678 → 09*****678, as nobody could call it."""
    return f"0{phone[2]}*****{phone[-3:]}"


# --------------------------------------------------------------------------------------------------------- roll-up


def run_rollups(stack: Stack, screen: Screen, scenario: Scenario) -> dict[date, list[Json]]:
    """Every day on which something happened, ordered through the scheduler with the nightly schedule's own target."""
    days = scenario.days()
    expected = {day: scenario.kpi(day) for day in days}
    rows: dict[date, list[Json]] = {day: [] for day in days}
    start_rollup(stack, days)
    with Stage(screen, "Roll-up of every day, started by the scheduler", len(days)) as stage:

        def left() -> int:
            for day in days:
                if differences(rows[day], expected[day], day):
                    rows[day] = stack.kpi_rows(day)
            agreed = sum(not differences(rows[day], expected[day], day) for day in days)
            stage.reach(agreed)
            return len(days) - agreed

        drain(left)
    return rows


def start_rollup(stack: Stack, days: Sequence[date]) -> None:
    """One order for all of them, by a one-off schedule; the emulator's scheduler looks every ten seconds and reads `at()` as UTC."""
    nightly = stack.scheduler.get_schedule(Name=stack.env["ROLLUP_SCHEDULE"])
    due = datetime.now(timezone.utc) + timedelta(seconds=2)
    order = {"first": min(days).isoformat(), "last": max(days).isoformat()}
    stack.scheduler.create_schedule(
        Name=f"demo-rollup-{uuid.uuid4().hex[:8]}",
        GroupName=nightly["GroupName"],
        ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target=nightly["Target"] | {"Input": json.dumps(order)},
    )


def differences(rows: Iterable[Json], expected: Mapping[Cell, Counter[str]], day: date) -> list[str]:
    """Where the table's rows of a day and the scenario's count part."""
    found = {(row["agency"], row["procedure"]): row for row in rows}
    parted = []
    for cell in sorted(found.keys() | expected.keys()):
        row, wanted = Counter(figures_of(found.get(cell, {}))), expected.get(cell, Counter())
        where = f"{day} {' '.join(cell)}"
        differing = [name for name in EXACT if row[name] != wanted[name]] + [n for n in AT_LEAST if row[n] < wanted[n]]
        parted += [f"{where} {name}: {row[name]} in the roll-up, {wanted[name]} in the scenario" for name in differing]
        if row["early"] + row["onTime"] + row["late"] != row["resolved"]:
            parted.append(f"{where}: early + on time + late is not resolved")
    return parted


def spoken_of(row: Json, channel: str) -> Counter[str]:
    figures = Counter(figures_of(row))
    figures[f"received{channel.capitalize()}"] = figures["received"]
    figures["paused"] = figures["payment"] + figures["suspended"]
    for end in ("refused", "withdrawn"):
        figures[end] += figures[f"{end}Unreceived"]
    return figures


def figures_of(row: Json) -> dict[str, int]:
    return {name: value for name, value in row.items() if isinstance(value, int)}


# ------------------------------------------------------------------------------------------------------- KPI table

@dataclass(frozen=True)
class Column:
    english: str
    vietnamese: str
    show: Callable[[Counter[str]], str]
    # Left out where it is empty or the terminal too narrow.
    optional: bool = False

    @property
    def width(self) -> int:
        return max(columns(self.english), columns(self.vietnamese))


def received(figures: Counter[str]) -> int:
    return figures["receivedOnline"] + figures["receivedCounter"] + figures["receivedPostal"]


def on_time_rate(figures: Counter[str]) -> str:
    """(early + on time) / resolved."""
    if not figures["resolved"]:
        return NOTHING
    return f"{(figures['early'] + figures['onTime']) / figures['resolved']:.0%}"


def figure(name: str) -> Callable[[Counter[str]], str]:
    return lambda figures: str(figures[name] or NOTHING)


NOTHING = "·"
KPI_COLUMNS = (
    Column("Received", "Tiếp nhận", lambda figures: str(received(figures) or NOTHING)),
    Column("online", "mạng", figure("receivedOnline"), optional=True),
    Column("counter", "quầy", figure("receivedCounter"), optional=True),
    Column("post", "bưu", figure("receivedPostal"), optional=True),
    Column("Resolved", "Đã xong", figure("resolved")),
    Column("early", "sớm", figure("early")),
    Column("on time", "đúng hạn", figure("onTime")),
    Column("late", "trễ", figure("late")),
    Column("rate", "tỷ lệ", on_time_rate),
    Column("Open", "Đang làm", figure("inProcess")),
    Column("overdue", "quá hạn", figure("overdue")),
    Column("Documents", "bổ sung", figure("supplement"), optional=True),
    Column("Paused", "dừng", figure("paused"), optional=True),
    Column("Refused", "từ chối", figure("refused"), optional=True),
    Column("Withdrawn", "rút", figure("withdrawn"), optional=True),
)


class KpiTable:
    """The figures of one day, in columns that fit the screen."""

    LABEL_AT_LEAST = 16
    LABEL_AT_MOST = 56

    def __init__(self, screen: Screen, rows: Sequence[Json], names: Mapping[str, str]) -> None:
        self._screen = screen
        self._rows = rows
        self._names = names
        self._whole = sum(added_up(rows, "day").values(), Counter())
        self._columns = [c for c in KPI_COLUMNS if not c.optional or c.show(self._whole) != NOTHING]
        while self._room() < self.LABEL_AT_LEAST and any(column.optional for column in self._columns):
            self._columns.remove([column for column in self._columns if column.optional][-1])

    def show(self, heading: str, by_procedure: bool) -> None:
        self._screen.title(heading)
        self._screen.line(self._screen.bold(self._line("By agency (cơ quan)", [c.english for c in self._columns])))
        self._screen.line(self._screen.dim(self._line("", [c.vietnamese for c in self._columns])))
        self._show_group("agency")
        province = [column.show(self._whole) for column in self._columns]
        self._screen.line(self._screen.bold(self._line("The province (toàn tỉnh)", province)))
        if by_procedure:
            self._screen.line(self._screen.bold("  By procedure (thủ tục)"))
            self._show_group("procedure")

    def _show_group(self, key: str) -> None:
        for code, figures in sorted(added_up(self._rows, key).items()):
            self._screen.line(self._line(f"{code:<9} {self._names[code]}", [c.show(figures) for c in self._columns]))

    def _line(self, label: str, cells: Sequence[str]) -> str:
        room = min(self._room(), self.LABEL_AT_MOST)
        shown = "".join(f" {pad(cell, column.width, right=True)}" for cell, column in zip(cells, self._columns))
        return f"  {pad(cut(label, room), room)}{shown}"

    def _room(self) -> int:
        return self._screen.width - 3 - sum(column.width + 1 for column in self._columns)


def added_up(rows: Iterable[Json], key: str) -> dict[str, Counter[str]]:
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        groups[row[key]].update(figures_of(row))
    return dict(groups)


# ----------------------------------------------------------------------------------------------------------- proof


@dataclass(frozen=True)
class Claim:
    """One figure as several sources have it that do not know of each other."""

    name: str
    counted: Sequence[tuple[int, str]]
    # Where to look when the sources part.
    hints: Sequence[str] = ()

    @property
    def count(self) -> int:
        return self.counted[-1][0]

    @property
    def holds(self) -> bool:
        return len({count for count, _ in self.counted}) == 1

    def shown(self, joint: str) -> str:
        """A source without a name is a bound, and goes without saying."""
        return joint.join(f"{count} {source}" for count, source in self.counted if source)


def claims(
    stack: Stack, scenario: Scenario, player: Player, due: Mapping[str, int], kpi: Mapping[date, Sequence[Json]]
) -> list[Claim]:
    dossiers, table = scenario.dossiers, stack.dossiers()
    accepted = stack.gateways("GET", "/messages?outcome=accepted")["messages"]
    counted = sum(added_up([row for rows in kpi.values() for row in rows], "day").values(), Counter())
    parted = [text for day, rows in kpi.items() for text in differences(rows, scenario.kpi(day), day)]
    strayed = [
        f"{dossier.ref} {dossier.code}: status {stands}, {dossier.status} foretold"
        for dossier in dossiers
        if (stands := status_in(table, dossier)) != dossier.status
    ]
    parked = stack.parked()
    agencies = sorted({dossier.agency for dossier in dossiers})
    different = {message["tracking"] for message in accepted}
    notices = stack.notices()
    told = outcomes(notices)
    merged = told["merged"]
    to_refuse = sum(dossier.refused is not None for dossier in dossiers)
    changes = sum(len(item["history"]["L"]) for item in table.values())
    foretold = sum((sum(scenario.kpi(day).values(), Counter()) for day in kpi), Counter())
    reasons = [f"{queue}: {reason}" for queue, count in parked.items() if count for reason in stack.reasons(queue)]
    return [
        Claim("dossiers", [(len(dossiers), "dossiers"), (player.submitted, "sent"), (len(table), "in the table"),
                           (worklists(stack, agencies), "in the worklists")], player.troubles),
        Claim("statuses", [(len(dossiers), "statuses"), (len(dossiers) - len(strayed), "as foretold")], strayed),
        Claim("received", [(received(foretold), "received"), (received(counted), "in the roll-up")], parted),
        Claim("resolved", [(foretold["resolved"], "resolved"), (counted["resolved"], "in the roll-up")], parted),
        Claim("KPI figures", [(len(parted), "KPI figures differ"), (0, "")], parted),
        Claim("changes", [(sum(len(d.history) for d in dossiers), "changes"), (player.submitted + player.moved, "sent"),
                          (changes, "in the histories")], player.troubles),
        Claim("notices", [(sum(due.values()), "notices due"), (len(accepted) + merged, "told or merged into a later one")],
              [f"{state}: {count}" for state, count in told.items()] + unfinished(notices)),
        Claim("sent twice", [(len(accepted) - len(different), "messages sent twice"), (0, "")]),
        Claim("delivered", [(len(accepted), "messages"), (told["delivered"], "reported as delivered")],
              [f"{state}: {count}" for state, count in told.items()]),
        Claim("refused commands", [(to_refuse, "commands to refuse"), (player.refused, "refused")], player.troubles),
        Claim("parked messages", [(sum(parked.values()), "messages parked"), (0, "")], reasons),
    ]  # fmt: skip


def status_in(table: Mapping[str, Json], dossier: Dossier) -> int | None:
    item = table.get(dossier.code or "")
    return None if item is None else int(item["status"]["N"])


def worklists(stack: Stack, agencies: Sequence[str]) -> int:
    """How many dossiers the officers of all agencies see, page by page, in every status."""

    def count(agency: str, status: int) -> int:
        seen, cursor = 0, ""
        while True:
            query = {"status": status, "limit": 50} | ({"cursor": cursor} if cursor else {})
            page = stack.api("GET", f"/v1/dossiers?{urllib.parse.urlencode(query)}", stack.token("officer", agency=agency))
            seen += len(page["items"])
            cursor = page.get("nextCursor") or ""
            if not cursor:
                return seen

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(task.result() for task in [pool.submit(count, a, s) for a in agencies for s in range(1, 11)])


def conclude(screen: Screen, found: Sequence[Claim], days: int) -> int:
    """The last line; the exit code."""
    screen.line()
    failed = [claim for claim in found if not claim.holds]
    for claim in failed:
        screen.line(f"  {screen.paint('✗', '31')} {claim.name}: {claim.shown(' ≠ ')}")
        for hint in claim.hints[:8]:
            screen.line(screen.dim(f"      {cut(hint, screen.width - 7)}"))
    if failed:
        screen.line(screen.paint("NOT PROVED: " + "; ".join(claim.shown(" ≠ ") for claim in failed), "1;31"))
        return 1
    by_name = {claim.name: claim for claim in found}
    sentence = [
        by_name["dossiers"].shown(" = "),
        by_name["received"].shown(" = "),
        f"{by_name['resolved'].shown(' = ')} of {days} days, cell by cell",
        by_name["changes"].shown(" = "),
        by_name["notices"].shown(" = "),
        by_name["delivered"].shown(" = ") + ", none twice",
        f"{by_name['refused commands'].count} commands refused as expected",
        "nothing parked",
    ]
    screen.line(screen.paint("PROVED: ", "1;32") + "; ".join(sentence))
    return 0


# ------------------------------------------------------------------------------------------------------------ main


def load(path: Path) -> Json:
    return json.loads(path.read_text(encoding="utf-8"))


def settings_file() -> Path:
    if "STACK_ENV" not in os.environ:
        raise DemoFailed("STACK_ENV must name the stack's settings, .local/stack.env after `make up`")
    return Path(os.environ["STACK_ENV"])


def wait_for_a_whole_day(screen: Screen) -> None:
    """The HTTP doors use the clock, and what is played today is counted for today."""
    now = datetime.now(VIETNAM)
    midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), VIETNAM)
    if midnight - now < timedelta(minutes=MINUTES_BEFORE_MIDNIGHT):
        screen.line(f"  it is {now:%H:%M} in Viet Nam; waiting for midnight, so that the play falls on one day")
        time.sleep((midnight - now).total_seconds() + 1)


def prepare(stack: Stack, dossiers: Sequence[Dossier]) -> None:
    """An empty stack, and gateways that know who has no Zalo account (-118)."""
    held = len(stack.dossiers())
    if held:
        raise DemoFailed(f"the stack already holds {held} dossiers, and the proof counts all of them: start a fresh one")
    stack.gateways("DELETE", "/messages")
    stack.gateways("DELETE", "/behaviour")
    stack.report_here()
    for phone in sorted({dossier.phone for dossier in dossiers if not dossier.on_zalo}):
        stack.gateways("PUT", "/behaviour", {"gateway": "zalo", "phone": phone, "code": -118})


def introduce(screen: Screen, scenario: Scenario, due: Mapping[str, int]) -> None:
    dossiers = scenario.dossiers
    agencies, procedures = ({dossier.cell[part] for dossier in dossiers} for part in (0, 1))
    events = sum(not happening.by_http for dossier in dossiers for happening in dossier.history)
    screen.title(f"One working day of a province · {scenario.play_day:%A %d %B %Y}")
    screen.line(
        f"  {len(dossiers)} dossiers, {len(agencies)} agencies, {len(procedures)} procedures, "
        f"{events} happenings of {len(scenario.days()) - 1} earlier days, {sum(due.values())} messages to citizens"
    )
    screen.line()


def play(stack: Stack, screen: Screen, scenario: Scenario) -> int:
    templates = load(DATA / "templates.json")["templates"]
    due = scenario.notices(frozenset(template["action"] for template in templates))
    introduce(screen, scenario, due)
    prepare(stack, scenario.dossiers)
    player = Player(stack, screen, scenario.dossiers)
    player.play()
    wait_for_notices(stack, screen, sum(due.values()))
    kpi = run_rollups(stack, screen, scenario)
    show_sample(stack, screen, {template["zalo"]["vi"]: template["sms"]["vi"]["text"] for template in templates})
    names = {entry["code"]: entry["name"] for name in ("agencies", "procedures") for entry in load(DATA / f"{name}.json")[name]}
    for name, day in (("the working day before", scenario.day_before), ("the day of play", scenario.play_day)):
        table = KpiTable(screen, kpi.get(day, []), names)
        table.show(f"KPI of {name} · {day:%A %d %B %Y}", by_procedure=day == scenario.play_day)
    show_notices(screen, stack.notices())
    return conclude(screen, claims(stack, scenario, player, due, kpi), len(kpi))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", type=Path, default=HERE / "scenario.json")
    options = parser.parse_args()
    screen = Screen()
    try:
        stack = Stack(read_dotenv(settings_file()))
        wait_for_a_whole_day(screen)
        scenario = Scenario(load(options.scenario), calendar(), datetime.now(VIETNAM))
        return play(stack, screen, scenario)
    except DemoFailed as failure:
        screen.line(screen.paint(f"NOT PROVED: {failure}", "1;31"))
        return 1


if __name__ == "__main__":
    sys.exit(main())
