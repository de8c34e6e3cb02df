"""What the sweep reads in a day, counted in read units."""

from __future__ import annotations

import pytest

from chalicelib.adapters import dynamo, ledger_items
from chalicelib.adapters.ledger_table import LedgerTable
from chalicelib.domain.audit import DAY_MS, day_of
from chalicelib.usecases.sweep import TICK_MS, days_looked_at
from infra.units import READ_BLOCK, item_size
from tests.bench.registration import metered
from tests.bench.stage import Stage, family

PEAK = 18_400  # registrations a day at the pilot's peak
TICKS = range(0, DAY_MS, TICK_MS)
EVERY_DAY_IN_EACH_RUN = len(TICKS) * 2.5
"""Days read in a day if each run read today, half of it on average, and the two days before."""


def days_read() -> float:
    """How many whole days are read in a day: today's as it has grown by then."""
    return sum(at / DAY_MS if back == 0 else 1.0 for at in TICKS for back in days_looked_at(at))


@pytest.fixture(scope="module")
def units_of_a_day() -> float:
    """Read units of one look at a day of the pilot's peak, by the events of a family of four."""
    with metered() as stage:
        decided = stage.decide(stage.find(stage.register("k" * 20, *family(4)).receipt.text))
        assert decided.head.seq == 3
        ledger, today = _ledger(stage), day_of(stage.world.clock.now_ms())
        of_family = sum(
            item_size(dynamo.encode(ledger_items.event_to_item(event)))
            for event in ledger.day_events(today)
        )
        stage.meter.reset()
        assert len(list(ledger.last_states(today))) == 1
        assert stage.meter.calls == {"Query": 16}
        assert stage.meter.half_reads == 2 * 16  # a partition that is nearly empty is a unit
    return 16 + PEAK * of_family / READ_BLOCK


def test_less_than_a_seventh_of_reading_everything_each_time() -> None:
    assert days_read() == 95.5
    assert days_read() < EVERY_DAY_IN_EACH_RUN / 7


def test_read_units_a_day_at_the_peak(units_of_a_day: float) -> None:
    before, now = EVERY_DAY_IN_EACH_RUN * units_of_a_day, days_read() * units_of_a_day
    assert 2_000_000 < before < 3_000_000
    assert now < 350_000


def _ledger(stage: Stage) -> LedgerTable:
    return LedgerTable(stage.backend.client, stage.backend.tables.ledger)
