from __future__ import annotations

import math
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmt_examples import (
    AS_OF,
    curve,
    document,
    family,
    feature,
    households,
    levels,
    load,
    member,
    members,
)

from chalicelib.domain import pmt
from chalicelib.domain.household import Household

EXAMPLE = load(document())
CUTS = tuple((100 * i, "M") for i in range(1, 10))


def scored(artefact: pmt.Artefact, household: Household) -> pmt.Scored:
    outcome = pmt.score(artefact, household)
    assert isinstance(outcome, pmt.Scored), outcome
    return outcome


def refused(household: Household, artefact: pmt.Artefact = EXAMPLE) -> set[tuple[str, str]]:
    outcome = pmt.score(artefact, household)
    assert isinstance(outcome, pmt.CannotScore), outcome
    assert outcome.model_hash == artefact.sha256
    return {(reason.code, reason.field) for reason in outcome.reasons}


def test_points_are_those_of_the_artefact() -> None:
    outcome = scored(EXAMPLE, family())
    by_feature = dict(zip([f.code for f in EXAMPLE.features], outcome.contributions, strict=True))
    assert by_feature == {
        "size": -300_000 - 600_000 // 18 - 1,  # a third of nothing is rounded down
        "dependants": -20_000,
        "head_age": 9000,
        "head_work": 0,
        "best_school": 0,
        "rooms": 2 * 60_000 - 120_000,
        "plot": 10_000,
        "water": 40_000,
        "fridge": 150_000,  # rural: the term for towns stays out
        "crowding": 0,
        "area": -40_000,
    }
    assert outcome.score == 8_000_000 + 120_000 + sum(outcome.contributions)


def test_an_interaction_counts_only_where_its_condition_holds() -> None:
    rural, urban = family(), family(village="3510151003")
    assert scored(EXAMPLE, urban).score - scored(EXAMPLE, rural).score == 70_000


def test_a_numeric_condition_and_an_area_without_its_own_points() -> None:
    term = curve("rooms", [1, 0], [2, 5], when=[{"read": "size", "min": 3, "max": 4}])
    whole = document()
    whole["features"][5] = feature("rooms", term)
    artefact = load(whole)
    few = family(member("head", 1985))
    assert scored(artefact, family()).contributions[5] == 5
    assert scored(artefact, few).contributions[5] == 0
    assert scored(artefact, family(village="1101012001")).contributions[-1] == 0


def test_a_term_whose_condition_fails_takes_none_of_the_next_away() -> None:
    crowded = curve("rooms", [1, 0], [2, 5], when=[{"read": "size", "min": 9, "max": 20}])
    whole = document()
    whole["features"][5] = feature("rooms", crowded, curve("rooms", [1, 0], [3, 700]))
    assert scored(load(whole), family()).contributions[5] == 700


@given(households(EXAMPLE))
def test_base_and_contributions_make_the_score(household: Household) -> None:
    outcome = scored(EXAMPLE, household)
    assert EXAMPLE.base + sum(outcome.contributions) == outcome.score


@given(households(EXAMPLE), st.randoms(use_true_random=False))
def test_the_order_of_members_other_than_the_head_is_nothing(
    household: Household, shuffle: Random
) -> None:
    rest = list(household.members[1:])
    shuffle.shuffle(rest)
    other = replace(household, members=(household.head, *rest))
    assert scored(EXAMPLE, household) == scored(EXAMPLE, other)


@given(households(EXAMPLE), st.integers(1, 19))
def test_more_rooms_never_lower_their_own_points(household: Household, rooms: int) -> None:
    place = [f.code for f in EXAMPLE.features].index("rooms")
    fewer, more = (
        replace(household, answers={**household.answers, "rooms": n}) for n in (rooms, rooms + 1)
    )
    assert scored(EXAMPLE, fewer).contributions[place] <= scored(EXAMPLE, more).contributions[place]


@given(households(EXAMPLE))
def test_stored_inputs_give_the_same_outcome_again(household: Household) -> None:
    stored = pmt.inputs(EXAMPLE, household)
    assert pmt.score_inputs(EXAMPLE, stored) == pmt.score(EXAMPLE, household)


def test_the_inputs_hash_covers_what_the_model_saw_and_no_more() -> None:
    base = scored(EXAMPLE, family()).inputs_hash
    assert scored(EXAMPLE, family(unasked="x")).inputs_hash == base
    elder = family(member("head", 1984), member("spouse", 1988, sex="P"), member())
    assert scored(EXAMPLE, elder).inputs_hash != base
    same_for_the_model = family(member("head", 1985), member("other", 1988), member(sex="P"))
    assert scored(EXAMPLE, same_for_the_model).inputs_hash == base


