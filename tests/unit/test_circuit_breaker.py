from __future__ import annotations

import pytest

from chalicelib.adapters.registers.circuit_breaker import CircuitBreaker


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def breaker(time: Time) -> CircuitBreaker:
    return CircuitBreaker(threshold=3, rest_seconds=30, clock=time, random=lambda: 0.0)


def fail(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        assert breaker.allows()
        breaker.failed()


def test_lets_calls_pass_until_the_threshold(breaker: CircuitBreaker) -> None:
    fail(breaker, 2)
    assert breaker.allows()


def test_opens_after_failures_in_a_row(breaker: CircuitBreaker) -> None:
    fail(breaker, 3)
    assert not breaker.allows()


def test_a_success_between_failures_starts_the_count_anew(breaker: CircuitBreaker) -> None:
    fail(breaker, 2)
    breaker.succeeded()
    fail(breaker, 2)
    assert breaker.allows()


def test_stays_open_while_it_rests(breaker: CircuitBreaker, time: Time) -> None:
    fail(breaker, 3)
    time.now += 29.9
    assert not breaker.allows()


def test_lets_one_probe_out_after_the_rest(breaker: CircuitBreaker, time: Time) -> None:
    fail(breaker, 3)
    time.now += 30
    assert breaker.allows()
    assert not breaker.allows()


def test_a_good_probe_closes_it(breaker: CircuitBreaker, time: Time) -> None:
    fail(breaker, 3)
    time.now += 30
    assert breaker.allows()
    breaker.succeeded()
    fail(breaker, 2)
    assert breaker.allows()


def test_a_bad_probe_opens_it_for_a_whole_rest(breaker: CircuitBreaker, time: Time) -> None:
    fail(breaker, 3)
    time.now += 30
    fail(breaker, 1)
    time.now += 29.9
    assert not breaker.allows()
    time.now += 0.1
    assert breaker.allows()


def test_a_probe_that_never_reports_blocks_nobody_for_ever(
    breaker: CircuitBreaker, time: Time
) -> None:
    fail(breaker, 3)
    time.now += 30
    assert breaker.allows()
    time.now += 30
    assert breaker.allows()


def test_rests_up_to_half_as_long_again_at_random(time: Time) -> None:
    breaker = CircuitBreaker(threshold=1, rest_seconds=30, clock=time, random=lambda: 0.5)
    fail(breaker, 1)
    time.now += 37.4
    assert not breaker.allows()
    time.now += 0.1
    assert breaker.allows()
