"""What a score means, told against a plain search through all other answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import pmt
from chalicelib.domain.household import Household
from tests.unit.pmt_examples import (
    curve,
    document,
    family,
    feature,
    households,
    levels,
    load,
    option,
    question,
)

EXAMPLE = load(document())
CUTS = st.lists(
    st.tuples(st.integers(7_000_000, 8_600_000), st.sampled_from(["", "A", "M"])),
    min_size=9,
    max_size=9,
).map(sorted)


def searched(
    artefact: pmt.Artefact, household: Household, cuts: list[tuple[int, str]], locator: str
) -> list[tuple[str, int | str, int]]:
    """Question, answer and decile of the nearest changes, by scoring every other answer anew."""
    score = points(artefact, household)
    now = pmt.decile(score, locator, cuts)
    found = []
    for asked in artefact.questions:
        current = household.answers[asked.code]
        others: list[int | str] = [code for code, _ in asked.options if code != current]
        if not others:
            knots = range(asked.low, asked.high + 1)
            if len(knots) > 65:  # the plot of the example, by the knots of its curve
                knots = [0, 500, 100_000]  # type: ignore[assignment]
            others = sorted(
                (number for number in knots if number != current),
                key=lambda number: abs(number - int(current)),
            )
        tried = []
        for answer in others:
            other = replace(household, answers={**household.answers, asked.code: answer})
            outcome = pmt.score(artefact, other)
            if isinstance(outcome, pmt.Scored):
                place = pmt.decile(outcome.score, locator, cuts)
                tried.append((abs(outcome.score - score), answer, place))
        for wanted in ([t for t in tried if t[2] < now], [t for t in tried if t[2] > now]):
            if wanted:
                _, answer, place = min(wanted, key=lambda each: each[0])
                found.append((asked.code, answer, place))
    return found


def points(artefact: pmt.Artefact, household: Household) -> int:
    outcome = pmt.score(artefact, household)
    assert isinstance(outcome, pmt.Scored)
    return outcome.score


def told(
    artefact: pmt.Artefact, household: Household, cuts: list[tuple[int, str]], locator: str = "K"
) -> list[tuple[str, int | str, int]]:
    changes = pmt.changed_by(artefact, household, cuts, locator)
    return [(change.question, change.value, change.decile) for change in changes]


@given(households(EXAMPLE), CUTS, st.sampled_from("AKZ"), st.data())
def test_the_nearest_answers_that_change_the_decile_are_told(
    household: Household, cuts: list[tuple[int, str]], locator: str, data: st.DataObject
) -> None:
    tie = data.draw(st.none() | st.integers(0, 8), label="a cut-off at the family's own score")
    if tie is not None:
        cuts = sorted([*cuts[:tie], (points(EXAMPLE, household), "M"), *cuts[tie + 1 :]])
    assert told(EXAMPLE, household, cuts, locator) == searched(EXAMPLE, household, cuts, locator)


def test_each_change_is_told_in_words() -> None:
    household = family(fridge=0)
    cuts = [(points(EXAMPLE, household), "Z")] * 9
    found = {
        change.question: (change.label, change.value_text, change.decile)
        for change in pmt.changed_by(EXAMPLE, household, cuts, "K")
    }
    assert found["fridge"] == ("Label fridge", "Ya", 10)
    assert found["water"] == ("Label water", "Tap", 10)
    assert found["rooms"] == ("Label rooms", "4", 10)
    cuts = [(points(EXAMPLE, family()) - 1, "")] * 9
    fewer = {each.question: each for each in pmt.changed_by(EXAMPLE, family(), cuts, "K")}
    assert (fewer["fridge"].value_text, fewer["fridge"].decile) == ("Tidak", 1)


def model(*questions: dict[str, Any], features: list[dict[str, Any]]) -> pmt.Artefact:
    """A model of these questions alone, each read by its own name."""
    whole = document(questions=list(questions), features=features)
    whole["reads"] = {
        asked["code"]: {"from": "answer", "question": asked["code"]} for asked in questions
    }
    return load(whole)


def answered(**answers: int | str) -> Household:
    return replace(family(), answers=answers)


def above(artefact: pmt.Artefact, household: Household) -> list[tuple[int, str]]:
    """Cut-offs that everything with more points passes, and nothing with fewer or as many."""
    return [(0, "")] * 8 + [(points(artefact, household), "Z")]


def below(artefact: pmt.Artefact, household: Household) -> list[tuple[int, str]]:
    """Cut-offs that everything with fewer points falls under."""
    return [(points(artefact, household), "")] * 9


def test_a_question_that_was_not_answered_is_passed_over_and_the_next_is_not() -> None:
    radio = question("radio", "yes_no")
    tv = question("tv", "yes_no")
    artefact = model(
        radio,
        tv,
        features=[
            feature("radio", curve("radio", [0, 0], [1, 9]), missing=3),
            feature("tv", curve("tv", [0, 0], [1, 9])),
        ],
    )
    household = answered(tv=0)
    assert told(artefact, household, above(artefact, household)) == [("tv", 1, 10)]


def test_a_question_that_is_a_condition_only_is_passed_over_and_the_next_is_not() -> None:
    """It has no feature of its own, and so no name on the screen."""
    on = [{"read": "radio", "min": 0, "max": 1}]
    artefact = model(
        question("radio", "yes_no"),
        question("tv", "yes_no"),
        features=[feature("tv", curve("tv", [0, 0], [1, 9], when=on))],
    )
    household = answered(radio=0, tv=0)
    assert told(artefact, household, above(artefact, household)) == [("tv", 1, 10)]


def test_an_answer_without_points_is_passed_over_and_the_next_is_not() -> None:
    water = question("water", "choice", options=[option(code) for code in ("well", "x", "tap")])
    artefact = model(water, features=[feature("water", levels("water", ["x"], well=0, tap=9))])
    household = answered(water="well")
    assert told(artefact, household, above(artefact, household)) == [("water", "tap", 10)]


@pytest.mark.parametrize(
    ("bounds", "knots", "current", "up", "down"),
    [
        # Points stay between two knots: of equal ones the nearest answer is told.
        ((0, 20), [[5, 0], [6, 50], [10, 50], [11, 90]], 8, 11, 5),
        # Sixty-four other answers are each tried; none outside the question is.
        ((10, 74), [[10, 0], [74, 640]], 40, 41, 39),
        ((10, 74), [[10, 0], [73, 0], [90, 640]], 74, None, 73),
        ((10, 74), [[0, 0], [10, 640], [74, 640]], 10, None, None),
        # More are tried where the course changes, inside the question's range only.
        ((10, 75), [[10, 0], [30, 200], [75, 650]], 40, 75, 30),
        ((10, 75), [[9, 0], [10, 100], [75, 650], [76, 900]], 75, None, 10),
        ((10, 75), [[9, 0], [10, 100], [75, 650], [76, 900]], 10, 75, None),
        ((60, 80), [[60, 0], [80, 640]], 70, 71, 69),
    ],
)
def test_the_nearest_number_within_the_questions_range_is_told(
    bounds: tuple[int, int], knots: list[list[int]], current: int, up: int | None, down: int | None
) -> None:
    asked = question("rooms", "count", min=bounds[0], max=bounds[1])
    artefact = model(asked, features=[feature("rooms", curve("rooms", *knots))])
    household = answered(rooms=current)
    expected = [] if up is None else [("rooms", up, 10)]
    assert told(artefact, household, above(artefact, household)) == expected
    expected = [] if down is None else [("rooms", down, 1)]
    assert told(artefact, household, below(artefact, household)) == expected


@pytest.mark.parametrize(("count", "step"), [(64, 1), (65, 2), (66, 2), (130, 3)])
def test_of_a_long_range_at_most_sixty_four_answers_are_tried(count: int, step: int) -> None:
    """Knots at every tenth number, of which every `step`th is tried, from the first on."""
    plot = question("plot", "count", min=0, max=10 * count)
    rooms = question("rooms", "count", min=0, max=9)
    knots = [[10 * number, 7 * number] for number in range(count)]
    artefact = model(
        plot,
        rooms,
        features=[
            feature("plot", curve("plot", *knots)),
            feature("rooms", curve("rooms", [3, 0], [5, 0])),
        ],
    )
    for current in (0, 10 * step):
        household = answered(plot=current, rooms=1)
        next_up = [("plot", current + 10 * step, 10)]
        assert told(artefact, household, above(artefact, household)) == next_up


def test_three_effects_each_way_are_told_and_none_that_rounds_to_nothing() -> None:
    contributions = (40_000, -40_000, 30_000, -30_000, 20_000, -20_000, 10_000, -10_000, 4_000)
    outcome = pmt.Scored(0, (*contributions, -4_000, 0), "", EXAMPLE.sha256)
    found = pmt.largest(EXAMPLE, outcome)
    assert [effect.percent for effect in found.raises] == [4, 3, 2]
    assert [effect.percent for effect in found.lowers] == [-4, -3, -2]
    everything = pmt.largest(EXAMPLE, outcome, 11)
    assert (len(everything.raises), len(everything.lowers)) == (4, 4)


def test_a_score_with_other_contributions_than_the_models_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        pmt.largest(EXAMPLE, pmt.Scored(0, (1, 2), "", EXAMPLE.sha256))


@pytest.mark.parametrize(
    ("points", "percent"), [(5_000_000, 14_741), (9_000_000, 14_741), (-9_000_000, -99)]
)
def test_effects_beyond_any_sense_are_told_as_their_bound(points: int, percent: int) -> None:
    outcome = pmt.Scored(0, (points,) + (0,) * 10, "", EXAMPLE.sha256)
    found = pmt.largest(EXAMPLE, outcome)
    assert [effect.percent for effect in found.raises + found.lowers] == [percent]


def test_the_whole_width_of_a_card_is_a_hundred_per_cent() -> None:
    target = {"kind": "points", "what": "items", "unit": "points", "lowest": 0, "highest": 80}
    whole = document(
        target=target,
        intercept=0,
        features=[feature("size", curve("size", [1, 0], [2, 80]))],
        cutoffs={"weighting": "households", "scores": list(range(9))},
    )
    whole["reads"] = {"size": whole["reads"]["size"]}
    card = load(whole)
    found = pmt.largest(card, pmt.Scored(80, (80,), "", card.sha256))
    assert [effect.percent for effect in found.raises] == [100]