class TestWhatCannotBeScored:
    def test_every_missing_answer_is_told_at_once(self) -> None:
        assert refused(family(rooms=None, water=None, fridge=None)) == {
            ("missing", "rooms"),
            ("missing", "water"),
        }

    def test_a_missing_answer_with_declared_points_is_scored(self) -> None:
        outcome = scored(EXAMPLE, family(fridge=None))
        assert outcome.contributions[8] == 30_000

    @pytest.mark.parametrize("answer", [0, 21, -1, True, 3.0, math.nan, "3", [3], 10**400])
    def test_impossible_numbers(self, answer: object) -> None:
        assert refused(family(rooms=answer)) == {("out_of_range", "rooms")}

    def test_an_impossible_answer_hides_no_missing_one(self) -> None:
        found = refused(family(rooms=0, water=None))
        assert found == {("out_of_range", "rooms"), ("missing", "water")}

    @pytest.mark.parametrize("answer", ["lake", "", 0, True, ["tap"], "x"])
    def test_unknown_levels_and_levels_without_points(self, answer: object) -> None:
        assert refused(family(water=answer)) == {("unknown_level", "water")}

    @pytest.mark.parametrize(
        "village", ["", "351015200", "3510152004\n", "351015200\uff14", "abcdefghij"]
    )
    def test_a_village_code_that_is_none(self, village: str) -> None:
        assert refused(family(village=village)) == {("missing", "village")}

    @pytest.mark.parametrize(
        "people",
        [
            (),
            (member("spouse", 1985),),
            (member("spouse", 1985), member("head", 1985)),
            (member("head", 1985), member("head", 1986)),
            (member("head", 1985), member(born=2027)),
            (member("head", 1985), member(born=1900)),
            (member("head", 1985), *(member() for _ in range(20))),
        ],
    )
    def test_impossible_members(self, people: tuple[Any, ...]) -> None:
        household = Household("3510152004", people, family().answers, AS_OF)
        assert ("out_of_range", "members") in refused(household)
        taken = pmt.inputs(EXAMPLE, household)
        assert [taken[name] for name in ("size", "head_age", "best_school")] == [None] * 3
        assert taken["rooms"] == 3

    def test_of_impossible_members_one_reason_is_told_beside_those_of_answers(self) -> None:
        whole = document()
        whole["features"] = [each for each in whole["features"] if each["code"] != "crowding"]
        del whole["reads"]["crowding"]
        model = load(whole)
        nobody = Household("3510152004", (), {**family().answers, "rooms": 99}, AS_OF)
        outcome = pmt.score(model, nobody)
        assert isinstance(outcome, pmt.CannotScore)
        assert outcome.reasons == (
            pmt.Reason("out_of_range", "members"),
            pmt.Reason("out_of_range", "rooms"),
        )

    def test_twenty_are_a_family(self) -> None:
        twenty = (member("head", 1985), *(member() for _ in range(19)))
        assert scored(EXAMPLE, family(*twenty))

    def test_a_head_whose_age_the_model_does_not_know(self) -> None:
        assert refused(family(member("head", 2018))) == {("out_of_range", "head_age")}

    @settings(max_examples=300)
    @given(
        st.dictionaries(
            st.sampled_from(["rooms", "plot", "water", "fridge", "crowding"]),
            st.none() | st.integers() | st.text(max_size=4) | st.floats() | st.booleans(),
        ),
        members() | st.just(()) | st.lists(st.just(member()), max_size=3).map(tuple),
        st.text(max_size=11),
    )
    def test_never_an_exception_and_never_a_guess(
        self, answers: dict[str, Any], people: tuple[Any, ...], village: str
    ) -> None:
        outcome = pmt.score(EXAMPLE, Household(village, people, answers, AS_OF))
        assert isinstance(outcome, pmt.CannotScore)
        assert outcome.reasons
        assert len({reason.field for reason in outcome.reasons}) == len(outcome.reasons)


