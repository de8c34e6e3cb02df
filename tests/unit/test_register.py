"""Registering: one call, nothing lost, nothing doubled, nobody told who is registered."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain import blind_keys
from chalicelib.domain.errors import InvalidRequest
from chalicelib.domain.identity import IdentityAnswer, Outcome
from chalicelib.domain.name_tags import tags_of
from chalicelib.domain.registration import State, WayIn, Work
from tests.world import VILLAGE, World, child, form, member

KEY = "k" * 24
OTHER = "o" * 24


@pytest.fixture
def world() -> World:
    return World()


def test_a_registration_is_one_write(world: World) -> None:
    accepted = world.register(KEY, form(world.model))
    assert world.aws.calls == ["GenerateMac", "TransactWriteItems"]
    case = world.find(accepted.receipt.text)
    assert case.state is State.RECEIVED
    assert case.way_in is WayIn.SELF
    assert len(world.aws.events) == 1
    assert len(world.aws.guards) == 3  # two NIK and the family card


def test_a_repeat_meets_itself(world: World) -> None:
    first = world.register(KEY, form(world.model))
    world.clock.advance(60_000)
    again = world.register(KEY, form(world.model))
    assert again.receipt == first.receipt
    assert again.at == first.at
    assert len(world.aws.cases) == 1
    assert len(world.aws.events) == 1


def test_another_body_under_one_key_is_refused(world: World) -> None:
    world.register(KEY, form(world.model))
    with pytest.raises(InvalidRequest, match="key_reused"):
        world.register(KEY, form(world.model, phone="080000009902"))
    with pytest.raises(InvalidRequest, match="key_reused"):
        world.register(KEY, form(world.model, village="3510161014"))
    assert len(world.aws.cases) == 1


def test_a_nik_that_is_held_is_accepted_and_goes_to_an_officer(world: World) -> None:
    first = world.register(KEY, form(world.model))
    second = world.register(OTHER, form(world.model, phone="080000009902"))
    assert world.status(second.receipt.text) == world.status(first.receipt.text)
    assert {holder.ref.locator for holder in world.aws.guards.values()} == {first.receipt.locator}
    world.settle()
    assert world.find(first.receipt.text).state is State.DECIDED
    held = world.find(second.receipt.text)
    assert held.state is State.NEEDS_OFFICER
    assert held.waiting is not None
    assert held.waiting.work is Work.OFFICER
    assert f"nik_held:{first.receipt.locator}" in held.concerns
    assert "nik_held" not in str(world.status(second.receipt.text))
    assert world.status(second.receipt.text)["notes"] == []


def test_who_tries_the_nik_of_another_sees_what_anybody_sees(world: World) -> None:
    """Without the right name, the answer for a held NIK is that for one that nobody holds."""
    world.register(KEY, form(world.model, kk=None))
    wrong = IdentityAnswer(Outcome.MISMATCH, ("name",))
    world.registry.said |= {f"351015490385{serial}": wrong for serial in (9901, 9903)}
    held = world.register(OTHER, form(world.model, member(9901, name="Salah"), kk=None))
    free = world.register("f" * 24, form(world.model, member(9903, name="Salah"), kk=None))
    for _ in range(3):
        assert world.status(held.receipt.text) == world.status(free.receipt.text)
        world.settle(1)
    assert world.find(held.receipt.text).state is State.NEEDS_CORRECTION


def test_a_repeat_of_a_registration_whose_nik_is_held_meets_itself(world: World) -> None:
    world.register(KEY, form(world.model))
    second = world.register(OTHER, form(world.model, phone="080000009902"))
    again = world.register(OTHER, form(world.model, phone="080000009902"))
    assert again.receipt == second.receipt
    assert len(world.aws.cases) == 2


def test_people_without_nik_or_kk_are_accepted(world: World) -> None:
    body = form(world.model, member(9901), child(9902, nik=None), kk=None)
    case = world.find(world.register(KEY, body).receipt.text)
    assert case.state is State.RECEIVED
    assert len(world.aws.guards) == 1


def test_the_head_is_put_first(world: World) -> None:
    case = world.find(
        world.register(KEY, form(world.model, child(9902), member(9901))).receipt.text
    )
    assert case.household is not None
    assert case.household.head.birth_month == (1985, 3)
    assert case.names == tags_of(world.index.mac, VILLAGE, "Sumarni Contoh")


def test_a_telephone_is_kept_as_a_digest_that_officers_are_compared_by(world: World) -> None:
    world.register("k" * 20, form(world.model, phone="+6281200009901"))
    assert world.only().phone == blind_keys.phone(world.index.mac, "081200009901")
    other = World()
    other.register("k" * 20, form(other.model, phone=None))
    assert other.only().phone == b""


def test_a_warning_stays_with_its_member_when_the_head_is_put_first(world: World) -> None:
    odd = child(9902, birth_date="2013-06-05")
    case = world.find(world.register(KEY, form(world.model, odd, member(9901))).receipt.text)
    assert "warning:1:nik_birth_mismatch" in case.concerns


def test_all_faults_are_told_at_once_and_nothing_is_stored(world: World) -> None:
    body = form(
        world.model,
        member(9901, nik="12", birth_date="2031-01-01"),
        member(9902, sex="L", pregnant=True),
        village="1101012001",
        kk="1",
        consent={"version": "old", "agreed": False},
        answers={"nothing": 1},
    )
    with pytest.raises(InvalidRequest) as refused:
        world.register(KEY, body)
    told = {(fault.code, fault.field) for fault in refused.value.faults}
    assert told >= {
        ("nik_length", "members.0.nik"),
        ("birth_date_future", "members.0.birth_date"),
        ("head_twice", "members.1.relation"),
        ("pregnant_male", "members.1.pregnant"),
        ("village_outside_region", "village"),
        ("kk_length", "kk"),
        ("consent_needed", "consent.agreed"),
        ("consent_outdated", "consent.version"),
        ("answer_unknown_question", "answers"),
    }
    assert not world.aws.cases
    assert not world.aws.events
    assert not world.aws.guards


def test_a_member_twice_is_refused(world: World) -> None:
    body = form(world.model, member(9901), child(9902), child(9902))
    with pytest.raises(InvalidRequest, match="member_twice"):
        world.register(KEY, body)


@pytest.mark.parametrize("nik", ["3510154903859901\n", "３５10154903859901", "351015490385990", ""])
def test_a_nik_that_is_none_is_refused(world: World, nik: str) -> None:
    with pytest.raises(InvalidRequest, match="nik_"):
        world.register(KEY, form(world.model, member(9901, nik=nik)))


def test_separators_that_people_type_are_taken(world: World) -> None:
    world.register(KEY, form(world.model, member(9901, nik="3510 1549.0385-9901"), kk=None))
    world.register(OTHER, form(world.model, member(9901), kk=None))
    assert len(world.aws.guards) == 1
    world.settle()
    assert {case.state for case in world.aws.cases.values()} == {
        State.DECIDED,
        State.NEEDS_OFFICER,
    }


def test_nothing_that_is_stored_in_clear_names_anybody(world: World) -> None:
    world.register(KEY, form(world.model, member(9901, name="Kenari Canarywati")))
    stored = repr((world.aws.cases, world.aws.guards, world.aws.events))
    assert "Canarywati" not in stored
    assert "3510154903859901" not in stored
    assert "Dusun Contoh" not in stored
    assert "080000009901" not in stored


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([9901, 9902, 9903]), min_size=1, max_size=6))
def test_one_nik_is_in_at_most_one_live_application(serials: list[int]) -> None:
    world = World()
    for number, serial in enumerate(serials):
        body = form(world.model, member(serial), kk=None, phone=f"08000000{9901 + number}")
        world.register(f"key-of-request-{number:04}", body)
    world.settle()
    live = [case for case in world.aws.cases.values() if case.state is State.DECIDED]
    assert len(live) == len(set(serials))
    assert len(world.aws.cases) == len(serials)
