"""Prints the secret that an integrator signs its requests with, as Standard Webhooks write it.

None is stored: each is made of the deployment's EventsKey, the integrator's source and a number
that integrators.json lists under `keys`. With --subscriber it is the one with which we sign what
goes to a webhook: of its id in systems.json and a number that its `keys` list. Where EVENTS_KEY is
in the environment, of that; else of the local stack (make up).
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def events_key() -> str:
    given = os.environ.get("EVENTS_KEY")
    if given:
        return given
    path = Path(os.environ.get("STACK_DIR") or ROOT / ".local") / "stack.env"
    if path.exists():
        lines = (line.split("=", 1) for line in path.read_text().splitlines())
        settings = dict(lines)
        if "EVENTS_KEY" in settings:
            return settings["EVENTS_KEY"]
    raise SystemExit("no EVENTS_KEY in the environment, and no local stack (make up)")


def secret(key: str, whose: str, number: int) -> str:
    made = hmac.new(key.encode(), f"{whose}#{number}".encode(), hashlib.sha256)
    return "whsec_" + base64.b64encode(made.digest()).decode()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", nargs="?", help="urn:motcua:integrator:...")
    parser.add_argument("--subscriber", help="the id of a webhook in systems.json")
    parser.add_argument("--key", type=int, default=1, help="the number of the secret (1)")
    asked = parser.parse_args()
    if (asked.source is None) == (asked.subscriber is None):
        parser.error("either a source or a subscriber")
    whose = f"subscriber#{asked.subscriber}" if asked.subscriber else f"webhook#{asked.source}"
    print(secret(events_key(), whose, asked.key))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
