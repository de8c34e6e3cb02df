"""What every store of ground checks promises: steps with their events, lists by who has to act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import pytest

from chalicelib.adapters.ground_check_table import GroundCheckTable
from chalicelib.adapters.registry_table import TablesDisagreeError
from chalicelib.domain import (
    check_review,
    check_sample,
    ground_check,
    registration,
    reopening,
    visit,
)
from chalicelib.domain.assignment import Judges
from chalicelib.domain.audit import Event
from chalicelib.domain.check_sample import Sample
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.ground_check import (
    Attempt,
    Check,
    Course,
    Missed,
    Opinion,
    Purpose,
)
from chalicelib.domain.pmt import CannotScore, Reason
from chalicelib.domain.registration import Ref, Registration, Stamp, State
from chalicelib.usecases.check_ports import AFTER, GroundChecks, Samples, Stands, visit_part
from chalicelib.usecases.dispute_ports import Statement
from chalicelib.usecases.ports import Sealed
from tests import checking
from tests.builders import MINUTE, REGION, SALT, VILLAGE, build, checked, household, stamp
from tests.checking import AGENT, DAY, OTHER, asked, assigned, at, found
from tests.fakes import START, FakeCaseStore
from tests.fakes_checks import FakeGroundChecks
from tests.stores import LOCAL, Backend, World, fake_world

PLACE, REMARK = visit_part(0), visit_part(1)
SEALED = Sealed(b"sealed", b"key")


class Checks(GroundChecks, Samples, Protocol):
    """Both ports over the same tables."""


@dataclass
class Over:
    """A store of checks over the tables of a world."""

    world: World
    checks: Checks


@pytest.fixture(params=["fake", "moto", LOCAL])
def over(request: pytest.FixtureRequest) -> Over:
    if request.param == "fake":
        world = fake_world()
        assert isinstance(world.store, FakeCaseStore)
        return Over(world, FakeGroundChecks(world.store.aws))
    backend: Backend = request.getfixturevalue(f"{request.param}_backend")
    backend.clean()
    table = GroundCheckTable(
        backend.client, backend.tables, sleep=lambda _: None, chance=lambda: 0.0
    )
    return Over(backend.world(), table)


def stored(over: Over, make: Callable[[], tuple[Check, Event]] = asked) -> Check:
    check, event = make()
    assert over.checks.create(check, event) is None
    return check


def drawn(over: Over) -> Check:
    moved, event = assigned(stored(over))
    assert over.checks.change(moved, event) is None
    return moved


def done(over: Over) -> Check:
    moved, event = found(drawn(over))
    place, remark = Statement(PLACE, SEALED), Statement(REMARK, SEALED)
    assert over.checks.change(moved, event, statements=(place, remark)) is None
    return moved


def full() -> Check:
    """A check with everything that one can have."""
    there = assigned(asked(Purpose.SAMPLE, decided=("PKH", "BPNT"), not_by=("agent-7",))[0])[0]
    gone = Attempt(START + 5 * MINUTE, Missed.NOT_FOUND)
    tried = visit.attempt(
        there, gone, (checking.piece(7),), at(6), request=checking.REQUEST, most=2, apart=0
    )[0]
    seen = found(tried)[0]
    clean = replace(
        seen.evidence[0].piece, state=PieceState.RELEASED, tries=1, why="evidence_dark", pages=1
    )
    kept = ground_check.screened(seen, clean, at(99, "system:screen_evidence"))
    assert kept is not None
    said = visit.remark(kept[0], b"m" * 16, at(100), {"digest": "x"})[0]
    return replace(
        said,
        dispute="5ABC222222",
        occasion="3510 2025-11",
        chance=(40, 1_234),
        agent="agent-7",
        level=2,
        why=(("kin", 1), ("same_village", 12)),
    )


@pytest.mark.parametrize("step", [stored, drawn, done], ids=lambda step: step.__name__)
def test_a_check_comes_back_as_it_was_at_each_step(
    over: Over, step: Callable[[Over], Check]
) -> None:
    made = step(over)
    assert over.checks.load([made.ref]) == {made.ref: made}
    assert over.checks.load([Ref(VILLAGE, "5ABC999999")]) == {}
    assert over.checks.load([]) == {}


def test_everything_that_a_check_can_hold_comes_back(over: Over) -> None:
    there = replace(full(), version=1)
    assert over.checks.create(there, asked()[1]) is None
    assert over.checks.load([there.ref]) == {there.ref: there}
    bare = replace(asked(need="another")[0], declared=None, salt=b"")
    assert over.checks.create(bare, asked(need="another")[1]) is None
    assert over.checks.load([bare.ref, there.ref]) == {bare.ref: bare, there.ref: there}


def test_a_step_has_its_event_and_the_chain_its_head(over: Over) -> None:
    there = done(over)
    event = over.world.ledger.event(there.ref.locator, there.head.at, 3)
    assert event is not None
    assert (event.act, event.hash) == ("check_done", there.head.hash)
    sample, told = begun()
    assert over.checks.keep_sample(sample, told) is None
    assert list(over.world.store.heads()) == sorted(
        [(there.ref.locator, there.head), (sample.ref.locator, sample.head)]
    )


def test_a_need_that_was_met_before_tells_what_stands(over: Over) -> None:
    there = drawn(over)
    blank = replace(asked()[0], asked_at=START + MINUTE)
    again, event = ground_check.ask(blank, at(1, "system:send_visits"))
    stands = over.checks.create(again, event)
    assert stands is not None
    assert stands.check == there
    assert over.checks.load([there.ref]) == {there.ref: there}


def test_a_step_whose_answer_was_lost_is_known_as_done(over: Over) -> None:
    made, event = asked()
    for _ in range(2):
        assert over.checks.create(made, event) is None
    moved, event = assigned(made)
    for _ in range(2):
        assert over.checks.change(moved, event) is None
    assert over.checks.load([made.ref]) == {made.ref: moved}


def test_of_two_findings_at_once_one_is_kept_and_the_other_told(over: Over) -> None:
    there = drawn(over)
    first, event = found(there)
    second, other = found(there, eligible=())
    assert second.head != first.head
    assert over.checks.change(first, event, statements=(Statement(PLACE, SEALED),)) is None
    lost = Statement(REMARK, SEALED)
    stands = over.checks.change(second, other, statements=(lost,))
    assert stands is not None
    assert (stands.check, stands.case) == (first, None)
    opened = over.checks.read(there.ref)
    assert opened is not None
    assert opened.statements.keys() == {PLACE}


def test_of_two_visits_with_the_same_remark_at_once_the_second_is_told(over: Over) -> None:
    """Both would write the same part of the vault; the check that stands is told all the same."""
    there, place = drawn(over), Statement(PLACE, SEALED)
    first, event = found(there)
    assert over.checks.change(first, event, statements=(place,)) is None
    late = found(there, eligible=())
    assert over.checks.change(*late, statements=(place,)) == Stands(check=first)
    again, event = visit.remark(first, b"m" * 16, at(100), {"digest": "x"})
    with pytest.raises(TablesDisagreeError):
        over.checks.change(again, event, statements=(place,))


def test_what_is_sealed_stands_beside_the_check_part_by_part(over: Over) -> None:
    there = done(over)
    opened = over.checks.read(there.ref)
    assert opened is not None
    assert opened.check == there
    assert opened.statements == {PLACE: SEALED, REMARK: SEALED}
    said, event = visit.remark(there, b"m" * 16, at(100), {"digest": "x"})
    assert over.checks.change(said, event, statements=(Statement(AFTER, SEALED),)) is None
    opened = over.checks.read(there.ref)
    assert opened is not None
    assert opened.statements.keys() == {PLACE, REMARK, AFTER}
    assert over.checks.read(Ref(VILLAGE, "5ABC999999")) is None


def family(over: Over) -> Registration:
    """A family of the same village that waits for a visit."""
    built = build()
    assert over.world.store.create(built.case, built.vault, built.event, built.guards) is None
    matched, event = checked(built.case)
    assert over.world.store.change(matched, event) is None
    verdict = CannotScore((Reason("missing", "rooms"),), "a" * 64)
    waiting, event = registration.send_to_visit(
        matched, verdict, stamp(START + 2 * MINUTE), due=START + DAY
    )
    assert over.world.store.change(waiting, event) is None
    return waiting


def test_the_family_is_opened_again_in_the_write_that_keeps_the_finding(over: Over) -> None:
    case = family(over)
    there = assigned(stored(over, lambda: asked(about=case.ref.locator)))[0]
    assert over.checks.change(there, assigned(asked(about=case.ref.locator)[0])[1]) is None
    moved, event = found(there)
    reopened = reopening.reopen(
        case, household(), "ground_check", stamp(at(90).at), officer_due=START + DAY
    )
    stale = replace(reopened[0], version=reopened[0].version + 1)
    stands = over.checks.change(moved, event, case=(stale, reopened[1]))
    assert stands is not None
    assert (stands.check, stands.case) == (None, case)
    assert over.checks.load([there.ref]) == {there.ref: there}
    for _ in range(2):  # the second time as after a lost answer
        assert over.checks.change(moved, event, case=reopened) is None
    assert over.world.store.load([case.ref])[case.ref].case.state is State.MATCHED
    assert over.world.ledger.event(case.ref.locator, at(90).at, case.head.seq + 1) is not None


def test_who_has_to_act_finds_it_in_one_list_and_nobody_else(over: Over) -> None:
    checks = over.checks

    def lists() -> tuple[list[Ref], ...]:
        return (
            list(checks.unassigned(REGION, 9)),
            list(checks.of_officer(REGION, AGENT, 9)),
            list(checks.of_officer(REGION, OTHER, 9)),
            list(checks.to_settle(REGION, 9)),
        )

    there = stored(over, lambda: asked(Purpose.SAMPLE, decided=("BPNT",)))
    own = [there.ref]
    assert lists() == (own, [], [], [])
    moved, event = assigned(there)
    assert checks.change(moved, event) is None
    assert lists() == ([], own, [], [])
    again, event = assigned(moved, OTHER)
    assert checks.change(again, event) is None
    assert lists() == ([], [], own, [])
    back, event = ground_check.assign(
        replace(again, not_by=()), AGENT, at(3, "system:x"), due=again.due
    )
    assert checks.change(back, event) is None
    seen, event = found(back)
    assert checks.change(seen, event) is None
    assert lists() == ([], [], [], own)
    for number, still in ((1, own), (2, [])):
        stamp = at(200 + number, f"staff:officer-{number}")
        kept = Opinion(stamp.actor, Course.KEEP, "finding_doubtful", stamp.at)
        seen, event = check_review.judge(seen, kept, stamp)
        assert checks.change(seen, event) is None
        assert lists() == ([], [], [], still)
        assert checks.load([seen.ref])[seen.ref] == seen
    assert list(checks.unassigned("3511", 9)) == []


def opinion(there: Check, officer: str, before: Judges) -> tuple[Check, Event, Judges]:
    """An officer's opinion of a finding, and who has judged the family's then."""
    stamp = at(200 + before.version, f"staff:{officer}")
    kept = Opinion(stamp.actor, Course.KEEP, "finding_doubtful", stamp.at)
    moved, event = check_review.judge(replace(there, to_settle=True), kept, stamp)
    return moved, event, before.and_of(kept.actor, kept.at)


def test_who_has_judged_is_kept_with_the_opinion_and_only_as_it_was_seen(over: Over) -> None:
    checks, judges_of, there = over.checks, over.world.disputes.judges, done(over)
    nobody = Judges(there.case)
    assert judges_of([]) == judges_of([there.case]) == {}
    moved, event, judges = opinion(there, "officer-1", nobody)
    for _ in range(2):  # the second time as after a lost answer
        assert checks.change(moved, event, judges=judges) is None
    assert judges_of([there.case, Ref(VILLAGE, "2ABC999999")]) == {there.case: judges}
    assert judges.last == {"officer-1": moved.opinions[-1].at}
    other = stored(over, lambda: asked(need="another"))
    unseen, event, stale = opinion(other, "officer-2", nobody)
    assert checks.change(unseen, event, judges=stale) == Stands(judges=judges)
    assert checks.load([other.ref]) == {other.ref: other}
    seen, event, known = opinion(other, "officer-2", judges)
    assert checks.change(seen, event, judges=known) is None
    assert judges_of([there.case])[there.case].last.keys() == {"officer-1", "officer-2"}
    chains = [(each.ref.locator, each.head) for each in (moved, seen)]
    assert list(over.world.store.heads()) == sorted(chains)


def test_a_list_is_by_deadline_and_no_longer_than_asked(over: Over) -> None:
    refs = [
        stored(over, lambda day=day: asked(need=f"need {day}", due=START + day * DAY)).ref
        for day in (3, 1, 2)
    ]
    by_due = [refs[1], refs[2], refs[0]]
    assert list(over.checks.unassigned(REGION, 9)) == by_due
    assert list(over.checks.unassigned(REGION, 2)) == by_due[:2]
    assert list(over.checks.unassigned(REGION, 0)) == []


def test_all_checks_of_a_family_the_earliest_first(over: Over) -> None:
    first = stored(over)
    second = replace(asked(need="second")[0], asked_at=START + DAY)
    assert over.checks.create(second, asked(need="second")[1]) is None
    other = stored(over, lambda: asked(need="other", about="2ABC222222"))
    assert list(over.checks.about(first.case)) == [first, second]
    assert list(over.checks.about(other.case)) == [other]
    assert list(over.checks.about(Ref(VILLAGE, "2ABC999999"))) == []


def test_erasing_takes_what_is_sealed_with_it(over: Over) -> None:
    there = done(over)
    gone, event = ground_check.forget(there, replace(at(300, "staff:o"), salt=b"n" * 16))
    for _ in range(2):  # the second time as after a lost answer
        assert over.checks.forget(gone, event) is None
    opened = over.checks.read(there.ref)
    assert opened is not None
    assert (opened.check, dict(opened.statements)) == (gone, {})


def begun() -> tuple[Sample, Event]:
    ref = Ref(REGION, "ZZZY222222")
    return check_sample.begin(ref, "3510 2025-11", SEED, Stamp(START, "system:send_visits", SALT))


SEED = bytes(range(32))


def test_a_sample_comes_back_as_it_was_before_and_after_its_draw(over: Over) -> None:
    made, event = begun()
    assert over.checks.sample(made.ref) is None
    for _ in range(2):
        assert over.checks.keep_sample(made, event) is None
    assert over.checks.sample(made.ref) == made
    later = Stamp(START + DAY, "system:send_visits", SALT)
    moved, told, _ = check_sample.draw(made, SEED, ["2ABC222222", "2ABC333333"], 1, later)
    for _ in range(2):
        assert over.checks.keep_sample(moved, told) is None
    assert over.checks.sample(made.ref) == moved


def test_of_two_draws_at_once_one_is_kept_and_the_other_told(over: Over) -> None:
    made, event = begun()
    assert over.checks.keep_sample(made, event) is None
    later = Stamp(START + DAY, "system:send_visits", SALT)
    one = check_sample.draw(made, SEED, ["2ABC222222", "2ABC333333"], 1, later)
    two = check_sample.draw(made, SEED, ["2ABC222222"], 1, replace(later, at=START + 2 * DAY))
    assert over.checks.keep_sample(one[0], one[1]) is None
    assert over.checks.keep_sample(two[0], two[1]) == one[0]
    assert over.checks.sample(made.ref) == one[0]


def test_a_draw_of_a_sample_that_nobody_began_is_not_taken_for_kept(over: Over) -> None:
    made, _ = begun()
    drawn_now, event, _ = check_sample.draw(made, SEED, ("2ABC222222",), 1, at(1, "system:x"))
    with pytest.raises(TablesDisagreeError):
        over.checks.keep_sample(drawn_now, event)
    assert over.checks.sample(made.ref) is None
