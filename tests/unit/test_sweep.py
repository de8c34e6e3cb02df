from __future__ import annotations

from collections import Counter

import pytest

from chalicelib.domain import adjudication, dispute, hearing
from chalicelib.domain.audit import DAY_MS
from chalicelib.domain.dispute import Kind
from chalicelib.domain.registration import State
from chalicelib.usecases import sweep
from chalicelib.usecases.ports import Message
from chalicelib.usecases.relay import DISPUTE
from chalicelib.usecases.sweep import OLDEST, TICK_MS, days_looked_at
from tests.disputing import at, filed, statements
from tests.fakes_disputes import FakeDisputes
from tests.world import NOW, VILLAGE, World, form, member

TICKS_OF_A_DAY = DAY_MS // TICK_MS


@pytest.fixture
def world() -> World:
    return World()


def lose_everything(world: World, families: int) -> None:
    """Families register, and no record of it ever reaches the relay."""
    for number in range(families):
        body = form(world.model, member(9901 + number), kk=None)
        world.register(f"key-of-family-{number:05}", body)
    list(world.stream())


def test_each_day_has_its_turns() -> None:
    counted = Counter(
        back for tick in range(TICKS_OF_A_DAY) for back in days_looked_at(tick * TICK_MS)
    )
    assert counted == {0: 96, 1: 24, **dict.fromkeys(range(2, OLDEST + 1), 2)}


def test_no_run_reads_more_than_three_days_and_the_oldest_comes_first() -> None:
    for tick in range(TICKS_OF_A_DAY):
        days = days_looked_at(tick * TICK_MS)
        assert len(days) in {0, 1, 3}
        assert list(days) == sorted(days, reverse=True)


def test_a_run_that_is_a_little_late_looks_at_the_same_days() -> None:
    for tick in range(TICKS_OF_A_DAY):
        assert days_looked_at(tick * TICK_MS) == days_looked_at((tick + 1) * TICK_MS - 1)


def test_what_got_stuck_today_is_found_within_half_an_hour(world: World) -> None:
    lose_everything(world, 1)
    sent = 0
    for _ in range(6):
        world.clock.advance(TICK_MS)
        sent += world.sweep()
    assert sent >= 1
    world.settle()
    assert world.only().state is State.DECIDED


@pytest.mark.parametrize("days", [1, 3, 8, 13])
def test_what_got_stuck_days_ago_is_found_within_a_day(world: World, days: int) -> None:
    """The sweep itself did not run all that time."""
    lose_everything(world, 1)
    world.clock.advance((days - 1) * DAY_MS)
    for _ in range(TICKS_OF_A_DAY):
        world.clock.advance(TICK_MS)
        world.sweep()
    world.settle()
    assert world.only().state is State.DECIDED


def test_a_run_by_hand_looks_at_the_days_it_is_given(world: World) -> None:
    lose_everything(world, 1)
    world.clock.advance(5 * DAY_MS + TICK_MS)
    assert days_looked_at(world.clock.now_ms()) == ()
    assert world.sweep() == 0
    assert world.sweep(range(OLDEST, -1, -1)) == 1


def test_those_who_moved_on_since_do_not_stand_in_the_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an older day more seem stuck than a run sends, and only one of them is."""
    monkeypatch.setattr(sweep, "AT_MOST", 3)
    lose_everything(world, 9)
    stuck, *others = world.aws.cases
    world.clock.advance(DAY_MS)
    for ref in others:
        message = Message(ref, 1)
        world.check(message)
        world.score(message)
    found: set[str] = set()
    for _ in range(24):
        world.clock.advance(TICK_MS)
        world.queues["check"].sent.clear()
        assert world.sweep((1,)) == 3
        found |= {message.ref.locator for message in world.queues["check"].sent}
    assert stuck.locator in found


def test_a_neighbour_s_proposal_waits_for_people_and_for_no_queue(world: World) -> None:
    """A model that is proposed has a machine waiting for it; the word is the same."""
    form_of = {"name": "Contoh", "village": VILLAGE, "place": "RT 1", "reason": "poor", "phone": ""}
    world.propose("p" * 24, form_of)
    world.clock.advance(sweep.STUCK_MS)
    assert world.only().state is State.PROPOSED
    assert world.sweep(range(OLDEST + 1)) == 0


def test_a_dispute_is_sent_when_it_is_due_and_after_no_message_came(world: World) -> None:
    store = FakeDisputes(world.aws)
    made, event = filed(Kind.APPEAL, "3M3GAAAAAA", when=NOW)
    assert store.create(made, event, statements(made)) is None
    reviewed = hearing.to_review(made, at(NOW), due=NOW + DAY_MS)
    assert store.change(*reviewed) is None
    sent = world.queues[DISPUTE].sent
    for passed, count in ((0, 0), (dispute.LOST_MS - 1, 0), (1, 1)):  # nobody is drawn
        world.clock.advance(passed)
        assert world.sweep(()) == count
    assert sent.pop() == Message(made.ref, 0)
    drawn = adjudication.assign(reviewed[0], "officer-1", at(world.clock.now_ms()), level=0)
    assert store.change(*drawn) is None
    assert world.sweep(()) == 0
    world.clock.advance(DAY_MS)
    assert world.sweep(()) == 1
    assert sent == [Message(made.ref, 0)]
