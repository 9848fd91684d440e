"""What schemathesis cannot know of this API: callers, existing dossiers, a gateway's secret.

Loaded by schemathesis itself (SCHEMATHESIS_HOOKS), started by fuzz.py. What is chosen here follows
from the request alone, so that one seed makes one run and a failure shrinks.
"""

from __future__ import annotations

import atexit
import base64
import hashlib
import hmac
import json
import os
import re
import threading
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import requests
import schemathesis

SETTING = json.loads(Path(os.environ["FUZZ_SETTING"]).read_text())
# Who may do what an operation does; the others are chosen as well, more seldom. An operation that
# is not named here is called by everybody alike.
AT_HOME = {
    "submitDossier": ("portal", "citizen"),
    "changeStatus": ("officer",),
    "assignDossier": ("officer",),
    "eraseContent": ("administrator",),
    "eraseFeedback": ("administrator",),
    "listWork": ("officer",),
    "readHistory": ("citizen", "officer"),
    "readDeadline": ("citizen", "officer"),
    "readNotices": ("officer",),
    "readDeliveries": ("officer",),
    "beginPayment": ("citizen", "officer", "portal"),
    "readPayments": ("citizen", "officer", "portal"),
    "askForUpload": ("citizen", "officer", "portal"),
    # The account that asked for the document of the setting.
    "showUpload": ("portal",),
    "readCase": ("citizen", "officer", "portal"),
    "readDocument": ("citizen", "officer", "portal"),
    "printForm": ("citizen", "officer", "portal"),
    "listReads": ("citizen", "auditor"),
    "auditReads": ("auditor",),
    "listOwnDossiers": ("citizen",),
    "searchPerson": ("officer",),
    "writeFeedbackDown": ("desk",),
    "listFeedbackWork": ("desk", "officer"),
    "readFeedback": ("desk", "officer"),
    "readFeedbackNotices": ("desk", "officer"),
    "moveFeedback": ("officer",),
    "readKpi": ("officer", "portal"),
    "readIndex": ("officer", "portal"),
    "readSatisfaction": ("officer", "portal"),
    "saySatisfaction": ("citizen", "portal"),
    "readNational": ("officer", "portal"),
    "readPreference": ("citizen", "portal"),
    "keepPreference": ("citizen", "portal"),
    "readCatalogue": ("administrator",),
    "publishCatalogue": ("administrator",),
    "showEventOfIntegrator": ("administrator",),
}
AT_HOME_IN_TEN = 7
ROLES = (*SETTING["tokens"], "nobody")
CODE = re.compile(r"^[0-9A-Z.]+-[0-9]{6}-[0-9]+$")
PROCEDURE = re.compile(r"^[0-9]\.[0-9]{6}")
# What was called, as whom, and what came of it: a run that never got past the door proves nothing,
# and fuzz.py says so.
SEEN: Counter[str] = Counter()
LOCK = threading.Lock()
# The dossiers that there are, and where each stands.
VERSIONS: dict[str, int] = SETTING["versions"]
# The feedback that there is.
FEEDBACK = tuple(SETTING[of] for of in ("receivedFeedback", "routedFeedback", "answeredFeedback"))
# How often each was assigned.
ASSIGNMENTS: dict[str, int] = dict.fromkeys(VERSIONS, 0)


def digest(case: schemathesis.Case) -> int:
    whole = repr((case.operation.label, case.path_parameters, case.query, case.headers, case.body))
    return zlib.crc32(whole.encode(errors="backslashreplace"))


def chosen(number: int, among: Any) -> Any:
    return among[number % len(among)]


