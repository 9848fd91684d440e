"""Has a subscriber that lost its data told again of everything that was recorded since a day.

The day begins at midnight in Viet Nam; instead of a day a moment with its offset may be given. What
the subscriber gets again has the ids that it had, in the order of each dossier, at the rate of its
row in systems.json. A subscriber that had answered 410 is switched on by it. A second run brings it
again. Where: the account of the environment, or the local stack (make up), whose settings a shell
may have sourced or not.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, date, datetime, time
from typing import Any

from botocore.exceptions import EndpointConnectionError, NoCredentialsError, NoRegionError
from redrive import VIETNAM, client

# The function's own limit, and a little more.
LONGEST_SECONDS = 630


def moment(text: str) -> str:
    """The instant of a day or of a moment, as the order has it."""
    try:
        since = datetime.combine(date.fromisoformat(text), time(), VIETNAM)
    except ValueError:
        since = datetime.fromisoformat(text)
        if since.tzinfo is None:
            raise argparse.ArgumentTypeError("a moment needs its offset") from None
    return since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("subscriber", help="its id in systems.json")
    parser.add_argument("since", type=moment, help="2026-11-01, or 2026-11-01T09:00:00+07:00")
    parser.add_argument("--stack", default="motcua")
    asked = parser.parse_args()
    order = {"replay": asked.subscriber, "since": asked.since}
    answer = client("lambda", LONGEST_SECONDS).invoke(
        FunctionName=f"{asked.stack}-reconcile-deliveries", Payload=json.dumps(order).encode()
    )
    outcome: dict[str, Any] = json.loads(answer["Payload"].read() or b"{}")
    if answer.get("FunctionError"):
        raise SystemExit(f"replay-changes: {outcome.get('errorMessage', 'no reason given')}")
    print(f"{asked.subscriber}: {outcome['replayed']} dossiers again since {outcome['since']}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (NoRegionError, NoCredentialsError) as error:
        where = "No local stack is up (make up), and no account is named."
        sys.exit(f"replay-changes: {error} {where}")
    except EndpointConnectionError as error:
        sys.exit(f"replay-changes: {error} Has the local stack ended? make up.")
