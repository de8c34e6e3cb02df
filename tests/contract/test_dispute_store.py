"""What every store of disputes promises: a step with all that changes with it, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from chalicelib.adapters.registry_table import TablesDisagreeError
from chalicelib.domain import adjudication, audit, dispute, hearing, registration, reopening
from chalicelib.domain.audit import Event
from chalicelib.domain.dispute import Dispute, Kind, Outcome, Side, Stage, Vote
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.registration import Ref, Registration, Work
from chalicelib.usecases.dispute_ports import ANSWER, CLAIM, FILER, Candidate, Slot, Stands
from tests import builders
from tests.builders import MINUTE, REGION, VILLAGE, build
from tests.disputing import (
    DAY,
    OFFICER,
    OTHER,
    PERSON,
    at,
    exhibits,
    filed,
    piece,
    slot,
    statement,
    statements,
)
from tests.fakes import START
from tests.stores import World

LATER = START + 10 * MINUTE


def decided(world: World, key: str = "a request's key", family: int = 1) -> Registration:
    """A family with a result, stored."""
    built = build(key, family=family)
    case = replace(built.case, names=bytes(6))
    assert world.store.create(case, built.vault, built.event, built.guards) is None
    for move in (builders.checked, builders.decided):
        case, event = move(case)
        assert world.store.change(case, event) is None
    return case


def appealed(world: World) -> tuple[Dispute, Registration]:
    """A family's appeal, stored with the case that knows of it."""
    case = decided(world)
    made, event = filed(Kind.APPEAL, case.ref.locator, when=LATER)
    knows = reopening.disputed(case, made.ref.locator, builders.stamp(LATER, "citizen"))
    assert world.disputes.create(made, event, statements(made), case=knows) is None
    return made, knows[0]


def objected(world: World, key: str = "a dispute's key", place: int = 1) -> Dispute:
    made, event = filed(Kind.OBJECTION, key=key, place=place)
    assert world.disputes.create(made, event, statements(made), slot=slot(made)) is None
    return made


def reviewed(world: World, made: Dispute) -> Dispute:
    """Handed to the officers and drawn for one."""
    made = stored(world, hearing.to_review(made, at(LATER), due=LATER + DAY))
    return stored(world, adjudication.assign(made, OFFICER, at(LATER), level=0))


def stored(world: World, step: tuple[Dispute, Event]) -> Dispute:
    moved, event = step
    assert world.disputes.change(moved, event) is None
    return moved


def case_of(world: World, ref: Ref) -> Registration:
    return world.store.load([ref])[ref].case


def of_chain(world: World, there: Dispute) -> Sequence[Event]:
    events = world.ledger.day_events(audit.day_of(START))
    return [event for event in events if event.chain == there.ref.locator]


def test_an_appeal_is_there_with_its_claim_its_event_and_the_case_that_knows(
    world: World,
) -> None:
    made, case = appealed(world)
    opened = world.disputes.read(made.ref)
    assert opened is not None
    assert opened.dispute == made
    assert opened.statements == {CLAIM: statement(made, CLAIM).sealed}
    assert world.disputes.load([made.ref, Ref(VILLAGE, "9K3GZZZZZZ")]) == {made.ref: made}
    assert case_of(world, case.ref) == case
    assert case.disputes == (made.ref.locator,)
    (event,) = of_chain(world, made)
    assert event.hash == made.head.hash
    told = world.ledger.event(case.ref.locator, case.head.at, case.head.seq)
    assert told is not None
    assert (told.act, told.hash) == ("disputed", case.head.hash)


def test_an_objection_is_there_with_its_filer_apart_and_its_place(world: World) -> None:
    made = objected(world)
    opened = world.disputes.read(made.ref)
    assert opened is not None
    assert opened.statements.keys() == {CLAIM, FILER}
    assert list(world.disputes.slots(PERSON)) == [slot(made)]
    assert list(world.disputes.slots(b"someone else....")) == []


