"""What tests of adopting share: another model, other rules, and a crowd of decided families."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from chalicelib.domain import adoption, audit, closing, comparison, lottery
from chalicelib.domain.adoption import SETTLED_MS, Proposal, Stage
from chalicelib.domain.comparison import Part
from chalicelib.domain.pmt import Artefact, load_artefact
from chalicelib.domain.programme import RuleSet, load_rules
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases import adopt
from tests.world import DATA, REGION, World, answers, artefact, form, member, rule_set

VILLAGES = ("3510152004", "3510151002", "3510012001")
ONE, OTHER = "staff:admin-1", "staff:admin-2"
PLACES = {"PKH": 20, "SEMBAKO": 0}
"""Quotas of the proposals of these tests: one that is filled, one without a place."""


def another_model() -> Artefact:
    """The model in force with the signs of every second feature turned: other families are poor."""
    raw = _raw("models", artefact().sha256)
    free = [feature for feature in raw["features"] if "direction" not in feature]
    for feature in free[::2]:
        for term in feature["terms"]:
            _turn(term)
    raw["version"] = f"{raw['version'][:14]}-lain"
    data = json.dumps(raw).encode()
    return load_artefact(data, hashlib.sha256(data).hexdigest())


def other_rules() -> RuleSet:
    """The rules in force with one decile less for the first programme, one more for the second."""
    raw = _raw("rules", rule_set().sha256)
    raw["programmes"][0]["decile_max"] -= 1
    raw["programmes"][1]["decile_max"] += 1
    data = json.dumps(raw).encode()
    return load_rules(data, hashlib.sha256(data).hexdigest())


def crowd(world: World, count: int, villages: Iterable[str] = VILLAGES) -> None:
    """Register so many families, with various answers, and decide them."""
    places = tuple(villages)
    for number in range(count):
        village = places[number % len(places)]
        world.register(f"crowd-{number:016}", family_form(world.model, number, village))
        if number % 20 == 19:
            world.settle()
    world.settle()


def family_form(model: Artefact, number: int, village: str = VILLAGES[0]) -> dict[str, Any]:
    """A form whose answers depend on its number."""
    given = answers(model)
    for place, question in enumerate(model.questions):
        turn = number * 7 + number // (place + 1)
        options = [code for code, _ in question.options if _has_points(model, question.code, code)]
        given[question.code] = (
            options[turn % len(options)]
            if options
            else question.low + turn % min(question.high - question.low + 1, 4)
        )
    day, serial = 1 + number // 99, 9901 + number % 99
    head = member(serial, nik=f"351015{40 + day:02}0385{serial}", birth_date=f"1985-03-{day:02}")
    return form(model, head, kk=None, village=village, answers=given)


def _has_points(model: Artefact, question: str, code: str) -> bool:
    """Whether the model has points for an option, so that nobody must visit."""
    names = {read.name for read in model.reads if read.question == question}
    terms = [term for feature in model.features for term in feature.terms if term.read in names]
    return all(term.points(code) is not None for term in terms)


def with_candidates(world: World) -> World:
    """A world whose package carries another model and other rules."""
    model, rules = another_model(), other_rules()
    world.models[model.sha256] = model
    world.rule_sets[rules.sha256] = rules
    return world


def proposed(
    world: World, *, key: str = "p" * 20, actor: str = ONE, same: bool = False
) -> Proposal:
    """Propose the other model and rules, or those in force, for borders of the region's own."""
    model = world.model.sha256 if same else next(iter(world.models))
    rules = world.rules.sha256 if same else next(iter(world.rule_sets))
    return adopt.propose(adopt.Propose(key, model, rules, actor, PLACES), world.adopt_ports())


def example(number: str, proposer: str, at: int, until: Stage = Stage.COMPARED) -> Proposal:
    """A proposal of the model and rules in force, as far as some stage, of made-up families."""
    model, rules = artefact().sha256, rule_set().sha256
    ref, stamp = Ref(REGION, number), Stamp(at, proposer, b"s" * 16)
    seed = hashlib.sha256(number.encode()).digest()
    blank = Proposal(
        ref=ref,
        stage=Stage.PROPOSED,
        version=0,
        proposer=proposer,
        model=model,
        rules=rules,
        old_model=model,
        old_rules=rules,
        basis=0,
        seed=seed,
        salt=stamp.salt,
        commitment=lottery.commit(seed, adoption.occasion(ref)),
        head=audit.first_head(number),
        at=at,
        villages=len(VILLAGES),
        left=len(VILLAGES),
        places=PLACES,
    )
    made, _ = adoption.propose(blank, stamp)
    if until is Stage.PROPOSED:
        return made
    made, _ = adoption.freeze(made, stamp)
    if until is Stage.COMPARING:
        return made
    parts = [_part(village, place) for place, village in enumerate(VILLAGES)]
    codes = comparison.programmes(rule_set())
    gathered = closing.gather(parts)
    key = lottery.key(seed, gathered.population)
    closed = closing.close(gathered, codes, key, by_persons=False, places=made.places)
    manifest = adoption.manifest(made, gathered, closed, codes, by_persons=False)
    found = adoption.Found(
        gathered.population,
        closed.cutoffs,
        {code: quota.lines for code, quota in closed.quotas.items()},
        hashlib.sha256(manifest).hexdigest(),
    )
    told = comparison.told(gathered, closed, codes)
    made, _ = adoption.compared(replace(made, left=0), found, told, stamp)
    return made


def _part(village: str, place: int) -> Part:
    """A village of sixty made-up families: the poorer by score, some with a programme in hand."""
    codes, numbers = comparison.programmes(rule_set()), range(60)
    return Part(
        village,
        ids=tuple(f"{place + 2}ABC{number + 200:06}" for number in numbers),
        scores=tuple(12_000_000 + number * 7_919 % 900_000 for number in numbers),
        sizes=tuple(1 + number % 7 for number in numbers),
        held=tuple(number % (1 << len(codes)) for number in numbers),
        limits=tuple("4" * len(codes) if number % 5 else "0" * len(codes) for number in numbers),
    )


def carried_out(world: World) -> None:
    """Relay and work until nothing moves, long enough for whatever must settle first."""
    for _ in range(3):
        world.clock.advance(SETTLED_MS + 1)
        world.settle(3)


def now(world: World) -> Proposal:
    """The one proposal, as it stands."""
    (proposal,) = world.aws.proposals.values()
    return proposal


def adopted(world: World) -> Proposal:
    """Propose, compare and adopt."""
    made = proposed(world)
    carried_out(world)
    return adopt.adopt(made.ref.locator, OTHER, world.adopt_ports())


def _raw(folder: str, sha256: str) -> Any:
    return json.loads((DATA / folder / f"{sha256}.json").read_bytes())


def _turn(term: dict[str, Any]) -> None:
    if term["kind"] == "curve":
        term["knots"] = [[x, -y] for x, y in term["knots"]]
    elif term["kind"] == "steps":
        term["points"] = [-y for y in term["points"]]
    else:
        term["points"] = {code: -y for code, y in term["points"].items()}


@cache
def crowded(families: int) -> World:
    """A region with so many decided families, and what can be proposed; made once, to be copied."""
    world = with_candidates(World())
    crowd(world, families)
    return world


def copy_of(decided: World) -> World:
    """The same region with a memory of its own."""
    mine = with_candidates(World())
    mine.aws.cases.update(decided.aws.cases)
    mine.aws.vault.update(decided.aws.vault)
    mine.aws.events.update(decided.aws.events)
    mine.relayed |= decided.relayed
    mine.clock.now = decided.clock.now
    mine.random.taken = 10_000
    return mine
