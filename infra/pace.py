"""No more than so many units a second: what a table bears is left to citizens, too."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

KILOBYTE = 1024


class Pace:
    """A bucket of one second's units; who takes more than is in it waits."""

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

    def spend(self, units: float) -> None:
        """Take units, and wait until they are there."""
        self.spent += units
        if not self.units:
            return
        now = self._clock()
        self._free_at = max(self._free_at, now - 1) + units / self.units
        if self._free_at > now:
            self._sleep(self._free_at - now)


def item_size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Bytes of an item as AWS counts them, in the low-level form.

    Source: Amazon DynamoDB Developer Guide, "Item sizes and formats".
    """
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def write_units(item: Mapping[str, Mapping[str, Any]], *, transaction: bool) -> int:
    """Write units of putting an item: one for each kilobyte begun, two in a transaction."""
    return max(1, -(-item_size(item) // KILOBYTE)) * (2 if transaction else 1)


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    if kind in ("S", "B"):
        return len(held.encode() if kind == "S" else held)
    if kind == "N":
        digits = held.lstrip("-").replace(".", "").strip("0")
        return -(-len(digits) // 2) + 1 + int(held.startswith("-"))
    if kind == "L":
        return 3 + sum(1 + _value_size(each) for each in held)
    if kind == "M":
        return 3 + len(held) + item_size(held)
    if kind in ("SS", "NS", "BS"):
        return 3 + sum(1 + _value_size({kind[0]: each}) for each in held)
    return 1  # true, false, nothing