def test_nothing_is_read_where_there_is_nothing(world: World) -> None:
    assert world.disputes.read(Ref(VILLAGE, "9K3GZZZZZZ")) is None
    assert world.disputes.load([]) == {}
    with pytest.raises(ValueError, match="60"):
        world.disputes.load([Ref(VILLAGE, f"9K3G{number:06}") for number in range(61)])


def test_a_call_whose_answer_was_lost_is_known_as_done(world: World) -> None:
    case = decided(world)
    made, event = filed(Kind.APPEAL, case.ref.locator, when=LATER)
    knows = reopening.disputed(case, made.ref.locator, builders.stamp(LATER, "citizen"))
    for _ in range(2):
        assert world.disputes.create(made, event, statements(made), case=knows) is None
    step = hearing.withdraw(made, b"w" * 16, at(LATER + 1, "citizen"))
    for _ in range(2):
        assert world.disputes.change(*step) is None
    assert world.disputes.load([made.ref])[made.ref] == step[0]


def test_the_same_request_again_meets_its_own_dispute(world: World) -> None:
    made = objected(world)
    again, event = filed(Kind.OBJECTION, when=START + 5)
    stands = world.disputes.create(again, event, statements(again), slot=slot(again))
    assert stands == Stands(dispute=made)
    assert world.disputes.load([made.ref])[made.ref] == made


def test_a_case_that_moved_on_is_told_and_nothing_is_written(world: World) -> None:
    case = decided(world)
    made, event = filed(Kind.APPEAL, case.ref.locator, when=LATER)
    knows = reopening.disputed(case, made.ref.locator, builders.stamp(LATER, "citizen"))
    moved, own = registration.withdraw(case, b"w" * 16, builders.stamp(LATER, "citizen"))
    assert world.store.change(moved, own) is None
    stands = world.disputes.create(made, event, statements(made), case=knows)
    assert stands == Stands(case=moved)
    assert world.disputes.read(made.ref) is None
    assert of_chain(world, made) == []
    # what was written would refuse it the second time
    anew = reopening.disputed(
        replace(moved, state=case.state), made.ref.locator, builders.stamp(LATER)
    )
    assert world.disputes.create(made, event, statements(made), case=anew) is None


def test_a_place_that_another_objection_has_taken_is_told(world: World) -> None:
    first = objected(world)
    second, event = filed(Kind.OBJECTION, key="another key")
    stands = world.disputes.create(second, event, statements(second), slot=slot(second))
    assert stands == Stands(slot=True)
    assert list(world.disputes.slots(PERSON)) == [slot(first)]
    assert world.disputes.load([second.ref]) == {}


def test_an_ended_objection_frees_its_place_and_no_other_s(world: World) -> None:
    first, second = objected(world), objected(world, "another key", place=2)
    step = hearing.withdraw(first, b"w" * 16, at(LATER, "citizen"))
    given = replace(slot(first), named=b"")
    assert world.disputes.change(*step, gives_up=given) is None
    # what has ended still tells where it is, to who objected, until the place is taken again
    ended = replace(given, held=False)
    assert list(world.disputes.slots(PERSON)) == [ended, slot(second)]
    third = objected(world, "a third key", place=1)
    # the answer to the withdrawal was lost, and it is sent again: the place is the third's now
    assert world.disputes.change(*step, gives_up=given) is None
    assert list(world.disputes.slots(PERSON)) == [slot(third), slot(second)]


def test_a_place_of_another_objection_is_not_given_up(world: World) -> None:
    first, second = objected(world), objected(world, "another key", place=2)
    step = hearing.withdraw(first, b"w" * 16, at(LATER, "citizen"))
    other = Slot(PERSON, 2, first.ref, b"")
    assert world.disputes.change(*step, gives_up=other) == Stands(slot=True)
    assert set(world.disputes.slots(PERSON)) == {slot(first), slot(second)}


def test_of_two_steps_at_once_one_is_done_and_the_other_told(world: World) -> None:
    made, _ = appealed(world)
    first = hearing.to_review(made, at(LATER + 1), due=LATER + DAY)
    second = hearing.withdraw(made, b"w" * 16, at(LATER + 2, "citizen"))
    assert world.disputes.change(*first) is None
    assert world.disputes.change(*second) == Stands(dispute=first[0])
    assert [event.seq for event in of_chain(world, made)] == [1, 2]