class TestDecile:
    def test_a_cut_off_is_the_last_of_its_decile(self) -> None:
        assert [pmt.decile(100, household, CUTS) for household in ("A", "M", "N")] == [1, 1, 2]
        assert pmt.decile(-5, "Z", CUTS) == 1
        assert pmt.decile(901, "A", CUTS) == 10

    def test_provisional_cut_offs_put_equal_scores_above(self) -> None:
        cuts = tuple((score, "") for score, _ in CUTS)
        assert pmt.decile(100, "A", cuts) == 2
        assert pmt.decile(99, "Z", cuts) == 1

    @given(st.lists(st.tuples(st.integers(0, 30), st.uuids().map(str)), min_size=20, unique=True))
    def test_households_part_into_ten_in_total_order(self, people: list[tuple[int, str]]) -> None:
        ordered = sorted(people)
        cuts = [ordered[(len(ordered) * k) // 10 - 1] for k in range(1, 10)]
        places = [pmt.decile(score, household, cuts) for score, household in ordered]
        assert places == sorted(places)
        sizes = [places.count(k) for k in range(1, 11)]
        assert max(sizes) - min(sizes) <= 1

    @pytest.mark.parametrize(
        "cuts", [CUTS[:8], (*CUTS, (1000, "")), CUTS[::-1], (*CUTS[:8], CUTS[0])]
    )
    def test_other_than_nine_rising_cut_offs_are_refused(
        self, cuts: tuple[tuple[int, str], ...]
    ) -> None:
        with pytest.raises(ValueError, match="nine"):
            pmt.decile(1, "A", cuts)


class TestBorders:
    @given(
        st.integers(-3, 1003),
        st.sampled_from("AMZ"),
        st.lists(
            st.tuples(st.integers(0, 1000), st.sampled_from(["", "A", "M"])), min_size=9, max_size=9
        ),
    )
    def test_a_border_is_the_least_change_to_another_decile(
        self, score: int, locator: str, cuts: list[tuple[int, str]]
    ) -> None:
        cuts.sort()
        now = pmt.decile(score, locator, cuts)
        found = pmt.borders(EXAMPLE, score, locator, cuts)
        assert len(found) == (now > 1) + (now < 10)
        for border in found:
            back = 1 if border.points < 0 else -1
            assert pmt.decile(score + border.points, locator, cuts) == border.decile != now
            assert (border.decile < now) == (border.points < 0)
            assert pmt.decile(score + border.points + back, locator, cuts) == now

    def test_it_is_told_as_per_cent_of_consumption(self) -> None:
        cuts = [(i * 100_000, "") for i in range(1, 10)]
        poorer, better = pmt.borders(EXAMPLE, 450_000, "A", cuts)
        assert (poorer.decile, poorer.points, poorer.percent) == (4, -50_001, -5)
        assert (better.decile, better.points, better.percent) == (6, 50_000, 5)


class TestLargest:
    def test_the_strongest_each_way_in_order(self) -> None:
        found = pmt.largest(EXAMPLE, scored(EXAMPLE, family()), 2)
        assert [(e.feature, e.percent) for e in found.raises] == [("fridge", 16), ("water", 4)]
        assert [(e.feature, e.percent) for e in found.lowers] == [("size", -28), ("area", -4)]
        assert found.raises[0].label == "Label fridge"

    @given(st.integers(-4_900_000, 4_900_000))
    def test_percent_is_the_exponential(self, points: int) -> None:
        outcome = pmt.Scored(0, (points,) + (0,) * 10, "", EXAMPLE.sha256)
        found = pmt.largest(EXAMPLE, outcome)
        expected = 100 * math.expm1(points / 1_000_000)
        got = sum(effect.percent for effect in found.raises + found.lowers)
        assert abs(got - expected) <= 0.5 + 1e-6

    def test_equal_strength_keeps_the_order_of_the_artefact(self) -> None:
        outcome = pmt.Scored(0, (50_000,) * 11, "", EXAMPLE.sha256)
        codes = [effect.feature for effect in pmt.largest(EXAMPLE, outcome, 11).raises]
        assert codes == [f.code for f in EXAMPLE.features]

    def test_a_score_of_another_model_is_refused(self) -> None:
        outcome = replace(scored(EXAMPLE, family()), model_hash="0" * 64)
        with pytest.raises(ValueError, match="another model"):
            pmt.largest(EXAMPLE, outcome)


class TestChangedBy:
    def test_each_change_is_what_a_new_score_gives(self) -> None:
        household = family()
        now = pmt.decile(scored(EXAMPLE, household).score, "A", EXAMPLE.cutoffs)
        found = pmt.changed_by(EXAMPLE, household, EXAMPLE.cutoffs, "A")
        assert {change.question for change in found} >= {"rooms", "fridge", "water"}
        for change in found:
            other = replace(household, answers={**household.answers, change.question: change.value})
            assert pmt.decile(scored(EXAMPLE, other).score, "A", EXAMPLE.cutoffs) == change.decile
            assert change.decile != now

    def test_at_most_one_change_each_way_and_never_to_a_level_without_points(self) -> None:
        found = pmt.changed_by(EXAMPLE, family(), EXAMPLE.cutoffs, "A")
        for code in ("rooms", "plot", "water", "fridge"):
            assert len([change for change in found if change.question == code]) <= 2
        assert all(change.value != "x" for change in found)

    def test_the_nearest_number_is_told(self) -> None:
        cuts = [(0, "")] * 8 + [(scored(EXAMPLE, family(rooms=5)).score, "")]
        found = pmt.changed_by(EXAMPLE, family(rooms=3), cuts, "A")
        rooms = [change for change in found if change.question == "rooms"]
        assert [(change.value, change.value_text, change.decile) for change in rooms] == [
            (5, "5", 10)
        ]

    def test_nothing_is_told_of_what_cannot_be_scored(self) -> None:
        assert pmt.changed_by(EXAMPLE, family(rooms=None), EXAMPLE.cutoffs, "A") == ()


class TestAnswersAtTheDoor:
    def test_all_faults_at_once_in_the_order_of_the_form(self) -> None:
        given = {"fridge": 2, "water": "lake", "plot": True, "rooms": "3", "3510010101809901": 1}
        assert pmt.check_answers(EXAMPLE, given) == (
            pmt.AnswerFault("wrong_type", "rooms"),
            pmt.AnswerFault("wrong_type", "plot"),
            pmt.AnswerFault("unknown_option", "water"),
            pmt.AnswerFault("out_of_range", "fridge"),
            pmt.AnswerFault("unknown_question", ""),
        )
        assert pmt.check_answers(EXAMPLE, {"water": 3}) == (pmt.AnswerFault("wrong_type", "water"),)

    @pytest.mark.parametrize(
        "given", [{}, {"rooms": None}, {"rooms": 1, "water": "x", "fridge": 0}]
    )
    def test_what_is_not_known_may_be_left_out(self, given: dict[str, object]) -> None:
        assert pmt.check_answers(EXAMPLE, given) == ()

    @given(
        st.dictionaries(
            st.text(max_size=6) | st.sampled_from(["rooms", "water"]),
            st.none() | st.floats() | st.text(max_size=3) | st.just([]) | st.just({}),
        )
    )
    def test_anything_gets_an_answer(self, given: dict[str, object]) -> None:
        assert isinstance(pmt.check_answers(EXAMPLE, given), tuple)


def test_a_score_card_counts_points_and_tells_shares_of_its_width() -> None:
    target = {"kind": "points", "what": "ten items", "unit": "points", "lowest": 0, "highest": 100}
    items = [
        feature("members", curve("size", [1, 34], [6, 0]), mean=10),
        feature("water", levels("water", ["x"], river=0, well=2, tap=8), mean=4),
    ]
    whole = document(
        target=target,
        intercept=0,
        features=items,
        cutoffs={
            "weighting": "households",
            "scores": list(range(10, 100, 10)),
        },
    )
    whole["reads"] = {name: whole["reads"][name] for name in ("size", "water")}
    card = load(whole)
    outcome = scored(card, family(water="tap"))
    assert outcome.score == 34 - 14 + 8
    assert pmt.decile(outcome.score, "A", card.cutoffs) == 2 + 1
    assert [(e.feature, e.percent) for e in pmt.largest(card, outcome).raises] == [
        ("members", 10),
        ("water", 4),
    ]


@pytest.mark.parametrize(("lowest", "highest", "spread"), [(10, 40, 30), (-5, -4, 1)])
def test_the_width_of_a_card_is_from_its_lowest_to_its_highest(
    lowest: int, highest: int, spread: int
) -> None:
    target = {"kind": "points", "what": "items", "unit": "points"}
    card = load(document(target=target | {"lowest": lowest, "highest": highest}))
    assert card.spread == spread


def test_a_card_is_wider_than_nothing() -> None:
    target = {"kind": "points", "what": "items", "unit": "points", "lowest": 7, "highest": 7}
    with pytest.raises(pmt.ArtefactInvalid, match="from 8"):
        load(document(target=target))
