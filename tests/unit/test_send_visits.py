"""What the clock does for ground checks: who is visited, who goes, and nothing twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import adjudication, dispute, ground_check, hearing, registration, reopening
from chalicelib.domain.dispute import Dispute, Kind, Outcome, Stage, Vote
from chalicelib.domain.errors import NotAllowed, NotFound, WrongState
from chalicelib.domain.ground_check import Check, Missed, Purpose
from chalicelib.domain.registration import Ref, Stamp, State, WayIn
from chalicelib.usecases import ask_check, uncovered_visits
from chalicelib.usecases.interests import digests
from chalicelib.usecases.send_visits import Done
from tests.disputing import OFFICER, blank
from tests.visiting import HOUR, Field, officer
from tests.world import VILLAGE

DAY = 24 * HOUR


@pytest.fixture
def there() -> Field:
    return Field()


def checks(there: Field, purpose: Purpose) -> list[Check]:
    return [each for each in there.world.aws.checks.values() if each.purpose is purpose]


# --- cannot be scored, and who goes ---------------------------------------------------------------


def test_each_family_that_cannot_be_scored_is_visited_once_however_often_the_clock_runs(
    there: Field,
) -> None:
    for serial in (9901, 9911):
        there.family(serial, rooms=None)
    there.family(9921)
    assert there.send() == Done(2, 2)
    events = len(there.world.aws.events)
    for _ in range(3):
        there.world.clock.advance(HOUR)
        assert there.send() == Done(0, 0)
    assert len(there.world.aws.events) == events
    found = checks(there, Purpose.CANNOT_SCORE)
    assert {each.officer for each in found} == {"agent-1"}
    assert {each.chance for each in found} == {(1, 1)}


def test_a_family_that_needs_a_visit_again_later_is_visited_again(there: Field) -> None:
    case = there.family(rooms=None)
    there.send()
    there.visit(there.only_check(), seen={"rooms": 3})
    there.world.settle()
    matched, event = reopening.reopen(
        there.case(case), case.household, "x", stamp(there), officer_due=there.world.clock.now
    )
    assert there.world.store.change(matched, event) is None
    there.world.clock.advance(DAY)
    there.world.settle()
    assert there.case(case).state is State.NEEDS_GROUND_CHECK
    there.send()
    assert len(checks(there, Purpose.CANNOT_SCORE)) == 2


def stamp(there: Field, actor: str = "system:tests") -> Stamp:
    return Stamp(there.world.clock.now, actor, b"s" * 16)


@pytest.mark.parametrize(
    "who",
    [
        {"village": VILLAGE},
        {"kin_at": 0},
        {"districts": frozenset({"351001"})},
        {"roles": frozenset({"reviewer"})},
        {"roles": frozenset({"supervisor"})},
    ],
)
def test_nobody_goes_who_may_not(there: Field, who: dict[str, object]) -> None:
    there.officers = [officer("agent-9", **who)]
    there.family(rooms=None)
    assert there.send() == Done(1, 0)
    assert list(there.checks.unassigned("3510", 9)) == [there.only_check().ref]
    assert there.only_check().level == 1
    there.officers.append(officer("agent-1"))
    assert there.send() == Done(0, 1)


def test_where_nobody_may_go_a_supervisor_is_told_at_once_and_the_region_when_it_is_overdue(
    there: Field,
) -> None:
    there.officers = [
        officer("agent-8", village=VILLAGE),
        officer("agent-9", kin_at=0),
        officer("boss", roles=frozenset({"supervisor"})),
    ]
    there.family(rooms=None)
    there.send()
    check = there.only_check()
    assert (check.level, check.why) == (1, (("profile_incomplete", 1), ("same_village", 1)))
    (row,) = uncovered_visits.rows(there.world.clock.now, there.uncovered_ports())
    assert row["number"] == check.ref.locator
    assert row["level"] == "Pengawas"
    assert row["why"] == [
        "Profil petugas belum lengkap: 1 orang",
        "Tinggal di desa atau kelurahan yang sama: 1 orang",
    ]
    assert not row["late"]
    there.world.clock.advance(HOUR)
    there.send()
    assert there.only_check() == check  # told once, not every hour
    there.world.clock.now = check.due + 14 * DAY
    there.send()
    assert there.only_check().level == 2
    there.officers.append(officer("agent-1"))
    there.send()
    assert (there.only_check().level, there.only_check().why) == (0, ())
    assert uncovered_visits.rows(there.world.clock.now, there.uncovered_ports()) == []


def test_who_decided_for_the_household_of_late_does_not_visit_it(there: Field) -> None:
    there.officers = [officer("agent-1"), officer("both", roles=frozenset({"agent", "reviewer"}))]
    made = reviewed(there, officer="both")
    now = there.world.clock.now
    vote = Vote("staff:both", Outcome.REJECTED, "claim_unproven", now)
    step = adjudication.recommend(made, vote, stamp(there, "staff:both"), due=now)
    assert there.disputes.change(*step) is None
    for number in range(12):  # of twelve visits the draw would give one some half
        check, event = ask_check.new_check(
            there.world.aws.cases[made.case],
            ask_check.Need(Purpose.NEAR_CUTOFF, f"near {number}"),
            None,
            "system:tests",
            there.ask_ports(),
        )
        assert there.checks.create(check, event) is None
    there.send()
    assert {each.officer for each in checks(there, Purpose.NEAR_CUTOFF)} == {"agent-1"}


def test_kin_of_the_family_never_go(there: Field) -> None:
    case = there.family(rooms=None)
    guards = there.world.store.load([case.ref])[case.ref].guards
    own = next(iter(digests(guards, "N#")))
    card = next(iter(digests(guards, "K#")))
    there.officers = [
        officer("agent-2", kin_people=frozenset({own})),
        officer("agent-3", kin_kks=frozenset({card})),
        officer("agent-4", person=own),
        officer("agent-5", kk=card),
        officer("agent-6", phone=there.case(case).phone),
    ]
    assert there.send().assigned == 0
    there.officers.append(officer("agent-1"))
    assert there.send().assigned == 1
    assert there.only_check().officer == "agent-1"


def test_over_many_families_the_agent_who_registered_never_goes(there: Field) -> None:
    there.officers = [officer(f"agent-{number}") for number in range(1, 4)]
    for serial in range(9901, 9981, 4):
        who = f"agent:agent-{serial % 3 + 1}"
        there.family(serial, rooms=None, way_in=WayIn.AGENT, actor=who)
    there.send()
    found = checks(there, Purpose.CANNOT_SCORE)
    assert len(found) == 20
    for each in found:
        first = there.world.ledger.event(each.about, there.case(each).steps[0].at, 1)
        assert first is not None
        assert first.actor != f"agent:{each.officer}"
        assert each.not_by == (first.actor.removeprefix("agent:"),)


def test_what_nobody_needs_any_more_is_cancelled(there: Field) -> None:
    there.officers = []
    case = there.family(rooms=None)
    there.send()
    step = registration.withdraw(there.case(case), b"w" * 16, stamp(there, "citizen"))
    assert there.world.store.change(*step) is None
    there.officers = [officer("agent-1")]
    assert there.send() == Done(0, 0)
    assert there.only_check().stage is ground_check.Stage.CANCELLED


# --- for a dispute --------------------------------------------------------------------------------


def reviewed(there: Field, officer: str = OFFICER) -> Dispute:
    """An appeal of a decided family, in the hands of the officer who was drawn."""
    case = there.family()
    now = there.world.clock.now
    made, event = hearing.file(blank(Kind.APPEAL, case.ref.locator), stamp(there), due=now)
    told = reopening.disputed(case, made.ref.locator, stamp(there))
    assert there.disputes.create(made, event, (), case=told) is None
    for step in (
        lambda it: hearing.to_review(it, stamp(there), due=now),
        lambda it: adjudication.assign(it, officer, stamp(there), level=0),
    ):
        moved, event = step(made)
        assert there.disputes.change(moved, event) is None
        made = moved
    return made


def test_an_officer_asks_for_a_visit_in_one_write(there: Field) -> None:
    made = reviewed(there)
    calls = len(there.world.aws.calls)
    moved = ask_check.ask_for_dispute(made.ref, f"staff:{OFFICER}", made.version, there.ask_ports())
    writes = [call for call in there.world.aws.calls[calls:] if call == "TransactWriteItems"]
    assert writes == ["TransactWriteItems"]
    assert moved.stage is Stage.VISIT
    mac = there.world.index.mac
    check = ask_check.for_dispute(moved, mac, there.checks)
    assert check is not None
    assert (check.dispute, check.about, check.purpose) == (
        made.ref.locator,
        made.about,
        Purpose.DISPUTE,
    )
    assert not ask_check.visited(moved, mac, there.checks)
    assert there.send().assigned == 1
    there.visit(there.only_check(), seen={"rooms": 9})
    assert ask_check.visited(moved, mac, there.checks)
    visit = ask_check.for_dispute(moved, mac, there.checks)
    found = ground_check.checked_household(visit) if visit else None
    assert found is not None
    assert found.answers["rooms"] == 9
    assert there.case(check).state is State.DECIDED  # until two officers decide


def test_a_second_visit_for_a_dispute_is_another_check(there: Field) -> None:
    made = reviewed(there)
    actor, ports, mac = f"staff:{OFFICER}", there.ask_ports(), there.world.index.mac
    moved = ask_check.ask_for_dispute(made.ref, actor, made.version, ports)
    there.send()
    for hours, key in ((0, "a" * 24), (13, "b" * 24)):
        there.world.clock.advance(hours * HOUR)
        there.visit(there.only_check(), key=key, missed=Missed.NOT_HOME)
    assert ask_check.visited(moved, mac, there.checks)
    missed = ask_check.for_dispute(moved, mac, there.checks)
    assert missed is not None
    assert ground_check.checked_household(missed) is None
    back, event = hearing.to_review(moved, stamp(there), due=there.world.clock.now)
    assert there.disputes.change(back, event) is None
    drawn, event = adjudication.assign(back, OFFICER, stamp(there), level=0)
    assert there.disputes.change(drawn, event) is None
    again = ask_check.ask_for_dispute(made.ref, actor, drawn.version, ports)
    assert len(there.world.aws.checks) == 2
    assert not ask_check.visited(again, mac, there.checks)


def test_who_was_not_drawn_asks_for_nothing(there: Field) -> None:
    made = reviewed(there)
    ports = there.ask_ports()
    with pytest.raises(NotAllowed):
        ask_check.ask_for_dispute(made.ref, "staff:officer-9", made.version, ports)
    with pytest.raises(WrongState, match="dispute_changed"):
        ask_check.ask_for_dispute(made.ref, f"staff:{OFFICER}", made.version - 1, ports)
    with pytest.raises(NotFound):
        ask_check.ask_for_dispute(Ref(VILLAGE, "2" * 10), f"staff:{OFFICER}", 1, ports)
    assert there.world.aws.checks == {}
    assert there.world.aws.disputes[made.ref] == made


def test_officers_who_voted_in_a_dispute_and_its_objector_do_not_go(there: Field) -> None:
    made = reviewed(there)
    moved = ask_check.ask_for_dispute(made.ref, f"staff:{OFFICER}", made.version, there.ask_ports())
    vote = dispute.Vote("staff:agent-2", dispute.Outcome.UPHELD, "claim_confirmed", 1)
    person = b"o" * 16
    objection = replace(moved, votes=(vote,), person=person)
    there.world.aws.disputes[made.ref] = objection
    there.officers = [officer("agent-2"), officer("agent-3", person=person)]
    assert there.send().assigned == 0
    there.officers.append(officer("agent-1"))
    assert there.send().assigned == 1
    assert there.only_check().officer == "agent-1"
