"""Stand-ins for the message gateways, in one process on loopback.

They answer as the vendors document (vendors.py): every refusal comes with HTTP 200 and a code in the body, and "accepted"
does not mean "delivered".

POST   /zalo/message/template                                      ZNS template message
POST   /zalo-login/v4/oa/access_token                              renewal of the official account's tokens
POST   /speedsms/index.php/sms/send, /vnpt                         brandname SMS
POST   /esms/MainService.svc/json/SendMultipleMessage_V4_post_json/ customer-care SMS
GET    /messages   ?tracking= &phone= &gateway= &outcome= &limit=  what was received, and the counts of everything
DELETE /messages                                                   a fresh day: no messages, counts or known RequestIds
PUT    /behaviour  {"gateway", "phone"?, "code"?, "mode"?, "delayMs"?, "times"?, "retryAfter"?}
PUT    /behaviour  {"gateway", "phone"?, "reports": {"url", "delayMs"?, "copies"?, "statuses"?, "outcome"?, "reverseEvery"?, "forged"?}}
DELETE /behaviour                                                  back to answering at once, as started
GET    /health

Modes: ok | slow (acts, answers after delayMs) | hang (neither acts nor answers) | drop-before (closes the connection
without acting) | drop-after (acts, then closes the connection) | http-500 (neither acts nor says why) | http-429 | http-503 (turns the request away unread,
with Retry-After as retryAfter says: seconds, or a date).

With --memory FILE, the account's tokens and eSMS's RequestIds outlive a restart of this process, as a vendor's do; messages,
counts and reports that are still to be sent do not.

There is no night rule by the clock (-133): a demo played at night shows the same as by day; set the code to see it.
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import itertools
import json
import select
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Mapping

from vendors import Esms, Json, Memory, Refused, SpeedSms, Vendor, Vnpt, Zalo, ZaloLogin, canonical_phone, decoded, now_ms

TEMPLATES_FILE = Path(__file__).resolve().parent.parent / "data" / "templates.json"
MAX_BODY_BYTES = 64 * 1024
GATEWAYS = ("zalo", "zalo-login", "esms", "speedsms", "vnpt")
MODES = ("ok", "slow", "hang", "drop-before", "drop-after", "http-500", "http-429", "http-503")
DEFAULT_DELAY_MS = {"slow": 3_000, "hang": 120_000}
# The price on eSMS's own sample page; a report carries it, nobody is charged.
ESMS_PRICE_VND = 850


# ------------------------------------------------------------------------------------------------------- behaviour


class BadBehaviour(ValueError):
    """PUT /behaviour with something this server cannot do."""


@dataclass
class Behaviour:
    """How the next requests are met: for one phone or all, for some times or until changed."""

    gateway: str
    phone: str | None = None
    code: int | None = None
    mode: str = "ok"
    delayMs: int | None = None
    times: int | None = None
    retryAfter: str | None = None

    def __post_init__(self) -> None:
        if self.gateway not in GATEWAYS:
            raise BadBehaviour(f"gateway must be one of {', '.join(GATEWAYS)}")
        if self.mode not in MODES:
            raise BadBehaviour(f"mode must be one of {', '.join(MODES)}")
        for name in ("code", "delayMs", "times"):
            if not isinstance(getattr(self, name), (int, type(None))):
                raise BadBehaviour(f"{name} must be an integer")
        if self.phone is not None:
            self.phone = canonical_phone(self.phone)

    @property
    def delay_seconds(self) -> float:
        return (DEFAULT_DELAY_MS.get(self.mode, 0) if self.delayMs is None else self.delayMs) / 1000

    def meets(self, gateway: str, phone: str) -> bool:
        return self.gateway == gateway and self.phone in (None, phone) and self.times != 0


@dataclass(frozen=True)
class Reports:
    """Where delivery reports go and how badly. No address, no reports."""

    url: str = ""
    delayMs: int = 0
    # More than one copy: both vendors repeat a report whose answer was late.
    copies: int = 1
    # eSMS SendStatus, in the order sent: [7, 5] is "waiting, then done", [5, 7] the same out of order.
    statuses: tuple[int, ...] = (5,)
    outcome: str = "delivered"
    # Holds back this many messages' reports and sends the newest first.
    reverseEvery: int = 1
    # Before each true report comes one that somebody else made up: another message's end, without our secrets.
    forged: bool = False

    def __post_init__(self) -> None:
        if self.url:
            require_loopback(self.url)
        if self.outcome not in ("delivered", "failed"):
            raise BadBehaviour("outcome must be delivered or failed")


def require_loopback(url: str) -> None:
    # Nothing that this process knows about citizens may leave the machine, whatever a request asks for.
    if urllib.parse.urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise BadBehaviour("reports go to loopback only")


class Conduct:
    """The rules in force: one phone's before everybody's, the newest before the older."""

    def __init__(self, started_with: Mapping[str, Reports]) -> None:
        self._started_with = dict(started_with)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self._rules: list[Behaviour] = []
            self._reports = {(gateway, None): reports for gateway, reports in self._started_with.items()}

    def put(self, document: Json) -> None:
        try:
            if "reports" in document:
                settings = document["reports"]
                reports = Reports(**{**settings, "statuses": tuple(settings.get("statuses", (5,)))})
                rule = Behaviour(document["gateway"], document.get("phone"))
                with self._lock:
                    self._reports[rule.gateway, rule.phone] = reports
                return
            rule = Behaviour(**document)
        except (TypeError, KeyError, AttributeError) as error:
            raise BadBehaviour(str(error)) from error
        with self._lock:
            self._rules.insert(0, rule)

    def take(self, gateway: str, phone: str) -> Behaviour:
        with self._lock:
            met = [rule for rule in self._rules if rule.meets(gateway, phone)]
            met.sort(key=lambda rule: rule.phone is None)
            if not met:
                return Behaviour(gateway)
            if met[0].times is not None:
                met[0].times -= 1
            return met[0]

    def reports(self, gateway: str, phone: str) -> Reports:
        with self._lock:
            return self._reports.get((gateway, phone)) or self._reports.get((gateway, None)) or Reports()

    def shown(self) -> Json:
        with self._lock:
            return {
                "rules": [asdict(rule) for rule in self._rules],
                "reports": [
                    {"gateway": gateway, "phone": phone, **asdict(reports)}
                    for (gateway, phone), reports in self._reports.items()
                ],
            }


# ---------------------------------------------------------------------------------------------------------- ledger


@dataclass(frozen=True)
class Message:
    """One request as it arrived, and what became of it."""

    seq: int
    gateway: str
    receivedAt: str
    phone: str
    tracking: str
    # accepted | trial | refused | failed (http-…) | dropped (drop-before) | hung
    outcome: str
    code: int | None
    # False: the sender was never told; together with `accepted` it is the case that must not be sent again.
    answered: bool
    messageId: str | None
    request: Json


@dataclass
class Ledger:
    messages: list[Message] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in GATEWAYS})

    def accepted(self, gateway: str) -> int:
        return self.counts[gateway]["accepted"]

    def enter(self, **entry: Any) -> Message:
        instant = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        message = Message(seq=len(self.messages) + 1, receivedAt=instant, **entry)
        self.messages.append(message)
        self.counts[message.gateway].update(("received", message.outcome))
        return message

    def shown(self, query: Mapping[str, str]) -> Json:
        wanted = {key: query[key] for key in ("tracking", "gateway", "outcome") if key in query}
        if "phone" in query:
            wanted["phone"] = canonical_phone(query["phone"])
        found = [m for m in self.messages if all(getattr(m, key) == value for key, value in wanted.items())]
        limit = int(query.get("limit", len(found)))
        outcomes = ("received", "accepted", "refused", "trial", "failed", "dropped", "hung")
        return {
            "counts": {name: {outcome: tally[outcome] for outcome in outcomes} for name, tally in self.counts.items()},
            "messages": [asdict(message) for message in found[:limit]],
        }


# ------------------------------------------------------------------------------------------------ delivery reports


class Postman:
    """Sends delivery reports later, from one thread, in the order of their hour."""

    ATTEMPTS = 5  # eSMS tries five times; Zalo for 12 h, cut short here.
    TIMEOUT_SECONDS = 2.0  # Zalo waits about two seconds.

    def __init__(self, app_id: str, oa_secret: str) -> None:
        self._app_id = app_id
        self._oa_secret = oa_secret
        self._order = itertools.count()
        self._due: list[tuple[float, int, int, urllib.request.Request]] = []
        self._held: dict[str, list[list[urllib.request.Request]]] = {"zalo": [], "esms": []}
        self._wake = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    def report(self, message: Message, reports: Reports) -> None:
        """Nothing is sent for a Zalo message that did not arrive: Zalo has no report of a failure."""
        if message.gateway == "zalo":
            requests = [self._zalo(message, reports.url, self._oa_secret)] if reports.outcome == "delivered" else []
        else:
            requests = [self._esms(message, reports, status) for status in reports.statuses]
        if reports.forged:
            requests.insert(0, self._forged(message, reports))
        with self._wake:
            held = self._held[message.gateway]
            held.append(requests * reports.copies)
            if len(held) < reports.reverseEvery:
                return
            for batch in reversed(held):
                for request in batch:
                    self._schedule(reports.delayMs / 1000, self.ATTEMPTS, request)
            held.clear()
            self._wake.notify()

    def forget(self) -> None:
        with self._wake:
            self._due.clear()
            for held in self._held.values():
                held.clear()

    def _forged(self, message: Message, reports: Reports) -> urllib.request.Request:
        """By somebody who knows the message and the address of the door, and none of the secrets."""
        if message.gateway == "zalo":
            return self._zalo(message, reports.url, "not the secret")
        door, _, _ = reports.url.rpartition("/")
        failed = replace(reports, url=f"{door}/not-the-secret", outcome="failed")
        return self._esms(message, failed, 5)

    def _zalo(self, message: Message, url: str, secret: str) -> urllib.request.Request:
        timestamp = str(now_ms())
        body = json.dumps(
            {
                "event_name": "user_received_message",
                "app_id": self._app_id,
                "sender": {"id": "oa-stand-in"},
                "recipient": {"id": hashlib.sha256(message.phone.encode()).hexdigest()[:19]},
                "message": {
                    "delivery_time": timestamp,
                    "msg_id": message.messageId,
                    "tracking_id": message.tracking,
                },
                "timestamp": timestamp,
            }
        ).encode()
        # Zalo, webhook: sha256(app_id + raw body + timestamp + OA secret key).
        mac = hashlib.sha256(self._app_id.encode() + body + timestamp.encode() + secret.encode()).hexdigest()
        headers = {"Content-Type": "application/json", "X-ZEvent-Signature": f"mac={mac}"}
        return urllib.request.Request(url, body, headers, method="POST")

    @staticmethod
    def _esms(message: Message, reports: Reports, status: int) -> urllib.request.Request:
        # eSMS: a GET without a signature; 5 is final, then SendSuccess/SendFailed tell which.
        final = status == 5
        delivered = final and reports.outcome == "delivered"
        query = {
            "SMSID": message.messageId,
            "SendFailed": int(final and not delivered),
            "SendStatus": status,
            "SendSuccess": int(delivered),
            "TotalPrice": f"{ESMS_PRICE_VND if delivered else 0:.4f}",
            "TotalReceiver": 1,
            "TotalSent": int(final),
            "RequestId": message.tracking,
            "TypeId": 2,
            "telcoid": 1,
            "phonenumber": "0" + message.phone[2:],
        }
        joint = "&" if urllib.parse.urlsplit(reports.url).query else "?"
        return urllib.request.Request(reports.url + joint + urllib.parse.urlencode(query), method="GET")

    def _schedule(self, seconds: float, attempts: int, request: urllib.request.Request) -> None:
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), attempts, request))

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._due or self._due[0][0] > time.monotonic():
                    self._wake.wait(self._due[0][0] - time.monotonic() if self._due else None)
                _, _, attempts, request = heapq.heappop(self._due)
            if not self._delivered(request) and attempts > 1:
                with self._wake:
                    self._schedule(2.0 ** (self.ATTEMPTS - attempts) / 2, attempts - 1, request)

    def _delivered(self, request: urllib.request.Request) -> bool:
        try:
            with urllib.request.urlopen(request, timeout=self.TIMEOUT_SECONDS) as answer:
                return answer.status == 200
        except OSError:
            return False


# ---------------------------------------------------------------------------------------------------------- server


class Dropped(Exception):
    """The connection ends here without an answer."""


class GatewayServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, vendors: Mapping[str, Vendor], conduct: Conduct, postman: Postman) -> None:
        super().__init__(("127.0.0.1", port), GatewayHandler)
        self.gateways = dict(vendors)
        self.conduct = conduct
        self.postman = postman
        self.ledger = Ledger()
        # One lock around check, count and entry: the counts are exact, also under parallel requests.
        self.lock = threading.Lock()

    def act(self, gateway: Vendor, body: bytes, headers: Mapping[str, str], behaviour: Behaviour) -> Json:
        """The vendor's decision, entered in the ledger; the report follows by itself."""
        request = gateway.decode(body)
        answered = behaviour.mode != "drop-after"
        with self.lock:
            try:
                if behaviour.code:
                    raise gateway.refusal(behaviour.code)
                if request is None:
                    raise gateway.unreadable(body)
                accepted = gateway.accept(request, headers, self.ledger.accepted(gateway.name))
            except Refused as refusal:
                self._enter(gateway, request or {}, "refused", answered, code=refusal.code)
                return gateway.refused_answer(refusal)
            outcome = "trial" if accepted.trial else "accepted"
            message = self._enter(gateway, request, outcome, answered, message_id=accepted.message_id)
        if not accepted.trial:
            self._report(message, request)
        return accepted.answer

    def fail(self, gateway: Vendor, body: bytes, outcome: str) -> None:
        with self.lock:
            self._enter(gateway, gateway.decode(body) or {}, outcome, answered=outcome == "failed")

    def forget(self) -> None:
        with self.lock:
            self.ledger = Ledger()
            for gateway in self.gateways.values():
                gateway.forget()
        self.postman.forget()

    def _enter(
        self,
        gateway: Vendor,
        request: Json,
        outcome: str,
        answered: bool,
        *,
        code: int | None = None,
        message_id: str | None = None,
    ) -> Message:
        return self.ledger.enter(
            gateway=gateway.name,
            phone=gateway.phone(request),
            tracking=gateway.tracking(request),
            outcome=outcome,
            code=code,
            answered=answered,
            messageId=message_id,
            request=gateway.without_secrets(request),
        )

    def _report(self, message: Message, request: Json) -> None:
        reports = self.conduct.reports(message.gateway, message.phone)
        # eSMS: eSMS takes the address with each message; a configured one wins, it is the test speaking.
        if not reports.url and message.gateway == "esms" and request.get("CallbackUrl"):
            try:
                reports = Reports(url=str(request["CallbackUrl"]))
            except BadBehaviour:
                return
        if reports.url:
            self.postman.report(message, reports)


class GatewayHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes; Nagle would hold the second one back for up to 40 ms.
    disable_nagle_algorithm = True
    server: GatewayServer

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        gateway = self.server.gateways.get(self.path)
        if gateway is None:
            return self._reply(404, {"error": "not found"})
        try:
            self._reply(200, self._met(gateway, body))
        except Dropped:
            self.close_connection = True

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/health":
            return self._reply(200, {"status": "ok"})
        if url.path == "/messages":
            with self.server.lock:
                shown = self.server.ledger.shown(dict(urllib.parse.parse_qsl(url.query)))
            return self._reply(200, shown)
        if url.path == "/behaviour":
            return self._reply(200, self.server.conduct.shown())
        gateway = self.server.gateways.get(url.path)
        if isinstance(gateway, Zalo):
            return self._reply(200, gateway.refused_answer(gateway.refusal(-106)))
        self._reply(404, {"error": "not found"})

    def do_PUT(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path != "/behaviour":
            return self._reply(404, {"error": "not found"})
        document = decoded(body)
        try:
            if document is None:
                raise BadBehaviour("a JSON object is expected")
            self.server.conduct.put(document)
        except BadBehaviour as error:
            return self._reply(400, {"error": str(error)})
        self._reply(200, self.server.conduct.shown())

    def do_DELETE(self) -> None:
        doors: dict[str, Callable[[], None]] = {
            "/messages": self.server.forget,
            "/behaviour": self.server.conduct.reset,
        }
        door = doors.get(self.path)
        if door is None:
            return self._reply(404, {"error": "not found"})
        door()
        self._reply(200, {})

    def _met(self, gateway: Vendor, body: bytes) -> Json:
        behaviour = self.server.conduct.take(gateway.name, gateway.phone(gateway.decode(body) or {}))
        match behaviour.mode:
            case "http-500":
                self.server.fail(gateway, body, "failed")
                self.send_error(500)
                raise Dropped
            case "http-429" | "http-503":
                self.server.fail(gateway, body, "failed")
                self._turn_away(int(behaviour.mode[-3:]), behaviour.retryAfter)
                raise Dropped
            case "drop-before":
                self.server.fail(gateway, body, "dropped")
                raise Dropped
            case "hang":
                self.server.fail(gateway, body, "hung")
                self._wait_for_the_client_to_leave(behaviour.delay_seconds)
                raise Dropped
        answer = self.server.act(gateway, body, self.headers, behaviour)
        # A slow gateway has done its work before it answers: whoever stops waiting does not know.
        time.sleep(behaviour.delay_seconds)
        if behaviour.mode == "drop-after":
            raise Dropped
        return answer

    def _turn_away(self, status: int, retry_after: str | None) -> None:
        self.send_response(status)
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _wait_for_the_client_to_leave(self, at_most_seconds: float) -> None:
        select.select([self.connection], [], [], at_most_seconds)

    def _body(self) -> bytes | None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            self._reply(413, {"error": "body too large"})
            return None
        return self.rfile.read(length)

    def _reply(self, status: int, document: Json) -> None:
        body = json.dumps(document, ensure_ascii=False).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            # A client that gave up on a slow answer; the ledger has the message.
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: GET /messages is the log, and it dies with the process; phones do not go to a file."""


def registered_templates(path: Path) -> frozenset[str]:
    """Templates are approved by Zalo one by one (-109 and -131); here: those of the catalogue."""
    catalogue = json.loads(path.read_text(encoding="utf-8"))
    texts = [*catalogue["templates"], catalogue["report"]]
    return frozenset(name for text in texts for name in text["zalo"].values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--templates", type=Path, default=TEMPLATES_FILE)
    parser.add_argument("--daily-quota", type=int, default=10_000, help="ZNS messages a day before -144")
    parser.add_argument("--account", type=json.loads, required=True, help="keys, secrets and tokens, as stack.py has them")
    parser.add_argument("--memory", type=Path, help="where tokens and RequestIds outlive a restart; in the process without it")
    parser.add_argument("--zalo-webhook-url", default="", help="delivery reports; off without it")
    parser.add_argument("--esms-callback-url", default="", help="delivery reports; off without it")
    options = parser.parse_args()
    account = options.account
    memory = Memory(options.memory)
    login = ZaloLogin(
        account["ZALO_APP_ID"],
        account["ZALO_APP_SECRET"],
        account["ZALO_REFRESH_TOKEN"],
        account["ZALO_ACCESS_TOKEN"],
        memory,
    )
    vendors: dict[str, Vendor] = {
        "/zalo/message/template": Zalo(registered_templates(options.templates), options.daily_quota, login),
        "/zalo-login/v4/oa/access_token": login,
        "/esms/MainService.svc/json/SendMultipleMessage_V4_post_json/": Esms(memory),
        "/speedsms/index.php/sms/send": SpeedSms(account["SPEEDSMS_TOKEN"]),
        "/vnpt": Vnpt(account["VNPT_API_PASSWORD"]),
    }
    server = GatewayServer(
        options.port,
        vendors,
        Conduct({"zalo": Reports(options.zalo_webhook_url), "esms": Reports(options.esms_callback_url)}),
        Postman(account["ZALO_APP_ID"], account["ZALO_OA_SECRET"]),
    )
    print(f"gateways: http://127.0.0.1:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
