"""Where a stand-in answers otherwise than the fake: each by name, with its reason and its proof.

Anything else that differs is a fault of the fake, or of an adapter. An entry whose example no
longer differs must go; a test holds that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.faithful.calls import Call, Long
from tests.faithful.calls_adoption import Finish, Suggest
from tests.faithful.calls_beside import PutFile, SealAndOpen, Sign, Spend
from tests.faithful.calls_edge import Lost, Oversize
from tests.faithful.comparing import Mismatch
from tests.faithful.outcomes import REFUSED


@dataclass(frozen=True)
class Difference:
    """One way in which a stand-in is not AWS.

    Attributes:
        side: "moto" or "local".
        reason: what AWS does, and what the stand-in does.
        applies: whether a mismatch of that side is this one.
        example: calls whose last one shows it.
    """

    name: str
    side: str
    reason: str
    applies: Callable[[Mismatch], bool]
    example: tuple[Call, ...]


def excused(mismatch: Mismatch) -> bool:
    """Whether a mismatch is one of the list."""
    return any(
        difference.side == mismatch.side and difference.applies(mismatch)
        for difference in DIFFERENCES
    )


def _call(mismatch: Mismatch) -> Call:
    call = mismatch.call
    return call.call if isinstance(call, Lost) else call


def _is_signing(mismatch: Mismatch) -> bool:
    return isinstance(mismatch.call, Sign)


def _is_opening(mismatch: Mismatch) -> bool:
    return isinstance(mismatch.call, SealAndOpen)


def _is_just_within(mismatch: Mismatch) -> bool:
    call = mismatch.call
    return isinstance(call, Oversize) and call.over <= 0 and mismatch.theirs.answer == REFUSED


def _is_counted_already(mismatch: Mismatch) -> bool:
    call = mismatch.call
    return (
        isinstance(call, Lost)
        and isinstance(call.call, Finish)
        and (mismatch.ours.answer, mismatch.theirs.answer) == (True, False)
        and mismatch.ours.state == mismatch.theirs.state
    )


def _is_long_path(mismatch: Mismatch) -> bool:
    return isinstance(mismatch.call, PutFile) and mismatch.ours.answer == REFUSED


def _is_long_sum(mismatch: Mismatch) -> bool:
    """A sum that is long, of this call or of an earlier one that it adds to."""
    call, stored = _call(mismatch), mismatch.ours.state.get("ops")
    if not isinstance(call, Spend):
        return False
    items: Any = stored.values() if isinstance(stored, Mapping) else ()
    numbers = [item["f"] for item in items if isinstance(item.get("f"), Decimal)]
    return max(*call.times, call.refill_ms, *numbers) >= 10**28


LARGE = 10**36 - 1

DIFFERENCES = (
    Difference(
        "moto signs another digest",
        "moto",
        "KMS signs a digest as it is, and refuses one that is not 32 bytes long. moto takes it for "
        "a message, of any length, and hashes it again, so that nothing it signs verifies.",
        _is_signing,
        (Sign(b"d" * 32),),
    ),
    Difference(
        "moto opens nothing",
        "moto",
        "KMS unwraps what was encrypted to the public half of its key. moto has no RSA decryption: "
        "it looks for bytes of its own making and refuses all others.",
        _is_opening,
        (SealAndOpen(b"a", "A|0", "A|0"),),
    ),
    Difference(
        "moto takes 405,000 bytes",
        "moto",
        "DynamoDB takes items of up to 409,600 bytes (400 KB), moto up to 405,000.",
        _is_just_within,
        (Oversize(0, "vault", 0),),
    ),
    Difference(
        "moto forgets tokens",
        "moto",
        "DynamoDB answers a transaction that the SDK sends again under its token as it did before. "
        "moto does not know it again, so that it meets its own conditions. All other transactions "
        "know themselves by what they wrote; what is counted once only hears that it was.",
        _is_counted_already,
        (Suggest(1, 0, 29), Lost(Finish(1, 1, 2, 967))),
    ),
    *(
        Difference(
            f"{side} takes long paths",
            side,
            "S3 refuses keys of objects of more than 1,024 bytes. This stand-in takes them.",
            _is_long_path,
            (PutFile(Long("x" * 1025), (b"1",)),),
        )
        for side in ("moto", "local")
    ),
    Difference(
        "the local AWS rounds sums",
        "local",
        "DynamoDB adds to 38 digits and refuses more. The local AWS adds to 28 and rounds.",
        _is_long_sum,
        (Spend("L#1", (0,), LARGE),),
    ),
)