def role_of(case: schemathesis.Case, number: int) -> str:
    home = AT_HOME.get(case.operation.definition.raw.get("operationId"))
    if home and number % 10 < AT_HOME_IN_TEN:
        return str(chosen(number // 10, home))
    return str(chosen(number // 10, ROLES))


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]
) -> None:
    number = digest(case)
    role = role_of(case, number)
    if role != "nobody":
        # Also over what was generated for it: a token that was made up is what nobody has.
        case.headers["Authorization"] = f"Bearer {SETTING['tokens'][role]}"
    path = case.path_parameters
    # Generated values of the right form stand for nothing: a real one in their place lets the
    # request past the door.
    if CODE.match(str(path.get("code", ""))) and number % 5:
        path["code"] = chosen(number // 7, list(VERSIONS))
    of_procedures = case.operation.path == "/v1/procedures/{code}"
    if of_procedures and PROCEDURE.match(str(path.get("code", ""))) and number % 5:
        path["code"] = SETTING["procedure"]
    if re.fullmatch(r"[0-9a-f]{32}", str(path.get("id", ""))) and number % 5:
        path["id"] = SETTING["document"]
        if "code" in path:
            path["code"] = SETTING["documentOf"]
    if re.fullmatch(r"[!-~]+", str(path.get("secret", ""))) and number % 3 == 0:
        by_sms = case.operation.path == "/v1/callbacks/sms/{secret}"
        path["secret"] = SETTING["smsSecret" if by_sms else "secret"]
    # A receipt, of a dossier that was received.
    of_forms = case.operation.path == "/v1/dossiers/{code}/forms/{form}"
    if of_forms and CODE.match(str(path.get("code", ""))) and number % 3 == 0:
        path |= {"code": SETTING["owed"][0], "form": "01"}
    of_answer(case, number)
    of_feedback(case, number)
    of_proof(case, number)
    of_payment(case, number)
    body = case.body
    if isinstance(body, dict):
        known(body, str(path.get("code")), number)
    if case.operation.path == "/v1/callbacks/zalo" and isinstance(body, dict) and number % 3:
        sign(case, body)
    of_event(case, number)
    with LOCK:
        SEEN[f"as {role}"] += 1


def of_answer(case: schemathesis.Case, number: int) -> None:
    """A dossier whose result was handed over: no other has answers."""
    path = case.path_parameters
    answers = case.operation.path.endswith("/{code}/satisfaction")
    if answers and CODE.match(str(path.get("code", ""))) and number % 3:
        path["code"] = chosen(number // 11, SETTING["returned"])


def of_feedback(case: schemathesis.Case, number: int) -> None:
    """Feedback that there is, and what its desk, its agency and its author may do with it."""
    path, operation = case.path_parameters, case.operation.path
    written = isinstance(case.body, dict) and number % 3
    if operation == "/v1/desk/feedback" and written:
        case.body = dict(SETTING["writtenDown"])
    if "/feedback/{code}" not in operation and operation != "/v1/own/{code}/feedback":
        return
    if CODE.match(str(path.get("code", ""))) and number % 5:
        # What is erased is none of those that are looked at.
        erased = operation == "/v1/feedback/{code}/erasure"
        path["code"] = SETTING["refusedFeedback"] if erased else chosen(number // 7, FEEDBACK)
    if operation == "/v1/desk/feedback/{code}/transitions" and written:
        path["code"], case.body = SETTING["routedFeedback"], {"action": "take-up"}
    # Once: whoever says it again is told so.
    if operation == "/v1/own/{code}/feedback" and written:
        path["code"] = SETTING["answeredFeedback"]
        case.body = {"action": "rate", "satisfaction": "satisfied"}


def of_proof(case: schemathesis.Case, number: int) -> None:
    """What the applicant has who proved that a dossier is theirs."""
    path = case.path_parameters
    if case.operation.path == "/v1/dossiers/{code}/proof/confirm" and number % 3:
        if isinstance(case.body, dict) and {"proof", "digits"} <= case.body.keys():
            path["code"] = SETTING["proofOf"]
            case.body |= {"proof": SETTING["proof"], "digits": SETTING["digits"]}
        return
    if not case.operation.path.startswith("/v1/own/"):
        return
    if case.operation.path.endswith("/uploads/{id}") and number % 3:
        path |= {"code": SETTING["proofOf"], "id": SETTING["ownUpload"]}
    if case.operation.path.endswith("/transitions") and number % 3 and isinstance(case.body, dict):
        path["code"] = chosen(number // 11, SETTING["owed"])
        case.body = {"action": "supplement", "expectedVersion": VERSIONS[path["code"]]}
    code = str(path.get("code"))
    if number % 5 and code in {*VERSIONS, SETTING["documentOf"], *FEEDBACK}:
        until = int(time.time()) + 600
        words = f"owner-token#{code}#{until}".encode()
        seal = hmac.new(SETTING["proofKey"].encode(), words, hashlib.sha256).hexdigest()
        case.headers["Authorization"] = f"Bearer {until}.{seal}"


def of_payment(case: schemathesis.Case, number: int) -> None:
    """The dossier that owes a fee, and its payer's way back as the platform signs it."""
    path = case.path_parameters
    of_payments = case.operation.path == "/v1/dossiers/{code}/payments"
    if of_payments and CODE.match(str(path.get("code", ""))) and number % 3:
        path["code"] = SETTING["owing"]
    if case.operation.path == "/v1/callbacks/payment" and number % 3:
        data, code = SETTING["attempt"], "00" if number % 2 else "01"
        words = f"{data}|{code}|{SETTING['paymentSecret']}".encode()
        secure = hashlib.sha256(words).hexdigest()
        case.query = {"data": data, "responseCode": code, "secureCode": secure}


def of_event(case: schemathesis.Case, number: int) -> None:
    """The event of the setting, signed as its integrator does."""
    event = SETTING["event"]
    if case.operation.path == "/v1/events" and isinstance(case.body, dict) and number % 3:
        case.body = dict(event)
        prepared = requests.Request(**case.as_transport_kwargs()).prepare().body or b""
        sent = prepared if isinstance(prepared, bytes) else str(prepared).encode()
        sign_event(case, sent)
    if case.operation.path == "/v1/events/{id}" and number % 3 and case.query.get("source"):
        case.path_parameters["id"] = event["id"]
        case.query["source"] = event["source"]
        sign_event(case, b"")
    if case.operation.path == "/v1/integrators/{name}/events/{id}" and re.fullmatch(
        r"[a-z][a-z-]*", str(case.path_parameters.get("name", ""))
    ):
        case.path_parameters |= {"name": event["source"].rsplit(":", 1)[1], "id": event["id"]}
    # What is read is signed, and is nobody's to process here: no further than to 404.
    _, of_dossiers, what = case.operation.path.partition("/v1/integrators/{name}/dossiers/")
    if of_dossiers and number % 3:
        case.path_parameters["name"] = event["source"].rsplit(":", 1)[1]
        sign_event(case, b"", what.format(**case.path_parameters))


def sign_event(case: schemathesis.Case, sent: bytes, name: str = SETTING["event"]["id"]) -> None:
    """By Standard Webhooks: id, time, and the body as it goes over the wire."""
    now = str(int(time.time()))
    words = f"{name}.{now}.".encode() + sent
    made = hmac.new(bytes.fromhex(SETTING["eventSecret"]), words, hashlib.sha256).digest()
    case.headers["webhook-id"] = name
    case.headers["webhook-timestamp"] = now
    case.headers["webhook-signature"] = f"v1,{base64.b64encode(made).decode()}"


def sign(case: schemathesis.Case, body: dict[str, Any]) -> None:
    """As Zalo does: application, body as it goes over the wire, the time in it, the secret."""
    prepared = requests.Request(**case.as_transport_kwargs()).prepare().body or b""
    sent = prepared.encode() if isinstance(prepared, str) else prepared
    whole = (
        SETTING["zaloApp"].encode()
        + sent
        + str(body.get("timestamp")).encode()
        + SETTING["zaloSecret"].encode()
    )
    case.headers["X-ZEvent-Signature"] = f"mac={hashlib.sha256(whole).hexdigest()}"


def known(body: dict[str, Any], code: str, number: int) -> None:
    for field, real in (
        ("procedure", SETTING["procedure"]),
        ("agency", SETTING["agency"]),
        ("toAgency", "H20.12"),
    ):
        if isinstance(body.get(field), str) and body[field].isascii() and number % 4:
            body[field] = real
    # Of a submission alone: the documents that this procedure requires, and no form.
    if body.get("procedure") == SETTING["procedure"] and number % 2:
        body["documents"] = SETTING["documents"]
        # Its schema is the procedure's own, and not a part of the document.
        body.pop("form", None)
    if isinstance(body.get("expectedVersion"), int) and code in VERSIONS and number % 4:
        body["expectedVersion"] = VERSIONS[code]
    if isinstance(body.get("expectedAssignment"), int) and code in ASSIGNMENTS and number % 4:
        body["expectedAssignment"] = ASSIGNMENTS[code]
    applicant = body.get("applicant")
    if (
        isinstance(applicant, dict)
        and applicant.get("kind") == "citizen"
        and re.fullmatch(r"[0-9]{12}", str(applicant.get("idNumber")))
    ):
        applicant["idNumber"] = SETTING["citizen"]


@schemathesis.hook
def after_call(
    context: schemathesis.HookContext, case: schemathesis.Case, response: schemathesis.Response
) -> None:
    with LOCK:
        SEEN[f"{case.operation.label} {response.status_code}"] += 1
        if (
            case.operation.label
            in ("POST /v1/dossiers/{code}/transitions", "POST /v1/own/{code}/transitions")
            and response.status_code == 200
        ):
            moved = json.loads(response.content)
            VERSIONS[moved["code"]] = moved["version"]
        if (
            case.operation.label == "POST /v1/dossiers/{code}/assignment"
            and response.status_code == 200
        ):
            assigned = json.loads(response.content)
            ASSIGNMENTS[assigned["code"]] = assigned["assignment"]


@atexit.register
def keep() -> None:
    Path(SETTING["seen"]).write_text(json.dumps(SEEN))
