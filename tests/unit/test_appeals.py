"""An appeal from its filing to what two officers decide, over the fakes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from chalicelib.domain import reopening
from chalicelib.domain.dispute import Outcome, Stage
from chalicelib.domain.errors import (
    InvalidRequest,
    NotAllowed,
    NotFound,
    TepatError,
    WrongState,
)
from chalicelib.domain.evidence import FileKind
from chalicelib.domain.registration import Stamp, State, Work
from chalicelib.usecases import review_dispute, show_status, take_part
from chalicelib.usecases.filing import Photo
from tests.court import DAY_MS, PHOTO, STAFF, Court
from tests.world import form, member


def codes(error: pytest.ExceptionInfo[TepatError]) -> list[str]:
    return [fault.code for fault in error.value.faults]


@pytest.fixture
def court() -> Court:
    return Court()


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
