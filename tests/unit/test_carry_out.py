"""A proposal carried out by messages: frozen, counted once, picked up where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chalicelib.domain import pmt
from chalicelib.domain.adoption import (
    FEWEST,
    IDLE_MS,
    NOBODY,
    PART_LOST,
    SETTLED_MS,
    Stage,
)
from chalicelib.domain.registration import Earlier, Ref, State
from chalicelib.usecases.carry_out import MOST
from chalicelib.usecases.ports import Message
from chalicelib.usecases.relay import ADOPTION, relay
from chalicelib.usecases.score import NotCarriedError
from tests.adopting import (
    VILLAGES,
    adopted,
    carried_out,
    copy_of,
    crowded,
    family_form,
    now,
    proposed,
)
from tests.fakes import FakeAws, FakeQueue
from tests.world import REGION, World

CROWD = 110


@pytest.fixture
def world() -> World:
    return copy_of(crowded(CROWD))


def test_the_population_is_frozen_whatever_comes_after(world: World) -> None:
    """Who is decided later is not in it; who withdraws later is; who is erased is only counted."""
    made = proposed(world)
    world.settle(1)
    assert now(world).stage is Stage.COMPARING
    late = world.register("late" * 5, family_form(world.model, 400, VILLAGES[0]))
    world.settle(4)
    cases = list(world.aws.cases.values())
    gone = next(case for case in cases if case.ref.village == VILLAGES[1])
    world.erase(gone.ref)
    carried_out(world)
    result = now(world).result
    assert result is not None
    assert result["families"] == CROWD - 1
    assert result["gone"] is None  # one is too few to be told
    ids = {each for part in world.proposals.parts(_comparing(world)) for each in part.ids}
    assert late.receipt.locator not in ids
    assert made.ref.locator == now(world).ref.locator


def _comparing(world: World) -> object:
    return replace(now(world), stage=Stage.COMPARING)


def test_messages_that_come_twice_late_and_in_disorder_count_each_family_once(
    world: World,
) -> None:
    proposed(world)
    world.settle(1)
    world.clock.advance(SETTLED_MS + 1)
    proposal = now(world)
    letters = [Message(Ref(code, proposal.ref.locator), 2) for code in world.villages()]
    for batch in (letters[100:], letters[:150], letters[::-1], letters[:3]):
        assert world.carry_out(*batch) == []
    assert now(world).left == 0
    assert sum(len(part.ids) for part in world.proposals.parts(proposal)) == CROWD
    world.settle(2)
    result = now(world).result
    assert result is not None
    assert result["families"] == CROWD


def test_what_follows_a_step_is_delayed_and_what_goes_on_is_not() -> None:
    """Longer than any function that decides lives, and no longer than SQS can."""
    aws = FakeAws()
    sent: list[tuple[int, Message]] = []

    class Kept(FakeQueue):
        def send(self, messages: Sequence[Message], *, delay_s: int = 0) -> None:
            super().send(messages, delay_s=delay_s)
            sent.extend((delay_s, message) for message in messages)

    ref = Ref(REGION, "ZZZZAAAAAA")
    changes = [(stage, Message(ref, number)) for number, stage in enumerate(Stage, 1)]
    changes.append((Stage.COMPARING, Message(ref, 0)))
    assert relay(changes, {ADOPTION: Kept(aws)}) == 4
    delays = {message.version: delay for delay, message in sent}
    steps = {stage: number for number, stage in enumerate(Stage, 1)}
    assert delays[steps[Stage.PROPOSED]] == delays[0] == 0
    for stage in (Stage.COMPARING, Stage.ADOPTED):
        assert SETTLED_MS < delays[steps[stage]] * 1000 <= 900_000


def test_before_other_functions_have_ended_nothing_is_read(world: World) -> None:
    proposed(world)
    world.settle(1)
    message = Message(now(world).ref, 2)
    assert world.carry_out(message) == [message]
    assert not world.aws.parts
    world.clock.advance(SETTLED_MS)
    assert world.carry_out(message) == []


def test_the_sweep_goes_on_with_what_got_stuck(world: World) -> None:
    proposed(world)
    world.settle(1)
    world.queues[ADOPTION].sent.clear()  # every message was lost
    world.clock.advance(IDLE_MS - 60_000)
    assert world.sweep(()) == 0
    world.clock.advance(2 * 60_000)
    assert world.sweep(()) == 1
    carried_out(world)
    assert now(world).stage is Stage.COMPARED
    assert world.sweep(()) == 0


def test_deciding_anew_goes_on_where_it_stopped(world: World) -> None:
    """A message does so many families; what it did is seen in the families themselves."""
    adopted(world)
    place = Message(Ref(VILLAGES[0], now(world).ref.locator), now(world).version)
    world.clock.advance(SETTLED_MS + 1)
    own = [ref for ref in world.aws.cases if ref.village == VILLAGES[0]]
    done = own[: len(own) // 2]
    for ref in done:  # as a worker left them that was stopped
        world.aws.cases[ref] = replace(world.aws.cases[ref], under=1)
    assert world.carry_out(place) == []
    for ref in own:
        case = world.aws.cases[ref]
        assert case.under == 1
        assert (case.earlier is None) is (ref in done)
    left = now(world).left
    assert world.carry_out(place) == []
    assert now(world).left == left


def test_a_large_village_is_decided_by_several_messages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST > 30
    monkeypatch.setattr("chalicelib.usecases.carry_out.MOST", 3)
    adopted(world)
    carried_out(world)
    assert now(world).stage is Stage.ADOPTED
    assert now(world).left > 0  # nine rounds are not enough, and nothing is taken for done
    for _ in range(3):
        carried_out(world)
    assert now(world).stage is Stage.CARRIED_OUT
    assert {case.under for case in world.aws.cases.values()} == {1}
    versions = {case.version for case in world.aws.cases.values()}
    assert versions == {4}  # received, checked, decided, decided anew: once each


def test_a_family_that_comes_after_the_adoption_is_decided_under_it_at_once(world: World) -> None:
    adopted(world)
    carried_out(world)
    paper = world.register("late" * 5, family_form(world.model, 401, VILLAGES[0])).receipt
    world.settle()
    case = world.find(paper.text)
    assert (case.under, case.provisional, case.earlier) == (1, False, None)
    assert case.scored is not None
    assert case.scored.model_hash == now(world).model


def test_who_cannot_be_scored_under_the_new_model_is_visited(world: World) -> None:
    """Nobody is scored 0, and the decision in hand stands until somebody has looked."""
    adopted(world)
    ref, case = next(iter(world.aws.cases.items()))
    assert case.household is not None
    question = world.model.questions[0].code
    answers = {code: each for code, each in case.household.answers.items() if code != question}
    world.aws.cases[ref] = replace(case, household=replace(case.household, answers=answers))
    (model,) = world.models.values()
    assert isinstance(pmt.score(model, world.aws.cases[ref].household), pmt.CannotScore)  # type: ignore[arg-type]
    carried_out(world)
    moved = world.aws.cases[ref]
    assert moved.state is State.NEEDS_GROUND_CHECK
    assert moved.decisions == case.decisions
    assert case.scored is not None
    assert moved.earlier == Earlier(
        case.steps[-1].at, case.scored.model_hash, case.rules_hash, case.decisions
    )
    world.erase(ref)
    assert world.aws.cases[ref].earlier is None
    assert now(world).stage is Stage.CARRIED_OUT


def test_too_few_families_are_not_compared(world: World) -> None:
    for ref in list(world.aws.cases)[FEWEST - 1 :]:
        del world.aws.cases[ref]
    proposed(world)
    carried_out(world)
    assert (now(world).stage, now(world).reason) == (Stage.REFUSED, NOBODY)
    assert now(world).cutoffs == ()


def test_a_part_that_is_lost_ends_the_comparison(world: World) -> None:
    proposed(world)
    world.settle(1)
    world.clock.advance(SETTLED_MS + 1)
    proposal = now(world)
    world.carry_out(*(Message(Ref(code, proposal.ref.locator), 2) for code in world.villages()))
    world.aws.parts.popitem()
    world.settle(2)
    assert (now(world).stage, now(world).reason) == (Stage.REFUSED, PART_LOST)


def test_what_is_adopted_and_not_carried_decides_nothing(world: World) -> None:
    adopted(world)
    carried_out(world)
    world.models.clear()
    world.register("late" * 5, family_form(world.model, 402, VILLAGES[0]))
    case = next(case for case in world.aws.cases.values() if case.state is State.RECEIVED)
    world.check(Message(case.ref, 1))
    with pytest.raises(NotCarriedError):
        world.score(Message(case.ref, 2))
    assert world.aws.cases[case.ref].state is State.MATCHED
