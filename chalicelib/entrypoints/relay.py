"""The registry's stream: each change of state goes to the queue that it feeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.telemetry import log
from chalicelib.usecases.ports import Message

if TYPE_CHECKING:  # the citizens' API carries this module and none of that
    from chalicelib.usecases.relay import Moved

streams = Blueprint(__name__)

# The merge template puts the real stream in place of this name.
_STREAM = "arn:aws:dynamodb:ap-southeast-3:000000000000:table/registry/stream/placeholder"


@streams.on_dynamodb_record(stream_arn=_STREAM, batch_size=100, name="relay")
def relay(event: Any) -> dict[str, list[Any]]:  # noqa: ANN401 - Chalice's event
    """Relay the changes of a batch; a failure anywhere lets the whole batch come again."""
    from chalicelib.usecases.relay import relay as send  # noqa: PLC0415

    records = event.to_dict()["Records"]
    sent = send(list(_changes(records)), wiring.queues())
    log("relayed", function="relay", count=len(records), sent=sent)
    return {"batchItemFailures": []}


def _changes(records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Moved, Message]]:
    """Changes of state among the records; guards and mere updates are left out."""
    for record in records:
        images = record["dynamodb"]
        change = wiring.state_change(images.get("OldImage"), images.get("NewImage"))
        if change is not None:
            yield change