def test_two_officers_at_once_are_one_vote(world: World) -> None:
    made = reviewed(world, appealed(world)[0])
    vote = Vote(f"staff:{OFFICER}", Outcome.UPHELD, "checked_differs", LATER)
    steps = [
        adjudication.recommend(
            made, replace(vote, at=LATER + n), at(LATER + n, vote.actor), due=LATER
        )
        for n in range(2)
    ]
    assert world.disputes.change(*steps[0]) is None
    stands = world.disputes.change(*steps[1])
    assert stands == Stands(dispute=steps[0][0])
    assert len(world.disputes.load([made.ref])[made.ref].votes) == 1


def test_a_step_of_what_was_never_filed_is_not_taken(world: World) -> None:
    made, _ = filed(Kind.APPEAL, "3M3GAAAAAA")
    step = hearing.to_review(made, at(LATER), due=LATER)
    with pytest.raises(TablesDisagreeError):
        world.disputes.change(*step)


def test_what_is_decided_opens_the_case_in_the_same_write(world: World) -> None:
    made, case = appealed(world)
    made = reviewed(world, made)
    vote = Vote(f"staff:{OFFICER}", Outcome.UPHELD, "checked_differs", LATER)
    made = stored(world, adjudication.recommend(made, vote, at(LATER, vote.actor), due=LATER + DAY))
    made = stored(world, adjudication.assign(made, OTHER, at(LATER), level=0))
    second = replace(vote, actor=f"staff:{OTHER}")
    moved, event = adjudication.decide(made, second, at(LATER, second.actor), due=LATER + DAY)
    opened = reopening.reopen(
        case, case.household, "appeal_upheld", builders.stamp(LATER, vote.actor), officer_due=LATER
    )
    assert world.disputes.change(moved, event, case=opened) is None
    assert world.disputes.load([made.ref])[made.ref] == moved
    assert case_of(world, case.ref) == opened[0]
    assert [event.seq for event in of_chain(world, made)] == [1, 2, 3, 4, 5, 6]


def test_a_decision_over_a_case_that_moved_on_is_not_written(world: World) -> None:
    made, case = appealed(world)
    moved, own = registration.reissue(case, b"s", b"r" * 16, "lost", builders.stamp(LATER))
    assert world.store.change(moved, own) is None
    opened = reopening.reopen(
        case, case.household, "appeal_upheld", builders.stamp(LATER), officer_due=LATER
    )
    step = hearing.to_review(made, at(LATER), due=LATER + DAY)
    assert world.disputes.change(*step, case=opened) == Stands(case=moved)
    assert world.disputes.load([made.ref])[made.ref] == made


def test_the_family_s_answer_stands_beside_the_claim(world: World) -> None:
    made = objected(world)
    made = stored(world, hearing.link(made, "3M3GAAAAAA", at(LATER), due=LATER))
    made = stored(world, hearing.hear(made, at(LATER), answer_by=LATER + DAY))
    moved, event = hearing.answer(
        made, exhibits(2, Side.FAMILY, 5), b"a" * 16, at(LATER, "citizen"), {"answer": "0f"}
    )
    assert world.disputes.change(moved, event, statement=statement(made, ANSWER)) is None
    opened = world.disputes.read(made.ref)
    assert opened is not None
    assert opened.dispute == moved
    assert opened.statements.keys() == {CLAIM, FILER, ANSWER}
    gone, event = adjudication.escalate(moved, 1, at(LATER), due=LATER + DAY)
    for _ in range(2):
        assert world.disputes.forget(gone, event, [ANSWER]) is None
    opened = world.disputes.read(made.ref)
    assert opened is not None
    assert (opened.dispute, opened.statements.keys()) == (gone, {CLAIM, FILER})
    late = adjudication.escalate(moved, 2, at(LATER), due=LATER)
    assert world.disputes.forget(*late, [CLAIM]) == Stands(dispute=gone)
    opened = world.disputes.read(made.ref)
    assert opened is not None
    assert opened.statements.keys() == {CLAIM, FILER}


