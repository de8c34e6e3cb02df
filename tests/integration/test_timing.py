"""How long a wrong secret takes must not tell whether there is such a case.

Two kinds of look-up are timed in turn, 120 of each: a receipt whose case is there and whose secret
is wrong, and one whose case is not there. Compared are the quick quarters, since noise of a machine
only ever adds time. The chance that labels mean nothing is found by swapping them within pairs.

A difference by chance is told from a leak by measuring again: a leak is there every time, and
chance (once in two hundred) three times in a row once in eight million runs. So a busy machine
makes the test slower and never red, and a leak that is planted must show all three times.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import pytest

from chalicelib.domain import receipt
from chalicelib.domain.receipt import Mac, Receipt
from chalicelib.domain.registration import Ref
from chalicelib.usecases.ports import Looked
from tests.fuzz.hostile import JSON, Sent
from tests.fuzz.judge import Fuzzed, fuzzed

PAIRS = 120
QUARTER = PAIRS // 4
ALLOWED_MS = 0.4
CHANCE = 0.005
FAKES_MS = 0.02  # the fakes' own: finding a key in a dict takes microseconds more than missing it
SWAPS = 2_000
TRIES = 3
LEAK_S = 0.0016


@dataclass(frozen=True, slots=True)
class Compared:
    """Two kinds of look-up beside each other.

    Attributes:
        apart_ms: difference of the means of the quick quarters.
        chance: share of swapped labellings that differ at least as much.
    """

    apart_ms: float
    chance: float

    @property
    def tells(self) -> bool:
        seen = self.chance <= CHANCE and self.apart_ms >= FAKES_MS
        return seen or self.apart_ms >= ALLOWED_MS


@pytest.fixture(scope="module")
def surface() -> Iterator[Fuzzed]:
    with fuzzed() as found:
        yield found


def papers(surface: Fuzzed) -> list[tuple[Receipt, Receipt]]:
    """Pairs of receipts with wrong secrets: one with a case and one without."""
    mac = surface.world.index.mac
    known = [found for text in surface.receipts if (found := receipt.parse(text))]
    village = receipt.village_index(known[0].locator)
    absent = [receipt.derive(mac, f"nobody-{place:010}", village) for place in range(len(known))]
    return [
        (wrong(mac, here.locator), wrong(mac, there.locator))
        for here, there in zip(known, absent, strict=True)
    ]


def wrong(mac: Mac, locator: str) -> Receipt:
    return Receipt(locator, receipt.new_secret(mac, locator, b"a guess"))


def look_up(surface: Fuzzed, paper: Receipt) -> float:
    """Milliseconds of a look-up; the tries before it do not count against it."""
    surface.world.aws.buckets.clear()
    body = json.dumps({"receipt": paper.text}).encode()
    sent = Sent("/v1/status", {"content-type": JSON, "x-forwarded-for": "203.0.113.7"}, body)
    began = time.perf_counter_ns()
    answer = surface.call(sent)
    took = time.perf_counter_ns() - began
    assert answer["statusCode"] == 404
    return took / 1e6


def measure(surface: Fuzzed, random: Random) -> Compared:
    """Time both kinds in turn and compare them."""
    pairs = papers(surface)
    times = []
    gc.collect()
    gc.disable()
    try:
        for number in range(-5, PAIRS):
            here, there = pairs[number % len(pairs)]
            first = random.random() < 0.5
            took = [
                look_up(surface, paper) for paper in ((here, there) if first else (there, here))
            ]
            if number >= 0:  # the first ones only warm up
                times.append((took[0], took[1]) if first else (took[1], took[0]))
    finally:
        gc.enable()
    apart = quick_difference(times)
    swapped = (
        quick_difference([pair if random.random() < 0.5 else pair[::-1] for pair in times])
        for _ in range(SWAPS)
    )
    return Compared(apart, (1 + sum(other >= apart for other in swapped)) / (1 + SWAPS))


def quick_difference(times: Sequence[tuple[float, ...]]) -> float:
    here, there = (sorted(each)[:QUARTER] for each in zip(*times, strict=True))
    return float(abs(sum(here) - sum(there)) / QUARTER)


def tells_every_time(surface: Fuzzed) -> list[Compared]:
    """What was measured, up to the first time that tells nothing."""
    measured: list[Compared] = []
    for attempt in range(TRIES):
        measured.append(measure(surface, Random(attempt)))  # noqa: S311 - labels, no secret
        if not measured[-1].tells:
            break
    return measured


def test_the_time_of_a_wrong_secret_tells_nothing(surface: Fuzzed) -> None:
    measured = tells_every_time(surface)
    assert not measured[-1].tells, measured


def test_a_leak_is_seen(surface: Fuzzed, monkeypatch: pytest.MonkeyPatch) -> None:
    look = surface.world.store.look

    def slow(ref: Ref | None, buckets: Sequence[str], region: str) -> Looked:
        found = look(ref, buckets, region)
        if found.case is not None:
            time.sleep(LEAK_S)
        return found

    monkeypatch.setattr(surface.world.store, "look", slow)
    measured = tells_every_time(surface)
    assert len(measured) == TRIES
    assert all(each.apart_ms >= ALLOWED_MS and each.chance <= CHANCE for each in measured)
