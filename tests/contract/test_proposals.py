"""What every store of proposals promises: steps with their events, a village counted once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import adoption, audit
from chalicelib.domain.adoption import IDLE_MS, Proposal, Stage
from chalicelib.domain.comparison import Part, Standing
from chalicelib.domain.pmt import Scored
from chalicelib.domain.programme import Code, ProgrammeDecision, Reason
from chalicelib.domain.registration import Ref, Stamp, State, Step, Work
from chalicelib.usecases.ports import InForce
from tests.adopting import example
from tests.builders import MINUTE, REGION, VILLAGE, build
from tests.fakes import START
from tests.stores import World

ONE, OTHER, MACHINE = "staff:admin-1", "staff:admin-2", "system:carry_out"
FIRST, SECOND = "ZZZZAAAAAA", "ZZZZBBBBBB"
PART = Part(VILLAGE, ("2ABC000222",), (-5,), (3,), (5,), ("40a",), unscored=2, gone=1)


def at(minute: int, actor: str = MACHINE) -> Stamp:
    return Stamp(START + minute * MINUTE, actor, b"s" * 16)


def proposed(world: World, number: str = FIRST) -> Proposal:
    """Stored as proposed."""
    bare = example(number, ONE, START, Stage.PROPOSED)
    blank = replace(bare, version=0, head=audit.first_head(number))
    made, event = adoption.propose(blank, at(0, ONE))
    assert world.proposals.create(made, event) is None
    return made


def frozen(world: World, number: str = FIRST) -> Proposal:
    moved, event = adoption.freeze(proposed(world, number), at(1))
    assert world.proposals.change(moved, event) is None
    return moved


def compared(world: World, number: str = FIRST) -> Proposal:
    told = example(number, ONE, START)
    assert told.result is not None
    before = replace(frozen(world, number), left=0)
    found = adoption.Found("f" * 64, told.cutoffs, told.lines, told.manifest)
    moved, event = adoption.compared(before, found, told.result, at(2))
    assert world.proposals.change(moved, event) is None
    return moved


def adopting(world: World, number: str = FIRST, actor: str = OTHER) -> Callable[[], object]:
    """The step that adopts, as a call that may be made again."""
    before = compared(world, number)
    moved, event = adoption.adopt(before, 0, at(3, OTHER))
    moved = replace(moved, settler=actor)
    key, lines, manifest = bytes(range(32)), moved.lines, moved.manifest
    adopted = InForce(1, moved.model, moved.rules, moved.cutoffs, key, lines, manifest)
    return lambda: world.proposals.change(moved, event, adopted)


def test_a_proposal_comes_back_as_it_was_at_each_step(world: World) -> None:
    for make in (proposed, frozen, compared):
        number = f"ZZZZ{make.__name__[:1].upper()}AAAAA"
        made = make(world, number)
        assert world.proposals.load(made.ref) == made
    assert world.proposals.load(Ref(REGION, "ZZZZ999999")) is None


def test_a_step_has_its_event_and_the_chain_its_head(world: World) -> None:
    made = frozen(world)
    event = world.ledger.event(FIRST, made.head.at, 2)
    assert event is not None
    assert (event.act, event.model, event.rules) == ("frozen", made.model, made.rules)
    assert list(world.store.heads()) == [(FIRST, made.head)]


def test_a_number_that_is_taken_tells_what_stands_there(world: World) -> None:
    made = proposed(world)
    other = replace(example(FIRST, OTHER, START, Stage.PROPOSED), version=0)
    other, event = adoption.propose(replace(other, head=audit.first_head(FIRST)), at(5, OTHER))
    assert world.proposals.create(other, event) == made
    assert world.proposals.load(made.ref) == made


def test_a_step_whose_answer_was_lost_is_known_as_done(world: World) -> None:
    made = proposed(world)
    moved, event = adoption.freeze(made, at(1))
    for _ in range(2):
        assert world.proposals.change(moved, event) is None
    assert world.proposals.load(made.ref) == moved


def test_of_two_steps_at_once_one_is_done_and_the_other_told(world: World) -> None:
    made = proposed(world)
    first, event = adoption.freeze(made, at(1))
    second, other = adoption.freeze(made, at(2))
    assert world.proposals.change(first, event) is None
    assert world.proposals.change(second, other) == first
    kept = world.ledger.event(FIRST, second.head.at, 2)
    assert kept is not None
    assert kept.hash == first.head.hash


def test_proposals_of_a_region_the_latest_first(world: World) -> None:
    first = proposed(world)
    blank = replace(example(SECOND, ONE, START + MINUTE, Stage.PROPOSED), version=0)
    blank = replace(blank, head=audit.first_head(SECOND))
    second, event = adoption.propose(blank, at(1, ONE))
    assert world.proposals.create(second, event) is None
    assert list(world.proposals.of_region(REGION)) == [second, first]
    assert list(world.proposals.of_region("3511")) == []


def test_a_village_is_counted_once_however_often_it_is_done(world: World) -> None:
    made = frozen(world)
    assert world.proposals.finish(made, VILLAGE, PART, START, START + IDLE_MS)
    other = replace(PART, ids=("2ABC000333",))
    assert not world.proposals.finish(made, VILLAGE, other, START + 1, START + 2)
    there = world.proposals.load(made.ref)
    assert there == replace(made, left=made.left - 1, due=START + IDLE_MS)
    assert world.proposals.finished(made) == {VILLAGE}
    assert list(world.proposals.parts(made)) == [PART]


def test_a_village_of_another_step_or_of_none_left_is_not_counted(world: World) -> None:
    made = frozen(world)
    for village in ("3510151002", "3510012001", VILLAGE):
        assert world.proposals.finish(made, village, replace(PART, village=village), START, START)
    assert not world.proposals.finish(made, "3510161001", PART, START, START)
    assert not world.proposals.finish(replace(made, version=9), "3510161002", None, START, START)
    there = world.proposals.load(made.ref)
    assert there is not None
    assert there.left == 0
    assert len(world.proposals.finished(made)) == 3
    assert [part.village for part in world.proposals.parts(made)] == sorted(
        ("3510151002", "3510012001", VILLAGE)
    )


def test_what_is_adopted_stands_beside_the_proposal_in_one_write(world: World) -> None:
    adopt = adopting(world)
    assert world.proposals.in_force(REGION) is None
    for _ in range(2):  # the second time as after a lost answer
        assert adopt() is None
    in_force = world.proposals.in_force(REGION)
    there = world.proposals.load(Ref(REGION, FIRST))
    assert there is not None
    assert in_force is not None
    assert (in_force.number, in_force.cutoffs) == (1, there.cutoffs)
    assert (in_force.lines, in_force.manifest) == (there.lines, there.manifest)
    assert {line.entry is None for line in in_force.lines.values()} == {True, False}
    assert there.stage is Stage.ADOPTED
    built = build()
    assert world.store.create(built.case, built.vault, built.event, built.guards) is None
    assert world.store.load_for_scoring([built.case.ref], REGION)[1] == in_force


def test_the_proposer_cannot_adopt_whatever_was_asked_before(world: World) -> None:
    """The write itself names the proposer: nothing of the step is stored."""
    assert adopting(world, actor=ONE)() is not None
    assert world.proposals.in_force(REGION) is None
    there = world.proposals.load(Ref(REGION, FIRST))
    assert there is not None
    assert there.stage is Stage.COMPARED


def test_nothing_is_adopted_over_an_adoption_that_was_not_known(world: World) -> None:
    first, second = adopting(world), adopting(world, SECOND)
    assert first() is None
    in_force = world.proposals.in_force(REGION)
    there = second()
    assert isinstance(there, Proposal)
    assert there.stage is Stage.COMPARED
    assert world.proposals.in_force(REGION) == in_force


def test_a_proposal_that_rests_is_found_by_the_sweep(world: World) -> None:
    made = frozen(world)
    assert list(world.store.waiting(Work.ADOPTION, REGION, made.due - 1, 10)) == []
    assert list(world.store.waiting(Work.ADOPTION, REGION, made.due, 10)) == [made.ref]
    assert list(world.store.waiting(Work.ADOPTION, "3511", made.due, 10)) == []
    moved, event = adoption.give_up(made, adoption.NOBODY, at(2))
    assert world.proposals.change(moved, event) is None
    assert list(world.store.waiting(Work.ADOPTION, REGION, made.due * 2, 10)) == []


def test_what_a_ranking_needs_of_a_village_is_read(world: World) -> None:
    """Who was decided at an instant, with what the decision rests on; the erased are counted."""
    built = [build(name, family=number) for number, name in enumerate("abcd", 1)]
    steps = (Step(State.RECEIVED, START), Step(State.DECIDED, START + MINUTE))
    outcome = Scored(-7, (1, -8), model_hash="ab" * 32, inputs_hash="cd" * 32)
    reasons = (Reason(Code.DECILE_ABOVE, (7, 4)),)
    decided = ProgrammeDecision("PKH", False, False, reasons, reasons)
    left = Step(State.WITHDRAWN, START + 3 * MINUTE)
    changes: list[dict[str, Any]] = [
        {},
        {"state": State.WITHDRAWN, "steps": (*steps, left)},
        {"state": State.RECEIVED, "steps": steps[:1]},
        {"state": State.ERASED, "steps": (*steps, replace(left, state=State.ERASED))},
    ]
    for one, change in zip(built, changes, strict=True):
        whole = {"state": State.DECIDED, "steps": steps, "scored": outcome, **change}
        case = replace(one.case, decisions=(decided,), rules_hash="ef" * 32, **whole)
        if case.state is State.ERASED:
            case = replace(case, household=None, scored=None, decisions=(), rules_hash="")
        assert world.store.create(case, one.vault, one.event, one.guards) is None
    names = [one.case.ref.locator for one in built]
    household = built[0].case.household
    assert household is not None
    size, model, rules = len(household.members), b"\xab" * 32, b"\xef" * 32
    told = "PKH-b7.4/b7.4"
    found = {each.locator: each for each in world.proposals.standing(VILLAGE, START + 2 * MINUTE)}
    assert found == {
        names[0]: Standing(names[0], -7, size, told, model, rules),
        names[1]: Standing(names[1], 0, 0, "", b"", b""),  # not decided any more
        names[3]: Standing(names[3], None, 0, "", b"", b""),
    }
    assert list(world.proposals.standing(VILLAGE, START)) == []
    assert list(world.proposals.standing("3510151002", START + 2 * MINUTE)) == []


def test_the_families_of_a_village_come_without_what_opens_them(world: World) -> None:
    mine, other = build("a", family=1), build("b", family=2)
    for built in (mine, other):
        assert world.store.create(built.case, built.vault, built.event, built.guards) is None
    found = {case.ref: case for case in world.proposals.families(VILLAGE)}
    assert found.keys() == {mine.case.ref, other.case.ref}
    case = found[mine.case.ref]
    assert (case.household, case.steps, case.version) == (mine.case.household, mine.case.steps, 1)
    assert list(world.proposals.families("3510151002")) == []


@pytest.mark.parametrize("size", [0, 1, 5_000])
def test_a_large_village_fits_into_its_part(world: World, size: int) -> None:
    made = frozen(world)
    large = Part(
        VILLAGE,
        ids=tuple(f"2ABC{number + 222:06}" for number in range(size)),
        scores=tuple(sorted(number * 7_919 % 2_000_000 - 9 for number in range(size))),
        sizes=tuple(number % 20 + 1 for number in range(size)),
        held=tuple(number % 8 for number in range(size)),
        limits=tuple(f"{number % 5}{number % 3}4" for number in range(size)),
    )
    assert world.proposals.finish(made, VILLAGE, large, START, START)
    assert list(world.proposals.parts(made)) == [large]
