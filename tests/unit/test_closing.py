"""Closing a region against one sort of all its families, and reading it without new scores."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from chalicelib.adapters import packing, proposal_items, registry_items
from chalicelib.domain import adoption, closing, comparison, lottery, ranking, selection
from chalicelib.domain.adoption import SETTLED_MS, Stage
from chalicelib.domain.comparison import Part, Proposed
from chalicelib.domain.errors import Fault, InvalidRequest, TryAgain
from chalicelib.domain.lines import Lines
from chalicelib.domain.registration import Ref, State, Step
from chalicelib.usecases import adopt
from chalicelib.usecases.ports import InForce, Message
from tests.adopting import (
    OTHER,
    PLACES,
    VILLAGES,
    carried_out,
    copy_of,
    crowded,
    now,
    proposed,
)
from tests.builders import build
from tests.fakes_refusals import MAX_ITEM
from tests.unit.made_up_villages import a_part
from tests.world import REGION, World

CODES = ("PBI_JK", "PKH", "SEMBAKO")
CROWD = 110


@pytest.mark.parametrize("spread", [1, 40, 10_000_000])
@pytest.mark.parametrize("by_persons", [False, True])
def test_borders_and_quotas_are_those_of_one_sort(spread: int, *, by_persons: bool) -> None:
    """Whatever the villages, their sequence, the equal scores and the quotas."""
    for seed in range(12):
        chance = Random(f"{seed} {spread}")  # noqa: S311 - a seeded population
        codes = chance.sample(
            [f"35101{n}{k}{m:03}" for n in "01" for k in "12" for m in range(9)], 9
        )
        parts = [a_part(code, chance.choice((0, 1, 7, 60)), chance, spread) for code in codes]
        rows = [
            (each, score, size, limits)
            for part in parts
            for each, score, size, limits in zip(
                part.ids, part.scores, part.sizes, part.limits, strict=True
            )
        ]
        gathered = closing.gather(parts)
        key = lottery.key(bytes(32), gathered.population)
        places = {code: chance.randint(0, len(rows)) for code in CODES[:2]}
        closed = closing.close(gathered, CODES, key, by_persons=by_persons, places=places)

        ids, scores = [row[0] for row in rows], [row[1] for row in rows]
        weights = [row[2] for row in rows] if by_persons else None
        ranked = ranking.order(ids, scores, key)
        assert closed.cutoffs == ranking.cutoffs(ranked, ids, scores, key, weights=weights)
        assert closed.weight == (sum(weights) if weights else len(rows))
        deciles = ranking.divide(ranked, weights=weights)
        for bit, code in enumerate(CODES[:2]):
            may = [
                selection.Family(row[0], (row[1], lottery.draw(key, row[0])))
                for row, decile in zip(rows, deciles, strict=True)
                if decile <= int(row[3][bit], 16)
            ]
            chosen = selection.select(may, places[code])
            quota = closed.quotas[code]
            assert quota.given == len(chosen.places.selected)
            line = quota.lines
            assert {f.id for f in may if line.has_place(f.point, receiving=False)} == set(
                chosen.places.selected
            )


@pytest.mark.parametrize("families", range(1, 13))
@pytest.mark.parametrize("by_persons", [False, True])
def test_fewer_families_than_deciles_are_parted_as_by_one_sort(
    families: int, *, by_persons: bool
) -> None:
    part = a_part("3510152004", families, Random(families), 2)  # noqa: S311 - seeded
    gathered = closing.gather([part])
    key = lottery.key(bytes(32), gathered.population)
    closed = closing.close(gathered, CODES, key, by_persons=by_persons, places={})
    weights = part.sizes if by_persons else None
    ranked = ranking.order(part.ids, part.scores, key)
    assert closed.cutoffs == ranking.cutoffs(ranked, part.ids, part.scores, key, weights=weights)
    alike = tuple(Counter[int]() for _ in range(ranking.DECILES))
    for kind, decile in zip(gathered.kinds, ranking.divide(ranked, weights=weights), strict=True):
        alike[decile - 1][kind] += 1
    assert closed.alike == alike


def test_a_population_has_the_name_that_anybody_computes() -> None:
    """A manifest names each village's part by its hash: the form of what is hashed stays."""
    chance = Random(4)  # noqa: S311 - seeded
    parts = [
        replace(a_part(code, 5, chance, 50), unscored=unscored, gone=gone)
        for code, unscored, gone in (("3510152004", 2, 0), ("3510011001", 0, 3))
    ]
    told = [
        [e.village, *map(list, (e.ids, e.scores, e.sizes, e.held, e.limits)), e.unscored, e.gone]
        for e in parts
    ]
    hashes = [hashlib.sha256(json.dumps(e, separators=(",", ":")).encode()) for e in told]
    gathered = closing.gather(parts)
    assert gathered.villages == {
        part.village: told.hexdigest() for part, told in zip(parts, hashes, strict=True)
    }
    rising = b"".join(told.digest() for told in reversed(hashes))  # by the villages' codes
    assert gathered.population == hashlib.sha256(rising).hexdigest()
    assert (gathered.unscored, gathered.gone) == (2, 3)


