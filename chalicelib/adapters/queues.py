"""A queue of work on SQS: a reference and a version, never personal data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.adapters import aws
from chalicelib.domain.registration import Ref
from chalicelib.usecases.ports import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_BATCH: Final = 10


@dataclass(frozen=True, slots=True)
class WorkQueue:
    """A queue (`ports.Queue`)."""

    client: SQSClient
    url: str

    def send(self, messages: Sequence[Message], *, delay_s: int = 0) -> None:
        """Send all, ten a call; see `ports.Queue.send`."""
        delay: dict[str, int] = {"DelaySeconds": delay_s} if delay_s else {}
        for start in range(0, len(messages), _BATCH):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(place), "MessageBody": to_body(message), **delay}  # type: ignore[typeddict-item]
                for place, message in enumerate(messages[start : start + _BATCH])
            ]
            with aws.passing_told():
                answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
            if failed := answer.get("Failed"):
                if any(entry["SenderFault"] for entry in failed):
                    raise ValueError("the queue refuses what is sent")
                raise aws.try_again()


def to_body(message: Message) -> str:
    """A message as the text that a queue carries."""
    ref = message.ref
    body = {"village": ref.village, "locator": ref.locator, "version": message.version}
    return json.dumps(body, separators=(",", ":"))


def from_body(body: str) -> Message:
    """Read what `to_body` wrote.

    Raises:
        ValueError, KeyError, TypeError: the text is none of ours.
    """
    try:
        fields = json.loads(body)
    except RecursionError as error:
        raise ValueError("the text is nested too deeply") from error
    village, locator, version = fields["village"], fields["locator"], fields["version"]
    if not (isinstance(village, str) and isinstance(locator, str) and type(version) is int):
        raise TypeError("the text is none of ours")
    return Message(Ref(village, locator), version)
