"""Who may act on a matter, and who is drawn among them."""

from __future__ import annotations

import hmac
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.assignment import (
    GUEST,
    Drawn,
    Escalated,
    Interests,
    Judges,
    Officer,
    Role,
    conflicts,
    day_key,
    draw,
    may_act,
    missing,
)
from chalicelib.domain.registration import Ref

UNTIMED = settings(deadline=None)
KEY = b"k" * 32
HERE, NEIGHBOUR, FAR = "3510152001", "3510152002", "3510012001"
DISTRICT, OTHER_DISTRICT = HERE[:6], FAR[:6]


def digest(name: str) -> bytes:
    return name.encode().ljust(16, b".")


def officer(sub: str = "ani", **other: Any) -> Officer:
    """Somebody of whom all is told, and who is close to nobody."""
    told: dict[str, Any] = {
        "sub": sub,
        "roles": frozenset({"reviewer"}),
        "person": digest(f"{sub} nik"),
        "kk": digest(f"{sub} kk"),
        "phone": digest(f"{sub} phone"),
        "village": NEIGHBOUR,
        "districts": frozenset({DISTRICT}),
        "kin_at": 1,
    }
    return Officer(**told | other)


MATTER = Interests(
    village=HERE,
    people=frozenset({digest("head"), digest("child")}),
    kks=frozenset({digest("card"), digest("parents' card")}),
    contacts=frozenset({digest("a phone"), digest("a device")}),
    agent="agent-1",
    objector=digest("objector"),
)


def test_who_is_close_to_nobody_may() -> None:
    assert conflicts(officer(), MATTER) == frozenset()
    assert may_act(officer(), MATTER, Role.RECOMMENDER) == frozenset()


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"village": HERE}, "same_village"),
        ({"person": digest("head")}, "own_family"),
        ({"kk": digest("card")}, "own_family"),
        ({"kk": digest("parents' card")}, "own_family"),
        ({"kin_people": frozenset({digest("child")})}, "kin"),
        ({"kin_kks": frozenset({digest("parents' card")})}, "kin"),
        ({"phone": digest("a phone")}, "same_contact"),
        ({"phone": digest("a device")}, "same_contact"),
        ({"devices": frozenset({digest("a device")})}, "same_contact"),
        ({"sub": "agent-1"}, "registered_it"),
        ({"person": digest("objector")}, "objected"),
        ({"kin_people": frozenset({digest("objector")})}, "objected"),
    ],
)
def test_whoever_has_an_interest_may_neither_act_nor_look(other: dict[str, Any], code: str) -> None:
    for role in Role:
        assert code in may_act(officer(**other), MATTER, role)
    assert conflicts(officer(**other), MATTER) == {code}


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"decided": frozenset({"ani"})}, "decided_before"),
        ({"acted": frozenset({"ani"})}, "acted_before"),
    ],
)
def test_nobody_acts_twice(other: dict[str, Any], code: str) -> None:
    assert conflicts(officer(), replace(MATTER, **other)) == {code}


@pytest.mark.parametrize(
    ("untold", "told"),
    [
        ({"person": b""}, "person"),
        ({"kk": b""}, "kk"),
        ({"phone": b""}, "phone"),
        ({"village": ""}, "village"),
        ({"districts": frozenset()}, "districts"),
        ({"kin_at": 0}, "kin"),
    ],
)
def test_an_incomplete_profile_is_told_and_excluded(untold: dict[str, Any], told: str) -> None:
    someone = officer(**untold)
    assert missing(someone) == (told,)
    assert not someone.complete
    assert "profile_incomplete" in conflicts(someone, MATTER)


def test_where_nobody_objected_nobody_without_a_number_is_the_objector() -> None:
    none = replace(MATTER, objector=b"")
    assert conflicts(officer(person=b""), none) == {"profile_incomplete"}


def test_nothing_told_is_all_missing() -> None:
    assert missing(Officer("ani", frozenset())) == (
        "person",
        "kk",
        "phone",
        "village",
        "districts",
        "kin",
    )
    assert officer().complete


@pytest.mark.parametrize("unknown", [{"people": None}, {"kks": None}, {"contacts": None}])
def test_a_household_of_which_too_little_is_known_excludes_everybody(unknown: Any) -> None:
    assert conflicts(officer(), replace(MATTER, **unknown)) == {"relation_unknown"}
    assert "relation_unknown" in conflicts(officer(), replace(MATTER, village=""))


def test_known_to_have_none_is_not_unknown() -> None:
    """A family without a card and without a telephone is judged too."""
    none = frozenset[bytes]()
    bare = replace(MATTER, people=none, kks=none, contacts=none, agent="", objector=b"")
    assert conflicts(officer(), bare) == frozenset()


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        ({"reviewer"}, {Role.RECOMMENDER, Role.DECIDER}),
        ({"supervisor"}, {Role.RECOMMENDER, Role.DECIDER}),
        ({"agent"}, {Role.FIELD}),
        ({"region_admin", "auditor", "analyst"}, set()),
    ],
)
def test_what_those_in_charge_of_the_district_may_be_drawn_for(
    groups: set[str], roles: set[Role]
) -> None:
    someone = officer(roles=frozenset(groups))
    assert {role for role in Role if not may_act(someone, MATTER, role)} == roles