def test_a_machine_finds_what_is_due_and_an_officer_what_is_theirs(world: World) -> None:
    made, _ = appealed(world)

    def found(until: int) -> list[Ref]:
        return list(world.store.waiting(Work.DISPUTE, REGION, until, 10))

    def drawn(officer: str = OFFICER, region: str = REGION, limit: int = 10) -> list[Ref]:
        return list(world.disputes.drawn_for(region, officer, limit))

    assert (found(made.due - 1), found(made.due)) == ([], [made.ref])
    made = stored(world, hearing.to_review(made, at(LATER), due=LATER + DAY))
    soon = LATER + dispute.LOST_MS
    assert (found(soon - 1), found(soon), drawn()) == ([], [made.ref], [])
    made = stored(world, adjudication.assign(made, OFFICER, at(LATER), level=0))
    assert (found(made.due - 1), found(made.due)) == ([], [made.ref])
    assert (drawn(), drawn(OTHER), drawn(region="3511"), drawn(limit=0)) == ([made.ref], [], [], [])
    made = stored(world, hearing.withdraw(made, b"w" * 16, at(LATER, "citizen")))
    assert (found(10**13 - 1), drawn()) == ([], [])


def test_an_officer_sees_what_is_due_first(world: World) -> None:
    refs = []
    for number in range(3):
        made = objected(world, f"key {number}", place=number + 1)
        made = stored(world, hearing.to_review(made, at(LATER), due=LATER + (3 - number) * DAY))
        made = stored(world, adjudication.assign(made, OFFICER, at(LATER), level=0))
        refs.append(made.ref)
    assert list(world.disputes.drawn_for(REGION, OFFICER, 10)) == refs[::-1]
    assert list(world.disputes.drawn_for(REGION, OFFICER, 2)) == refs[:0:-1]


def test_a_drawn_dispute_that_nothing_follows_stays_with_its_officer(world: World) -> None:
    made = reviewed(world, appealed(world)[0])
    made = stored(world, adjudication.escalate(made, 2, at(LATER), due=0))
    made = stored(world, adjudication.assign(made, OTHER, at(LATER), level=2))
    assert made.due == 0
    assert list(world.disputes.drawn_for(REGION, OTHER, 10)) == [made.ref]
    assert list(world.store.waiting(Work.DISPUTE, REGION, 4 * 10**12, 10)) == []


def test_families_of_a_village_are_found_by_their_names_alone(world: World) -> None:
    case, withdrawn = decided(world), decided(world, "another", family=2)
    moved, event = registration.withdraw(withdrawn, b"w" * 16, builders.stamp(LATER))
    assert world.store.change(moved, event) is None
    nameless = build("a third", family=3)
    stored_now = (nameless.case, nameless.vault, nameless.event, nameless.guards)
    assert world.store.create(*stored_now) is None
    assert list(world.disputes.candidates(VILLAGE)) == [Candidate(case.ref.locator, bytes(6))]
    assert list(world.disputes.candidates("3510151002")) == []


def screened(there: Dispute, state: PieceState, number: int = 0) -> tuple[Dispute, Event]:
    step = hearing.screened(there, replace(piece(number), state=state, tries=1), at(LATER))
    assert step is not None
    return step


def test_what_screening_found_is_kept_though_the_dispute_has_ended(world: World) -> None:
    made = objected(world)
    made = stored(world, hearing.withdraw(made, b"w" * 16, at(LATER, "citizen")))
    made = stored(world, screened(made, PieceState.RELEASED))
    there = world.disputes.load([made.ref])[made.ref]
    assert (there.stage, there.evidence[0].piece.state) == (Stage.WITHDRAWN, PieceState.RELEASED)


def test_heads_of_disputes_are_exported_with_those_of_cases(world: World) -> None:
    made, case = appealed(world)
    heads: Mapping[str, audit.Head] = dict(world.store.heads())
    assert heads == {case.ref.locator: case.head, made.ref.locator: made.head}
