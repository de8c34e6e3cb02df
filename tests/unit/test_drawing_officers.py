"""Who is drawn among the officers who may act, and who stands in where none of them may."""

from __future__ import annotations

import hmac
from collections import Counter
from typing import Any

import pytest

from chalicelib.domain.assignment import (
    GUEST,
    Drawn,
    Escalated,
    Officer,
    Role,
    day_key,
    draw,
    missing,
)
from tests.assigning import FAR, HERE, MATTER, NEIGHBOUR, OTHER_DISTRICT, officer

KEY = b"k" * 32
POOL = [officer(f"o{n}") for n in range(12)]


def drawn(officers: list[Officer], locator: str = "L1", **other: Any) -> str:
    found = draw(KEY, locator, officers, MATTER, Role.RECOMMENDER, **other)
    assert isinstance(found, Drawn)
    return found.sub


def test_a_repeat_draws_the_same_in_whatever_order_they_are_listed() -> None:
    for n in range(50):
        assert drawn(POOL, f"L{n}") == drawn(POOL[::-1], f"L{n}") == drawn([*POOL], f"L{n}")


@pytest.mark.parametrize("role", [Role.RECOMMENDER, Role.DECIDER])
def test_the_highest_lot_of_role_matter_and_officer_is_drawn(role: Role) -> None:
    """As it is published, so that anybody who is shown the day's key can draw again."""
    for n in range(20):
        lots = {
            hmac.digest(KEY, f"{role.value}|L{n}|{each.sub}".encode(), "sha256"): each.sub
            for each in POOL
        }
        assert draw(KEY, f"L{n}", POOL, MATTER, role) == Drawn(lots[max(lots)], 0)


def test_day_key_and_matter_change_the_draw() -> None:
    def mac(purpose: str, data: bytes) -> bytes:
        assert purpose == "assignment"
        return data.ljust(32, b".")

    days = {day: day_key(mac, day) for day in ("20261122", "20261123")}
    subs = {
        day: [
            found.sub
            for n in range(40)
            if isinstance(found := draw(key, f"L{n}", POOL, MATTER, Role.DECIDER), Drawn)
        ]
        for day, key in days.items()
    }
    assert subs["20261122"] != subs["20261123"]
    assert len(set(subs["20261122"])) > 8


def test_one_more_officer_moves_few_matters_and_only_to_themselves() -> None:
    matters = [f"L{n}" for n in range(600)]
    before = {locator: drawn(POOL, locator) for locator in matters}
    after = {locator: drawn([*POOL, officer("new")], locator) for locator in matters}
    moved = [locator for locator in matters if before[locator] != after[locator]]
    assert {after[locator] for locator in moved} == {"new"}
    assert 20 < len(moved) < 80  # a thirteenth of 600 is 46


def test_whoever_leaves_takes_along_only_their_own_matters() -> None:
    matters = [f"L{n}" for n in range(300)]
    rest = POOL[1:]
    for locator in matters:
        if drawn(POOL, locator) != POOL[0].sub:
            assert drawn(POOL, locator) == drawn(rest, locator)


def test_a_supervisor_of_the_region_stands_in() -> None:
    boss = officer(
        "boss", roles=frozenset({"supervisor"}), districts=frozenset({OTHER_DISTRICT}), village=FAR
    )
    near = [officer(f"n{n}", village=HERE) for n in range(5)]
    assert draw(KEY, "L1", [*near, boss], MATTER, Role.RECOMMENDER) == Drawn("boss", 1)
    assert draw(KEY, "L1", [*near, boss], MATTER, Role.FIELD) == Drawn("boss", 1)
    assert draw(KEY, "L1", [boss, officer()], MATTER, Role.RECOMMENDER) == Drawn("ani", 0)


def guest(sub: str, *roles: str, **other: Any) -> Officer:
    """Somebody of another region, in charge of nothing here."""
    lent = {"village": "5271012001", "districts": frozenset[str](), "roles": frozenset(roles)}
    return officer(sub, **{**lent, "roles": frozenset({*roles, GUEST}), **other})


def test_then_somebody_of_the_next_region() -> None:
    near = [officer(village=HERE, roles=frozenset({"supervisor"}))]
    lent = [guest("guest", "reviewer"), guest("agent", "agent")]
    for role in (Role.RECOMMENDER, Role.DECIDER, Role.THIRD):
        assert draw(KEY, "L1", [*near, *lent], MATTER, role) == Drawn("guest", 2)
    assert draw(KEY, "L1", [*near, *lent], MATTER, Role.FIELD) == Drawn("agent", 2)


def test_a_guest_is_drawn_only_where_nobody_of_ones_own_may_act() -> None:
    lent = [guest(f"g{n}", "reviewer", "supervisor", "agent") for n in range(20)]
    for n in range(50):
        assert draw(KEY, f"L{n}", [*lent, officer()], MATTER, Role.DECIDER) == Drawn("ani", 0)


@pytest.mark.parametrize(
    "told", [{"kin_at": 0}, {"person": b""}, {"village": HERE}, {"kin_people": MATTER.people}]
)
def test_a_guest_is_asked_what_all_are_asked(told: dict[str, Any]) -> None:
    lent = guest("g", "reviewer", **told)
    assert isinstance(draw(KEY, "L1", [lent], MATTER, Role.DECIDER), Escalated)
    assert not missing(guest("g", "reviewer"))
    assert missing(officer("ani", districts=frozenset())) == ("districts",)


def test_who_stands_in_for_somebody_from_elsewhere_is_from_elsewhere_too() -> None:
    boss = officer("boss", roles=frozenset({"supervisor"}))
    for role in (Role.THIRD, Role.SUPERVISOR):
        near = guest("guest", "supervisor", village=NEIGHBOUR)
        assert draw(KEY, "L1", [boss, near], MATTER, role) == Escalated({"other_place": 2})


def test_nobody_at_all_is_told_with_why() -> None:
    pool = [officer("x", village=HERE), officer("y", kk=b""), officer("z", roles=frozenset())]
    assert draw(KEY, "L1", pool, MATTER, Role.RECOMMENDER) == Escalated(
        Counter({"same_village": 1, "profile_incomplete": 1, "other_role": 1})
    )
    assert draw(KEY, "L1", [], MATTER, Role.RECOMMENDER) == Escalated({})
