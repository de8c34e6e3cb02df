"""The region's numbers of ground checks are data, read strictly."""

from __future__ import annotations

import copy
import hashlib
import json
from datetime import date
from typing import Any

import pytest

from chalicelib.domain.check_rules import CheckRulesError, load_check_rules
from chalicelib.domain.strict_json import ShapeError
from tests.world import DATA

FILE = DATA / "checks" / "default.json"
GOOD: dict[str, Any] = json.loads(FILE.read_bytes())


def load(**changes: object) -> Any:
    told = copy.deepcopy(GOOD)
    told["periods"][0] |= changes
    return load_check_rules(json.dumps(told).encode())


def test_the_file_of_the_pilots_is_good_and_each_choice_names_a_figure() -> None:
    rules = load_check_rules(FILE.read_bytes()).on(date(2026, 11, 22))
    for choice in GOOD["choices"]:
        assert hasattr(rules, choice["figure"])
        assert choice["why"]


@pytest.mark.parametrize(
    ("families", "drawn"),
    [(0, 0), (30, 30), (1_000, 40), (10_000, 150), (10_050, 150), (60_000, 400)],
)
def test_how_many_are_drawn(families: int, drawn: int) -> None:
    rules = load().on(date(2026, 1, 1))
    assert rules.sample_of(families) == drawn


@pytest.mark.parametrize(
    "changes",
    [
        {"near_percent": 101},
        {"photos": 1.5},
        {"sample_least": 401},
        {"effective_from": "2025-13-01"},
        {"effective_to": "2025-01-01"},
        {"more": 1},
    ],
)
def test_what_is_not_of_the_stated_shape_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ShapeError):
        load(**changes)


def test_two_rules_for_one_day_are_refused_and_none_is_told() -> None:
    told = copy.deepcopy(GOOD)
    told["periods"].append(copy.deepcopy(told["periods"][0]))
    with pytest.raises(ShapeError, match="two rules"):
        load_check_rules(json.dumps(told).encode())
    told["periods"][0]["effective_to"] = "2026-12-31"
    told["periods"][1]["effective_from"] = "2027-01-01"
    dated = load_check_rules(json.dumps(told).encode())
    assert dated.on(date(2027, 1, 1)) is dated.periods[1]
    assert dated.on(date(2026, 12, 31)) is dated.periods[0]
    with pytest.raises(CheckRulesError):
        dated.on(date(2025, 1, 1))
    told["periods"][0]["effective_to"] = "2027-01-01"
    with pytest.raises(ShapeError, match="two rules for 2027-01-01"):
        load_check_rules(json.dumps(told).encode())


def test_a_period_may_be_one_day_and_the_least_may_be_the_most() -> None:
    told = {"effective_to": GOOD["periods"][0]["effective_from"], "sample_least": 400}
    (period,) = load(**told).periods
    assert period.effective_from == period.effective_to
    assert period.sample_of(60_000) == period.sample_least == period.sample_most == 400


def test_the_rules_are_known_by_the_file_they_come_from() -> None:
    data = FILE.read_bytes()
    assert load_check_rules(data).sha256 == hashlib.sha256(data).hexdigest()


def test_a_file_of_another_format_is_not_read() -> None:
    for other in (0, 2):
        with pytest.raises(ShapeError, match=r"\$\.format"):
            load_check_rules(json.dumps(GOOD | {"format": other}).encode())
