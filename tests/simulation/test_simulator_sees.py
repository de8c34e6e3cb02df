"""The simulator must see every known mistake within a hundred seeds; else it is to be mended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.simulation.adoption_mistakes import ADOPTION_MISTAKES
from tests.simulation.appeal_mistakes import APPEAL_MISTAKES
from tests.simulation.check_mistakes import CHECK_MISTAKES
from tests.simulation.dispute_mistakes import DISPUTE_MISTAKES
from tests.simulation.judging_mistakes import JUDGING_MISTAKES
from tests.simulation.mistakes import MISTAKES, ReceiptByChance
from tests.simulation.plans import Plan, plan_of
from tests.simulation.region import Region
from tests.simulation.report_mistakes import REPORT_MISTAKES
from tests.simulation.schedule import Schedule
from tests.simulation.shrinking import shrink, story
from tests.simulation.write_mistakes import WRITE_MISTAKES, UnconditionalWrite

WITHIN = 100


@pytest.mark.parametrize(
    "mistake",
    [
        *WRITE_MISTAKES,
        *MISTAKES,
        *ADOPTION_MISTAKES,
        *DISPUTE_MISTAKES,
        *APPEAL_MISTAKES,
        *CHECK_MISTAKES,
        *REPORT_MISTAKES,
        *JUDGING_MISTAKES,
    ],
    ids=lambda mistake: mistake.__name__,
)
def test_a_known_mistake_is_seen(mistake: type[Region]) -> None:
    assert any(Schedule(plan_of(seed), mistake).go().violations for seed in range(1, WITHIN + 1))


def test_a_failing_schedule_shrinks_to_what_it_needs_and_can_be_read() -> None:
    failing = _first_failing(UnconditionalWrite)
    small = shrink(failing, UnconditionalWrite)
    assert len(small.actions) <= len(failing.actions) // 2
    assert len(small.only or ()) <= 2
    told = story(small, UnconditionalWrite)
    assert f"seed {failing.seed}" in told
    assert "BROKEN" in told
    assert all(str(action) in told for action in small.actions)


def test_what_fails_at_once_shrinks_to_one_deed() -> None:
    small = shrink(_first_failing(ReceiptByChance), ReceiptByChance)
    assert len(small.actions) <= 1  # one client who sends once is enough
    assert not small.only
    assert replace(small, only=()).faults()("any run", 0, "PutItem") is None


def _first_failing(mistake: type[Region]) -> Plan:
    plans = map(plan_of, range(1, WITHIN + 1))
    return next(plan for plan in plans if Schedule(plan, mistake).go().violations)
