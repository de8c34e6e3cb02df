"""What every store of officers' profiles promises."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain import officer_profile
from chalicelib.domain.assignment import Officer
from chalicelib.domain.officer_profile import Profile
from chalicelib.domain.registration import Ref, Stamp
from tests.builders import MINUTE, REGION, VILLAGE
from tests.fakes import START
from tests.stores import World

ONE, OTHER = "staff:admin-1", "staff:admin-2"
FIRST, SECOND = "ZZZYAAAAAA", "ZZZYBBBBBB"
TOLD = Officer(
    sub="",
    roles=frozenset(),
    person=b"p" * 16,
    kk=b"k" * 16,
    phone=b"t" * 16,
    village=VILLAGE,
    districts=frozenset({"351015", "351001"}),
    kin_people=frozenset({b"a" * 16, b"b" * 16}),
    kin_kks=frozenset({b"c" * 16}),
    kin_at=START,
)


def at(minute: int, actor: str = ONE) -> Stamp:
    return Stamp(START + minute * MINUTE, actor, b"s" * 16)


def declared(world: World, locator: str = FIRST, sub: str = "petugas-1") -> Profile:
    blank = officer_profile.blank(Ref(REGION, locator), sub, b"s" * 16)
    made, event = officer_profile.declare(blank, TOLD, at(0))
    assert world.officers.put(made, event) is None
    return made


def asked(world: World) -> Profile:
    made, event = officer_profile.ask_roles(declared(world), frozenset({"reviewer"}), at(1))
    assert world.officers.put(made, event) is None
    return made


def test_a_profile_comes_back_as_it_was_at_each_step(world: World) -> None:
    there = asked(world)
    assert world.officers.load(there.ref) == there
    given, event = officer_profile.grant_roles(there, at(2, OTHER))
    assert world.officers.put(given, event) is None
    assert world.officers.load(there.ref) == given
    assert given.officer.roles == {"reviewer"}
    assert world.officers.load(Ref(REGION, SECOND)) is None


def test_a_profile_of_which_little_is_known_comes_back_too(world: World) -> None:
    blank = officer_profile.blank(Ref(REGION, FIRST), "petugas-1", b"s" * 16)
    made, event = officer_profile.ask_roles(blank, frozenset({"agent"}), at(0))
    assert world.officers.put(made, event) is None
    assert world.officers.load(made.ref) == made
    dropped, event = officer_profile.drop_roles(made, at(1))
    assert world.officers.put(dropped, event) is None
    assert world.officers.load(made.ref) == dropped


def test_a_step_has_its_event_and_the_chain_its_head(world: World) -> None:
    made = asked(world)
    event = world.ledger.event(FIRST, made.head.at, 2)
    assert event is not None
    assert event.act == "roles_proposed"
    assert list(world.store.heads()) == [(FIRST, made.head)]


def test_a_step_whose_answer_was_lost_is_known_as_done(world: World) -> None:
    there = declared(world)
    moved, event = officer_profile.ask_roles(there, frozenset({"agent"}), at(1))
    for _ in range(2):
        assert world.officers.put(moved, event) is None
    assert world.officers.load(there.ref) == moved


def test_of_two_steps_at_once_one_is_done_and_the_other_told(world: World) -> None:
    there = declared(world)
    first, event = officer_profile.ask_roles(there, frozenset({"agent"}), at(1))
    second, other = officer_profile.ask_roles(there, frozenset({"reviewer"}), at(2, OTHER))
    assert world.officers.put(first, event) is None
    assert world.officers.put(second, other) == first
    assert world.officers.load(there.ref) == first


def test_of_two_first_steps_one_is_done(world: World) -> None:
    there = declared(world)
    blank = officer_profile.blank(there.ref, "petugas-1", b"s" * 16)
    other, event = officer_profile.declare(blank, replace(TOLD, kin_at=0), at(5, OTHER))
    assert world.officers.put(other, event) == there


def test_the_officers_of_a_region_by_account(world: World) -> None:
    second, first = declared(world, FIRST, "petugas-2"), declared(world, SECOND, "petugas-1")
    assert list(world.officers.profiles(REGION)) == [first, second]
    assert {each.sub for each in world.officers.of_region(REGION)} == {"petugas-1", "petugas-2"}
    assert list(world.officers.of_region("5271")) == []