def test_each_row_is_a_family_as_its_part_tells_it_and_families_alike_are_one_kind() -> None:
    """Two villages of one place, and one of another place with the same families."""
    chance = Random(5)  # noqa: S311 - seeded
    parts = [a_part(code, 30, chance, 50) for code in ("3510152004", "3510152005", "3510011001")]
    twin = replace(parts[0], village="3510021001")
    parts.append(twin)
    gathered = closing.gather(parts)
    rows = [
        (each, score, (part.village[:7], size, held, limits))
        for part in parts
        for each, score, size, held, limits in zip(
            part.ids, part.scores, part.sizes, part.held, part.limits, strict=True
        )
    ]
    assert rows == [
        (gathered.id(row), score, gathered.table[kind])
        for row, (score, kind) in enumerate(zip(gathered.scores, gathered.kinds, strict=True))
    ]
    assert len(set(gathered.table)) == len(gathered.table)
    ends = [sum(len(part.ids) for part in parts[:count]) for count in range(5)]
    assert gathered.starts == ends


def test_what_is_no_run_is_not_merged() -> None:
    chance = Random(1)  # noqa: S311 - seeded
    good = a_part("3510152004", 9, chance, 50)
    bad = Part(good.village, good.ids, good.scores[::-1], good.sizes, good.held, good.limits)
    with pytest.raises(ranking.RankingError, match="not in order"):
        closing.gather([bad])
    rising = (1, 1, 3, 5, 5, 6, 7, 8, 9)
    assert list(closing.gather([replace(good, scores=rising)]).scores) == list(rising)
    for first in (1, 2, 4, 7):  # two neighbours in each other's place
        swapped = [*rising[:first], rising[first + 1], rising[first], *rising[first + 2 :]]
        with pytest.raises(ranking.RankingError, match="not in order"):
            closing.gather([replace(good, scores=tuple(swapped))])
    with pytest.raises(ranking.RankingError, match="comes twice"):
        closing.gather([good, good])
    longer = tuple(f"{each}2" for each in good.ids)
    with pytest.raises(ranking.RankingError, match="differ in length"):
        closing.gather(
            [good, Part("3510151002", longer, good.scores, good.sizes, good.held, good.limits)]
        )


def test_the_largest_village_fits_into_an_item() -> None:
    """The most peopled kelurahan has some 50,000 families; an item holds 400 KB.

    These are harder to pack than any that live: thousands of kinds, all as frequent.
    """
    large = a_part("3510152004", 50_000, Random(2), 2_000_000)  # noqa: S311 - seeded
    packed = proposal_items.pack_part(large)
    assert len(packed) < MAX_ITEM - 100
    assert proposal_items.unpack_part(large.village, packed) == large


