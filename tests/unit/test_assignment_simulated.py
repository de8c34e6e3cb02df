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


def mac(purpose: str, data: bytes) -> bytes:
    return assignment.hmac.digest(b"a test's own key", purpose.encode() + b"|" + data, "sha256")


def run(region: Region, draws: int, *, shares: bool = True) -> Told:
    """Draw for one matter after another; `shares` also asks of everybody whether they might."""
    told, history, number = Told(), History(), 0
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


def judge(told: Told, draws: int) -> None:
    off = max(abs(each) for each in told.off().values())
    print(  # noqa: T201 - the figures of the documents
        f"{told.draws} draws, {len(told.wrong)} forbidden, {dict(told.levels)},"
        f" {len(told.had)} officers, furthest load {off:.2f} sigma"
    )
    assert told.draws >= draws
    assert told.wrong == []
    assert told.levels["0"] > 0.9 * draws  # it is not by asking nobody that nobody was wrong
    assert len(told.had) > 30
    assert off < 3


def test_20_000_draws_none_forbidden_and_the_load_even() -> None:
    judge(run(Region(seed=1), 20_000), 20_000)


@pytest.mark.prove
def test_a_million_draws_none_forbidden_and_the_load_even() -> None:
    judge(run(Region(seed=2), 1_000_000), 1_000_000)


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
    assert run(Region(seed=1), 4_000).off()["reviewer-0"] > 3
