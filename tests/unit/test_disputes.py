"""Appeals and objections from filing to decision, over the fakes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from chalicelib.domain import adjudication, reopening
from chalicelib.domain.assignment import GUEST
from chalicelib.domain.dispute import UNCLEAR, UNPROVEN, Kind, Outcome, Side, Stage
from chalicelib.domain.errors import (
    InvalidRequest,
    NotAllowed,
    NotFound,
    TepatError,
    TooMany,
    WrongState,
)
from chalicelib.domain.evidence import FileKind, PieceState
from chalicelib.domain.registration import Stamp, State, Work
from chalicelib.usecases import review_dispute, show_dispute, show_status, take_part
from chalicelib.usecases.filing import Photo
from chalicelib.usecases.interests import digests
from chalicelib.usecases.my_objections import my_objections
from tests.court import DAY_MS, NEIGHBOUR, PHOTO, STAFF, Court, officer
from tests.fakes import FakeOpener
from tests.world import VILLAGE, form, member

HOUR = 3_600_000


def codes(error: pytest.ExceptionInfo[TepatError]) -> list[str]:
    return [fault.code for fault in error.value.faults]


@pytest.fixture
def court() -> Court:
    return Court()


# --- an appeal ------------------------------------------------------------------------------------


def test_an_appeal_is_one_transaction_and_signs_its_uploads_without_a_call(court: Court) -> None:
    before = len(court.world.aws.calls)
    filed = court.appeal("appeal-000000000000001", PHOTO, PHOTO, PHOTO)
    made = Counter(court.world.aws.calls[before:])
    assert made == {"BatchGetItem": 1, "TransactWriteItems": 1}
    assert len(filed.uploads) == 3
    assert filed.dispute.about == court.case().ref.locator
    assert court.case().disputes == (filed.dispute.ref.locator,)


def test_the_same_appeal_again_is_the_same_and_another_under_its_key_is_refused(
    court: Court,
) -> None:
    first = court.appeal()
    assert court.appeal().dispute == first.dispute
    with pytest.raises(InvalidRequest) as error:
        court.appeal(text="Lain")
    assert codes(error) == ["key_reused"]
    assert len(court.world.aws.disputes) == 1


def test_all_faults_of_an_appeal_are_told_at_once_and_nothing_is_stored(court: Court) -> None:
    large = Photo(FileKind.JPEG, 6 * 1024**2)
    with pytest.raises(InvalidRequest) as error:
        court.appeal("appeal-000000000000001", *[large] * 4, reason="not_poor", text=" ")
    assert set(codes(error)) == {
        "evidence_too_many",
        "evidence_too_large",
        "field_not_an_option",
        "field_missing",
    }
    assert not court.world.aws.disputes


def test_one_appeal_is_open_at_a_time_and_only_within_the_window(court: Court) -> None:
    court.appeal()
    with pytest.raises(WrongState) as error:
        court.appeal("appeal-000000000000002")
    assert codes(error) == ["appeal_open"]
    late = Court()
    late.world.clock.advance(40 * DAY_MS)
    with pytest.raises(WrongState) as error:
        late.appeal()
    assert codes(error) == ["appeal_window_over"]


def test_who_has_no_result_cannot_appeal() -> None:
    court = Court()
    paper = court.world.register(
        "other-0000000000000001",
        form(court.world.model, member(9955, nik="3510154903859955"), kk=None),
    )
    with pytest.raises(WrongState) as error:
        court.appeal_by(paper.receipt.text, "appeal-000000000000001")
    assert codes(error) == ["appeal_no_result"]


def test_an_appeal_waits_for_its_photos_but_not_for_ever(court: Court) -> None:
    there = court.appeal("appeal-000000000000001", PHOTO).dispute
    court.conduct()
    assert court.now(there).stage is Stage.FILED
    court.world.clock.advance(25 * 3_600_000)
    court.conduct()
    assert court.now(there).stage is Stage.REVIEW


def test_two_officers_uphold_an_appeal_and_the_family_is_decided_anew(court: Court) -> None:
    before = court.case()
    assert before.household is not None
    court.checked = replace(before.household, answers={**before.household.answers})
    there = court.screen(court.appeal("appeal-000000000000001", PHOTO).dispute)
    court.conduct()
    first = court.now(there).officer
    assert first in {each.sub for each in STAFF}
    there = court.vote(there)
    assert (there.stage, there.officer != first) == (Stage.RECOMMENDED, True)
    there = court.vote(there)
    assert (there.stage, there.outcome, len(there.votes)) == (Stage.DECIDED, Outcome.UPHELD, 2)
    assert court.case().state is State.MATCHED
    court.world.settle()
    after = court.case()
    assert after.state is State.DECIDED
    assert after.earlier is not None
    assert after.earlier.decisions == before.decisions


def test_upheld_without_a_visit_somebody_goes_and_looks_and_it_is_scored_on_that(
    court: Court,
) -> None:
    decided = court.case()
    court.decided(Outcome.UPHELD, "record_corrected")
    waiting = court.case()
    assert waiting.state is State.NEEDS_GROUND_CHECK
    assert "appeal_upheld" in waiting.concerns
    assert waiting.waiting is not None
    assert waiting.waiting.work is Work.VISIT
    assert waiting.waiting.due > court.world.clock.now_ms()
    told = show_status.status(waiting, court.world.status_ports())
    assert "Petugas datang ke rumah" in str(told["notes"])
    stamp = Stamp(court.world.clock.now_ms(), "agent:a", b"s" * 16)
    scored, _ = reopening.reopen(waiting, decided.household, "visited", stamp, officer_due=1)
    assert scored.state is State.MATCHED
    assert "appeal_upheld" not in scored.concerns
    assert scored.earlier is not None
    assert scored.earlier.decisions == decided.decisions


@pytest.mark.parametrize("seen", [True, False])
def test_a_case_that_waits_for_an_officer_stays_there_though_upheld(
    court: Court, *, seen: bool
) -> None:
    """Seed 9648: somebody dead by the registry was visited, and then passed."""
    there = court.appeal().dispute
    ref = court.case().ref
    waiting = replace(court.case(), state=State.NEEDS_OFFICER, concerns=("deceased:1",))
    court.world.aws.cases[ref] = waiting
    court.checked = waiting.household if seen else None
    court.conduct()
    court.vote(there)
    court.vote(there)
    assert court.now(there).outcome is Outcome.UPHELD
    assert court.case().state is State.NEEDS_OFFICER


@pytest.mark.parametrize("seen", [True, False])
def test_a_case_whose_number_another_holds_is_an_officers_though_upheld(
    court: Court, *, seen: bool
) -> None:
    """Found by simulation, seed 10964: it was sent to be visited and then scored."""
    ref = court.case().ref
    held = replace(court.case(), concerns=("nik_held:3M3G222222",))
    court.world.aws.cases[ref] = held
    court.checked = held.household if seen else None
    court.decided(Outcome.UPHELD, "record_corrected")
    assert court.case().state is State.NEEDS_OFFICER


def test_two_who_differ_are_followed_by_a_third_from_elsewhere(court: Court) -> None:
    there = court.appeal().dispute
    court.conduct()
    court.vote(there, Outcome.UPHELD, "claim_confirmed")
    there = court.vote(there, Outcome.REJECTED, "claim_unproven")
    assert there.stage is Stage.SPLIT
    third = {each.sub: each for each in STAFF}[there.officer]
    assert there.ref.village[:6] not in third.districts
    there = court.vote(there, Outcome.REJECTED, "claim_unproven")
    assert (there.stage, there.outcome) == (Stage.DECIDED, Outcome.REJECTED)
    assert court.case().state is State.DECIDED


def test_nobody_votes_who_was_not_drawn_and_nobody_twice(court: Court) -> None:
    there = court.appeal().dispute
    court.conduct()
    with pytest.raises(NotAllowed):
        court.vote(there, actor="staff:officer-99")
    first = f"staff:{court.now(there).officer}"
    there = court.vote(there)
    with pytest.raises(NotAllowed):
        court.vote(there, Outcome.REJECTED, "claim_unproven", actor=first)
    assert len(court.now(there).votes) == 1


def test_a_vote_sent_twice_counts_once(court: Court) -> None:
    there = court.appeal().dispute
    court.conduct()
    there = court.now(there)
    voting = review_dispute.Voting(
        there.ref, f"staff:{there.officer}", Outcome.UPHELD, "claim_confirmed", there.version
    )
    once = review_dispute.recommend(voting, court.review_ports())
    assert review_dispute.recommend(voting, court.review_ports()) == once


def test_a_vote_on_what_has_changed_since_is_refused(court: Court) -> None:
    there = court.appeal().dispute
    court.conduct()
    there = court.now(there)
    take_part.add_evidence(
        there.ref.locator, court.family(), "more-0000000000000001", (PHOTO,), court.part_ports()
    )
    voting = review_dispute.Voting(
        there.ref, f"staff:{there.officer}", Outcome.UPHELD, "claim_confirmed", there.version
    )
    with pytest.raises(WrongState) as error:
        review_dispute.recommend(voting, court.review_ports())
    assert codes(error) == ["dispute_changed"]


def test_only_who_was_drawn_opens_it_and_each_look_is_in_the_ledger(court: Court) -> None:
    there = court.appeal().dispute
    court.conduct()
    with pytest.raises(NotFound):
        review_dispute.open_dispute(there.ref, "staff:officer-99", court.review_ports())
    drawn = f"staff:{court.now(there).officer}"
    opened = review_dispute.open_dispute(there.ref, drawn, court.review_ports())
    assert opened.claim == {"text": "Kami tidak punya motor lagi."}
    assert opened.identity is not None
    reads = court.world.ledger.reads_of(court.case().ref.locator, 9)
    assert [(each.actor, each.reason) for each in reads] == [(drawn, "appeal")]


def test_a_rejected_appeal_goes_to_somebody_from_elsewhere_once(court: Court) -> None:
    court.decided(Outcome.REJECTED, "claim_unproven")
    again = court.appeal("appeal-000000000000002")
    court.conduct()
    there = court.now(again.dispute)
    assert there.follows
    assert there.ref.village[:6] not in {e.sub: e for e in STAFF}[there.officer].districts
    court.vote(there, Outcome.REJECTED, "claim_unproven")
    court.vote(there, Outcome.REJECTED, "claim_unproven")
    with pytest.raises(WrongState) as error:
        court.appeal("appeal-000000000000003")
    assert codes(error) == ["appeal_used"]


# --- the clock ------------------------------------------------------------------------------------


def test_a_late_officer_is_followed_by_a_supervisor_and_then_the_region(court: Court) -> None:
    there = court.appeal().dispute
    court.conduct()
    court.world.clock.advance(9 * DAY_MS)
    court.conduct()
    later = court.now(there)
    assert (later.stage, later.level, later.outcome) == (Stage.REVIEW, 1, None)
    assert "supervisor" in {e.sub: e for e in STAFF}[later.officer].roles
    court.world.clock.advance(30 * DAY_MS)
    court.conduct()
    latest = court.now(there)
    assert (latest.stage, latest.level, latest.outcome) == (Stage.REVIEW, 2, None)


def test_where_nobody_of_ones_own_may_act_a_guest_is_drawn_at_once() -> None:
    lent = replace(officer(2), roles=frozenset({"reviewer", GUEST}), village="5271012001")
    court = Court(staff=(replace(officer(1), kin_at=0), replace(lent, districts=frozenset())))
    there = court.appeal().dispute
    court.conduct()
    assert court.now(there).officer == lent.sub
    assert court.vote(there).stage is Stage.RECOMMENDED
    assert court.now(there).officer == ""  # nobody votes twice, a guest no more than others


def test_where_nobody_may_act_the_region_is_told_at_once() -> None:
    court = Court(staff=(replace(officer(1), kin_at=0),))
    there = court.appeal().dispute
    court.conduct()
    assert (court.now(there).stage, court.now(there).level) == (Stage.REVIEW, 2)


def test_what_nobody_could_be_drawn_for_is_drawn_as_soon_as_somebody_may_be() -> None:
    court = Court(staff=(replace(officer(1), kin_at=0),))
    there = court.appeal().dispute
    court.conduct()
    before = court.now(there)
    court.conduct()
    assert court.now(there) == before  # asked again, nothing is written
    court.staff = STAFF
    court.conduct()
    assert court.now(there).officer
    court.vote(there)
    assert court.now(there).stage is Stage.RECOMMENDED


# --- an objection ---------------------------------------------------------------------------------


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


def test_nobody_is_drawn_who_has_the_familys_telephone(court: Court) -> None:
    phone = court.case().phone
    assert phone
    court.staff = [STAFF[0], *(replace(each, phone=phone) for each in STAFF[1:])]
    there = court.appeal().dispute
    court.conduct()
    assert court.now(there).officer == STAFF[0].sub
