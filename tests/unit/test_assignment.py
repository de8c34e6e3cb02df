"""Who may act on a matter, and what holds of whoever is drawn, whatever is told of all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.assignment import (
    GUEST,
    Escalated,
    Interests,
    Judges,
    Officer,
    Role,
    conflicts,
    draw,
    may_act,
    missing,
)
from chalicelib.domain.registration import Ref
from tests.assigning import DISTRICT, FAR, HERE, MATTER, NEIGHBOUR, OTHER_DISTRICT, digest, officer

UNTIMED = settings(deadline=None)
KEY = b"k" * 32


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
