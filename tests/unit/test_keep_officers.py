"""Profiles of officers: told once, kept as digests, roles given by two administrators."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters import dynamo, officer_items, registry_items
from chalicelib.adapters.stream_records import state_change
from chalicelib.domain import blind_keys, officer_profile
from chalicelib.domain.assignment import GUEST, missing
from chalicelib.domain.audit import Act
from chalicelib.domain.errors import (
    Fault,
    InvalidRequest,
    NotAllowed,
    NotFound,
    TryAgain,
    WrongState,
)
from chalicelib.domain.officer_profile import Profile
from chalicelib.usecases import keep_officers
from chalicelib.usecases.keep_officers import MOST_KIN, Declare, Ports
from tests.fakes_officers import FakeOfficers
from tests.world import REGION, VILLAGE, World

SUB = "petugas-1"
ONE, OTHER, OWN = "staff:admin-1", "staff:admin-2", f"staff:{SUB}"
NIK, SPOUSE, KK, CARD = (
    "3510154903859901",
    "3510151103879902",
    "3510151503859903",
    "3510151503859904",
)
REVIEWER, SUPERVISOR = frozenset({"reviewer"}), frozenset({"supervisor"})
TOLD = Declare(
    sub=SUB,
    nik=NIK,
    kk=KK,
    phone="081234567890",
    village=VILLAGE,
    districts=("351015", "351001"),
    kin_niks=(SPOUSE,),
    kin_kks=(CARD,),
    kin_told=True,
    actor=ONE,
)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def ports(world: World) -> Ports:
    rules = world.form_rules()
    return Ports(
        world.clock,
        world.random,
        world.index,
        FakeOfficers(world.aws),
        rules.on,
        rules.areas,
        ("351015", "351001"),
        REGION,
    )


def kept(world: World) -> Profile:
    (profile,) = world.aws.officers.values()
    return profile


def acts(world: World) -> list[tuple[Act, str]]:
    return [(event.act, event.actor) for event in world.aws.events.values()]


def codes(error: pytest.ExceptionInfo[InvalidRequest]) -> list[tuple[str, str]]:
    return [(fault.code, fault.field) for fault in error.value.faults]


def test_what_is_told_is_kept_as_digests_that_others_compare(world: World, ports: Ports) -> None:
    made = keep_officers.declare(TOLD, ports)
    assert made == kept(world)
    mac = world.index.mac
    assert made.ref == officer_profile.ref_of(mac, REGION, SUB)
    assert made.ref.village == REGION
    assert (made.officer.sub, made.officer.kin_at) == (SUB, world.clock.now)
    assert made.officer.person == blind_keys.person(mac, NIK)
    assert made.officer.kk == blind_keys.card(mac, KK)
    assert made.officer.kin_people == {blind_keys.person(mac, SPOUSE)}
    assert made.officer.kin_kks == {blind_keys.card(mac, CARD)}
    assert made.officer.phone == blind_keys.phone(mac, "+6281234567890")
    assert (missing(made.officer), made.officer.roles) == ((), frozenset())
    assert acts(world) == [(Act.PROFILE_DECLARED, ONE)]
    text = repr(world.aws.officers) + repr(world.aws.events)
    assert not any(number in text for number in (NIK, SPOUSE, KK, CARD, "81234567890"))


def test_said_again_changes_nothing_and_anew_replaces(world: World, ports: Ports) -> None:
    first = keep_officers.declare(TOLD, ports)
    world.clock.advance(60_000)
    assert keep_officers.declare(replace(TOLD, actor=OTHER), ports) == first
    moved = keep_officers.declare(replace(TOLD, kin_niks=(), actor=OTHER), ports)
    assert moved.officer.kin_people == frozenset()
    assert (moved.version, moved.declared_by) == (2, OTHER)
    again = keep_officers.declare(replace(TOLD, kin_niks=(), kin_told=False), ports)
    assert missing(again.officer) == ("kin",)
    assert [act for act, _ in acts(world)] == [Act.PROFILE_DECLARED] * 3


def test_a_declaration_keeps_the_roles_and_said_again_still_changes_nothing(ports: Ports) -> None:
    keep_officers.ask_roles(SUB, REVIEWER, ONE, ports)
    keep_officers.grant_roles(SUB, REVIEWER, OTHER, ports)
    told = keep_officers.declare(TOLD, ports)
    assert told.officer.roles == REVIEWER
    assert keep_officers.declare(TOLD, ports) == told


def test_devices_are_not_told_so_knowing_them_makes_nothing_new(world: World, ports: Ports) -> None:
    there = keep_officers.declare(TOLD, ports)
    seen = replace(there, officer=replace(there.officer, devices=frozenset({bytes(16)})))
    world.aws.officers[there.ref] = seen
    assert keep_officers.declare(TOLD, ports) == seen


def test_another_declaration_forgets_no_device(world: World, ports: Ports) -> None:
    there = keep_officers.declare(TOLD, ports)
    devices = frozenset({bytes(16)})
    world.aws.officers[there.ref] = replace(there, officer=replace(there.officer, devices=devices))
    moved = keep_officers.declare(replace(TOLD, phone="081234599099"), ports)
    assert moved.officer.devices == devices
    assert moved.officer.phone != there.officer.phone


def test_numbers_may_be_typed_with_spaces(ports: Ports) -> None:
    spaced = replace(TOLD, nik="3510 1549 0385 9901")
    told = keep_officers.declare(spaced, ports).officer
    assert told == keep_officers.declare(TOLD, ports).officer


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sub": "a b"}, ("account_malformed", "sub")),
        ({"sub": NIK}, ("account_malformed", "sub")),
        ({"sub": ""}, ("account_malformed", "sub")),
        ({"nik": "351015490385990"}, ("nik_length", "nik")),
        ({"kk": ""}, ("kk_empty", "kk")),
        ({"kin_niks": (SPOUSE, "35101511038799AB")}, ("nik_non_digit", "kin_niks")),
        ({"kin_kks": ("1",)}, ("kk_length", "kin_kks")),
        ({"kin_niks": (SPOUSE,) * (MOST_KIN + 1)}, ("field_too_long", "kin_niks")),
        ({"kin_kks": (CARD,) * (MOST_KIN + 1)}, ("field_too_long", "kin_kks")),
        ({"phone": "12"}, ("phone_malformed", "phone")),
        ({"village": "351015"}, ("village_malformed", "village")),
        ({"districts": ()}, ("field_not_an_option", "districts")),
        ({"village": "5271012001", "districts": ("527101",)}, ("field_not_an_option", "districts")),
        ({"districts": ("351015", "527101")}, ("field_not_an_option", "districts")),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_kept(
    world: World, ports: Ports, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    with pytest.raises(InvalidRequest) as error:
        keep_officers.declare(replace(TOLD, **changes), ports)
    assert codes(error) == [expected]
    assert world.aws.officers == {}


def test_as_many_relatives_as_there_may_be_are_kept(ports: Ports) -> None:
    many = replace(TOLD, kin_niks=(SPOUSE,) * MOST_KIN, kin_kks=(CARD,) * MOST_KIN)
    assert len(keep_officers.declare(many, ports).officer.kin_kks) == 1


def test_all_faults_are_told_at_once(ports: Ports) -> None:
    with pytest.raises(InvalidRequest) as error:
        keep_officers.declare(replace(TOLD, nik="1", kk="2", phone="3"), ports)
    assert codes(error) == [
        ("nik_length", "nik"),
        ("kk_length", "kk"),
        ("phone_malformed", "phone"),
    ]


def test_one_proposes_roles_another_gives_them(world: World, ports: Ports) -> None:
    asked = keep_officers.ask_roles(SUB, REVIEWER, ONE, ports)
    assert asked.officer.roles == frozenset()
    assert keep_officers.ask_roles(SUB, REVIEWER, ONE, ports) == asked
    given = keep_officers.grant_roles(SUB, REVIEWER, OTHER, ports)
    assert given.officer.roles == REVIEWER
    assert keep_officers.grant_roles(SUB, REVIEWER, OTHER, ports) == given
    assert acts(world) == [(Act.ROLES_PROPOSED, ONE), (Act.ROLES_GRANTED, OTHER)]


def test_a_guest_lives_elsewhere_is_in_charge_of_nothing_and_is_given_by_two(ports: Ports) -> None:
    keep_officers.declare(replace(TOLD, village="5271012001", districts=()), ports)
    lent = frozenset({"reviewer", GUEST})
    keep_officers.ask_roles(SUB, lent, ONE, ports)
    made = keep_officers.grant_roles(SUB, lent, OTHER, ports)
    assert (made.officer.roles, missing(made.officer)) == (lent, ())
    plain = keep_officers.declare(replace(TOLD, sub="x", village="5271012001", districts=()), ports)
    assert missing(plain.officer) == ("districts",)


def test_whoever_proposes_does_not_give(world: World, ports: Ports) -> None:
    keep_officers.ask_roles(SUB, REVIEWER, ONE, ports)
    with pytest.raises(NotAllowed) as error:
        keep_officers.grant_roles(SUB, REVIEWER, ONE, ports)
    assert error.value.faults == (Fault("roles_same_person"),)
    assert kept(world).officer.roles == frozenset()


def test_nobody_does_anything_about_themselves(world: World, ports: Ports) -> None:
    keep_officers.ask_roles(SUB, REVIEWER, ONE, ports)
    for step in (
        lambda: keep_officers.declare(replace(TOLD, actor=OWN), ports),
        lambda: keep_officers.ask_roles("other", REVIEWER, "staff:other", ports),
        lambda: keep_officers.grant_roles(SUB, REVIEWER, OWN, ports),
        lambda: keep_officers.drop_roles(SUB, OWN, ports),
    ):
        with pytest.raises(NotAllowed) as error:
            step()
        assert error.value.faults == (Fault("profile_own"),)
    assert len(world.aws.events) == 1


def test_other_roles_than_were_read_are_not_given(ports: Ports) -> None:
    keep_officers.ask_roles(SUB, SUPERVISOR, ONE, ports)
    with pytest.raises(TryAgain) as error:
        keep_officers.grant_roles(SUB, REVIEWER, OTHER, ports)
    assert error.value.faults == (Fault("busy"),)


def test_roles_that_nobody_proposed_are_not_given(ports: Ports) -> None:
    keep_officers.declare(TOLD, ports)
    with pytest.raises(WrongState) as error:
        keep_officers.grant_roles(SUB, REVIEWER, OTHER, ports)
    assert error.value.faults == (Fault("roles_not_waiting"),)


def test_a_proposal_is_dropped_by_either_and_may_be_made_anew(ports: Ports) -> None:
    for actor in (ONE, OTHER):
        keep_officers.ask_roles(SUB, REVIEWER, ONE, ports)
        dropped = keep_officers.drop_roles(SUB, actor, ports)
        assert (dropped.asked, dropped.officer.roles) == (None, frozenset())
    with pytest.raises(WrongState) as error:
        keep_officers.drop_roles(SUB, ONE, ports)
    assert error.value.faults == (Fault("roles_not_waiting"),)


def test_roles_are_taken_away_by_two_as_well(ports: Ports) -> None:
    keep_officers.ask_roles(SUB, REVIEWER, ONE, ports)
    keep_officers.grant_roles(SUB, REVIEWER, OTHER, ports)
    with pytest.raises(WrongState) as error:
        keep_officers.ask_roles(SUB, REVIEWER, ONE, ports)
    assert error.value.faults == (Fault("roles_same"),)
    keep_officers.ask_roles(SUB, frozenset(), OTHER, ports)
    assert keep_officers.grant_roles(SUB, frozenset(), ONE, ports).officer.roles == frozenset()


def test_one_change_waits_at_a_time(ports: Ports) -> None:
    keep_officers.ask_roles(SUB, REVIEWER, ONE, ports)
    for roles, actor in ((SUPERVISOR, ONE), (REVIEWER, OTHER)):
        with pytest.raises(WrongState) as error:
            keep_officers.ask_roles(SUB, roles, actor, ports)
        assert error.value.faults == (Fault("roles_waiting"),)


@pytest.mark.parametrize("role", ["region_admin", "auditor", "analyst", "root"])
def test_only_roles_that_are_drawn_from_are_given_here(ports: Ports, role: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        keep_officers.ask_roles(SUB, frozenset({role}), ONE, ports)
    assert codes(error) == [("field_not_an_option", "roles")]


@pytest.mark.parametrize(("sub", "looks"), [("nobody", 2), ("a b", 0), ("", 0)])
def test_an_account_without_a_profile(world: World, ports: Ports, sub: str, looks: int) -> None:
    for step in (
        lambda: keep_officers.grant_roles(sub, REVIEWER, ONE, ports),
        lambda: keep_officers.drop_roles(sub, ONE, ports),
    ):
        with pytest.raises(NotFound) as error:
            step()
        assert error.value.faults == (Fault("officer_unknown"),)
    assert world.aws.calls.count("GetItem") == looks  # what is no account is not looked for


def test_of_two_at_once_one_is_told_to_look_again(world: World, ports: Ports) -> None:
    there = keep_officers.declare(TOLD, ports)

    class Late(FakeOfficers):
        def load(self, ref: Any) -> Profile | None:
            return there

    keep_officers.declare(replace(TOLD, kin_kks=()), ports)
    late = replace(ports, officers=Late(world.aws))
    with pytest.raises(TryAgain) as error:
        keep_officers.declare(replace(TOLD, kin_niks=(), actor=OTHER), late)
    assert error.value.faults == (Fault("busy"),)
    assert kept(world).officer.kin_people != frozenset()


def test_each_account_has_a_chain_of_its_own(world: World, ports: Ports) -> None:
    keep_officers.declare(TOLD, ports)
    keep_officers.declare(replace(TOLD, sub="petugas-2"), ports)
    assert len({profile.ref for profile in world.aws.officers.values()}) == 2
    mac = world.index.mac
    assert officer_profile.ref_of(mac, REGION, SUB) != officer_profile.ref_of(mac, "5271", SUB)


def test_a_profile_that_moves_is_no_work_for_the_queues(ports: Ports) -> None:
    made = keep_officers.declare(TOLD, ports)
    item = dynamo.encode(officer_items.profile_to_item(made))
    assert state_change(None, item) is None
    assert registry_items.is_chained(dynamo.decode(item))
