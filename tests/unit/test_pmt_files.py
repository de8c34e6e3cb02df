"""What an artefact may say of files: columns, village means, products, intervals by group."""

from typing import Any

import pytest

from chalicelib.domain import pmt
from chalicelib.domain.pmt_interval import interval
from tests.unit.pmt_examples import document, load

COLUMNS = {
    "rooms": {"from": "column", "column": "Rooms", "scale": 10, "min": -50, "max": 900},
    "size": {"from": "column", "column": "hhsize", "scale": 1, "min": 0, "max": 60},
    "roof": {"from": "column", "column": "roof type", "codes": []},
    "v_rooms": {
        "from": "village",
        "column": "Rooms",
        "scale": 100,
        "shrink": 3,
        "min": 0,
        "max": 9000,
    },
}
PRODUCT = {
    "read": "rooms",
    "kind": "curve",
    "knots": [[0, -1_000_000], [40, 3_000_000]],
    "times": {"read": "size", "knots": [[1, -500_000], [9, 1_500_000]]},
}
TERMS: list[dict[str, Any]] = [
    PRODUCT,
    {"read": "v_rooms", "kind": "curve", "knots": [[0, 0], [1000, 700]]},
    {"read": "roof", "kind": "levels", "points": {"tin roof": 40}, "default": 7},
]


def model(**changes: object) -> pmt.Artefact:
    features = [
        {"code": f"f{i}", "label": f"F {i}", "mean": 0, "missing": -5, "terms": [term]}
        for i, term in enumerate(TERMS)
    ]
    return load(document(**{"questions": [], "reads": COLUMNS, "features": features, **changes}))


def test_points_count_in_proportion_to_another_number() -> None:
    values = {"rooms": 20, "size": 5, "roof": "tin roof", "v_rooms": 500}
    scored = pmt.score_inputs(model(), values)
    assert isinstance(scored, pmt.Scored)
    assert scored.contributions == (1_000_000 * 500_000 // 1_000_000, 350, 40)


def test_a_product_is_rounded_down_on_either_side_of_nothing() -> None:
    values = {"rooms": 1, "size": 2, "roof": "x", "v_rooms": 0}
    scored = pmt.score_inputs(model(), values)
    assert isinstance(scored, pmt.Scored)
    assert scored.contributions[0] == (-900_000 * -250_000) // 1_000_000
    assert scored.contributions[2] == 7  # a category the model never saw


@pytest.mark.parametrize("gone", ["rooms", "size"])
def test_a_product_with_an_unknown_part_takes_the_points_for_unknown(gone: str) -> None:
    values = {"rooms": 20, "size": 5, "roof": "x", "v_rooms": 0, gone: None}
    scored = pmt.score_inputs(model(), values)
    assert isinstance(scored, pmt.Scored)
    assert scored.contributions[0] == -5


def test_what_stands_in_files_is_never_taken_from_a_registered_family() -> None:
    from tests.unit.pmt_examples import family

    features = [{"code": "f", "label": "F", "mean": 0, "missing": "visit", "terms": [TERMS[2]]}]
    reads = {"roof": COLUMNS["roof"]}
    outcome = pmt.score(model(reads=reads, features=features), family())
    assert isinstance(outcome, pmt.CannotScore)
    assert [(r.code, r.field) for r in outcome.reasons] == [("missing", "roof")]


INTERVALS = [
    {"name": "small", "when": [{"read": "size", "min": 1, "max": 2}], "low": -9, "high": 8},
    {"name": "large", "when": [{"read": "size", "min": 3, "max": 60}], "low": -5, "high": 5},
    {"name": "thatch", "when": [{"read": "roof", "is": ["thatch"]}], "low": -6, "high": 4},
]


@pytest.mark.parametrize(
    ("size", "roof", "ends"),
    [
        (2, "tin", (-9, 8)),
        (5, "tin", (-5, 5)),
        (5, "thatch", (-6, 5)),  # the widest of both, end by end
        (None, "thatch", (-6, 4)),
        (None, None, None),
    ],
)
def test_the_widest_interval_of_a_familys_groups_holds(
    size: int | None, roof: str | None, ends: tuple[int, int] | None
) -> None:
    assert interval(model(intervals=INTERVALS), {"size": size, "roof": roof}) == ends


def test_an_interval_may_be_one_point_and_its_name_long() -> None:
    narrow = [{"name": "x" * 200, "low": 0, "high": 0}]
    assert interval(model(intervals=narrow), {"size": 2, "roof": "tin"}) == (0, 0)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"intervals": [{"name": "x", "low": 1, "high": 2}]}, "intervals[0].low"),
        ({"intervals": [{"name": "x", "low": -1, "high": -1}]}, "intervals[0].high"),
        ({"intervals": [{"name": "x" * 201, "low": 0, "high": 0}]}, "intervals[0].name"),
        (
            {
                "intervals": [
                    {"name": "x", "when": [{"read": "no", "is": ["a"]}], "low": 0, "high": 0}
                ]
            },
            "intervals[0].when[0].read",
        ),
    ],
)
def test_an_impossible_interval_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(pmt.ArtefactInvalid, match=why.replace("[", r"\[").replace("]", r"\]")):
        model(**changes)


@pytest.mark.parametrize(
    "times",
    [
        {"read": "roof", "knots": [[0, 1]]},  # only numbers can be multiplied by
        {"read": "size", "knots": []},
        {"read": "size"},
    ],
)
def test_an_impossible_product_is_refused(times: dict[str, Any]) -> None:
    term = {**PRODUCT, "times": times}
    features = [{"code": "f", "label": "F", "mean": 0, "missing": 0, "terms": [term, *TERMS[1:]]}]
    with pytest.raises(pmt.ArtefactInvalid, match="times"):
        model(features=features)


def test_what_is_compiled_is_not_told_twice() -> None:
    about = model(intervals=INTERVALS).about
    assert not about.keys() & {"questions", "reads", "features", "intervals"}
    assert about["residual_sd"] == 400_000
