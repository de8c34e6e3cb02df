"""The life of a proposal: proposed, frozen, compared, adopted by another, families decided anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from chalicelib.domain import audit, lottery, pmt, programme, ranking
from chalicelib.domain.adoption import (
    FEWEST,
    IDLE_MS,
    NOBODY,
    PART_LOST,
    SETTLED_MS,
    Proposal,
    Stage,
)
from chalicelib.domain.audit import Act
from chalicelib.domain.errors import (
    Fault,
    InvalidRequest,
    NotAllowed,
    NotFound,
    TryAgain,
    WrongState,
)
from chalicelib.domain.registration import Earlier, Ref, State
from chalicelib.usecases import adopt
from chalicelib.usecases.carry_out import MOST
from chalicelib.usecases.ports import Message
from chalicelib.usecases.relay import ADOPTION, relay
from chalicelib.usecases.score import NotCarriedError
from tests.adopting import (
    ONE,
    OTHER,
    VILLAGES,
    adopted,
    carried_out,
    crowd,
    family_form,
    now,
    proposed,
    with_candidates,
)
from tests.fakes import FakeAws, FakeQueue
from tests.world import REGION, World

CROWD = 110


@pytest.fixture(scope="module")
def decided() -> World:
    world = with_candidates(World())
    crowd(world, CROWD)
    return world


@pytest.fixture
def world(decided: World) -> World:
    """A region with decided families; each test has its own memory."""
    mine = with_candidates(World())
    mine.aws.cases.update(decided.aws.cases)
    mine.aws.vault.update(decided.aws.vault)
    mine.aws.events.update(decided.aws.events)
    mine.relayed |= decided.relayed
    mine.clock.now = decided.clock.now
    mine.random.taken = 10_000
    return mine


def events(world: World, chain: str) -> list[Act]:
    own = [event for event in world.aws.events.values() if event.chain == chain]
    return [event.act for event in sorted(own, key=lambda event: event.seq)]


def test_proposed_compared_adopted_and_every_family_decided_anew(world: World) -> None:
    before = dict(world.aws.cases)
    made = proposed(world)
    carried_out(world)
    compared = now(world)
    assert compared.stage is Stage.COMPARED
    assert len(world.aws.parts) == compared.villages
    adopt.adopt(made.ref.locator, OTHER, world.adopt_ports())
    carried_out(world)
    done = now(world)
    assert (done.stage, done.left, done.due) == (Stage.CARRIED_OUT, 0, 0)
    (in_force,) = world.aws.adoptions
    assert world.aws.adopted[REGION] is in_force
    (model,), (rules,) = world.models.values(), world.rule_sets.values()
    moved = 0
    for ref, case in world.aws.cases.items():
        assert (case.state, case.under) == (State.DECIDED, 1)
        assert not case.provisional
        assert case.household is not None
        outcome = pmt.score(model, case.household)
        assert outcome == case.scored
        assert isinstance(outcome, pmt.Scored)
        draw = lottery.draw(in_force.key, ref.locator)
        decile = pmt.decile(outcome.score, draw, in_force.cutoffs)
        again = programme.decide(rules, case.household, decile, False, case.household.as_of)
        assert again == case.decisions
        # The old decision stands beside the new one, with its hashes and its day.
        old, kept = before[ref], case.earlier
        assert old.scored is not None
        assert kept is not None
        assert (kept.model_hash, kept.rules_hash) == (old.scored.model_hash, old.rules_hash)
        assert (kept.decisions, kept.at) == (old.decisions, old.steps[-1].at)
        assert [s.state for s in case.steps[-2:]] == [State.DECIDED, State.DECIDED]
        moved += [d.eligible for d in old.decisions] != [d.eligible for d in case.decisions]
    assert moved > CROWD // 20
    acts = [Act.PROPOSED, Act.FROZEN, Act.COMPARED, Act.ADOPTED, Act.CARRIED_OUT]
    assert events(world, made.ref.locator) == acts


def test_each_step_commits_to_what_it_rests_on(world: World) -> None:
    """Whoever is shown the details and the salt can hold them to the ledger (ADR 7)."""
    made = adopted(world)
    at = world.clock.now_ms()
    assert (now(world).settler, now(world).settled_at) == (OTHER, at)
    carried_out(world)
    done = now(world)
    own = [event for event in world.aws.events.values() if event.chain == made.ref.locator]
    told = {event.act: event for event in own}
    lottery_of = {"lottery": made.commitment, "basis": 0, "occasion": made.occasion}
    borders = [list(cut) for cut in done.cutoffs]
    for act, details in (
        (Act.PROPOSED, lottery_of),
        (Act.FROZEN, {"at": done.frozen_at}),
        (Act.COMPARED, {"population": done.population, "cutoffs": borders}),
        (Act.ADOPTED, {"number": 1, "seed": made.seed.hex()}),
        (Act.CARRIED_OUT, {}),
    ):
        assert told[act].commitment == audit.commit(made.salt, details), act
        assert (told[act].model, told[act].rules) == (made.model, made.rules)


def test_what_was_told_is_what_the_families_then_get(world: World) -> None:
    before = dict(world.aws.cases)
    adopted(world)
    result = now(world).result
    assert result is not None
    assert result["families"] == CROWD
    carried_out(world)
    told: dict[str, dict[str, int | None]] = {
        code: counts["all"]
        for code, counts in result["programmes"].items()  # type: ignore[attr-defined]
    }
    for code, shown in told.items():
        held = {ref for ref, case in before.items() if _has(case, code)}
        has = {ref for ref, case in world.aws.cases.items() if _has(case, code)}
        true = {"enter": len(has - held), "leave": len(held - has), "stay": len(has & held)}
        true["out"] = CROWD - sum(true.values())
        for move, count in shown.items():
            assert count == true[move] if count is not None else true[move] > 0
        assert any(count is not None for count in shown.values()) or min(true.values()) < 10


def _has(case: object, code: str) -> bool:
    return any(d.programme == code and d.eligible for d in case.decisions)  # type: ignore[attr-defined]


def test_the_borders_are_those_of_one_ranking_of_all(world: World) -> None:
    """An independent count: score every family, rank them at once, part them in ten."""
    adopted(world)
    proposal, (in_force,) = now(world), world.aws.adoptions
    (model,) = world.models.values()
    ids, scores, sizes = [], [], []
    for ref, case in world.aws.cases.items():
        assert case.household is not None
        outcome = pmt.score(model, case.household)
        assert isinstance(outcome, pmt.Scored)
        ids.append(ref.locator)
        scores.append(outcome.score)
        sizes.append(len(case.household.members))
    key = lottery.key(proposal.seed, proposal.population)
    ranked = ranking.order(ids, scores, key)
    cuts = model.about["cutoffs"]
    weights = sizes if cuts["weighting"] == "persons" else None  # type: ignore[index]
    assert in_force.cutoffs == ranking.cutoffs(ranked, ids, scores, key, weights=weights)
    assert in_force.key == key
    assert lottery.opens(proposal.commitment, proposal.seed, proposal.occasion)


def test_nobody_adopts_or_refuses_what_they_proposed(world: World) -> None:
    made = proposed(world)
    ports = world.adopt_ports()
    with pytest.raises(WrongState) as early:
        adopt.adopt(made.ref.locator, OTHER, ports)
    assert early.value.faults == (Fault("adoption_not_compared"),)
    carried_out(world)
    for step in (
        lambda: adopt.adopt(made.ref.locator, ONE, ports),
        lambda: adopt.refuse(made.ref.locator, ONE, "mistaken", ports),
    ):
        with pytest.raises(NotAllowed) as own:
            step()
        assert own.value.faults == (Fault("adoption_same_person"),)
    assert not world.aws.adoptions
    assert now(world).stage is Stage.COMPARED


def test_adopting_twice_is_once_and_by_a_third_person_is_refused(world: World) -> None:
    first = adopted(world)
    again = adopt.adopt(first.ref.locator, OTHER, world.adopt_ports())
    assert again == first
    with pytest.raises(WrongState):
        adopt.adopt(first.ref.locator, "staff:admin-3", world.adopt_ports())
    assert len(world.aws.adoptions) == 1


def test_a_refused_proposal_changes_nothing(world: World) -> None:
    before = dict(world.aws.cases)
    made = proposed(world)
    carried_out(world)
    world.clock.advance(1_000)
    at = world.clock.now_ms()
    first = adopt.refuse(made.ref.locator, OTHER, "too_many_leave", world.adopt_ports())
    assert adopt.refuse(made.ref.locator, OTHER, "mistaken", world.adopt_ports()) == first
    with pytest.raises(WrongState):
        adopt.refuse(made.ref.locator, "staff:admin-3", "mistaken", world.adopt_ports())
    carried_out(world)
    refused = now(world)
    assert (refused.stage, refused.reason) == (Stage.REFUSED, "too_many_leave")
    assert (refused.settler, refused.settled_at, refused.left) == (OTHER, at, 0)
    last = max(
        (event for event in world.aws.events.values() if event.chain == made.ref.locator),
        key=lambda event: event.seq,
    )
    assert (last.reason, last.actor) == ("too_many_leave", OTHER)
    assert last.commitment == audit.commit(made.salt, {})
    assert world.aws.cases == before
    assert not world.aws.adoptions
    assert events(world, made.ref.locator)[-1] is Act.REFUSED
    with pytest.raises(WrongState):
        adopt.adopt(made.ref.locator, OTHER, world.adopt_ports())


def test_of_two_compared_with_the_same_only_one_is_adopted(world: World) -> None:
    first = proposed(world)
    second = proposed(world, key="q" * 20, same=True)
    carried_out(world)
    adopt.adopt(first.ref.locator, OTHER, world.adopt_ports())
    with pytest.raises(WrongState) as refused:
        adopt.adopt(second.ref.locator, OTHER, world.adopt_ports())
    assert refused.value.faults[0].code == "adoption_outdated"
    assert len(world.aws.adoptions) == 1


def test_nothing_is_proposed_while_the_last_is_carried_out(world: World) -> None:
    adopted(world)
    with pytest.raises(WrongState) as refused:
        proposed(world, key="q" * 20)
    assert refused.value.faults[0].code == "adoption_running"
    carried_out(world)
    assert proposed(world, key="q" * 20).basis == 1


def test_a_form_sent_twice_is_one_proposal(world: World) -> None:
    first = proposed(world)
    world.clock.advance(5_000)
    assert proposed(world).at == first.at
    with pytest.raises(InvalidRequest):
        proposed(world, same=True)
    assert len(world.aws.proposals) == 1


@pytest.mark.parametrize(("model", "rules"), [("", "f"), ("f", ""), ("f", "f"), ("", "")])
def test_what_the_package_does_not_carry_is_not_proposed(
    world: World, model: str, rules: str
) -> None:
    command = adopt.Propose("p" * 20, model * 64, rules * 64, ONE)
    with pytest.raises(InvalidRequest):
        adopt.propose(command, world.adopt_ports())
    assert not world.aws.proposals


def test_a_model_that_asks_what_the_form_does_not_is_not_proposed(world: World) -> None:
    (model,) = world.models.values()
    asked = model.questions[0]
    for other in (
        replace(asked, code="of_another_form"),
        replace(asked, high=asked.high + 1),
        replace(asked, options=(*asked.options, ("of_another_form", "x"))),
    ):
        world.models[model.sha256] = replace(model, questions=(other, *model.questions[1:]))
        with pytest.raises(InvalidRequest) as refused:
            proposed(world)
        assert refused.value.faults[0].code == "adoption_asks_more"


def test_a_proposal_of_another_region_is_not_found(world: World) -> None:
    made = proposed(world)
    ports = replace(world.adopt_ports(), region="3511")
    with pytest.raises(NotFound) as missed:
        adopt.load(made.ref.locator, ports)
    assert missed.value.faults == (Fault("adoption_not_found"),)


def test_a_second_adoption_rests_on_the_first(world: World) -> None:
    adopted(world)
    carried_out(world)
    second = proposed(world, key="q" * 20, same=True)
    assert (second.basis, second.number) == (1, 2)
    carried_out(world)
    adopt.adopt(second.ref.locator, OTHER, world.adopt_ports())
    assert [each.number for each in world.aws.adoptions] == [1, 2]


@pytest.mark.parametrize(
    "settle", [adopt.adopt, lambda *on: adopt.refuse(*on[:2], "mistaken", on[2])]
)
def test_what_others_wrote_meanwhile_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, settle: Callable[..., Proposal]
) -> None:
    """Moved by somebody: look again. Not moved, and still refused: another was adopted."""
    made = proposed(world)
    carried_out(world)
    there = now(world)
    ports = world.adopt_ports()
    for version, error, code in (
        (there.version + 1, TryAgain, "busy"),
        (there.version, WrongState, "adoption_outdated"),
    ):
        found = replace(there, version=version)
        monkeypatch.setattr(ports.proposals, "change", lambda *_, found=found: found)
        with pytest.raises(error) as told:
            settle(made.ref.locator, OTHER, ports)
        assert told.value.faults == (Fault(code),)


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