def test_lines_are_stored_as_they_are() -> None:
    lines = {
        "PKH": Lines((-5, "ab" * 16), 0, all_fit=False),
        "SEMBAKO": Lines(None, 0, all_fit=False),
        "PBI_JK": Lines(None, 0, all_fit=True),
    }
    packed = packing.pack_lines(lines)
    assert packing.unpack_lines(packed) == lines
    with pytest.raises(ValueError, match="band"):
        packing.pack_lines({"PKH": Lines((1, "ab"), 5, all_fit=False)})
    bare = InForce(1, "ab" * 32, "cd" * 32, (), bytes(32))
    item = registry_items.in_force_to_item(REGION, bare)
    assert not {"g", "f"} & item.keys()
    assert registry_items.in_force_from_item(item) == bare


@pytest.fixture
def world() -> World:
    return copy_of(crowded(CROWD))


def of_now(world: World) -> Proposed:
    return Proposed(world.model, world.rules, comparison.programmes(world.rules))


def both(world: World, village: str, at: int) -> tuple[Part | None, Part]:
    """The part from decisions in hand, and the one from new scores."""
    quick = comparison.part_of_standing(
        village, world.proposals.standing(village, at), of_now(world)
    )
    return quick, comparison.part_of(village, world.proposals.families(village), at, of_now(world))


def test_decisions_in_hand_give_the_part_that_new_scores_give(world: World) -> None:
    at = world.clock.now_ms()
    for village in VILLAGES:
        quick, slow = both(world, village, at)
        assert quick == slow
        assert len(slow.ids) > 30
    erased = [ref for ref in world.aws.cases if ref.village == VILLAGES[0]][:2]
    world.clock.advance(1)
    for ref in erased:
        world.erase(ref)
    quick, slow = both(world, VILLAGES[0], at)
    assert quick == slow
    assert slow.gone == 2


def test_who_is_gone_or_cannot_be_scored_is_counted_and_all_the_others_are_scored(
    world: World,
) -> None:
    at, village = world.clock.now_ms(), VILLAGES[0]
    cases = list(world.proposals.families(village))
    cases[:2] = [replace(case, household=None) for case in cases[:2]]
    for place in (2, 3, 4):
        household = cases[place].household
        assert household is not None
        cases[place] = replace(cases[place], household=replace(household, answers={}))
    part = comparison.part_of(village, cases, at, of_now(world))
    assert (part.gone, part.unscored) == (2, 3)
    assert set(part.ids) == {case.ref.locator for case in cases[5:]}
    before = comparison.part_of(village, cases, 0, of_now(world))
    assert before == Part(village, (), (), (), (), ())  # nobody was decided then


def test_programmes_for_the_poorest_tenth_alone_are_noted_for_whom_they_are(world: World) -> None:
    at, village, there = world.clock.now_ms(), VILLAGES[0], of_now(world)
    narrow = tuple(replace(each, decile_max=1) for each in world.rules.programmes)
    under = replace(there, rules=replace(world.rules, programmes=narrow))
    wide = comparison.part_of(village, world.proposals.families(village), at, there)
    part = comparison.part_of(village, world.proposals.families(village), at, under)
    poorest = ["".join("0" if digit == "0" else "1" for digit in each) for each in wide.limits]
    assert list(part.limits) == poorest
    assert any("1" in each for each in poorest)


def test_what_is_decided_no_more_is_scored_anew(world: World) -> None:
    """A decision says nothing of what a family has told since, nor one under other rules."""
    at = world.clock.now_ms()
    ref, case = next((ref, case) for ref, case in world.aws.cases.items())
    step = Step(State.RECEIVED, at + 1)
    for other in (
        {"state": State.RECEIVED, "steps": (*case.steps, step)},
        {"rules_hash": "ab" * 32},
    ):
        world.aws.cases[ref] = replace(case, **other)  # type: ignore[arg-type]
        quick, slow = both(world, ref.village, at)
        assert quick is None
        assert ref.locator in slow.ids


