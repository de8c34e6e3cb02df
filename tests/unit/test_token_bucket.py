"""Tokens come back one by one; what is told to wait is exactly what has to be waited."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.token_bucket import Allowance, Verdict, allowance

TEN = Allowance(capacity=10, refill_ms=60_000)


@dataclass(frozen=True)
class Kept:
    tokens: int
    at: int


def test_a_bucket_that_was_never_used_allows() -> None:
    assert allowance(None, 0, TEN) == Verdict(ok=True, wait_ms=0)


def test_ten_tries_at_once_then_one_a_minute() -> None:
    now = 1_000_000
    for tries in range(10):
        assert allowance(Kept(10, now + tries * 60_000), now, TEN).ok
    spent = Kept(10, now + 10 * 60_000)
    assert allowance(spent, now, TEN) == Verdict(ok=False, wait_ms=60_000)
    assert allowance(spent, now + 59_999, TEN) == Verdict(ok=False, wait_ms=1)
    assert allowance(spent, now + 60_000, TEN) == Verdict(ok=True, wait_ms=0)


@given(
    tokens=st.integers(0, 10),
    at=st.integers(0, 10_000_000),
    now=st.integers(0, 10_000_000),
    refill=st.integers(1, 100_000),
)
def test_the_wait_is_exact(tokens: int, at: int, now: int, refill: int) -> None:
    kind = Allowance(10, refill)
    verdict = allowance(Kept(tokens, at), now, kind)
    if verdict.ok:
        assert verdict.wait_ms == 0
    else:
        assert verdict.wait_ms > 0
        assert not allowance(Kept(tokens, at), now + verdict.wait_ms - 1, kind).ok
        assert allowance(Kept(tokens, at), now + verdict.wait_ms, kind).ok
