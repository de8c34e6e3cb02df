"""Stops calling a service that keeps failing, and tries it again with one call at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class CircuitBreaker:
    """Closed (calls pass), open (calls refused), half-open (one probe decides).

    Lives in one process, as a warm function does; it guards the other side's health, not our
    correctness, so processes need not agree. Half-open needs no state of its own: a probe is
    a lease of the next resting time, so a caller that dies during it blocks nobody for ever.

    Args:
        threshold: failures in a row that open it.
        rest_seconds: how long it stays open; up to half as much again is added at random, so
            that many processes do not probe a recovering service in the same second.
        clock: monotonic seconds.
        random: a number from 0 up to 1.
    """

    def __init__(
        self,
        *,
        threshold: int,
        rest_seconds: float,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._threshold = threshold
        self._rest_seconds = rest_seconds
        self._clock = clock
        self._random = random
        self._failures = 0
        self._probe_at = 0.0

    def allows(self) -> bool:
        """Whether a call may go out now; a True while open is the one probe.

        Whoever is told True must report with `succeeded` or `failed`.
        """
        if self._failures < self._threshold:
            return True
        if self._clock() < self._probe_at:
            return False
        self._rest()
        return True

    def succeeded(self) -> None:
        """The call worked: the breaker closes."""
        self._failures = 0

    def failed(self) -> None:
        """The call did not work: counts towards opening, or ends the probe."""
        self._failures += 1
        if self._failures >= self._threshold:
            self._rest()

    def _rest(self) -> None:
        rest = self._rest_seconds * (1 + self._random() / 2)
        self._probe_at = self._clock() + rest
