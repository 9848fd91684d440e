"""Services for the operators' tool: they find what FAKE_AWS says and record what is asked.

FAKE_AWS names a JSON file: {"letters": [bodies], "stream": [[sequence number, code]], "trimmed":
bool}; what was done is added to it as {"sent": [bodies], "deleted": [bodies], "invoked": [orders]}.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

PATH = Path(os.environ["FAKE_AWS"])


def world() -> dict[str, Any]:
    return json.loads(PATH.read_text())


def note(what: str, value: Any) -> None:
    found = world()
    found.setdefault(what, []).append(value)
    PATH.write_text(json.dumps(found))


class Sqs:
    def __init__(self) -> None:
        self.received = False

    def get_queue_url(self, *, QueueName: str) -> dict[str, str]:
        return {"QueueUrl": QueueName}

    def receive_message(self, **_: Any) -> dict[str, Any]:
        letters = [] if self.received else world()["letters"]
        self.received = True
        attributes = {"SentTimestamp": "1763000000000"}
        return {
            "Messages": [
                {
                    "MessageId": str(place),
                    "ReceiptHandle": str(place),
                    "Body": body,
                    "Attributes": attributes,
                }
                for place, body in enumerate(letters)
            ]
        }

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:
        note("sent", [QueueUrl, MessageBody])

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:
        note("deleted", int(ReceiptHandle))

    def change_message_visibility(self, **_: Any) -> None:
        pass


class Streams:
    def get_shard_iterator(
        self, *, StreamArn: str, ShardId: str, ShardIteratorType: str, SequenceNumber: str
    ) -> Any:
        if world()["trimmed"]:
            raise ClientError("TrimmedDataAccessException")
        assert ShardIteratorType == "AT_SEQUENCE_NUMBER"
        return {"ShardIterator": SequenceNumber}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:
        """Two records a page, and an empty page between any two, as the service may."""
        later = [
            (number, code)
            for number, code in world()["stream"]
            if number >= int(ShardIterator.rstrip("e"))
        ]
        if not ShardIterator.endswith("e") or not later:
            return {"Records": [], "NextShardIterator": f"{ShardIterator.rstrip('e')}e"}
        page = [
            {"dynamodb": {"SequenceNumber": str(number), "Keys": {"code": {"S": code}}}}
            for number, code in later[:2]
        ]
        return {"Records": page, "NextShardIterator": str(later[:2][-1][0] + 1)}


class Functions:
    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        order = json.loads(Payload)
        note("invoked", [FunctionName, order])
        return {
            "Payload": io.BytesIO(
                json.dumps({"since": order.get("since"), "owed": 2, "sent": 2}).encode()
            )
        }


def client(service: str, **_: Any) -> Any:
    return {"sqs": Sqs, "dynamodbstreams": Streams, "lambda": Functions}[service]()
