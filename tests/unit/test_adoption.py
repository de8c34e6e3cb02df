"""The life of a proposal: proposed, frozen, compared, adopted by another, families decided anew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain import adoption, audit, closing, lottery, pmt, programme, ranking
from chalicelib.domain.adoption import NOBODY, Proposal, Stage
from chalicelib.domain.audit import Act
from chalicelib.domain.closing import Closed, Quota
from chalicelib.domain.comparison import Part
from chalicelib.domain.errors import Fault, NotAllowed, NotFound, TryAgain, WrongState
from chalicelib.domain.registration import Stamp, State
from chalicelib.usecases import adopt
from tests.adopting import (
    ONE,
    OTHER,
    PLACES,
    VILLAGES,
    adopted,
    carried_out,
    copy_of,
    crowded,
    example,
    now,
    proposed,
)
from tests.world import REGION, World

CROWD = 110


@pytest.fixture
def world() -> World:
    return copy_of(crowded(CROWD))


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
    published = hashlib.sha256(world.aws.files[f"ranking/{done.manifest}.json"][0]).hexdigest()
    for act, details in (
        (Act.PROPOSED, {**lottery_of, "places": PLACES}),
        (Act.FROZEN, {"at": done.frozen_at}),
        (Act.COMPARED, {"population": done.population, "manifest": published}),
        (Act.ADOPTED, {"number": 1, "seed": made.seed.hex(), "manifest": published}),
        (Act.CARRIED_OUT, {}),
    ):
        assert told[act].commitment == audit.commit(made.salt, details), act
        assert (told[act].model, told[act].rules) == (made.model, made.rules)
    quotas = json.loads(world.aws.files[f"ranking/{done.manifest}.json"][0])["quotas"]
    ends = {code: list(line.entry) if line.entry else None for code, line in done.lines.items()}
    assert ends == {code: quota["last"] for code, quota in quotas.items()}
    assert ends.keys() == PLACES.keys()


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


def test_a_population_is_frozen_at_the_instant_and_every_village_is_waited_for() -> None:
    made = replace(example("3M3GAAAAAA", ONE, 1, Stage.PROPOSED), left=0)
    frozen, event = adoption.freeze(made, Stamp(5, "system:compare", made.salt))
    assert (frozen.stage, frozen.frozen_at, frozen.left) == (Stage.COMPARING, 5, len(VILLAGES))
    assert event.commitment == audit.commit(made.salt, {"at": 5})


@pytest.mark.parametrize(("by_persons", "by"), [(True, "persons"), (False, "families")])
def test_a_manifest_says_in_one_form_what_a_region_was_closed_with(
    by_persons: bool,
    by: str,
) -> None:
    """Whoever has it can reckon every border again; few who have a place are not told apart."""
    made = example("3M3GAAAAAA", ONE, 7, Stage.COMPARING)
    part = Part(VILLAGES[0], ("A", "B"), (5, 7), (2, 4), (0, 3), ("40", "45"))
    gathered = closing.gather([part])
    ends = {
        "A": (20, 10, (3, "cd"), 10),
        "B": (20, 9, (3, "cd"), None),
        "C": (3, 3, None, 3),
        "D": (5, 0, None, 0),
    }
    quotas = {code: Quota(places, given, last) for code, (places, given, last, _) in ends.items()}
    closed = Closed(6, ((1, "ab"), (2, "cd")), (), quotas)
    told = json.loads(
        adoption.manifest(made, gathered, closed, ("PKH", "SEMBAKO"), by_persons=by_persons)
    )
    assert told == {
        "format": adoption.MANIFEST,
        "region": REGION,
        "proposal": "3M3GAAAAAA",
        "adoption": 1,
        "model": made.model,
        "rules": made.rules,
        "occasion": f"{REGION} 3M3GAAAAAA",
        "commitment": made.commitment,
        "frozen_at": 7,
        "population": gathered.population,
        "villages": {VILLAGES[0]: closing.hash_of(part)},
        "by": by,
        "families": 2,
        "weight": 6,
        "programmes": ["PKH", "SEMBAKO"],
        "cutoffs": [[1, "ab"], [2, "cd"]],
        "quotas": {
            code: {"places": places, "given": shown, "last": list(last) if last else None}
            for code, (places, _, last, shown) in ends.items()
        },
    }


def test_a_proposal_that_ends_waits_for_no_village() -> None:
    halfway = example("3M3GAAAAAA", ONE, 1, Stage.COMPARING)
    assert halfway.left == len(VILLAGES)
    ended, _ = adoption.give_up(halfway, NOBODY, Stamp(2, OTHER, b"s" * 16))
    assert (ended.stage, ended.left, ended.due) == (Stage.REFUSED, 0, 0)


def test_of_two_compared_with_the_same_only_one_is_adopted(world: World) -> None:
    first = proposed(world)
    second = proposed(world, key="q" * 20, same=True)
    carried_out(world)
    adopt.adopt(first.ref.locator, OTHER, world.adopt_ports())
    with pytest.raises(WrongState) as refused:
        adopt.adopt(second.ref.locator, OTHER, world.adopt_ports())
    assert refused.value.faults[0].code == "adoption_outdated"
    assert len(world.aws.adoptions) == 1


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
