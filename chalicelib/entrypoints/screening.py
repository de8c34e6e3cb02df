"""What the quarantine bucket wakes: the screening of an upload, with a role of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote_plus

from chalice.app import Blueprint

from chalicelib import screening_wiring
from chalicelib.telemetry import log, run_batch

screening = Blueprint(__name__)


# The merge template puts the real queue in place of this name.
@screening.on_sqs_message(queue="evidence", batch_size=1, name="screen_evidence")
def screen_evidence(event: Any) -> dict[str, Any]:  # noqa: ANN401 - Chalice's event
    """Screen what was uploaded; what cannot be screened comes again, and is parked in the end."""
    records = event.to_dict()["Records"]
    received = max(int(record["attributes"]["ApproximateReceiveCount"]) for record in records)

    def screen_all(messages: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
        for keys in messages:
            for key in keys:
                _screen(key, received)
        return []

    return run_batch(records, "screen_evidence", screen_all, uploads)


def uploads(body: str) -> tuple[str, ...]:
    """Keys of the uploads that a message of the bucket tells of.

    None are in the message that S3 sends once, when it is told where to send the others. Source:
    Amazon S3 User Guide, "Event message structure": keys are encoded as in a form.

    Raises:
        ValueError, KeyError, TypeError: it is no message of a bucket.
    """
    told = dict(json.loads(body))
    if told.get("Event") == "s3:TestEvent":
        return ()
    return tuple(unquote_plus(str(record["s3"]["object"]["key"])) for record in told["Records"])


def _screen(key: str, received: int) -> None:
    """Screen one upload; nothing that this needs is loaded before there is one."""
    from chalicelib.usecases.screen_evidence import screen_evidence as screen  # noqa: PLC0415

    log("evidence", code=screen(key, received, screening_wiring.screening_ports()))
