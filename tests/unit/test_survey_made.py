"""Columns made from a survey's own: declared, first rule first, nothing guessed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelling.survey_made import Households, made_document, prepared, read_made, tilted
from modelling.survey_table import Columns, SurveyFaultsError, Table, read_description, read_table
from tests.surveys import invented, write_description, write_table


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    folder = tmp_path_factory.mktemp("survey")
    described = read_description(write_description(folder / "meta.json"))
    return read_table(write_table(folder / "t.csv", invented(120, 12)), described, Columns())


def made(table: Table, **entry: Any) -> Table:
    return prepared(table, (read_made("spec.yaml", {"column": "made", **entry}),))


def test_the_first_rule_that_holds_decides_and_all_its_conditions_must(table: Table) -> None:
    rules = {
        "low": {"toilet": ["none", "pit"], "years": {"below": 5}},
        "middle": {"years": {"from": 5, "below": 10}},
        "old": {"head_age": {"from": 60}},
        "other": {},
    }
    found = made(table, choice=rules).codes["made"]
    years, age, toilet = table.numbers["years"], table.numbers["head_age"], table.codes["toilet"]
    expected = [
        "low"
        if toilet[row] in ("none", "pit") and years[row] < 5
        else "middle"
        if 5 <= years[row] < 10
        else "old"
        if age[row] >= 60
        else "other"
        for row in range(len(table))
    ]
    assert found == expected
    assert set(found) == {"low", "middle", "old", "other"}


def test_numbers_are_texts_where_a_rule_lists_them(table: Table) -> None:
    found = made(table, choice={"town": {"urban": ["1"]}, "country": {"urban": ["0"]}})
    assert found.codes["made"] == ["town" if u == 1 else "country" for u in table.numbers["urban"]]


def test_a_family_that_no_rule_speaks_of_stops_the_reading(table: Table) -> None:
    with pytest.raises(SurveyFaultsError, match=r"t.csv: row \d+: .* which made .* toilet flush"):
        made(table, choice={"bad": {"toilet": ["none", "pit"]}})


def test_what_is_not_known_stays_unknown(table: Table) -> None:
    rules = {"some": {"toilet": ["none", "pit", "flush"]}}
    found = made(table, choice=rules).codes["made"]
    assert [code is None for code in found] == [code is None for code in table.codes["toilet"]]
    assert None in found
    rooms = made(table, number="rooms").numbers["made"]
    assert np.isnan(rooms).any()
    assert np.array_equal(np.isnan(rooms), np.isnan(table.numbers["rooms"]))


def test_a_number_is_the_largest_of_its_columns_up_to_its_bound(table: Table) -> None:
    found = made(table, number=["years", "head_age"], most=50).numbers["made"]
    expected = np.minimum(np.maximum(table.numbers["years"], table.numbers["head_age"]), 50)
    assert np.array_equal(found, expected)


def test_a_column_made_takes_the_place_of_one_of_the_same_name(table: Table) -> None:
    entry = {"column": "urban", "choice": {"town": {"urban": ["1"]}, "country": {}}}
    found = prepared(table, (read_made("spec.yaml", entry),))
    assert set(found.codes["urban"]) == {"town", "country"}
    assert "urban" not in found.numbers


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"number": "gold"}, "no column gold to make made from"),
        ({"choice": {"x": {"gold": ["1"]}}}, "no column gold"),
        ({"number": "toilet"}, "toilet is not of numbers"),
        ({"choice": {"x": {"toilet": {"from": 1}}}}, "toilet is not of numbers"),
        ({}, "one of the two"),
        ({"number": "rooms", "choice": {"x": {}}}, "one of the two"),
        ({"choice": {"x": {"rooms": 3}}}, "a list, or from, below, up_to"),
        ({"choice": {"x": {"rooms": {"above": 3}}}}, "a list, or from, below, up_to"),
        ({"choice": {"x": "everybody"}}, "conditions by column"),
        ({"number": "rooms", "most": "many"}, "must be a number"),
        ({"number": "rooms", "least": 1}, "unknown `least`"),
    ],
)
def test_what_cannot_be_made_is_told(table: Table, entry: dict[str, Any], why: str) -> None:
    with pytest.raises(SurveyFaultsError, match=why):
        made(table, **entry)


def test_an_entry_is_written_as_it_was_read() -> None:
    entry = {
        "column": "x",
        "choice": {"a": {"t": ["1", "2"]}, "b": {"n": {"from": 2.0, "below": 5.0}}, "c": {}},
        "note": "near",
    }
    assert made_document(read_made("spec.yaml", entry)) == entry
    number = {"column": "y", "number": ["p", "q"], "most": 3}
    assert made_document(read_made("spec.yaml", number)) == number


@given(st.lists(st.integers(1, 20), min_size=5, max_size=40), st.floats(0.1, 0.9))
def test_tilted_weights_have_the_mean_wanted(sizes: list[int], place: float) -> None:
    persons = np.array([1.0, 20.0, *sizes])
    wanted = 1 + 19 * place
    weight = tilted(np.ones(len(persons)), persons, wanted)
    assert weight @ persons / weight.sum() == pytest.approx(wanted, rel=1e-6)
    assert weight.mean() == pytest.approx(1)


def test_families_of_one_size_keep_their_weights_to_each_other(table: Table) -> None:
    like = Households(3000, 1000, "a count")
    found = prepared(table, (), like).weight
    for size in set(table.size):
        rows = table.size == size
        shares = found[rows] / table.weight[rows]
        assert shares == pytest.approx(np.full(rows.sum(), shares[0]))


def test_a_mean_that_no_weights_give_is_refused(table: Table) -> None:
    with pytest.raises(SurveyFaultsError, match="no weights give 99"):
        prepared(table, (), Households(99_000, 1000, "a count"))


def test_a_survey_is_not_touched(table: Table, tmp_path: Path) -> None:
    before = dict(table.numbers)
    made(table, number="rooms")
    assert dict(table.numbers) == before
