"""What a decision leaves for others: places that fell free, registers that hold what is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import misused
from chalicelib.domain.audit import Act
from chalicelib.domain.dispute import Outcome, Side
from chalicelib.domain.errors import InvalidRequest
from chalicelib.domain.handover import Handover, Kind, of_case, of_dispute
from chalicelib.domain.household import Household
from chalicelib.domain.registration import Earlier, State
from chalicelib.usecases import show_dispute
from chalicelib.usecases.filing import Misused
from tests.court import Court

MISUSE = {"reason": "asset_not_mine"}
SAID = Misused("laptop", stated=True)


@pytest.fixture
def court() -> Court:
    return Court()


def richer(court: Court) -> Household:
    """The family with everything that the questions ask for."""
    known = court.case().household
    assert known is not None
    best = {
        each.code: each.high if each.kind != "choice" else each.options[0][0]
        for each in court.world.model.questions
    }
    return replace(known, answers={**known.answers, **best})


def test_a_place_that_an_upheld_objection_ends_is_handed_over_in_the_same_write(
    court: Court,
) -> None:
    had = tuple(replace(each, eligible=True) for each in court.case().decisions)
    court.world.aws.cases[court.case().ref] = replace(court.case(), decisions=had)
    before = {each.programme for each in had}
    there = court.screen(court.object().dispute)
    court.conduct()
    court.answer(there.ref.locator)
    court.conduct()
    court.checked = richer(court)
    court.vote(there)
    court.vote(there)
    assert court.world.aws.handovers == []  # nothing is free before the family is decided anew
    calls = len(court.world.aws.calls)
    court.world.settle()
    case = court.case()
    after = {each.programme for each in case.decisions if each.eligible}
    (told,) = court.world.aws.handovers
    assert (told.kind, told.ref, told.why) == (Kind.PLACE, case.ref, "objection_upheld")
    assert set(told.codes) == before - after
    assert court.world.aws.calls[calls:].count("TransactWriteItems") == 1
    court.world.settle()
    assert court.world.aws.handovers == [told]


def test_a_first_decision_and_one_that_takes_nothing_leave_nothing(court: Court) -> None:
    assert court.world.aws.handovers == []
    court.checked = court.case().household
    court.decided(Outcome.UPHELD, "claim_confirmed")
    court.world.settle()
    assert court.case().state is State.DECIDED
    assert court.world.aws.handovers == []


def test_somebody_else_s_belonging_is_set_apart_and_its_register_is_to_be_corrected(
    court: Court,
) -> None:
    court.world.aws.cases[court.case().ref] = replace(court.case(), household=richer(court))
    filed = court.appeal(misused=SAID, **MISUSE)
    assert filed.dispute.attribute == "laptop"
    there = court.decided(Outcome.UPHELD, "identity_misused", filed)
    case = court.case()
    assert case.household is not None
    assert case.household.answers == {**richer(court).answers, "laptop": 0}
    assert case.earlier is not None
    assert (case.state, case.earlier.why) == (State.MATCHED, "misuse_upheld")
    at = there.steps[-1].at
    told = Handover(Kind.REGISTER, case.ref, at, ("laptop",), there.ref.locator)
    assert court.world.aws.handovers == [told]
    letter = show_dispute.told(there, Side.FILER, court.show_ports(), at)["letter"]
    assert letter.endswith("Ini bukan kesalahan keluarga Anda.")
    court.world.settle()
    assert court.case().state is State.DECIDED


def test_rejected_it_changes_nothing_and_what_no_question_asks_is_looked_at_at_home(
    court: Court,
) -> None:
    said = Misused(misused.OTHER, stated=True)
    there = court.decided(Outcome.REJECTED, "data_confirmed", court.appeal(misused=SAID, **MISUSE))
    assert (court.case().state, court.world.aws.handovers) == (State.DECIDED, [])
    again = court.appeal("appeal-000000000000002", misused=said, **MISUSE)
    assert again.dispute.follows == there.ref.locator
    court.decided(Outcome.UPHELD, "identity_misused", again)
    assert court.case().state is State.NEEDS_GROUND_CHECK
    assert [each.codes for each in court.world.aws.handovers] == [(misused.OTHER,)]


@pytest.mark.parametrize(
    ("reason", "said", "codes"),
    [
        ("asset_not_mine", Misused(), {"field_not_an_option", "field_missing"}),
        ("asset_not_mine", Misused("laptop"), {"field_missing"}),
        ("asset_not_mine", Misused("rooms", stated=True), {"field_not_an_option"}),
        ("data_wrong", SAID, {"field_unknown"}),
    ],
)
def test_its_own_path_asks_what_it_is_and_a_statement_and_no_other_path_does(
    court: Court, reason: str, said: Misused, codes: set[str]
) -> None:
    with pytest.raises(InvalidRequest) as error:
        court.appeal(reason=reason, misused=said)
    assert {fault.code for fault in error.value.faults} == codes
    assert court.world.aws.disputes == {}


def test_the_form_offers_what_the_server_takes(court: Court) -> None:
    offered = [each.code for each in court.world.model.questions if each.step == "assets"]
    assert (*offered, misused.OTHER) == misused.attributes(court.world.model.questions)


def test_the_event_tells_it_and_no_other_event_of_the_case(court: Court) -> None:
    case = court.case()
    event = next(each for each in court.world.aws.events.values() if each.act == "decided")
    earlier = replace(case, earlier=None)
    assert of_case(earlier, event) is None
    assert of_case(case, replace(event, act=event.act.DISPUTED)) is None


def test_a_place_is_handed_over_by_the_new_decision_and_by_no_other_event(court: Court) -> None:
    case = court.case()
    event = next(each for each in court.world.aws.events.values() if each.act is Act.DECIDED)
    had = tuple(replace(each, eligible=True) for each in case.decisions)
    lost = tuple(replace(each, eligible=False) for each in had)
    before = Earlier(1, "0f" * 32, "f0" * 32, had, "objection_upheld")
    now = replace(case, earlier=before, decisions=(replace(had[0], eligible=True), *lost[1:]))
    codes = tuple(each.programme for each in had[1:])
    assert codes
    assert of_case(now, event) == Handover(
        Kind.PLACE, case.ref, event.at, codes, "objection_upheld"
    )
    assert of_case(now, replace(event, act=Act.DISPUTED)) is None
    assert of_case(replace(now, state=State.NEEDS_OFFICER), event) is None
    assert of_case(replace(now, decisions=had), event) is None
    assert of_case(replace(now, earlier=replace(before, why="")), event) is None


def test_a_belonging_is_handed_over_by_the_decision_and_by_no_event_after_it(court: Court) -> None:
    court.world.aws.cases[court.case().ref] = replace(court.case(), household=richer(court))
    there = court.decided(Outcome.UPHELD, "identity_misused", court.appeal(misused=SAID, **MISUSE))
    chain = [each for each in court.world.aws.events.values() if each.chain == there.ref.locator]
    decided = next(each for each in chain if each.act is Act.DISPUTE_DECIDED)
    told = Handover(Kind.REGISTER, court.case().ref, decided.at, ("laptop",), there.ref.locator)
    assert of_dispute(there, decided) == told
    for act in (Act.SCREENED, Act.FORGOTTEN, Act.OBJECTOR_OPENED):
        assert of_dispute(there, replace(decided, act=act)) is None
    for outcome in (Outcome.PARTLY_UPHELD, Outcome.REJECTED):
        assert of_dispute(replace(there, outcome=outcome), decided) is None
    assert of_dispute(replace(there, attribute=""), decided) is None


def test_a_choice_without_a_none_cannot_be_set_apart(court: Court) -> None:
    land = next(each for each in court.world.model.questions if each.code == "land")
    assert misused.attributes([land]) == ("land", misused.OTHER)
    some = replace(land, options=tuple(each for each in land.options if each[0] != "none"))
    assert misused.attributes([some]) == (misused.OTHER,)
    assert misused.attributes([replace(land, step="house")]) == (misused.OTHER,)
    known = richer(court)
    assert misused.set_apart(known, "land", [some]) is None
    apart = misused.set_apart(known, "land", [land])
    assert apart is not None
    assert apart == replace(known, answers={**known.answers, "land": "none"})
