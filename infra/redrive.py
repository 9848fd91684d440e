"""Shows what is on a dead-letter queue, by reason, and sends it back to where it came from.

Without a queue: every one, and nothing is changed. REASON is a reason, or a reason with what was
given up for what: "given-up esms 103". A dry run without --go. A message is sent first and taken
off afterwards: what dies in between is there twice, which has one effect. Bodies are never printed:
an integrator's holds people. What the platform gave up of a table's stream is fetched from the
stream as long as it has it (24 hours); after that repair-relay compares the dossiers' histories
with what was sent. Both wake the dossiers' notices, once for each dossier. Where: the account of
the environment, or the local stack (make up), whose settings a shell may have sourced or not.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
)

ROOT = Path(__file__).resolve().parents[1]
# Where dead letters lie, and the queue that they go back to. What was not relayed wakes the
# dossier's notices; what the relay could not read does so once the dossier is mended in the table.
QUEUES = {
    "notices": ("notices-dlq", "notices"),
    "national": ("national-dlq", "national"),
    "documents": ("documents-dlq", "documents"),
    "fetches": ("fetches-dlq", "fetches"),
    "integrators-events": ("integrators-events-dlq", "integrators-events"),
    "counts": ("counts-dlq", "counts"),
    "relay-failures": ("relay-failures", "notices"),
}
# What is only shown: a stream or a schedule feeds these functions, and what failed there is made up
# for otherwise.
SHOWN_ONLY = {
    "rollup-failures": "invoke rollup-kpi with the day: a second run changes nothing",
    "reminder-failures": "invoke remind-deadline with the day: a second run changes nothing",
    "reconciliation-failures": "invoke reconcile-deliveries: a second run changes nothing",
    "expiry-failures": "invoke expire-content: a second run changes nothing",
    "announcement-failures": "invoke announce-report the same day, once the night is counted: "
    "a second run changes nothing",
}
# While a run lasts, nobody else sees the messages; a run that dies gives them back after so long.
HIDDEN_SECONDS = 900
# Received again and again nothing new: everything was seen.
EMPTY_RECEIVES = 3
# Viet Nam has had one time, without summers, since 1975.
VIETNAM = timezone(timedelta(hours=7))
NO_REASON = "(moved by the queue)"


def reason(message: dict[str, Any]) -> str:
    """Why it was parked; of a notice that was given up, the last provider and its code."""
    attributes = message.get("MessageAttributes", {})
    why = attributes.get("reason", {}).get("StringValue") or by_platform(message) or NO_REASON
    _, _, asked_last = attributes.get("detail", {}).get("StringValue", "").partition("given up: ")
    return f"{why} {asked_last}".strip() if why == "given-up" else why


def read(message: dict[str, Any]) -> dict[str, Any]:
    """The body, where it is a JSON object."""
    try:
        body = json.loads(message["Body"])
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def by_platform(message: dict[str, Any]) -> str | None:
    """Why Lambda gave up, where the message is its own record."""
    body = read(message)
    context = body.get("requestContext", {})
    condition = context.get("condition") if isinstance(context, dict) else None
    what = "batch" if "DDBStreamBatchInfo" in body else "run"
    return f"{what} {condition}" if condition else None


def is_wanted(message: dict[str, Any], asked: str | None) -> bool:
    return asked is None or asked in (reason(message), reason(message).split(" ")[0])


# Who an event is from, with the seal that proves it: the queue will name whoever sends it back.
KEPT = ("sender", "sender-seal")


def kept(message: dict[str, Any]) -> dict[str, Any]:
    """What goes back beside the body."""
    attributes = message.get("MessageAttributes", {})
    return {
        name: {"DataType": "String", "StringValue": attributes[name]["StringValue"]}
        for name in KEPT
        if name in attributes
    }


def sent_back(message: dict[str, Any]) -> str:
    """What goes to the queue for a dead letter."""
    body = message["Body"]
    # What was given up is taken up again when it is said so, and not by every message that comes
    # along.
    return (
        wake(json.loads(body)["data"]["code"], take_up=True)
        if reason(message).startswith("given-up")
        else body
    )


# What says that the stream no longer has what is asked for.
GONE = {"TrimmedDataAccessException", "ResourceNotFoundException", "ExpiredIteratorException"}
# An open shard ends with no page; so many empty ones in a row say that the rest is not there.
EMPTY_PAGES = 20


def changed(streams: Any, batch: dict[str, Any]) -> list[str] | None:
    """The dossiers or feedback of a batch that Lambda gave up.

    None where the stream no longer has them all.
    """
    first, last = batch.get("startSequenceNumber"), batch.get("endSequenceNumber")
    if not first or not last:
        return None
    codes: dict[str, None] = {}
    empty = 0
    try:
        iterator = streams.get_shard_iterator(
            StreamArn=batch["streamArn"],
            ShardId=batch["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=first,
        )["ShardIterator"]
        while iterator and empty < EMPTY_PAGES:
            page = streams.get_records(ShardIterator=iterator, Limit=1000)
            for record in page["Records"]:
                number = int(record["dynamodb"]["SequenceNumber"])
                if number <= int(last):
                    code = record["dynamodb"]["Keys"]["code"]["S"]
                    # Beside states lie pages, contents, receipts and counters, told to nobody.
                    if "#" not in code:
                        codes[code] = None
                if number >= int(last):
                    return list(codes)
            empty = 0 if page["Records"] else empty + 1
            iterator = page.get("NextShardIterator")
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
    return None


# Written down a little before it reaches the stream.
RECORDED_BEFORE = timedelta(minutes=15)


def compared(functions: Any, stack: str, batch: dict[str, Any]) -> dict[str, Any]:
    """Has repair-relay send what was never relayed since the batch, by the histories.

    Without a batch it looks at its usual days.
    """
    arrived = batch.get("approximateArrivalOfFirstRecord")
    order: dict[str, str] = {}
    if arrived:
        since = datetime.fromisoformat(arrived.replace("Z", "+00:00")) - RECORDED_BEFORE
        order = {
            "since": since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        }
    answer = functions.invoke(
        FunctionName=f"{stack}-repair-relay", Payload=json.dumps(order).encode()
    )
    outcome: dict[str, Any] = json.loads(answer["Payload"].read() or b"{}")
    if answer.get("FunctionError"):
        raise SystemExit(f"repair-relay failed: {outcome.get('errorMessage', 'no reason given')}")
    return outcome


def relay(asked: argparse.Namespace, wanted: list[dict[str, Any]], dead_letters: str) -> set[str]:
    """Wakes the notices of every dossier that these letters stand for.

    Returns the ids of the letters that are done with.
    """
    sqs, streams, functions = client("sqs"), client("dynamodbstreams"), client("lambda")
    codes: dict[str, None] = {}
    letters, by_history = [], []
    for message in wanted:
        body = read(message)
        batch = body.get("DDBStreamBatchInfo")
        found = changed(streams, batch) if batch else [body["code"]] if body.get("code") else None
        if found is not None:
            letters.append(message)
            codes.update(dict.fromkeys(found))
        elif "code" not in body:
            # The stream has forgotten it, or it is a night that could not compare.
            by_history.append((message, batch or {}))
    named = f"{len(letters)} of {len(wanted)} name {len(codes)} dossier(s)"
    print(f"  {named}; {len(by_history)} go by the histories")
    if not asked.go:
        print(f"dry run: {len(letters) + len(by_history)} would be sent back (GO=1 does it)")
        return set()
    notices = sqs.get_queue_url(QueueName=f"{asked.stack}-notices")["QueueUrl"]
    began = time.monotonic()
    for place, code in enumerate(codes):
        time.sleep(max(0.0, began + place / asked.rate - time.monotonic()))
        sqs.send_message(QueueUrl=notices, MessageBody=wake(code, take_up=False))
    # One comparison since the oldest makes up for all of them.
    if by_history:
        oldest = min(
            (batch for _, batch in by_history),
            key=lambda batch: batch.get("approximateArrivalOfFirstRecord", "9"),
        )
        outcome = compared(functions, asked.stack, oldest)
        figures = f"{outcome.get('owed')} owed, {outcome.get('sent')} sent"
        print(f"  the histories since {outcome.get('since')}: {figures}")
    done = [*letters, *(message for message, _ in by_history)]
    for message in done:
        sqs.delete_message(QueueUrl=dead_letters, ReceiptHandle=message["ReceiptHandle"])
    print(
        f"  sent back {len(done)}/{len(wanted)}" if done else "  nothing to send back", flush=True
    )
    return {message["MessageId"] for message in done}


def wake(code: str, *, take_up: bool) -> str:
    now = datetime.now(UTC)
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"{code}@{int(now.timestamp() * 1000)}",
            "source": "urn:motcua:notices",
            "type": "vn.motcua.notices.wake.v1",
            "subject": code,
            "time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "data": {"schemaVersion": 1, "code": code} | ({"takeUp": True} if take_up else {}),
        }
    )


def everything(sqs: Any, queue: str) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    empty = 0
    while empty < EMPTY_RECEIVES:
        received = sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            AttributeNames=["SentTimestamp"],
        )
        fresh = [
            message for message in received.get("Messages", []) if message["MessageId"] not in seen
        ]
        empty = 0 if fresh else empty + 1
        seen.update(message["MessageId"] for message in fresh)
        yield from fresh


def settings() -> dict[str, str]:
    """Of the stack that STACK_ENV names, or of the local stack where it is up.

    Empty where the environment names an account and no STACK_ENV.
    """
    local = Path(os.environ.get("STACK_DIR") or ROOT / ".local") / "stack.env"
    path = Path(os.environ.get("STACK_ENV") or local)
    elsewhere = "STACK_ENV" not in os.environ and (
        os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_PROFILE")
    )
    if elsewhere or not path.exists():
        return {}
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def client(service: str, longest: int = 330) -> Any:
    # boto3's stubs have a signature for each service's name; here the name is a variable.
    made: Callable[..., Any] = boto3.client
    local = settings()
    # repair-relay answers when it is done, after minutes where much is owed; asked twice at once it
    # would do it twice.
    patient = Config(read_timeout=longest, retries={"total_max_attempts": 1})
    config = patient if service == "lambda" else None
    if not local:
        # Of the two names for the region, boto3 reads AWS_DEFAULT_REGION alone.
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        return made(service, region_name=region, config=config)
    return made(
        service,
        config=config,
        endpoint_url=local["AWS_ENDPOINT_URL"],
        region_name=local["AWS_REGION"],
        aws_access_key_id=local["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=local["AWS_SECRET_ACCESS_KEY"],
    )


def show(messages: list[dict[str, Any]], name: str) -> None:
    if not messages:
        print(f"{name}: nothing")
        return
    oldest: dict[str, int] = {}
    for message in messages:
        sent = int(message["Attributes"]["SentTimestamp"]) // 1000
        oldest[reason(message)] = min(sent, oldest.get(reason(message), sent))
    print(f"{name}: {len(messages)}")
    print(f"  {'reason':<32} {'messages':>8}  oldest")
    for why, count in Counter(map(reason, messages)).most_common():
        since = datetime.fromtimestamp(oldest[why], VIETNAM)
        print(f"  {why:<32} {count:>8}  {since:%d/%m/%Y %H:%M}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("queue", nargs="?", choices=[*QUEUES, *SHOWN_ONLY])
    parser.add_argument("--reason", help="only what was parked for this reason")
    parser.add_argument("--rate", type=float, default=10.0, help="messages a second (10)")
    parser.add_argument(
        "--go", action="store_true", help="send them back; without it nothing is changed"
    )
    parser.add_argument("--stack", default="motcua")
    asked = parser.parse_args()
    if asked.queue is None and (asked.go or asked.reason):
        parser.error(
            f"which queue? make redrive QUEUE=... with one of {', '.join([*QUEUES, *SHOWN_ONLY])}"
        )
    if asked.rate <= 0:
        parser.error("--rate must be above 0")
    sqs = client("sqs")
    if asked.queue is None:
        for name in [*QUEUES, *SHOWN_ONLY]:
            overview(sqs, asked.stack, name)
        return 0
    lies_in, goes_to = QUEUES.get(asked.queue, (asked.queue, asked.queue))
    dead_letters = sqs.get_queue_url(QueueName=f"{asked.stack}-{lies_in}")["QueueUrl"]
    found = []
    try:
        for message in everything(sqs, dead_letters):
            found.append(message)
        show(found, asked.queue)
        wanted = [message for message in found if is_wanted(message, asked.reason)]
        if asked.queue in SHOWN_ONLY:
            print(f"  not sent back: {SHOWN_ONLY[asked.queue]}")
        elif asked.queue == "relay-failures":
            done = relay(asked, wanted, dead_letters)
            found = [message for message in found if message["MessageId"] not in done]
        elif not asked.go:
            print(f"dry run: {len(wanted)} would be sent back (GO=1 does it)")
        else:
            source = sqs.get_queue_url(QueueName=f"{asked.stack}-{goes_to}")["QueueUrl"]
            bodies = [(message, sent_back(message)) for message in wanted]
            send(sqs, bodies, source, dead_letters, asked.rate)
            done = {message["MessageId"] for message in wanted}
            found = [message for message in found if message["MessageId"] not in done]
    finally:
        show_again(sqs, dead_letters, found)
    return 0


def overview(sqs: Any, stack: str, name: str) -> None:
    """Shows one queue and changes nothing."""
    lies_in, _ = QUEUES.get(name, (name, name))
    dead_letters = sqs.get_queue_url(QueueName=f"{stack}-{lies_in}")["QueueUrl"]
    found = []
    try:
        for message in everything(sqs, dead_letters):
            found.append(message)
        show(found, name)
    finally:
        show_again(sqs, dead_letters, found)


def show_again(sqs: Any, dead_letters: str, messages: list[dict[str, Any]]) -> None:
    """Lets what stays be seen at once."""
    for message in messages:
        sqs.change_message_visibility(
            QueueUrl=dead_letters, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )


def send(
    sqs: Any, wanted: list[tuple[dict[str, Any], str]], source: str, dead_letters: str, rate: float
) -> None:
    began = time.monotonic()
    for place, (message, body) in enumerate(wanted):
        time.sleep(max(0.0, began + place / rate - time.monotonic()))
        sqs.send_message(QueueUrl=source, MessageBody=body, MessageAttributes=kept(message))
        sqs.delete_message(QueueUrl=dead_letters, ReceiptHandle=message["ReceiptHandle"])
        if (place + 1) % 50 == 0 or place + 1 == len(wanted):
            print(f"  sent back {place + 1}/{len(wanted)}", flush=True)
    if not wanted:
        print("  nothing to send back")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (NoRegionError, NoCredentialsError) as error:
        sys.exit(f"redrive: {error} No local stack is up (make up), and no account is named.")
    except EndpointConnectionError as error:
        sys.exit(f"redrive: {error} Has the local stack ended? make up, and source its stack.env.")
