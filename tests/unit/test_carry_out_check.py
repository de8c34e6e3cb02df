"""A visit sent by a phone: kept once, opening what waits for it and deciding nothing alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import ground_check, registration
from chalicelib.domain.audit import Act
from chalicelib.domain.errors import (
    InvalidRequest,
    NotAllowed,
    NotFound,
    TryAgain,
    WrongState,
)
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.ground_check import Check, Missed, Stage
from chalicelib.domain.registration import Stamp, State, WayIn, Work
from chalicelib.usecases import carry_out_check, list_checks
from chalicelib.usecases.check_ports import AFTER, visit_part
from tests.fakes import FakeOpener
from tests.visiting import HOUR, RICH, Field, officer

PLACE = {"lat": "-8.21234", "lon": "114.36789", "metres": 12}


@pytest.fixture
def there() -> Field:
    return Field()


def unscored(there: Field) -> Check:
    """A family without an answer about its rooms, and the check that a field officer has for it."""
    case = there.family(rooms=None)
    assert case.state is State.NEEDS_GROUND_CHECK
    there.send()
    return there.only_check()


def codes(caught: pytest.ExceptionInfo[InvalidRequest]) -> list[tuple[str, str]]:
    return [(fault.code, fault.field) for fault in caught.value.faults]


def test_a_family_that_could_not_be_scored_is_scored_on_what_was_seen(there: Field) -> None:
    check = unscored(there)
    before = there.case(check)
    there.world.clock.advance(HOUR)
    kept = there.visit(check, seen={"rooms": 3, "tenure": "owned"})
    assert kept.check.stage is Stage.DONE
    assert there.case(check).state is State.MATCHED  # in the same write
    there.world.settle()
    case = there.case(check)
    assert case.state is State.DECIDED
    assert case.household is not None
    assert case.household.answers["rooms"] == 3
    assert not any(code.startswith("missing") for code in case.concerns)
    assert kept.check.verdict is not None
    assert kept.check.verdict.eligible == tuple(
        each.programme for each in case.decisions if each.eligible
    )
    assert kept.check.declared == before.household  # what was declared stays beside it
    acts = [
        event.act for event in there.world.aws.events.values() if event.chain == before.ref.locator
    ]
    assert acts.count(Act.REOPENED) == 1


def test_what_still_cannot_be_scored_goes_to_an_officer_and_is_not_visited_again(
    there: Field,
) -> None:
    check = unscored(there)
    there.visit(check, seen={"tenure": "owned"})
    case = there.case(check)
    assert (case.state, case.waiting and case.waiting.work) == (State.NEEDS_OFFICER, Work.OFFICER)
    assert carry_out_check.STILL_OPEN in case.concerns
    there.world.settle()
    there.send()
    assert there.only_check().stage is Stage.DONE
    assert there.case(check).state is State.NEEDS_OFFICER


def test_nobody_at_home_twice_is_for_an_officer_and_counts_against_nobody(there: Field) -> None:
    check = unscored(there)
    first = there.visit(check, key="a" * 24, missed=Missed.NOT_HOME, place=PLACE)
    assert (first.check.stage, first.attempts_left) == (Stage.ASSIGNED, 1)
    assert there.case(check).state is State.NEEDS_GROUND_CHECK
    there.world.clock.advance(HOUR)
    with pytest.raises(InvalidRequest, match="attempt_too_soon"):
        there.visit(check, key="b" * 24, missed=Missed.NOT_HOME)
    there.world.clock.advance(12 * HOUR)
    second = there.visit(check, key="b" * 24, missed=Missed.NOT_HOME, place=PLACE)
    assert (second.check.stage, second.attempts_left) == (Stage.NOT_MET, 0)
    case = there.case(check)
    assert (case.state, case.household) == (State.NEEDS_OFFICER, check.declared)
    assert carry_out_check.NOT_MET in case.concerns
    assert {visit_part(0), visit_part(1)} == {
        part for locator, part in there.world.aws.statements if locator == check.ref.locator
    }


def test_sent_again_it_is_answered_again_and_kept_once(there: Field) -> None:
    check = unscored(there)
    first = there.visit(check, seen={"rooms": 3}, photos=2)
    events = len(there.world.aws.events)
    there.world.clock.advance(HOUR)
    again = there.visit(check, seen={"rooms": 3}, photos=2, at=first.check.finding.taken_at)  # type: ignore[union-attr]
    assert again == first
    assert len(first.uploads) == 2
    assert len(there.world.aws.events) == events


def test_an_attempt_that_comes_again_after_another_is_still_known(there: Field) -> None:
    check = unscored(there)
    start = there.world.clock.now
    there.visit(check, key="a" * 24, missed=Missed.NOT_HOME)
    there.world.clock.advance(13 * HOUR)
    there.visit(check, key="b" * 24, missed=Missed.NOT_HOME)
    again = there.visit(check, key="a" * 24, missed=Missed.NOT_HOME, at=start)
    assert len(again.check.attempts) == 2


def test_a_finding_under_the_key_of_an_earlier_attempt_is_refused_and_not_taken_for_it(
    there: Field,
) -> None:
    """It was acknowledged and lost (simulation, seed 2677 of its day)."""
    check = unscored(there)
    there.visit(check, key="a" * 24, missed=Missed.NOT_HOME)
    there.world.clock.advance(13 * HOUR)
    there.visit(check, key="b" * 24, missed=Missed.NOT_HOME)
    with pytest.raises(InvalidRequest, match="key_reused"):
        there.visit(check, key="a" * 24, seen={"rooms": 3})


def test_a_photo_that_has_come_is_not_granted_again(there: Field) -> None:
    check = unscored(there)
    first = there.visit(check, seen={"rooms": 3}, photos=2).check
    clean = replace(first.evidence[0].piece, state=PieceState.RELEASED, pages=1)
    step = ground_check.screened(
        first, clean, Stamp(there.world.clock.now, "system:screen_evidence", first.salt)
    )
    assert step is not None
    assert there.checks.change(*step) is None
    taken = first.finding.taken_at if first.finding else 0
    again = there.visit(check, seen={"rooms": 3}, photos=2, at=taken)
    assert [each.piece for each in again.uploads] == [first.evidence[1].piece.id]


def test_another_visit_under_one_key_and_a_second_finding_are_refused(there: Field) -> None:
    check = unscored(there)
    there.visit(check, seen={"rooms": 3})
    with pytest.raises(InvalidRequest, match="key_reused"):
        there.visit(check, seen={"rooms": 4})
    with pytest.raises(WrongState, match="check_ended"):
        there.visit(check, key="w" * 24, seen={"rooms": 4})
    kept = there.only_check()
    assert kept.finding is not None
    assert kept.finding.answers == {"rooms": 3}


def test_only_who_was_drawn_answers_and_no_other_check_is_shown(there: Field) -> None:
    check = unscored(there)
    with pytest.raises(NotAllowed, match="check_not_yours"):
        there.visit(check, who="agent-2", seen={"rooms": 3})
    with pytest.raises(NotFound, match="check_unknown"):
        there.visit(replace(check, ref=registration.Ref(check.ref.village, "2" * 10)), seen={})
    assert there.case(check).state is State.NEEDS_GROUND_CHECK


def test_answers_that_the_model_does_not_ask_are_refused_with_their_place(there: Field) -> None:
    check = unscored(there)
    with pytest.raises(InvalidRequest) as caught:
        there.visit(check, seen={"rooms": 99, "tenure": 3, "colour": "red"}, photos=4)
    assert sorted(codes(caught)) == [
        ("answer_out_of_range", "answers.rooms"),
        ("answer_unknown_question", "answers"),
        ("answer_wrong_type", "answers.tenure"),
        ("evidence_too_many", "photos"),
    ]


def test_a_decision_that_stands_is_not_changed_by_one_person(there: Field) -> None:
    """Where it would be another, it goes to the list of what an officer has to look at."""
    decided = there.family(rooms=1, tenure="free")
    assert decided.state is State.DECIDED
    check = there.sampled(decided)
    assert check.decided == tuple(e.programme for e in decided.decisions if e.eligible)
    kept = there.visit(check, seen=RICH).check
    assert there.case(check) == decided
    assert kept.verdict is not None
    assert kept.to_settle == (kept.verdict.eligible != check.decided)
    assert kept.to_settle
    assert list(there.checks.to_settle("3510", 9)) == [check.ref]


def test_a_sample_that_finds_what_was_declared_waits_for_nobody(there: Field) -> None:
    decided = there.family()
    check = there.sampled(decided)
    assert decided.household is not None
    kept = there.visit(check, seen=decided.household.answers).check
    assert not kept.to_settle
    assert [each.field for each in ground_check.differences(kept)] == []


def test_where_it_was_and_what_was_written_is_sealed(there: Field) -> None:
    check = unscored(there)
    there.visit(check, seen={"rooms": 3}, remark="Rumah di belakang", place=PLACE)
    stored = str(there.only_check()) + str(there.world.aws.events)
    assert "Rumah" not in stored
    assert "114.36789" not in stored
    opened = there.checks.read(check.ref)
    assert opened is not None
    part = visit_part(0)
    context = f"{check.ref.locator}|{part}"
    plain = FakeOpener(there.world.aws).open(opened.statements[part], context)
    assert b'"lon": "114.36789"' in plain
    assert b"Rumah di belakang" in plain


def test_a_remark_is_kept_once_and_sealed(there: Field) -> None:
    check = unscored(there)
    ports = there.carry_ports()

    def say(key: str, text: str) -> Check:
        return carry_out_check.remark(check.ref, key, check.officer, text, ports)

    with pytest.raises(WrongState, match="check_not_done"):
        say("m" * 24, "terlalu awal")
    there.visit(check, seen={"rooms": 3})
    said = say("m" * 24, "Kamar baru dibangun")
    assert say("m" * 24, "Kamar baru dibangun") == said
    with pytest.raises(WrongState, match="check_remarked"):
        say("n" * 24, "lagi")
    assert (check.ref.locator, AFTER) in there.world.aws.statements
    assert "dibangun" not in str(there.only_check())


def test_a_family_that_withdrew_meanwhile_is_not_opened_again(there: Field) -> None:
    check = unscored(there)
    case = there.case(check)
    moved, event = registration.withdraw(
        case, b"w" * 16, Stamp(there.world.clock.now, "citizen", b"s" * 16)
    )
    assert there.world.store.change(moved, event) is None
    kept = there.visit(check, seen={"rooms": 3})
    assert kept.check.stage is Stage.DONE
    assert there.case(check).state is State.WITHDRAWN


def test_a_write_beside_another_is_made_again_on_what_stands(there: Field) -> None:
    """Somebody gives the family a new receipt between our read and our write."""
    check = unscored(there)
    store, once = there.world.store, []
    load = store.load_for_scoring

    def meanwhile(refs: object, region: str) -> object:
        found = load(refs, region)  # type: ignore[arg-type]
        if not once:
            once.append(1)
            case = there.case(check)
            step = registration.reissue(
                case,
                b"n" * 32,
                b"q" * 16,
                "lost",
                Stamp(there.world.clock.now, "staff:o", b"s" * 16),
            )
            assert store.change(*step) is None
        return found

    store.load_for_scoring = meanwhile  # type: ignore[method-assign,assignment]
    there.visit(check, seen={"rooms": 3})
    assert once
    assert there.case(check).state is State.MATCHED
    assert there.case(check).secret_mac == b"n" * 32


def test_a_store_that_refuses_keeps_nothing(there: Field) -> None:
    check = unscored(there)

    def refuse(*_: object, **__: object) -> None:
        raise TryAgain

    there.checks.change = refuse  # type: ignore[method-assign,assignment]
    with pytest.raises(TryAgain):
        there.visit(check, seen={"rooms": 3})
    assert there.only_check().stage is Stage.ASSIGNED


def test_the_list_says_nothing_of_a_family_and_each_opening_is_in_the_ledger(there: Field) -> None:
    check = unscored(there)
    ports = there.list_ports()
    assert [each.ref for each in list_checks.mine("agent-1", ports)] == [check.ref]
    assert list_checks.mine("agent-2", ports) == []
    shown = list_checks.whereabouts(check.ref, "agent-1", ports)
    assert (shown.name, shown.rt) == ("Contoh Sumarni 9901", "003")
    (read,) = there.world.ledger.reads_of(check.about, 9)
    assert (read.actor, read.reason) == ("agent:agent-1", "visit")


def test_nobody_else_opens_it_and_nobody_once_it_is_over(there: Field) -> None:
    check = unscored(there)
    ports = there.list_ports()
    with pytest.raises(NotAllowed):
        list_checks.whereabouts(check.ref, "agent-2", ports)
    with pytest.raises(NotFound):
        list_checks.whereabouts(registration.Ref(check.ref.village, "2" * 10), "agent-1", ports)
    there.visit(check, seen={"rooms": 3})
    with pytest.raises(WrongState):
        list_checks.whereabouts(check.ref, "agent-1", ports)
    assert list_checks.mine("agent-1", ports) == []
    assert list(there.world.ledger.reads_of(check.about, 9)) == []


def test_who_registered_a_family_never_goes_even_when_nobody_else_may(there: Field) -> None:
    there.family(rooms=None, way_in=WayIn.AGENT, actor="agent:agent-1")
    assert there.send().assigned == 0
    check = there.only_check()
    assert (check.stage, check.not_by) == (Stage.ASKED, ("agent-1",))
    there.officers.append(officer("agent-2"))
    assert there.send().assigned == 1
    assert there.only_check().officer == "agent-2"


def test_an_erased_family_leaves_nothing_of_its_visits(there: Field) -> None:
    check = unscored(there)
    kept = there.visit(check, seen={"rooms": 3}, remark="Di belakang", place=PLACE, photos=2).check
    clean = replace(kept.evidence[0].piece, state=PieceState.RELEASED, pages=2)
    step = ground_check.screened(
        kept, clean, Stamp(there.world.clock.now, "system:screen_evidence", kept.salt)
    )
    assert step is not None
    assert there.checks.change(*step) is None
    other = there.family(9931, rooms=None)
    there.send()
    stays = next(each for each in there.world.aws.checks.values() if each.case == other.ref)
    for _ in range(2):
        there.world.erase(check.case)
    gone = there.checks.load([check.ref])[check.ref]
    assert (gone.declared, gone.finding, gone.evidence, gone.salt) == (None, None, (), b"")
    assert gone.verdict == kept.verdict  # an estimate of errors stays what it was
    assert not [
        part for locator, part in there.world.aws.statements if locator == check.ref.locator
    ]
    assert there.checks.load([stays.ref]) == {stays.ref: stays}
    acts = [e.act for e in there.world.aws.events.values() if e.chain == check.ref.locator]
    assert acts.count(Act.FORGOTTEN) == 1


def test_a_visit_on_its_way_to_an_erased_family_is_refused(there: Field) -> None:
    check = unscored(there)
    there.world.erase(check.case)
    with pytest.raises(WrongState, match="check_ended"):
        there.visit(check, seen={"rooms": 3})
    assert (check.ref.locator, visit_part(0)) not in there.world.aws.statements
