"""The queue without identity: pages in the order of their time, and no more read than shown."""

from __future__ import annotations

import pytest

from chalicelib.domain.registration import Work
from chalicelib.usecases.review_queue import PAGE
from tests.world import REGION, World


def test_the_queue_gives_pages_in_the_order_of_their_time() -> None:
    world = World()
    for number in range(PAGE + 3):
        proposal = {"name": "x", "village": "3510152004", "place": "y", "reason": "z"}
        world.propose(f"key-{number:016}", proposal)
        world.clock.advance(1000)
    first, second, third = (world.queue(Work.VISIT, number) for number in (1, 2, 3))
    assert (len(first.cases), first.more) == (PAGE, True)
    assert (len(second.cases), second.more) == (3, False)
    assert (third.cases, third.more) == ((), False)
    due = [case.waiting.due for case in (*first.cases, *second.cases) if case.waiting]
    assert due == sorted(due)
    assert len(due) == PAGE + 3


def test_a_page_that_is_just_full_is_the_last() -> None:
    world = World()
    for number in range(PAGE):
        proposal = {"name": "x", "village": "3510152004", "place": "y", "reason": "z"}
        world.propose(f"key-{number:016}", proposal)
    page = world.queue(Work.VISIT)
    assert (len(page.cases), page.number, page.more) == (PAGE, 1, False)
    assert page.now == world.clock.now_ms()


def test_no_more_of_the_index_is_read_than_tells_of_a_next_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, asked = World(), []

    def waiting(work, region, until, limit):  # noqa: ANN001, ANN202 - as the store's
        asked.append((work, region, until - world.clock.now_ms(), limit))
        return []

    monkeypatch.setattr(world.store, "waiting", waiting)
    world.queue(Work.VISIT, 3)
    assert asked == [(Work.VISIT, REGION, 366 * 86_400_000, 3 * PAGE + 1)]


@pytest.mark.parametrize(("number", "shown"), [(-1, 1), (0, 1), (100, 100), (10**9, 100)])
def test_odd_page_numbers_are_brought_into_range(number: int, shown: int) -> None:
    page = World().queue(number=number)
    assert (page.cases, page.number, page.more) == ((), shown, False)
