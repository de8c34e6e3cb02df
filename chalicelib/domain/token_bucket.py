"""Wrong tries are paid in tokens, which come back with time (security 2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Tokens(Protocol):
    """A bucket as it is kept: it has `tokens` at time `at` (ms), which may lie ahead."""

    @property
    def tokens(self) -> int:
        """Tokens at the time `at`."""
        ...

    @property
    def at(self) -> int:
        """A time, ms UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most `capacity` tokens; one comes back each `refill_ms`."""

    capacity: int
    refill_ms: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a try is allowed; if not, it will be in `wait_ms`."""

    ok: bool
    wait_ms: int


def allowance(bucket: Tokens | None, now: int, kind: Allowance) -> Verdict:
    """Tell whether a try is allowed now.

    Args:
        bucket: as kept; None when no token was ever taken.
        now: ms, UTC.
        kind: the bucket's rule.
    """
    if bucket is None or bucket.tokens + (now - bucket.at) // kind.refill_ms >= 1:
        return Verdict(ok=True, wait_ms=0)
    return Verdict(ok=False, wait_ms=bucket.at + (1 - bucket.tokens) * kind.refill_ms - now)
