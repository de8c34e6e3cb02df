"""Every call of every handler, with every fault, with two, and with every other handler beside."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pytest

from tests.simulation.exhaustive import (
    BESIDE,
    LONG,
    LONG_BEFORE,
    STATES,
    STORIES,
    beside,
    calls_of,
    pairs,
    single,
    table,
)
from tests.simulation.plans import Plan
from tests.simulation.schedule import Meanwhile, Schedule
from tests.simulation.shrinking import story
from tests.simulation.write_mistakes import EveryConflictIsLate, TornReadsTrusted

DOCS = Path(__file__).parent.parent.parent / "docs" / "simulation.md"
EVERY = 7  # of so many pairs one is tried here, and all by `make prove`


@pytest.mark.parametrize("name", STORIES)
def test_every_fault_at_every_call(name: str) -> None:
    _all_hold(single(STORIES[name]))


@pytest.mark.parametrize("name", STORIES)
def test_two_faults_in_one_handler(name: str) -> None:
    every = EVERY * (100 if name in LONG else 10 if name in LONG_BEFORE else 1)
    _all_hold(islice(pairs(STORIES[name]), 0, None, every))


@pytest.mark.prove
@pytest.mark.parametrize("name", STORIES)
def test_every_two_faults_in_one_handler(name: str) -> None:
    _all_hold(pairs(STORIES[name]))


@pytest.mark.parametrize("state", STATES)
def test_a_handler_between_two_calls_of_another(state: str) -> None:
    _all_hold_beside(islice(beside(state), 0, None, EVERY))


@pytest.mark.prove
@pytest.mark.parametrize("state", STATES)
def test_every_handler_between_any_two_calls_of_every_other(state: str) -> None:
    _all_hold_beside(beside(state))


def test_a_torn_read_that_is_trusted_is_seen() -> None:
    torn = ((p, m) for p, m in beside("asked to correct, with a late message") if p.only)
    broken = {Schedule(plan, TornReadsTrusted, meanwhile=m).go().broken for plan, m in torn}
    assert {"nobody_passes_unchecked", "guards_of_ended_cases_are_released"} <= broken


def test_a_conflict_that_is_taken_for_an_old_message_is_seen() -> None:
    plans = beside("received")
    broken = {Schedule(plan, EveryConflictIsLate, meanwhile=m).go().broken for plan, m in plans}
    assert "it_settles_without_the_sweep" in broken


def test_the_table_of_calls_names_every_handler_and_stands_in_the_docs() -> None:
    assert all(calls_of(story) for story in STORIES.values())
    assert {kind.rstrip("1").partition("-")[0] for kind in BESIDE} <= {
        story.handler.rstrip("12").partition("-")[0] for story in STORIES.values()
    }
    assert table() in DOCS.read_text()


def _all_hold_beside(plans: Iterable[tuple[Plan, Meanwhile]]) -> None:
    tried = 0
    for plan, meanwhile in plans:
        tried += 1
        result = Schedule(plan, meanwhile=meanwhile).go()
        assert not result.violations, f"{result.violations}\n{meanwhile}\n{story(plan)}"
    assert tried


def _all_hold(plans: Iterable[Plan]) -> None:
    tried = 0
    for plan in plans:
        tried += 1
        result = Schedule(plan).go()
        if result.violations:
            pytest.fail(story(plan))
    assert tried