def test_the_last_state_of_a_packed_timeline_is_the_one_that_belongs() -> None:
    chance, case = Random(3), build().case  # noqa: S311 - seeded
    decided = registry_items.STATES.index(State.DECIDED)
    told = set()
    for _ in range(500):
        times = sorted(chance.randint(0, 60) for _ in range(chance.randint(1, 6)))
        states = chance.choices((State.RECEIVED, State.MATCHED, State.DECIDED), k=len(times))
        steps = tuple(map(Step, states, times))
        packed = registry_items.to_item(replace(case, steps=steps))["t"]
        at = chance.randint(0, 60)
        belongs = comparison.belongs(replace(case, steps=steps), at)
        assert (proposal_items.state_at(packed, at) == decided) is belongs  # type: ignore[arg-type]
        told.add(belongs)
    assert told == {True, False}


def test_a_region_is_closed_with_one_manifest_and_one_write(world: World) -> None:
    """Everything is read by projection: the proposed is what holds already."""
    made = proposed(world, same=True)
    world.aws.calls.clear()
    carried_out(world)
    assert world.aws.calls.count("PutObject") == 1
    done = now(world)
    assert done.stage is Stage.COMPARED
    ((path, (content, _)),) = world.aws.files.items()
    assert path == f"ranking/{done.manifest}.json"
    assert hashlib.sha256(content).hexdigest() == done.manifest
    told = json.loads(content)
    assert told["population"] == done.population
    assert told["villages"].keys() == world.villages().keys()
    assert closing.population_of(told["villages"]) == done.population
    assert tuple(map(tuple, told["cutoffs"])) == done.cutoffs
    assert told["quotas"]["PKH"]["places"] == PLACES["PKH"]
    assert told["quotas"]["SEMBAKO"] == {"places": 0, "given": 0, "last": None}
    assert "seed" not in told
    adopt.adopt(made.ref.locator, OTHER, world.adopt_ports())
    (in_force,) = world.aws.adoptions
    assert (in_force.manifest, in_force.lines) == (done.manifest, done.lines)


def test_stopped_between_the_manifest_and_its_step_it_is_published_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed(world, same=True)
    world.settle(1)
    world.clock.advance(SETTLED_MS + 1)
    ref = now(world).ref
    letters = [Message(Ref(code, ref.locator), 2) for code in world.villages()]
    assert world.carry_out(*letters) == []
    step = Message(Ref(REGION, ref.locator), 2)
    with monkeypatch.context() as broken:

        def stopped(*_: object) -> None:
            raise TryAgain(Fault("busy"))

        broken.setattr(world.proposals, "change", stopped)
        assert world.carry_out(step) == [step]
    assert now(world).stage is Stage.COMPARING
    (before,) = world.aws.files.items()
    world.clock.advance(60_000)
    assert world.carry_out(step, *letters[:5]) == []
    assert now(world).stage is Stage.COMPARED
    (after,) = world.aws.files.items()
    assert after == before
    assert world.carry_out(step) == []
    assert now(world).version == 3


def test_a_quota_of_a_programme_that_the_rules_do_not_have_is_not_proposed(world: World) -> None:
    command = adopt.Propose("p" * 20, world.model.sha256, world.rules.sha256, OTHER, {"UNKNOWN": 5})
    with pytest.raises(InvalidRequest) as refused:
        adopt.propose(command, world.adopt_ports())
    assert refused.value.faults == (Fault("adoption_unknown", "places"),)
    assert not world.aws.proposals


@pytest.mark.parametrize(("given", "told"), [(0, 0), (7, None), (12, 12), (20, 20)])
def test_few_that_have_a_place_are_not_told(given: int, told: int | None) -> None:
    assert adoption._told(closing.Quota(20, given, None)) == told
