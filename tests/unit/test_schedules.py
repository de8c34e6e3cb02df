"""What wakes the sweep says which days it looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib import case_wiring
from chalicelib.entrypoints import schedules
from chalicelib.usecases import sweep

TICK: dict[str, Any] = {
    "version": "0",
    "id": "tick",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "",
    "time": "",
    "region": "",
    "resources": [],
    "detail": {},
}


@pytest.mark.parametrize(
    ("detail", "days"),
    [({}, None), ({"days": 1}, [0]), ({"days": 3}, [2, 1, 0]), ({"days": 99}, range(13, -1, -1))],
)
def test_the_sweep_looks_at_the_days_that_it_is_told(
    monkeypatch: pytest.MonkeyPatch, detail: dict[str, int], days: Sequence[int] | None
) -> None:
    looked: list[Sequence[int] | None] = []

    def find_stuck(_ports: object, looked_at: Sequence[int] | None) -> int:
        looked.append(looked_at)
        return 0

    monkeypatch.setattr(case_wiring, "sweep_ports", lambda: None)
    monkeypatch.setattr(sweep, "sweep", find_stuck)
    schedules.sweep(TICK | {"detail": detail}, None)
    (found,) = looked
    assert (found and list(found)) == (days and list(days))
