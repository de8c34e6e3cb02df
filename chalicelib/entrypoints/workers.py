"""What the queues and the registry's stream wake: each function takes a batch.

Workers say which messages must come again; the relay lets all of a batch come again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.telemetry import log, run_batch

if TYPE_CHECKING:  # the citizens' API carries this module and none of that
    from chalicelib.usecases.ports import Message
    from chalicelib.usecases.relay import Moved

workers = Blueprint(__name__)

BATCH = 10
# The merge template puts the real queues and the real stream in place of these names.
_STREAM = "arn:aws:dynamodb:ap-southeast-3:000000000000:table/registry/stream/placeholder"


@workers.on_sqs_message(queue="check", batch_size=BATCH, name="check_identity")
def check_identity(event: Any) -> dict[str, Any]:  # noqa: ANN401 - Chalice's event
    """Ask the civil registry about the families of a batch."""
    from chalicelib.case_wiring import check_ports  # noqa: PLC0415 - each its own
    from chalicelib.usecases.check_identity import check_identities  # noqa: PLC0415

    return run_batch(
        event.to_dict()["Records"],
        "check_identity",
        lambda messages: check_identities(messages, check_ports()),
        wiring.read_message,
    )


@workers.on_sqs_message(queue="score", batch_size=BATCH, name="score_household")
def score_household(event: Any) -> dict[str, Any]:  # noqa: ANN401
    """Score the families of a batch and decide."""
    from chalicelib.case_wiring import score_ports  # noqa: PLC0415
    from chalicelib.usecases.score import score_households  # noqa: PLC0415

    return run_batch(
        event.to_dict()["Records"],
        "score_household",
        lambda messages: score_households(messages, score_ports()),
        wiring.read_message,
    )


@workers.on_sqs_message(queue="release", batch_size=BATCH, name="release_guards")
def release_guards(event: Any) -> dict[str, Any]:  # noqa: ANN401
    """Release the guards of withdrawn families."""
    from chalicelib.case_wiring import release_ports  # noqa: PLC0415
    from chalicelib.usecases.release_guards import release_guards as release  # noqa: PLC0415

    return run_batch(
        event.to_dict()["Records"],
        "release_guards",
        lambda messages: release(messages, release_ports()),
        wiring.read_message,
    )


@workers.on_sqs_message(queue="dispute", batch_size=BATCH, name="conduct_dispute")
def conduct_dispute(event: Any) -> dict[str, Any]:  # noqa: ANN401
    """Take the appeals, objections and reports of a batch as far as a machine may."""
    return run_batch(
        event.to_dict()["Records"],
        "conduct_dispute",
        _conduct,
        wiring.read_message,
    )


def _conduct(messages: Sequence[Message]) -> list[Message]:
    """Those about agents apart from appeals and objections: their numbers tell them apart."""
    from chalicelib.domain import misconduct  # noqa: PLC0415

    reports = [each for each in messages if misconduct.village_index(each.ref.locator) >= 0]
    disputes = [each for each in messages if each not in reports]
    failed: list[Message] = []
    if disputes:
        from chalicelib.dispute_wiring import conduct_ports  # noqa: PLC0415
        from chalicelib.usecases.conduct_dispute import conduct  # noqa: PLC0415

        failed += conduct(disputes, conduct_ports())
    if reports:
        from chalicelib import report_wiring  # noqa: PLC0415
        from chalicelib.usecases.conduct_report import conduct_reports  # noqa: PLC0415

        failed += conduct_reports(reports, report_wiring.conduct_ports())
    return failed


@workers.on_sqs_message(queue="adoption", batch_size=BATCH, name="carry_out")
def carry_out(event: Any) -> dict[str, Any]:  # noqa: ANN401
    """Compare a proposed model or rule set village by village, or decide anew under an adopted."""
    from chalicelib.case_wiring import carry_out_ports  # noqa: PLC0415
    from chalicelib.usecases.carry_out import carry_out as go_on  # noqa: PLC0415

    return run_batch(
        event.to_dict()["Records"],
        "carry_out",
        lambda messages: go_on(messages, carry_out_ports()),
        wiring.read_message,
    )


@workers.on_dynamodb_record(stream_arn=_STREAM, batch_size=100, name="relay")
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
