"""One structured log line a call, with nothing personal in it; and batches that fail in part.

Only fields of the allow-list are written, so a NIK, a name or an address has no way in; runs of
digits as long as a NIK are masked all the same (invariant 6).
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

from aws_lambda_powertools.logging import Logger

Task = TypeVar("Task", bound=Hashable)
"""What a queue's message asks for."""

_ALLOWED = frozenset(
    {
        "act",
        "code",
        "count",
        "failed",
        "fault",
        "field",
        "function",
        "ms",
        "request",
        "route",
        "sent",
        "state",
        "status",
        "where",
    }
)
_DIGITS = re.compile(r"[0-9]{12,}")
_FRAMES = 6


_logger = Logger(service="tepat", level="INFO", location=None)


def log(event: str, **told: str | int | None) -> None:
    """Write one line.

    Args:
        event: what happened, in a few words of our own.
        told: allowed fields only; others are dropped and counted.
    """
    shown = {name: _masked(value) for name, value in told.items() if name in _ALLOWED}
    dropped = len(told) - len(shown)
    if dropped:
        shown["dropped"] = dropped
    _logger.info(event, extra=shown)


def log_failure(event: str, error: BaseException, **told: str | int | None) -> None:
    """Write one line about an error nobody expected: its type and where, never its text.

    An error's text may hold what a person typed; the places in our code never do.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    log(event, fault=type(error).__name__, where=where, **told)


def run_batch(
    records: Sequence[Mapping[str, Any]],
    function: str,
    work: Callable[[Sequence[Task]], Sequence[Task]],
    read: Callable[[str], Task],
) -> dict[str, list[dict[str, str]]]:
    """Work on the messages of an SQS batch and say which must come again.

    A message that cannot be read comes again until it parks in the dead-letter queue; its
    neighbours are worked on. If the work itself breaks, each message is tried alone, so that one
    bad case never holds the others back.

    Returns:
        The partial batch response of Lambda (`ReportBatchItemFailures`).
    """
    readable: dict[str, Task] = {}
    failed: list[str] = []
    for record in records:
        message = _message(record, read)
        if message is None:
            failed.append(record["messageId"])
        else:
            readable[record["messageId"]] = message
    again = _worked(list(readable.values()), function, work)
    failed += [name for name, message in readable.items() if message in again]
    log("batch", function=function, count=len(records), failed=len(failed))
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}


def _worked(
    messages: Sequence[Task],
    function: str,
    work: Callable[[Sequence[Task]], Sequence[Task]],
) -> set[Task]:
    if not messages:
        return set()
    try:
        return set(work(messages))
    except Exception as error:  # noqa: BLE001 - told, and every message of it comes again
        log_failure("batch broke", error, function=function)
        if len(messages) == 1:
            return set(messages)
    again: set[Task] = set()
    for message in messages:
        again |= _worked([message], function, work)
    return again


def _message(record: Mapping[str, Any], read: Callable[[str], Task]) -> Task | None:
    try:
        return read(record["body"])
    except (KeyError, TypeError, ValueError):
        return None


def _masked(value: str | int | None) -> str | int | None:
    return _DIGITS.sub("*", value) if isinstance(value, str) else value
