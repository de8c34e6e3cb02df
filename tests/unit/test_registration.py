"""Each step of a case: where it comes to, what waits, and what its one event commits to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import audit, identity_check, registration
from chalicelib.domain.audit import Act
from chalicelib.domain.identity import IdentityAnswer, Outcome
from chalicelib.domain.pmt import CannotScore, score
from chalicelib.domain.programme import decide
from chalicelib.domain.registration import Registration, State, Step, Waiting, WayIn, Work
from tests.case_steps import (
    DISPUTE,
    DUE,
    STAMP,
    WAITS_FOR_OFFICER,
    case,
    is_event_of,
    scored,
    without_nik,
    world,
)
from tests.world import World

__all__ = ["case", "world"]  # fixtures

RETRY = STAMP.at + 1
ASKED = {"retry_at": RETRY, "officer_due": DUE}
GOOD = IdentityAnswer(Outcome.CONFIRMED)
UNKNOWN = IdentityAnswer(Outcome.NOT_FOUND)


def test_the_first_event_has_no_state_before_it(case: Registration) -> None:
    details = {"way_in": "self"}
    opened, event = registration.open_case(case, Act.RECEIVED, STAMP, details)
    assert (event.act, event.seq, event.from_state, event.to_state) == (
        Act.RECEIVED,
        1,
        None,
        "received",
    )
    assert event.prev == audit.first_head(case.ref.locator).hash
    assert event.commitment == audit.commit(STAMP.salt, details)
    assert opened == replace(case, head=audit.Head(1, event.hash, STAMP.at))


@pytest.mark.parametrize(
    ("answers", "state", "waiting", "concerns"),
    [
        ((GOOD, GOOD), State.MATCHED, None, []),
        (
            (GOOD, IdentityAnswer(Outcome.NOT_CHECKED)),
            State.IDENTITY_CHECKING,
            Waiting(Work.CHECK, RETRY),
            [],
        ),
        (
            (UNKNOWN, IdentityAnswer(Outcome.MISMATCH, ("name", "kk"))),
            State.NEEDS_CORRECTION,
            None,
            ["not_found:0", "mismatch:1:name", "mismatch:1:kk"],
        ),
        (
            (GOOD, IdentityAnswer(Outcome.DECEASED)),
            State.NEEDS_OFFICER,
            WAITS_FOR_OFFICER,
            ["deceased:1"],
        ),
    ],
    ids=["good", "registry down", "differs", "deceased"],
)
def test_what_the_registry_says(
    case: Registration,
    answers: tuple[IdentityAnswer, ...],
    state: State,
    waiting: Waiting | None,
    concerns: list[str],
) -> None:
    moved, event = identity_check.check_identity(case, answers, STAMP, **ASKED)
    assert (moved.state, moved.waiting, moved.identity) == (state, waiting, answers)
    assert list(moved.concerns) == concerns
    assert moved.steps == (*case.steps, Step(state, STAMP.at))
    details = {"outcomes": [a.outcome.value for a in answers], "concerns": concerns}
    is_event_of(event, case, moved, Act.CHECKED, details)


def test_a_second_failed_match_goes_to_an_officer(case: Registration) -> None:
    corrected = replace(case, corrections=1)
    moved, _ = identity_check.check_identity(corrected, (UNKNOWN, GOOD), STAMP, **ASKED)
    assert (moved.state, moved.waiting) == (State.NEEDS_OFFICER, WAITS_FOR_OFFICER)
    passed, _ = identity_check.check_identity(corrected, (GOOD, GOOD), STAMP, **ASKED)
    assert (passed.state, passed.waiting) == (State.MATCHED, None)


def test_who_came_by_a_list_has_a_month_for_the_letter_and_then_an_officer_looks(
    case: Registration,
) -> None:
    listed = replace(case, way_in=WayIn.IMPORT)
    moved, _ = identity_check.check_identity(listed, (UNKNOWN, GOOD), STAMP, **ASKED)
    month = 30 * 86_400_000
    assert moved.state is State.NEEDS_CORRECTION
    assert moved.waiting == Waiting(Work.OFFICER, STAMP.at + month)


def test_a_held_number_waits_for_an_officer_only_once_the_people_are_confirmed(
    case: Registration,
) -> None:
    held = replace(case, concerns=registration.held_concerns(("3M3G222222", "3M3G222222")))
    assert held.concerns == ("nik_held:3M3G222222",)
    sure, _ = identity_check.check_identity(held, (GOOD, GOOD), STAMP, **ASKED)
    assert (sure.state, sure.waiting) == (State.NEEDS_OFFICER, WAITS_FOR_OFFICER)
    assert sure.concerns == held.concerns
    wrong, _ = identity_check.check_identity(held, (UNKNOWN, GOOD), STAMP, **ASKED)
    assert (wrong.state, wrong.waiting) == (State.NEEDS_CORRECTION, None)


def test_members_without_a_number_are_work_and_no_obstacle(case: Registration) -> None:
    nobody = IdentityAnswer(Outcome.NOT_CHECKED)
    young, _ = identity_check.check_identity(without_nik(case, 1), (GOOD, nobody), STAMP, **ASKED)
    assert (young.state, young.waiting) == (State.MATCHED, WAITS_FOR_OFFICER)
    assert young.concerns == ("without_nik:1",)
    head, _ = identity_check.check_identity(without_nik(case, 0), (nobody, GOOD), STAMP, **ASKED)
    assert (head.state, head.waiting) == (State.NEEDS_OFFICER, WAITS_FOR_OFFICER)
    assert head.concerns == ("without_nik:0",)


def test_a_check_forgets_what_the_last_one_found_and_keeps_the_warnings(case: Registration) -> None:
    old = replace(case, concerns=("warning:0:nik_serial_zero", "not_found:1", "missing:rooms"))
    moved, _ = identity_check.check_identity(old, (GOOD, GOOD), STAMP, **ASKED)
    assert moved.concerns == ("warning:0:nik_serial_zero",)


def test_a_state_that_goes_on_is_not_reached_again(case: Registration) -> None:
    down = (IdentityAnswer(Outcome.NOT_CHECKED), GOOD)
    once, _ = identity_check.check_identity(case, down, STAMP, **ASKED)
    later = replace(STAMP, at=STAMP.at + 5)
    twice, _ = identity_check.check_identity(once, down, later, **ASKED)
    assert twice.steps == once.steps
    assert twice.version == once.version + 1


def test_an_answer_is_needed_for_every_member(case: Registration) -> None:
    with pytest.raises(ValueError, match="shorter"):
        identity_check.check_identity(case, (GOOD,), STAMP, **ASKED)


def test_who_has_no_household_is_not_checked(case: Registration) -> None:
    with pytest.raises(ValueError, match="household"):
        identity_check.check_identity(replace(case, household=None), (), STAMP, **ASKED)


def test_a_decision_is_kept_with_what_made_it(world: World, case: Registration) -> None:
    assert case.household is not None
    points = scored(world, case.household)
    decisions = decide(world.rules, case.household, 5, provisional=False, as_of=(2026, 11))
    eligible = [d.programme for d in decisions if d.eligible]
    assert 0 < len(eligible) < len(decisions)
    moved, event = registration.decide(
        case, points, decisions, world.rules.sha256, STAMP, provisional=False, officer_due=DUE
    )
    assert (moved.state, moved.waiting, moved.concerns) == (State.DECIDED, None, ())
    assert (moved.scored, moved.decisions, moved.provisional) == (points, decisions, False)
    assert moved.rules_hash == world.rules.sha256
    details = {"score": points.score, "inputs": points.inputs_hash, "eligible": eligible}
    is_event_of(event, case, moved, Act.DECIDED, details)
    assert (event.model, event.rules) == (world.model.sha256, world.rules.sha256)


def test_no_decision_is_never_a_refusal(world: World, case: Registration) -> None:
    known = replace(case, concerns=("warning:0:nik_serial_zero",))
    points = scored(world, case.household)
    moved, event = registration.decide(
        known, points, (), world.rules.sha256, STAMP, provisional=True, officer_due=DUE
    )
    assert (moved.state, moved.waiting) == (State.NEEDS_OFFICER, WAITS_FOR_OFFICER)
    assert moved.concerns == ("warning:0:nik_serial_zero", "no_rules")
    assert moved.provisional is True
    details = {"score": points.score, "inputs": points.inputs_hash, "eligible": []}
    is_event_of(event, known, moved, Act.NEEDS_OFFICER, details)


def test_what_cannot_be_computed_is_visited(world: World, case: Registration) -> None:
    assert case.household is not None
    known = replace(case, concerns=("warning:0:nik_serial_zero",))
    verdict = score(world.model, replace(case.household, answers={}))
    assert isinstance(verdict, CannotScore)
    codes = [f"{reason.code}:{reason.field}" for reason in verdict.reasons]
    moved, event = registration.send_to_visit(known, verdict, STAMP, due=DUE)
    assert (moved.state, moved.waiting) == (State.NEEDS_GROUND_CHECK, Waiting(Work.VISIT, DUE))
    assert list(moved.concerns) == ["warning:0:nik_serial_zero", *codes]
    assert codes
    is_event_of(event, known, moved, Act.NEEDS_GROUND_CHECK, {"reasons": codes})
    assert (event.model, event.rules) == (world.model.sha256, None)


@pytest.mark.parametrize("held_by", [(), ("3M3G222222",)])
def test_a_correction_begins_the_check_again(case: Registration, held_by: tuple[str, ...]) -> None:
    asked = replace(
        case,
        state=State.NEEDS_CORRECTION,
        steps=(*case.steps, Step(State.NEEDS_CORRECTION, STAMP.at - 1)),
        identity=(UNKNOWN, GOOD),
        waiting=WAITS_FOR_OFFICER,
        concerns=("not_found:0", "warning:0:nik_serial_zero", "nik_held:3M3G222222"),
    )
    household = without_nik(case, 1).household
    assert household is not None
    asked = replace(asked, names=b"abc")
    moved, event = identity_check.correct(asked, household, b"r" * 16, STAMP, held_by)
    assert (moved.state, moved.household, moved.corrections) == (State.RECEIVED, household, 1)
    assert (moved.last_request, moved.identity, moved.waiting) == (b"r" * 16, (), None)
    assert moved.concerns == ("warning:0:nik_serial_zero", "nik_held:3M3G222222")
    assert moved.names == b"abc"
    renamed, _ = identity_check.correct(asked, household, b"r" * 16, STAMP, held_by, names=b"xyz")
    assert renamed.names == b"xyz"
    is_event_of(event, asked, moved, Act.CORRECTED, {"held": bool(held_by)})


def test_a_withdrawal_leaves_nothing_to_do(case: Registration) -> None:
    waiting = replace(case, waiting=WAITS_FOR_OFFICER)
    moved, event = registration.withdraw(waiting, b"w" * 16, STAMP)
    assert (moved.state, moved.waiting, moved.last_request) == (State.WITHDRAWN, None, b"w" * 16)
    is_event_of(event, waiting, moved, Act.WITHDRAWN, {})
    freed, event = registration.release_guards(moved, STAMP)
    assert freed.state is State.RELEASED
    is_event_of(event, moved, freed, Act.GUARDS_RELEASED, {})


def test_a_new_receipt_moves_nothing_but_the_secret(case: Registration) -> None:
    moved, event = registration.reissue(case, b"new secret", b"q" * 16, "lost", STAMP)
    assert (moved.state, moved.steps) == (case.state, case.steps)
    assert (moved.secret_mac, moved.reissues) == (b"new secret", (*case.reissues, b"q" * 16))
    is_event_of(event, case, moved, Act.RECEIPT_REISSUED, {"reason": "lost"})
    assert event.reason == "lost"


def test_erasing_forgets_all_but_that_there_was_a_case(world: World, case: Registration) -> None:
    full = replace(
        case,
        concerns=("not_found:0",),
        identity=(UNKNOWN, GOOD),
        scored=scored(world, case.household),
        waiting=WAITS_FOR_OFFICER,
        reissues=(b"q" * 16,),
        names=b"abc",
        phone=b"t" * 16,
        disputes=(DISPUTE,),
    )
    moved, event = registration.erase(full, STAMP, "court_order")
    assert (moved.state, moved.household, moved.scored) == (State.ERASED, None, None)
    assert (moved.identity, moved.concerns, moved.decisions) == ((), (), ())
    assert (moved.body_digest, moved.secret_mac, moved.reissues) == (b"", b"", ())
    assert (moved.waiting, moved.names, moved.phone) == (None, b"", b"")
    assert moved.disputes == (DISPUTE,)  # what was said in it must still be found and forgotten
    is_event_of(event, full, moved, Act.ERASED, {"reason": "court_order"})
    assert event.reason == "court_order"


def test_what_is_held_is_told_apart_from_other_concerns(case: Registration) -> None:
    held = replace(case, concerns=("warning:0:x", "nik_held:3M3G222222", "not_found:1"))
    assert registration.is_held(held)
    assert registration.freed(held).concerns == ("warning:0:x", "not_found:1")
    assert not registration.is_held(registration.freed(held))
