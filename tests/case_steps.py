"""A received family whose case takes its steps, and what must hold of a step's one event."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import audit
from chalicelib.domain.audit import Act, Event
from chalicelib.domain.household import Household
from chalicelib.domain.pmt import Scored, score
from chalicelib.domain.registration import Details, Registration, Stamp, Step, Waiting, Work
from tests.world import World, form

STAMP = Stamp(1_795_300_000_000, "system:test", bytes(range(16)))
DUE = STAMP.at + 2
WAITS_FOR_OFFICER = Waiting(Work.OFFICER, DUE)
DISPUTE = "3M3GZZZZZZ"


@pytest.fixture(scope="module")
def world() -> World:
    """A region in which one family has registered."""
    made = World()
    made.register("k" * 20, form(made.model))
    return made


@pytest.fixture(scope="module")
def case(world: World) -> Registration:
    """The family's case, as received."""
    return world.only()


def without_nik(case: Registration, place: int) -> Registration:
    """The case as if the member at this place had no NIK."""
    assert case.household is not None
    members = list(case.household.members)
    members[place] = replace(members[place], has_nik=False)
    return replace(case, household=replace(case.household, members=tuple(members)))


def is_event_of(
    event: Event, before: Registration, after: Registration, act: Act, details: Details
) -> None:
    """The event follows the case's chain, names both states, and commits to just this."""
    assert (event.chain, event.seq) == (before.ref.locator, before.head.seq + 1)
    assert (event.prev, event.at, event.actor) == (before.head.hash, STAMP.at, STAMP.actor)
    assert (event.act, event.from_state, event.to_state) == (act, before.state, after.state)
    assert event.commitment == audit.commit(STAMP.salt, details)
    assert after.head == audit.Head(event.seq, event.hash, event.at)
    assert after.version == before.version + 1
    reached = () if after.state is before.state else (Step(after.state, STAMP.at),)
    assert after.steps == before.steps + reached


def scored(world: World, household: Household | None) -> Scored:
    """What the model in force makes of the family."""
    assert household is not None
    found = score(world.model, household)
    assert isinstance(found, Scored)
    return found
