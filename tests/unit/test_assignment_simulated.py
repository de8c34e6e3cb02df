"""Many draws in an invented region: none forbidden, as a walk through its families judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import sqrt

import pytest

from chalicelib.domain import assignment
from chalicelib.domain.assignment import (
    GROUPS,
    Drawn,
    Interests,
    Officer,
    Role,
    day_key,
    draw,
    may_act,
)
from tests.kinship import YEAR, History, Region, forbidden

A_YEAR = 0.7  # matters of a family: most of them meet who decided for it before
STEPS = ((Role.RECOMMENDER, 1.0), (Role.FIELD, 0.4), (Role.DECIDER, 1.0), (Role.THIRD, 0.4))


@dataclass
class Told:
    """What a run of draws brought."""

    draws: int = 0
    levels: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, list[str]]] = field(default_factory=list)
    had: Counter[str] = field(default_factory=Counter)
    expected: dict[str, float] = field(default_factory=dict)
    variance: dict[str, float] = field(default_factory=dict)

    def off(self) -> dict[str, float]:
        """How many standard deviations each officer's load is from the even share."""
        return {
            sub: (self.had[sub] - self.expected[sub]) / sqrt(self.variance[sub])
            for sub in self.expected
        }


FIRST, SECOND = b"a test's own key", b"another key of the tests"


def run(region: Region, draws: int, *, shares: bool = True, lots: bytes = FIRST) -> Told:
    """Draw for one matter after another; `shares` also asks of everybody whether they might.

    Args:
        lots: under which key the lots are; with another one the same matters fall on others.
    """
    told, history, number = Told(), History(), 0

    def mac(purpose: str, data: bytes) -> bytes:
        return assignment.hmac.digest(lots, purpose.encode() + b"|" + data, "sha256")

    while told.draws < draws:
        number += 1
        day = int(number * YEAR / (A_YEAR * len(region.cards)))
        matter, key = region.matter(number, day), day_key(mac, str(day))
        for role, how_often in STEPS:
            if region.chance.random() >= how_often:
                continue
            interests = region.interests(matter, history.decided(matter), history.acted(matter))
            found = draw(key, matter.locator, region.officers, interests, role)
            told.draws += 1
            if not isinstance(found, Drawn):
                told.levels["nobody"] += 1
                continue
            told.levels[str(found.level)] += 1
            if wrong := forbidden(region, matter, role, found.sub, history):
                told.wrong.append((found.sub, wrong))
            if shares and found.level == 0:
                count(told, region.officers, interests, role)
                told.had[found.sub] += 1
            history.add(matter, role, found.sub)
    return told


def count(told: Told, officers: list[Officer], interests: Interests, role: Role) -> None:
    able = (each for each in officers if each.roles & GROUPS[role])
    allowed = [each.sub for each in able if not may_act(each, interests, role)]
    share = 1 / len(allowed)
    for sub in allowed:
        told.expected[sub] = told.expected.get(sub, 0) + share
        told.variance[sub] = told.variance.get(sub, 0) + share * (1 - share)


SIGMAS = 3
MOST_FAR = 2  # of some 44 officers: three or more are so by chance once in four thousand runs


def uneven(first: Told, again: Callable[[], Told]) -> dict[str, float]:
    """Whose load is uneven: further than three sigma in a run, and in another with other lots.

    Of 44 officers with even loads the furthest is beyond three sigma in one run of nine, and in
    the next it is another one. A drawing that favours somebody favours them in each, and by more
    the longer the run.
    """
    far = {sub: off for sub, off in first.off().items() if abs(off) >= SIGMAS}
    if not far:
        return {}
    second = again()
    assert second.wrong == []
    off = second.off()
    print(f"again: { {sub: off[sub] for sub in far} } of {far}")  # noqa: T201 - as below
    twice = {sub: each for sub, each in far.items() if abs(off[sub]) >= SIGMAS}
    return far if len(far) > MOST_FAR else twice


def judge(seed: int, draws: int) -> None:
    told = run(Region(seed), draws)
    off = max(abs(each) for each in told.off().values())
    print(  # noqa: T201 - the figures of the documents
        f"{told.draws} draws, {len(told.wrong)} forbidden, {dict(told.levels)},"
        f" {len(told.had)} officers, furthest load {off:.2f} sigma"
    )
    assert told.draws >= draws
    assert told.wrong == []
    assert told.levels["0"] > 0.9 * draws  # it is not by asking nobody that nobody was wrong
    assert len(told.had) > 30
    assert uneven(told, lambda: run(Region(seed), draws, lots=SECOND)) == {}


def test_8_000_draws_none_forbidden_and_the_load_even() -> None:
    judge(1, 8_000)


@pytest.mark.prove
def test_a_million_draws_none_forbidden_and_the_load_even() -> None:
    judge(2, 1_000_000)


def leaving_out(code: str) -> Callable[[Officer, Interests, Role], frozenset[str]]:
    return lambda officer, interests, role: may_act(officer, interests, role) - {code}


CODES = [
    "profile_incomplete",
    "relation_unknown",
    "same_village",
    "own_family",
    "kin",
    "same_contact",
    "registered_it",
    "objected",
    "decided_before",
    "acted_before",
    "other_place",
]  # and "other_role", by which `draw` looks for its people in the first place


@pytest.mark.parametrize("code", CODES)
def test_a_rule_that_is_left_out_is_seen(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assignment, "may_act", leaving_out(code))
    assert run(Region(seed=1), 4_000, shares=False).wrong != []


def test_linked_cards_that_are_not_looked_up_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    region = Region(seed=1)
    region.linked.clear()
    assert any("family" in why for _, why in run(region, 4_000, shares=False).wrong)


def test_a_drawing_that_favours_somebody_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    lot = assignment._lot

    def favouring(key: bytes, locator: str, role: Role, officer: Officer) -> bytes:
        first = lot(key, locator, role, officer)
        again = lot(key, f"{locator}+", role, officer)
        return max(first, again) if officer.sub == "reviewer-0" else first

    monkeypatch.setattr(assignment, "_lot", favouring)
    first, second = (run(Region(seed=1), 4_000, lots=lots) for lots in (FIRST, SECOND))
    assert first.off()["reviewer-0"] > SIGMAS
    assert "reviewer-0" in uneven(first, lambda: second)


def loads(**off: float) -> Told:
    """Officers whose loads are so many standard deviations from the even share."""
    return Told(
        had=Counter({sub: round(100 + 10 * each) for sub, each in off.items()}),
        expected=dict.fromkeys(off, 100),
        variance=dict.fromkeys(off, 100),
    )


def test_who_is_far_once_is_so_by_chance_and_who_is_far_twice_is_not() -> None:
    assert uneven(loads(a=3.1, b=1), lambda: loads(a=-0.5, b=3.2)) == {}
    assert uneven(loads(a=3.1, b=-3.4), lambda: loads(a=0.2, b=-3.0)) == {"b": -3.4}
    assert uneven(loads(a=3.1, b=-3.4, c=4), lambda: loads(a=0, b=0, c=0)).keys() == {*"abc"}
    assert uneven(loads(a=2.9), lambda: loads(a=9)) == {}
