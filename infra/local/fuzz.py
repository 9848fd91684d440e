"""Generated requests, valid and invalid, to every route of infra/openapi.yaml as every role.

Bounded and seeded: the same seed sends the same requests. Each answer must be of a documented
status, media type and form, and none a fault of ours. Reads the stack's addresses from the dotenv
file named by STACK_ENV.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from tools import HERE, LOCAL, ROOT, Environment, StackError, locked, say

FUZZ_VENV = Environment(LOCAL / "venv-fuzz", HERE / "requirements-fuzz.txt")
# What schemathesis would check besides, and why it does not: the gateway answers 404 where it knows
# no such method, and says nothing of methods; roles are ours to choose, and with them whether a
# request is let in; a request of the right form may still name a procedure, an edition or a page
# that there is not.
CONFIGURATION = """
[checks]
unsupported_method.enabled = false
allow_header_conformance.enabled = false
ignored_auth.enabled = false
missing_required_header.enabled = false
object_level_authorization.enabled = false
use_after_free.enabled = false
ensure_resource_availability.enabled = false
positive_data_acceptance.enabled = false

[generation]
max-examples = {examples}

# Most of what can go wrong goes wrong where dossiers are written.
[[operations]]
include-operation-id = ["submitDossier", "changeStatus"]
generation.max-examples = {of_writers}

# Zalo's webhook answers 200 to everything that is signed, whatever it holds: a refusal would be
# sent again and again.
[[operations]]
include-operation-id = "reportByZalo"
checks.negative_data_rejection.enabled = false

