"""What every limit promises: wrong tries add up and come back, rights are counted once each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.token_bucket import Allowance, Verdict, allowance
from tests.builders import MINUTE, REGION
from tests.fakes import START

if TYPE_CHECKING:
    from tests.stores import World

TEN = Allowance(capacity=10, refill_ms=MINUTE)


def verdict(world: World, now: int) -> Verdict:
    (bucket,) = world.store.look(None, ("L#ABCDEFGHJK",), REGION).buckets
    return allowance(bucket, now, TEN)


def spend(world: World, now: int, times: int = 1) -> None:
    for _ in range(times):
        world.limits.spend("L#ABCDEFGHJK", now, capacity=TEN.capacity, refill_ms=TEN.refill_ms)


def test_ten_wrong_tries_are_allowed_and_then_one_a_minute(world: World) -> None:
    for _ in range(10):
        assert verdict(world, START).ok
        spend(world, START)
    assert verdict(world, START) == Verdict(ok=False, wait_ms=MINUTE)
    assert not verdict(world, START + MINUTE - 1).ok
    assert verdict(world, START + MINUTE).ok
    spend(world, START + MINUTE)
    assert not verdict(world, START + MINUTE).ok


def test_a_bucket_never_holds_more_than_its_capacity(world: World) -> None:
    spend(world, START)
    later = START + 1000 * MINUTE
    spend(world, later, times=10)
    assert not verdict(world, later).ok
    assert verdict(world, later + MINUTE).ok


def test_buckets_do_not_touch_each_other(world: World) -> None:
    spend(world, START, times=10)
    first, second = world.store.look(None, ("L#ABCDEFGHJK", "L#BBCDEFGHJK"), REGION).buckets
    assert first is not None
    assert second is None


def test_a_right_is_given_as_often_as_its_limit_says(world: World) -> None:
    taken = [world.limits.take("agent|a1|20251121", 3, START + MINUTE) for _ in range(5)]
    assert taken == [True, True, True, False, False]
    assert world.limits.take("agent|a2|20251121", 3, START + MINUTE)


def test_a_right_under_a_limit_of_nothing_is_never_given(world: World) -> None:
    assert not world.limits.take("agent|a1|20251121", 0, START + MINUTE)
    assert world.limits.take("agent|a1|20251121", 1, START + MINUTE)


def test_a_use_that_a_lower_limit_refuses_changes_no_count(world: World) -> None:
    for _ in range(3):
        assert world.limits.take("agent|a1|20251121", 3, START + MINUTE)
    assert not world.limits.take("agent|a1|20251121", 1, START + MINUTE)
    assert not world.limits.take("agent|a1|20251121", 3, START + MINUTE)
