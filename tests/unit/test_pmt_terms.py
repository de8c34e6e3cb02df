"""How many points a value gets: curves, steps and levels, at and around every border."""

from __future__ import annotations

from typing import Any

import pytest
from pmt_examples import document, feature, load

from chalicelib.domain import pmt
from chalicelib.domain.pmt_terms import Condition, Term


def term_of(read: str, **term: object) -> Term:
    """The one term of a feature that is added to the example's."""
    whole = document()
    whole["features"].append(feature("added", {"read": read, **term}))
    return load(whole).features[-1].terms[0]


def test_each_band_of_steps_begins_at_its_bound() -> None:
    """The points are far apart: a curve between near ones, rounded down, has the same."""
    term = term_of("plot", kind="steps", bounds=[10, 20, 30], points=[100, 200, 300, 400])
    given = {9: 100, 10: 200, 19: 200, 20: 300, 29: 300, 30: 400, 99_999: 400}
    assert {value: term.points(value) for value in given} == given


def test_steps_are_told_by_where_the_points_change() -> None:
    """The first band stands by the last value that is still in it: a direction is read of them."""
    term = term_of("plot", kind="steps", bounds=[10, 20], points=[5, 6, 7])
    assert term.knots == ((9, 5), (10, 6), (20, 7))
    assert term.levels == ()


@pytest.mark.parametrize("bounds", [[10, 10], [20, 10]])
def test_bounds_that_do_not_rise_are_refused(bounds: list[int]) -> None:
    with pytest.raises(pmt.ArtefactInvalid, match="must rise"):
        term_of("plot", kind="steps", bounds=bounds, points=[1, 2, 3])


@pytest.mark.parametrize("knots", [[[0, 0], [5, 10]], [[0, 0], [100_000, 10]]])
@pytest.mark.parametrize("value", [None, "well"])
def test_a_curve_has_no_points_for_what_is_no_number(knots: Any, value: Any) -> None:
    assert term_of("plot", kind="curve", knots=knots).points(value) is None


@pytest.mark.parametrize("value", [None, "well"])
def test_steps_have_no_points_for_what_is_no_number(value: Any) -> None:
    assert term_of("plot", kind="steps", bounds=[10], points=[1, 2]).points(value) is None


@pytest.mark.parametrize("value", [None, 3])
def test_levels_have_no_points_for_what_is_no_code_whatever_stands_for_the_others(
    value: Any,
) -> None:
    term = term_of("head_work", kind="levels", points={"employee": 5}, default=1)
    assert (term.points("employee"), term.points("labourer"), term.points(value)) == (5, 1, None)
    assert (term.knots, term.levels) == ((), (("employee", 5),))


@pytest.mark.parametrize("knots", [[[2, 0], [2, 5]], [[2, 0], [1, 5]]])
def test_knots_that_do_not_rise_are_refused(knots: list[list[int]]) -> None:
    with pytest.raises(pmt.ArtefactInvalid, match="must rise"):
        term_of("plot", kind="curve", knots=knots)


def test_a_condition_is_of_codes_or_of_bounds() -> None:
    when = [{"read": "size", "min": 3, "max": 4}, {"read": "urban", "is": ["urban"]}]
    term = term_of("plot", kind="curve", knots=[[0, 0]], when=when)
    assert term.when == (
        Condition("size", frozenset(), 3, 4),
        Condition("urban", frozenset({"urban"}), 0, 0),
    )


def test_a_promised_direction_is_kept_with_its_feature() -> None:
    found = {feature.code: feature.direction for feature in load(document()).features}
    assert (found["size"], found["rooms"], found["plot"]) == ("down", "up", None)
