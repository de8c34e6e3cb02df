"""No more than so many units a second: what a table bears is left to citizens, too."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from infra.units import Item, item_size
from infra.units import write_units as units_of


class Pace:
    """A bucket of one second's units; who takes more than is in it waits. Threads may share it."""

    def __init__(
        self,
        units: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Start with a full bucket.

        Args:
            units: a second; 0 is no limit.
        """
        self.units = units
        self.spent = 0.0
        self._clock, self._sleep = clock, sleep
        self._free_at = clock() - 1
        self._one = Lock()

    def spend(self, units: float) -> None:
        """Take units, and wait until they are there."""
        with self._one:
            self.spent += units
            if not self.units:
                return
            now = self._clock()
            self._free_at = max(self._free_at, now - 1) + units / self.units
            wait = self._free_at - now
        if wait > 0:
            self._sleep(wait)


def write_units(item: Item, *, transaction: bool) -> int:
    """Write units of putting an item."""
    return units_of(item_size(item), transaction=transaction)