# In the place of a body or a query is put one that is right: nothing else gets past the door.
[[operations]]
include-operation-id = [
    "takeEvent", "confirmProof", "moveOwn", "paymentReturn",
    "writeFeedbackDown", "moveFeedback", "moveOwnFeedback",
]
checks.negative_data_rejection.enabled = false
"""
# What an integrator pushes: of a source that tests, so that it changes nothing.
EVENT = {
    "specversion": "1.0",
    "id": "generated-requests-1",
    "source": "urn:motcua:integrator:test",
    "type": "vn.motcua.dossier.transition.v1",
    "subject": "H20.03-261116-9417",
    "time": "2026-11-16T02:20:40Z",
    "data": {"action": "receive"},
}
INSPECTED_WITHIN_SECONDS = 60
SENT_WITHIN_SECONDS = 8
AGENCY, PROCEDURE, CITIZEN = "H20.03", "1.000382", "087199012345"
# The agency that classifies feedback (intake.json), and what it writes down.
DESK = "H20.01"
WRITTEN_DOWN = {
    "channel": "hotline",
    "category": "roads",
    "words": "Đèn đường không sáng",
    "publish": True,
    "author": {"fullName": "Trần Thị Mẫu", "phone": "0912345678", "address": "12 Trần Phú"},
}
# As far as each of the dossiers goes that the requests find.
LIVES: tuple[tuple[str, ...], ...] = (
    (),
    ("receive",),
    ("receive", "process"),
    ("receive", "process", "request-supplement"),
    ("receive", "process", "request-payment"),
    ("receive", "process", "suspend"),
    ("receive", "finish", "return-result"),
)
# What an officer owes beside the version.
OUTCOMES: dict[str, dict[str, Any]] = {
    "finish": {"result": {"kind": "paper"}},
    "return-result": {"handover": {"how": "in-person"}},
}


def settings() -> dict[str, str]:
    if "STACK_ENV" not in os.environ:
        raise StackError("STACK_ENV is not set: run this with make fuzz-http")
    return dict(
        line.split("=", 1) for line in Path(os.environ["STACK_ENV"]).read_text().splitlines()
    )


def call(url: str, token: str | None, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json", "idempotency-key": str(uuid.uuid4())}
    if token:
        headers["authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def tokens(issuer: str) -> dict[str, str]:
    claims: dict[str, dict[str, Any]] = {
        "portal": {},
        "citizen": {"idNumber": CITIZEN},
        "officer": {"agency": AGENCY},
        "desk": {"role": "officer", "agency": DESK, "counter": True},
        "administrator": {},
        "auditor": {},
    }
    return {
        role: call(f"{issuer}/token", None, {"role": role, **more})["access_token"]
        for role, more in claims.items()
    }


def dossiers(api: str, known: dict[str, str]) -> dict[str, int]:
    """Some of each kind, with the version that each has come to."""
    body = submission(documents())
    versions = {}
    for life in LIVES * 3:
        code = call(f"{api}/v1/dossiers", known["portal"], body)["code"]
        for version, action in enumerate(life, start=1):
            move: dict[str, Any] = {
                "action": action,
                "expectedVersion": version,
                "reason": "theo quy định",
            }
            if action not in ("request-supplement", "suspend"):
                del move["reason"]
            move |= OUTCOMES.get(action, {})
            call(f"{api}/v1/dossiers/{code}/transitions", known["officer"], move)
        versions[code] = len(life) + 1
    return versions


def paying(api: str, known: dict[str, str]) -> dict[str, str]:
    """A dossier of its own that owes a fee, and the attempt to pay it that was begun."""
    code = call(f"{api}/v1/dossiers", known["portal"], submission(documents()))["code"]
    for version, action in enumerate(("receive", "request-payment"), start=1):
        move = {"action": action, "expectedVersion": version}
        call(f"{api}/v1/dossiers/{code}/transitions", known["officer"], move)
    begun = call(f"{api}/v1/dossiers/{code}/payments", known["citizen"], {})
    return {"owing": str(code), "attempt": str(begun["reference"])}


def feedback(api: str, known: dict[str, str]) -> dict[str, str]:
    """Feedback that its desk has, that an agency has, and that is answered or refused."""
    found = {}
    for standing, moves in (
        ("receivedFeedback", ()),
        ("routedFeedback", ("route", "take-up")),
        ("answeredFeedback", ("route", "take-up", "answer")),
        ("refusedFeedback", ("refuse",)),
    ):
        code = str(call(f"{api}/v1/desk/feedback", known["desk"], WRITTEN_DOWN)["code"])
        for action in moves:
            move: dict[str, Any] = {"action": action}
            move |= {"agency": AGENCY} if action == "route" else {}
            move |= {"words": "Đèn đã được thay."} if action == "answer" else {}
            move |= {"words": "Không phải phản ánh."} if action == "refuse" else {}
            role = "desk" if action in ("route", "refuse") else "officer"
            call(f"{api}/v1/desk/feedback/{code}/transitions", known[role], move)
        found[standing] = code
    return found


def pushed(api: str, events_key: str) -> str:
    """Pushes the event once, so that there is one to ask for; the secret that it is signed with."""
    words = f"webhook#{EVENT['source']}#1".encode()
    secret = hmac.new(events_key.encode(), words, hashlib.sha256).digest()
    body, now = json.dumps(EVENT).encode(), str(int(time.time()))
    signed = hmac.new(secret, f"{EVENT['id']}.{now}.".encode() + body, hashlib.sha256).digest()
    headers = {
        "content-type": "application/json",
        "webhook-id": str(EVENT["id"]),
        "webhook-timestamp": now,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
    request = urllib.request.Request(f"{api}/v1/events", data=body, headers=headers)
    urllib.request.urlopen(request, timeout=30).close()
    return secret.hex()


def proven(api: str, key: str, code: str) -> dict[str, str]:
    """A one-time code of the dossier `code` that was sent, and an upload by who has proved it."""
    proof = str(call(f"{api}/v1/dossiers/{code}/proof", None, {})["proof"])
    # Longer than the consumer of the queue takes to have it sent: only then it counts.
    time.sleep(SENT_WITHIN_SECONDS)
    made = hmac.new(key.encode(), f"one-time-code#{proof}".encode(), hashlib.sha256).digest()
    until = int(time.time()) + 600
    words = f"owner-token#{code}#{until}".encode()
    token = f"{until}.{hmac.new(key.encode(), words, hashlib.sha256).hexdigest()}"
    body = {"mediaType": "application/pdf", "bytes": 100, "sha256": "0" * 64}
    upload = call(f"{api}/v1/own/{code}/uploads", token, body)
    digits = f"{int.from_bytes(made, 'big') % 1_000_000:06}"
    return {"proofOf": code, "proof": proof, "digits": digits, "ownUpload": str(upload["id"])}


def pdf() -> bytes:
    """One empty page."""
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    )
    file, table = "%PDF-1.4\n", "xref\n0 4\n0000000000 65535 f \n"
    for number, content in enumerate(objects, start=1):
        table += f"{len(file):010} 00000 n \n"
        file += f"{number} 0 obj\n{content}\nendobj\n"
    trailer = f"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n{len(file)}\n%%EOF\n"
    return (file + table + trailer).encode()


def submission(documents: list[dict[str, str]]) -> dict[str, Any]:
    """With these documents."""
    applicant = {
        "kind": "citizen",
        "fullName": "Trần Thị Mẫu",
        "idNumber": CITIZEN,
        "phone": "0912345678",
    }
    return {
        "procedure": PROCEDURE,
        "agency": AGENCY,
        "channel": "online",
        "applicant": applicant,
        "documents": documents,
    }


def documents() -> list[dict[str, str]]:
    """Every document that the procedure of the requests requires, as a portal sends it."""
    return [
        {
            "code": code,
            "name": "giay-to.pdf",
            "sha256": "0" * 64,
            "url": "https://files.example/giay-to.pdf",
        }
        for code in ("DDN", "MCO", "TKHQ", "HDTM")
    ]


def claimed(api: str, known: dict[str, str]) -> tuple[str, str]:
    """A document that the portal has uploaded, and the dossier that has claimed it."""
    content = pdf()
    digest = hashlib.sha256(content).hexdigest()
    body = {"mediaType": "application/pdf", "bytes": len(content), "sha256": digest}
    asked = call(f"{api}/v1/documents", known["portal"], body)
    upload = asked["upload"]
    headers = {header["name"]: header["value"] for header in upload["headers"]}
    put = urllib.request.Request(upload["url"], data=content, headers=headers, method="PUT")
    urllib.request.urlopen(put, timeout=30).close()
    first, *others = documents()
    uploaded = {"code": first["code"], "upload": asked["id"], "sha256": digest}
    handed_in = submission([uploaded, *others])
    deadline = time.monotonic() + INSPECTED_WITHIN_SECONDS
    while True:
        try:
            receipt = call(f"{api}/v1/dossiers", known["portal"], handed_in)
            return str(asked["id"]), str(receipt["code"])
        except urllib.error.HTTPError as refused:
            # 409: its inspection is not over.
            if refused.code != 409 or time.monotonic() > deadline:
                raise
        time.sleep(0.2)


# No row of the shipped catalogue has a system process dossiers: there is none to be read there.
# tests/subscribers/transfers.rs reads them.
NOT_HERE = "GET /v1/integrators/{name}/dossiers/"


def reached(seen: Counter[str], operations: list[str]) -> list[str]:
    """What a run proves nothing without: a success of each route, a call as each role."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for name, count in seen.items():
        label, _, status = name.rpartition(" ")
        if label != "as":
            found[label][status] += count
    print(f"{'route':<40} answers")
    for label in operations:
        answers = (f"{count} x {status}" for status, count in sorted(found[label].items()))
        print(f"{label:<40} {', '.join(answers)}")
    roles = (f"{name} {count}" for name, count in sorted(seen.items()) if name.startswith("as "))
    print(", ".join(roles))
    missed = [
        f"{label} never succeeded"
        for label in operations
        if not any(s.startswith("2") for s in found[label]) and not label.startswith(NOT_HERE)
    ]
    return missed + [
        f"nobody called {name}"
        for name in ("as nobody", "as officer", "as citizen")
        if not seen[name]
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--examples", type=int, default=20, help="generated requests of a kind for each route"
    )
    parser.add_argument("--seed", type=int, default=20261126)
    asked = parser.parse_args()
    with locked(LOCAL / "fuzz.lock"):
        FUZZ_VENV.prepare()
    stack = settings()
    known = tokens(stack["ISSUER_URL"])
    folder = Path(os.environ["STACK_ENV"]).resolve().parent / "fuzz"
    folder.mkdir(exist_ok=True)
    uploaded, dossier = claimed(stack["API_URL"], known)
    versions = dossiers(stack["API_URL"], known)
    setting = {
        "tokens": known,
        "versions": versions,
        # Those of which a supplement is asked for.
        "owed": list(versions)[
            LIVES.index(("receive", "process", "request-supplement")) :: len(LIVES)
        ],
        # Those whose result was handed over.
        "returned": list(versions)[
            LIVES.index(("receive", "finish", "return-result")) :: len(LIVES)
        ],
        "proofKey": stack["PROOF_KEY"],
        **proven(stack["API_URL"], stack["PROOF_KEY"], dossier),
        **paying(stack["API_URL"], known),
        **feedback(stack["API_URL"], known),
        "writtenDown": WRITTEN_DOWN,
        "paymentSecret": stack["PAYMENT_SECRET"],
        "secret": stack["ESMS_REPORT_SECRET"],
        "smsSecret": stack["SMS_INBOUND_SECRET"],
        "zaloApp": stack["ZALO_APP_ID"],
        "zaloSecret": stack["ZALO_OA_SECRET"],
        "event": EVENT,
        "eventSecret": pushed(stack["API_URL"], stack["EVENTS_KEY"]),
        "procedure": PROCEDURE,
        "agency": AGENCY,
        "citizen": CITIZEN,
        "documents": documents(),
        "document": uploaded,
        "documentOf": dossier,
        "seen": str(folder / "seen.json"),
    }
    (folder / "setting.json").write_text(json.dumps(setting))
    (folder / "seen.json").unlink(missing_ok=True)
    configuration = CONFIGURATION.format(examples=asked.examples, of_writers=3 * asked.examples)
    (folder / "schemathesis.toml").write_text(configuration)
    command = [
        *(FUZZ_VENV.program("schemathesis"), "--config-file", str(folder / "schemathesis.toml")),
        *("run", str(ROOT / "infra" / "openapi.yaml")),
        *("--url", stack["API_URL"], "--phases", "examples,coverage,fuzzing"),
        *("--seed", str(asked.seed), "--workers", "1", "--warnings", "off"),
        *("--generation-database", "none", "--request-timeout", "30"),
    ]
    hooks = {
        "SCHEMATHESIS_HOOKS": str(HERE / "fuzz_hooks.py"),
        "FUZZ_SETTING": str(folder / "setting.json"),
    }
    say(f"schemathesis, seed {asked.seed}, {asked.examples} examples of a kind")
    environment = {**os.environ, **hooks, "PYTHONDONTWRITEBYTECODE": "1"}
    outcome = subprocess.run(command, check=False, cwd=folder, env=environment)
    if not (folder / "seen.json").exists():
        raise StackError("schemathesis did not run")
    seen = Counter(json.loads((folder / "seen.json").read_text()))
    missed = reached(seen, labels((ROOT / "infra" / "openapi.yaml").read_text()))
    for line in missed:
        print(f"fuzz: {line}")
    return outcome.returncode or (1 if missed else 0)


def labels(document: str) -> list[str]:
    """The routes of the document, as schemathesis calls them."""
    found, path = [], ""
    for line in document.splitlines():
        if line.startswith("  /"):
            path = line.strip().rstrip(":")
        if line.startswith("components:"):
            break
        if line.strip() in ("get:", "post:", "put:") and line.startswith("    ") and path:
            found.append(f"{line.strip().rstrip(':').upper()} {path}")
    return found


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StackError as error:
        sys.exit(f"fuzz: {error}")
