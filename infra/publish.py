"""Puts the files of infra/data into force where the functions run, without a deployment.

Only what differs from the edition in force is sent; it is checked there as a whole, and refused
whole. Where: API_URL and TOKEN (of an administrator) in the environment, or the local stack (make
up), for which a token is made.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STACK = ROOT / "infra" / "local" / "stack.py"


class Refused(Exception):
    """What the other side said no to, in words for the person at the terminal."""


def local_stack() -> tuple[str, dict[str, str]]:
    """The settings of the stack that is up, with the name of their file; none where none is."""
    path = Path(
        os.environ.get("STACK_ENV")
        or Path(os.environ.get("STACK_DIR") or ROOT / ".local") / "stack.env"
    )
    lines = path.read_text().splitlines() if path.exists() else []
    return str(path), dict(line.split("=", 1) for line in lines)


def where() -> tuple[str, str]:
    """The address and an administrator's token; those of the local stack where a shell has it."""
    path, local = local_stack()
    asked, token = os.environ.get("API_URL"), os.environ.get("TOKEN")
    if local and asked in (None, local["API_URL"]):
        # Whatever TOKEN is in that shell, mostly the portal's: only an administrator publishes.
        command = [
            sys.executable,
            str(STACK),
            "token",
            "--role",
            "administrator",
            "--dir",
            str(Path(path).parent),
        ]
        made = subprocess.run(command, check=False, capture_output=True, text=True)
        if made.returncode:
            raise Refused(made.stderr.strip())
        return local["API_URL"], made.stdout.strip()
    if asked is None:
        raise Refused("no API_URL in the environment, and no local stack is up (make up)")
    if "://127.0.0.1:" in asked:
        raise Refused(
            f"API_URL is that of a local stack that has ended: make up, and source {path} again"
        )
    if not token:
        raise Refused(f"TOKEN is missing: an administrator's, for {asked}")
    return asked, token


def call(method: str, url: str, token: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        raise Refused(told(refusal.read().decode(errors="replace"), refusal.code)) from None
    except urllib.error.URLError as error:
        raise Refused(f"{url} does not answer: {error.reason}") from None


def told(body: str, status: int) -> str:
    try:
        problem = json.loads(body)
    except ValueError:
        return f"{status}: {body}"
    lines = [f"{status}: {problem.get('title') or problem.get('message')}"]
    for misprint in problem.get("misprints", []):
        place = f"infra/data/{misprint['file']}:{misprint['line']}"
        lines.append(f"  {place}: {misprint['rule']}: {misprint['detail']}")
    lines += [
        f"  {error['field']}: {error['rule']}: {error['detail']}"
        for error in problem.get("errors", [])
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "infra" / "data")
    parser.add_argument("--dry-run", action="store_true", help="check, and change nothing")
    asked = parser.parse_args()
    api, token = where()
    url = f"{api}/v1/catalogue"
    present = call("GET", url, token)
    changed = {}
    for name, present_hash in present["files"].items():
        text = (asked.data / name).read_bytes()
        if hashlib.sha256(text).hexdigest() != present_hash:
            changed[name] = text.decode()
    if not changed:
        print(f"edition {present['edition']} is what the files say: nothing to publish")
        return 0
    body = {"expectedEdition": present["edition"], "files": changed}
    answer = call("PUT", f"{url}?dryRun={str(asked.dry_run).lower()}", token, body)
    names = ", ".join(sorted(changed))
    if asked.dry_run:
        print(f"edition {present['edition']} is in force; the next would be made of: {names}")
    else:
        print(f"edition {answer['edition']} is in force, with changes in: {names}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Refused as refused:
        sys.exit(f"catalogue: {refused}")
