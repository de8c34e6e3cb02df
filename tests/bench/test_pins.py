"""Counts are pinned: a rise fails, and says what rose and where."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench import living, pins
from tests.bench.registration import metered
from tests.bench.steps import metered_steps
from tests.bench.table import lines, over
from tests.bench.warm import PUT, Stopwatch


def test_no_step_asks_more_of_aws_than_was_pinned() -> None:
    more = pins.risen(metered_steps(), pins.pinned()["steps"])
    assert not more, "\n".join((*more, pins.TO_PIN))


def test_nothing_more_lies_or_is_read_again_for_a_family() -> None:
    with metered() as stage:
        more = pins.risen(living.lasting(stage), pins.pinned()["lasting"])
    assert not more, "\n".join((*more, pins.TO_PIN))


def test_the_pins_hold_no_figure_over_its_budget() -> None:
    assert over(pins.pinned()) == []


def pin(usd: float) -> dict[str, Any]:
    return {"registration": {"USD for a thousand": usd}, "zip": {"app.pyc": int(usd * 1e6)}}


def test_the_table_tells_budget_now_and_what_moved() -> None:
    told = list(lines(pin(0.03), {"HEAD": pin(0.03), "HEAD~1": pin(0.02)}))
    (row,) = [line for line in told if line.startswith("registration: USD")]
    assert row.split()[-5:] == ["0.026", "0.03", "0.02", "USD", "OVER"]
    assert [line.split() for line in told if line.startswith("zip")] == [
        ["zip:", "app.pyc", "30,000", "20,000"]
    ]


def test_what_is_gone_is_told() -> None:
    told = list(lines({}, {"HEAD": pin(0.02)}))
    assert [line.split() for line in told if line.startswith("zip")] == [
        ["zip:", "app.pyc", "0", "20,000"]
    ]


def test_a_figure_over_its_budget_is_named() -> None:
    assert over(pin(0.03)) == ["registration: USD for a thousand"]


class Hands:
    """A clock that is moved by what runs."""

    now = 0

    def __call__(self) -> int:
        return self.now

    def work(self, time: int) -> None:
        self.now += time


@pytest.mark.parametrize("sdk", [0, 30])
def test_own_time_is_without_that_of_the_sdk(sdk: int) -> None:
    hands = Hands()
    watch = Stopwatch(hands)
    call = watch.around(lambda: hands.work(sdk))
    within = watch.around(lambda: (hands.work(5), call()))

    def handler() -> None:
        hands.work(20)
        within()  # a call that makes another counts once
        hands.work(20)

    for _ in range(4):
        watch.time(PUT, lambda: hands.work(10))
        watch.time("step", handler)
    assert watch.ratios() == {"step": {"all": (45 + sdk) / 10, "own": 4.0}}