@pytest.mark.parametrize(
    ("groups", "roles"),
    [({"reviewer"}, {Role.THIRD}), ({"supervisor"}, {Role.THIRD, Role.SUPERVISOR})],
)
def test_who_must_be_from_elsewhere_neither_works_nor_lives_there(
    groups: set[str], roles: set[Role]
) -> None:
    away = officer(roles=frozenset(groups), districts=frozenset({OTHER_DISTRICT}), village=FAR)
    assert {role for role in Role if not may_act(away, MATTER, role)} == roles
    for close in ({"village": NEIGHBOUR}, {"districts": frozenset({OTHER_DISTRICT, DISTRICT})}):
        for role in roles:
            assert may_act(replace(away, **close), MATTER, role) == {"other_place"}


def test_who_has_judged_since_a_day_includes_who_judged_on_it() -> None:
    first = Judges(Ref(HERE, "3M3GZZZZZZ")).and_of("staff:ani", 5)
    both = first.and_of("staff:budi", 7)
    assert (first.version, both.version, both.case) == (1, 2, first.case)
    assert [both.of_late(since) for since in (5, 6, 7, 8)] == [
        {"ani", "budi"},
        {"budi"},
        {"budi"},
        set(),
    ]
    again = both.and_of("staff:ani", 9)
    assert (again.version, again.of_late(8)) == (3, {"ani"})


# --- drawing --------------------------------------------------------------------------------------

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


# --- whatever is told -----------------------------------------------------------------------------

NAMES = st.sampled_from(["", "a", "b", "c", "d"])
DIGESTS = NAMES.map(lambda name: digest(name) if name else b"")
SETS = st.frozensets(DIGESTS.filter(bool), max_size=3)
VILLAGES = st.sampled_from(["", HERE, NEIGHBOUR, FAR])
OFFICERS = st.builds(
    Officer,
    sub=st.sampled_from(["o1", "o2", "o3", "o4", "o5"]),
    roles=st.frozensets(st.sampled_from(["reviewer", "supervisor", "agent", "auditor"])),
    person=DIGESTS,
    kk=DIGESTS,
    phone=DIGESTS,
    village=VILLAGES,
    districts=st.frozensets(st.sampled_from([DISTRICT, OTHER_DISTRICT])),
    kin_people=SETS,
    kin_kks=SETS,
    kin_at=st.integers(0, 1),
    devices=SETS,
)
SUBS = st.frozensets(st.sampled_from(["o1", "o2", "o3"]))
MATTERS = st.builds(
    Interests,
    village=VILLAGES,
    people=st.none() | SETS,
    kks=st.none() | SETS,
    contacts=st.none() | SETS,
    agent=st.sampled_from(["", "o1", "o4"]),
    objector=DIGESTS,
    decided=SUBS,
    acted=SUBS,
)
POOLS = st.lists(OFFICERS, max_size=6, unique_by=lambda each: each.sub)


@UNTIMED
@given(POOLS, POOLS, MATTERS, st.sampled_from(Role))
def test_whoever_is_drawn_has_no_conflict_and_nobody_is_passed_over(
    near: list[Officer], far: list[Officer], matter: Interests, role: Role
) -> None:
    far = [replace(each, roles=each.roles | {GUEST}) for each in far]
    found = draw(KEY, "L1", [*far, *near], matter, role)
    free = [each for each in near if not may_act(each, matter, role)]
    if isinstance(found, Escalated):
        assert free == []
        return
    pool = far if found.level == 2 else near
    someone = next(each for each in pool if each.sub == found.sub)
    assert conflicts(someone, matter) == frozenset()
    assert (found.level == 0) == bool(free)
    if role in (Role.THIRD, Role.SUPERVISOR):
        assert matter.village[:6] not in someone.districts | {someone.village[:6]}


@UNTIMED
@given(OFFICERS, MATTERS, st.sampled_from(Role), SETS, SUBS)
def test_more_that_is_known_never_lets_anybody_in(
    someone: Officer, matter: Interests, role: Role, more: frozenset[bytes], subs: frozenset[str]
) -> None:
    closer = replace(
        matter,
        people=None if matter.people is None else matter.people | more,
        kks=None if matter.kks is None else matter.kks | more,
        contacts=None if matter.contacts is None else matter.contacts | more,
        decided=matter.decided | subs,
        acted=matter.acted | subs,
    )
    assert may_act(someone, matter, role) <= may_act(someone, closer, role)
    declared = replace(
        someone, kin_people=someone.kin_people | more, kin_kks=someone.kin_kks | more
    )
    assert may_act(someone, matter, role) <= may_act(declared, matter, role)


@UNTIMED
@given(OFFICERS, MATTERS, st.sampled_from(Role))
def test_what_is_not_known_excludes(someone: Officer, matter: Interests, role: Role) -> None:
    allowed = not may_act(someone, matter, role)
    assert not (allowed and (missing(someone) or not matter.known))


def test_every_reason_has_its_words() -> None:
    data = Path(__file__).parents[2] / "chalicelib" / "data" / "words" / "sanggah.id.json"
    words = json.loads(data.read_bytes())
    nobody = Interests("", None, None, None)
    everything = may_act(Officer("x", frozenset()), nobody, Role.FIELD) | {
        "own_family",
        "kin",
        "same_contact",
        "registered_it",
        "objected",
        "decided_before",
        "acted_before",
    }
    assert words["excluded"].keys() == everything
    assert list(words["profile"]) == list(missing(Officer("x", frozenset())))
    assert words["roles"].keys() == set(Role)
