"""An objection from its filing to its letter, over the fakes: a family found, heard, and told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from chalicelib.domain import adjudication
from chalicelib.domain.dispute import UNCLEAR, UNPROVEN, Kind, Outcome, Side, Stage
from chalicelib.domain.errors import (
    InvalidRequest,
    NotFound,
    TepatError,
    TooMany,
    WrongState,
)
from chalicelib.domain.evidence import PieceState
from chalicelib.usecases import review_dispute, show_dispute, take_part
from chalicelib.usecases.interests import digests
from chalicelib.usecases.my_objections import my_objections
from tests.court import DAY_MS, NEIGHBOUR, PHOTO, STAFF, Court
from tests.fakes import FakeOpener
from tests.world import VILLAGE, form, member

HOUR = 3_600_000


def codes(error: pytest.ExceptionInfo[TepatError]) -> list[str]:
    return [fault.code for fault in error.value.faults]


@pytest.fixture
def court() -> Court:
    return Court()


def test_an_objection_is_one_transaction_and_looks_the_same_for_a_family_that_is_not_there(
    court: Court,
) -> None:
    before = len(court.world.aws.calls)
    known = court.object("object-000000000000001", PHOTO, PHOTO, PHOTO)
    calls = Counter(court.world.aws.calls[before:])
    expected = {"BatchGetItem": 1, "GetItem": 1, "UpdateItem": 1, "TransactWriteItems": 1}
    assert calls == expected
    before = len(court.world.aws.calls)
    unknown = court.object("object-000000000000002", PHOTO, PHOTO, PHOTO, name="Tidak Terdaftar")
    assert Counter(court.world.aws.calls[before:]) == calls
    assert len(known.uploads) == len(unknown.uploads) == 3
    assert known.dispute.about == unknown.dispute.about == ""


def test_the_family_is_found_told_and_answers(court: Court) -> None:
    there = court.screen(court.object().dispute)
    court.conduct()
    there = court.now(there)
    assert there.about == court.case().ref.locator
    assert there.stage is Stage.HEARING
    shown = show_dispute.of_case(
        court.case(), [there], court.world.clock.now_ms(), court.show_ports()
    )["disputes"][0]
    assert "punya kendaraan" in shown["claim"]
    assert "answer" in shown["can"]
    assert shown["evidence"] == []
    court.answer(there.ref.locator, PHOTO)
    court.screen(court.now(there))
    court.conduct()
    assert court.now(there).stage is Stage.REVIEW
    drawn = f"staff:{court.now(there).officer}"
    opened = review_dispute.open_dispute(there.ref, drawn, court.review_ports())
    assert opened.answer == "Mobil itu milik majikan."
    assert opened.claim["text"] == "Punya dua mobil."
    assert [each.side for each in opened.dispute.evidence] == [Side.FILER, Side.FAMILY]


def test_silence_hands_it_to_the_officers_and_nothing_more(court: Court) -> None:
    there = court.screen(court.object().dispute)
    court.conduct()
    decisions = court.case().decisions
    court.world.clock.advance(30 * DAY_MS)
    court.conduct()
    later = court.now(there)
    assert (later.stage, later.outcome, later.votes) == (Stage.REVIEW, None, ())
    assert court.case().decisions == decisions


def test_nothing_that_a_family_or_officer_sees_tells_who_objected(court: Court) -> None:
    there = court.screen(court.object().dispute)
    court.conduct()
    there = court.now(there)
    shown = show_dispute.told(there, Side.FAMILY, court.show_ports(), court.world.clock.now)
    court.answer(there.ref.locator)
    court.conduct()
    actor = f"staff:{court.now(there).officer}"
    opened = review_dispute.open_dispute(there.ref, actor, court.review_ports())
    for text in (str(shown), str(opened.claim), opened.answer):
        assert NEIGHBOUR not in text
        assert "Tetangga" not in text


def test_a_name_that_nobody_has_goes_to_an_officer_who_names_the_family(court: Court) -> None:
    there = court.screen(court.object(name="Pak Slamet Raharjo").dispute)
    court.conduct()
    there = court.now(there)
    assert (there.stage, there.about, there.concerns[1:]) == (Stage.REVIEW, "", (UNCLEAR,))
    actor = f"staff:{there.officer}"
    review_dispute.link(there.ref, actor, court.case().ref.locator, court.review_ports())
    court.conduct()
    assert court.now(there).stage is Stage.HEARING
    assert court.case().disputes == (there.ref.locator,)


@pytest.mark.parametrize("known", [True, False])
def test_a_family_is_heard_though_it_was_found_before_the_photos_were_screened(
    court: Court, *, known: bool
) -> None:
    there = court.object(**({} if known else {"name": "Pak Slamet Raharjo"})).dispute
    court.conduct()
    if not known:
        actor = f"staff:{court.now(there).officer}"
        review_dispute.link(there.ref, actor, court.case().ref.locator, court.review_ports())
        court.conduct()
    found = court.now(there)
    assert (found.stage, found.about) == (Stage.FILED, court.case().ref.locator)
    assert UNCLEAR not in found.concerns
    court.screen(there)
    court.conduct()
    assert court.now(there).stage is Stage.HEARING


def test_who_names_an_unknown_family_is_from_elsewhere_and_its_kin_lose_it(court: Court) -> None:
    """Until the family is known nobody can tell who is close to it."""
    ref = court.case().ref
    own = digests(court.world.store.load([ref])[ref].guards, "N#")
    # All who could be drawn are kin of the family that the neighbour means, but for three.
    strangers = {"officer-1", "officer-2", "officer-6"}
    court.staff = [
        each if each.sub in strangers else replace(each, kin_people=own) for each in STAFF
    ]
    named = set()
    for number in range(12):
        key = f"object-{number:016}"
        nik = f"351015200380{9903 + number:04}"
        name = "Pak Slamet Raharjo"
        court.world.clock.advance(HOUR)  # at one time and place they would be of one hand
        place = f"Rumah {'abcdefghijkl'[number]}"
        there = court.screen(court.object(key, nik=nik, name=name, place=place).dispute)
        court.conduct(there.ref)
        there = court.now(there)
        assert (there.stage, there.about) == (Stage.REVIEW, "")
        by = {each.sub: each for each in court.staff}[there.officer]
        assert VILLAGE[:6] not in by.districts
        assert by.village[:6] != VILLAGE[:6]
        named.add(by.sub)
        actor = f"staff:{by.sub}"
        review_dispute.link(there.ref, actor, ref.locator, court.review_ports())
        there = court.now(there)
        assert there.officer == ""
        assert not adjudication.may_open(there, actor)
    assert named - strangers  # kin among them, whom nobody could know yet
    court.conduct()
    court.world.clock.advance(20 * DAY_MS)
    court.conduct()
    found = [each for each in court.world.aws.disputes.values() if each.stage is Stage.REVIEW]
    assert len(found) == 12
    assert {each.officer for each in found} <= {"officer-1", "officer-2"}


def test_an_objection_without_usable_evidence_hears_nobody(court: Court) -> None:
    there = court.screen(court.object().dispute, PieceState.REFUSED, "evidence_broken")
    court.conduct()
    there = court.now(there)
    assert (there.stage, there.concerns[1:], there.answer_by) == (Stage.REVIEW, (UNPROVEN,), 0)


def test_a_family_is_heard_when_evidence_comes_after_all(court: Court) -> None:
    there = court.screen(court.object().dispute, PieceState.REFUSED, "evidence_broken")
    court.conduct()
    assert court.now(there).officer
    added = take_part.add_evidence(
        there.ref.locator, court.neighbour(), "one-more-0000000000001", (PHOTO,), court.part_ports()
    )
    court.screen(added.dispute)
    court.conduct()
    there = court.now(there)
    assert (there.stage, there.officer, there.concerns[1:]) == (Stage.HEARING, "", ())
    assert there.answer_by > 0


@pytest.mark.parametrize("outcome", [Outcome.UPHELD, Outcome.PARTLY_UPHELD])
def test_nothing_is_upheld_against_a_family_that_nobody_has_heard(
    court: Court, outcome: Outcome
) -> None:
    there = court.screen(court.object().dispute, PieceState.REFUSED, "evidence_broken")
    court.conduct()
    reason = "claim_confirmed" if outcome is Outcome.UPHELD else "partly_confirmed"
    with pytest.raises(WrongState) as error:
        court.vote(there, outcome, reason)
    assert codes(error) == ["dispute_not_heard"]
    court.vote(there, Outcome.REJECTED, "claim_unproven")
    with pytest.raises(WrongState):
        court.vote(there, outcome, reason)
    assert court.vote(there, Outcome.REJECTED, "claim_unproven").outcome is Outcome.REJECTED


def test_all_faults_of_an_objection_are_told_at_once(court: Court) -> None:
    with pytest.raises(InvalidRequest) as error:
        court.object(name="...", reason="data_wrong", place=" ")
    assert codes(error) == ["field_not_an_option", "field_missing", "field_missing"]
    assert not court.world.aws.disputes


def test_an_objector_is_of_the_village_or_an_officer_is_told_that_nobody_knows(
    court: Court,
) -> None:
    assert court.object().dispute.concerns == ("objector_unregistered",)
    for serial, village in ((9921, "3510152005"), (9922, VILLAGE)):
        body = form(court.world.model, member(serial), kk=None, village=village)
        court.world.register(f"neighbour-{serial:016}", body)
    with pytest.raises(InvalidRequest) as error:
        court.object("object-000000000000002", nik=str(member(9921)["nik"]))
    assert codes(error) == ["objection_other_village"]
    near = court.object("object-000000000000003", nik=str(member(9922)["nik"]))
    assert near.dispute.concerns == ()


def test_a_person_has_three_places_and_one_for_each_family(court: Court) -> None:
    for number, name in enumerate(("Siti Satu", "Siti Dua", "Siti Tiga")):
        court.object(f"object-00000000000001{number}", name=name)
    with pytest.raises(WrongState) as same:
        court.object("object-000000000000020", name="satu siti")
    assert codes(same) == ["objection_open"]
    with pytest.raises(TooMany) as full:
        court.object("object-000000000000021", name="Siti Empat")
    assert codes(full) == ["objections_too_many"]
    mine = my_objections(court.person(NEIGHBOUR), court.world.index.mac, court.disputes)
    assert len(mine) == 3
    take_part.withdraw(
        mine[0].ref.locator, court.neighbour(), "withdraw-00000000000001", court.part_ports()
    )
    assert court.object("object-000000000000021", name="Siti Empat").dispute.place


def test_one_address_sends_no_thousands(court: Court) -> None:
    for number in range(20):
        court.object(
            f"object-{number:016}",
            nik=f"35101520038{number:02}903"[:16],
            name=f"Siti {chr(97 + number) * 3}",
        )
    with pytest.raises(TooMany) as error:
        court.object("object-9999999999999999", nik="3510152003809955", name="Siti Lain")
    assert codes(error) == ["objections_too_often"]


def test_strangers_learn_nothing_of_a_dispute(court: Court) -> None:
    there = court.object().dispute
    for party in (court.family(), court.neighbour("3510152003809966")):
        with pytest.raises(NotFound):
            take_part.find_dispute(there.ref.locator, party, court.part_ports())
    court.screen(there)
    court.conduct()
    with pytest.raises(NotFound):  # the family knows of it now, and cannot withdraw it
        take_part.withdraw(
            there.ref.locator, court.family(), "withdraw-00000000000001", court.part_ports()
        )


def test_an_objection_waits_for_its_photo_though_its_family_is_found_at_once(court: Court) -> None:
    there = court.object().dispute
    court.conduct(there.ref)
    found = court.now(there)
    assert (found.stage, found.about) == (Stage.FILED, court.case().ref.locator)
    assert UNPROVEN not in found.concerns
    court.screen(found)
    court.conduct(there.ref)
    assert court.now(there).stage is Stage.HEARING


def test_an_upheld_objection_frees_the_objectors_place_and_is_told_in_a_letter(
    court: Court,
) -> None:
    there = court.screen(court.object().dispute)
    court.conduct()
    court.answer(there.ref.locator)
    court.conduct()
    court.vote(there)
    there = court.vote(there)
    assert there.outcome is Outcome.UPHELD
    slots = court.disputes.slots(there.person)
    assert [(slot.place, slot.held) for slot in slots] == [(there.place, False)]
    assert (
        show_dispute.told(there, Side.FILER, court.show_ports(), court.world.clock.now)["letter"]
        is None
    )
    letter = show_dispute.told(there, Side.FAMILY, court.show_ports(), court.world.clock.now)[
        "letter"
    ]
    assert letter == show_dispute.letter(
        Kind.OBJECTION,
        Outcome.UPHELD,
        "claim_confirmed",
        court.world.clock.now_ms(),
        court.show_ports(),
    )


def test_what_is_written_opens_under_its_own_name_only(court: Court) -> None:
    there = court.object().dispute
    opened = court.disputes.read(there.ref)
    assert opened is not None
    assert set(opened.statements) == {"claim", "filer"}
    with pytest.raises(ValueError, match="context"):
        FakeOpener(court.world.aws).open(opened.statements["filer"], f"{there.ref.locator}|claim")
