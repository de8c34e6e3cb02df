"""Steps of an officer's profile: what each tells the ledger, and that it changes nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import audit, officer_profile
from chalicelib.domain.assignment import Officer
from chalicelib.domain.audit import Act, Event, Head
from chalicelib.domain.officer_profile import Asked, Profile
from chalicelib.domain.registration import Stamp
from tests.fakes import START
from tests.world import REGION, VILLAGE, World

SUB = "petugas-1"
ONE, OTHER = "staff:admin-1", "staff:admin-2"
SUPERVISOR = frozenset({"supervisor"})


@pytest.fixture
def world() -> World:
    return World()


def digest(number: int) -> bytes:
    return bytes([number]) * 16


def check_step(
    before: Profile,
    after: tuple[Profile, Event],
    act: Act,
    stamp: Stamp,
    details: Mapping[str, object],
    **changed: Any,
) -> Profile:
    """A step changes what it says and nothing else, and its event follows in the one chain."""
    now, event = after
    told = (event.chain, event.act, event.actor, event.at, event.commitment)
    said = audit.commit(stamp.salt, details)
    assert told == (before.ref.locator, act, stamp.actor, stamp.at, said)
    assert (event.seq, event.prev) == (before.head.seq + 1, before.head.hash)
    head = Head(event.seq, event.hash, event.at)
    assert now == replace(before, version=before.version + 1, head=head, **changed)
    return now


def test_each_step_tells_the_ledger_what_it_rests_on_and_changes_nothing_else(world: World) -> None:
    salt = digest(99)
    one, other = Stamp(START, ONE, salt), Stamp(START + 1, OTHER, salt)
    ref = officer_profile.ref_of(world.index.mac, REGION, SUB)
    profile = officer_profile.blank(ref, SUB, salt)
    assert profile == Profile(
        ref, Officer(SUB, frozenset()), 0, audit.first_head(ref.locator), salt
    )
    told = Officer(
        sub="somebody-else",  # what is told names nobody anew, and gives no role
        roles=SUPERVISOR,
        person=digest(1),
        kk=digest(2),
        phone=digest(3),
        village=VILLAGE,
        districts=frozenset({"351015", "351001"}),
        kin_people=frozenset({digest(5), digest(4)}),
        kin_kks=frozenset({digest(7), digest(6)}),
        kin_at=START,
    )
    profile = check_step(
        profile,
        officer_profile.declare(profile, told, one),
        Act.PROFILE_DECLARED,
        one,
        {
            "person": digest(1).hex(),
            "kk": digest(2).hex(),
            "phone": digest(3).hex(),
            "village": VILLAGE,
            "districts": ["351001", "351015"],
            "kin_people": [digest(4).hex(), digest(5).hex()],
            "kin_kks": [digest(6).hex(), digest(7).hex()],
            "kin_at": START,
        },
        officer=replace(told, sub=SUB, roles=frozenset()),
        declared_by=ONE,
        declared_at=START,
    )
    roles = frozenset({"supervisor", "agent"})
    details = {"officer": SUB, "roles": ["agent", "supervisor"]}
    asked = check_step(
        profile,
        officer_profile.ask_roles(profile, roles, one),
        Act.ROLES_PROPOSED,
        one,
        details,
        asked=Asked(roles, ONE, START),
    )
    check_step(
        asked,
        officer_profile.drop_roles(asked, other),
        Act.ROLES_DROPPED,
        other,
        details,
        asked=None,
    )
    check_step(
        asked,
        officer_profile.grant_roles(asked, other),
        Act.ROLES_GRANTED,
        other,
        details,
        officer=replace(profile.officer, roles=roles),
        asked=None,
        granted=Asked(roles, OTHER, START + 1),
    )
