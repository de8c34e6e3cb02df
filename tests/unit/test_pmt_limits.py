"""Every limit that the format of a model states, told with the place where it was passed."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
from pmt_examples import curve, document, feature, levels, load, option, question

from chalicelib.domain import pmt
from chalicelib.domain.pmt_artefact import MAX_BYTES
from chalicelib.domain.strict_json import LARGEST

Place = tuple[str | int, ...]
STEPS = {"read": "size", "kind": "steps", "bounds": [1], "points": [0, 1]}
TIMES = {"read": "rooms", "knots": [[1, 0]]}
COLUMN = {"from": "column", "column": "c", "scale": 10, "min": -5, "max": 5}
NAMES = {"from": "column", "column": "c", "codes": ["A b"]}
VILLAGE = {"from": "village", "column": "c", "scale": 10, "shrink": 3, "min": 0, "max": 9}
INTERVAL = {"name": "x", "when": [{"read": "size", "min": 1, "max": 2}], "low": -9, "high": 8}


def whole() -> dict[str, Any]:
    """The example with what it lacks: steps, products, conditions, files, intervals."""
    found = document(intervals=[INTERVAL])
    found["reads"] |= {"column": COLUMN, "names": NAMES, "village": VILLAGE}
    found["features"] += [
        feature("steps", STEPS),
        feature("column", curve("column", [0, 0], times=TIMES)),
        feature("names", levels("names", unscored=["A b"])),
        feature("village", curve("village", [0, 0], when=[{"read": "water", "is": ["tap"]}])),
    ]
    return found


def put(place: Place, value: object) -> dict[str, Any]:
    """The model with one value put in its place."""
    made: dict[str, Any] = json.loads(json.dumps(whole()))
    holder: Any = made
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return made


def path(place: Place) -> str:
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)


def refused(place: Place, value: object, why: str) -> None:
    with pytest.raises(pmt.ArtefactInvalid, match=f"^{re.escape(f'{path(place)}: {why}')}$"):
        load(put(place, value))


@pytest.mark.parametrize(
    ("place", "most"),
    [
        (("id",), 60),
        (("version",), 20),
        (("name",), 120),
        (("notice",), 2000),
        (("approver",), 200),
        (("questions", 0, "text"), 300),
        (("questions", 0, "hint"), 500),
        (("questions", 2, "options", 0, "text"), 200),
        (("features", 0, "label"), 120),
        (("features", 13, "terms", 0, "unscored", 0), 200),
        (("features", 14, "terms", 0, "when", 0, "is", 0), 200),
        (("reads", "column", "column"), 200),
        (("reads", "names", "codes", 0), 200),
        (("reads", "village", "column"), 200),
    ],
)
def test_texts(place: Place, most: int) -> None:
    refused(place, "x" * (most + 1), f"must be a text of 1 to {most} characters")


@pytest.mark.parametrize(
    ("place", "least", "most"),
    [
        (("questions",), 0, 60),
        (("questions", 2, "options"), 2, 30),
        (("features",), 1, 400),
        (("features", 0, "terms"), 1, 64),
        (("features", 0, "terms", 0, "knots"), 1, 512),
        (("features", 0, "terms", 0, "knots", 0), 2, 2),
        (("features", 11, "terms", 0, "bounds"), 1, 512),
        (("features", 11, "terms", 0, "points"), 2, 2),
        (("features", 12, "terms", 0, "times", "knots"), 1, 512),
        (("features", 14, "terms", 0, "when"), 0, 1000),
        (("features", 14, "terms", 0, "when", 0, "is"), 1, 1000),
        (("cutoffs", "scores"), 9, 9),
        (("intervals",), 0, 1000),
        (("intervals", 0, "when"), 0, 1000),
        (("reads", "dependants", "where", "age"), 2, 2),
        (("reads", "best_school", "order"), 1, 8),
        (("reads", "names", "codes"), 0, 1000),
    ],
)
def test_lists(place: Place, least: int, most: int) -> None:
    refused(place, [0] * (most + 1), f"must be a list of {least} to {most}")


@pytest.mark.parametrize(
    ("place", "low", "high"),
    [
        (("intercept",), -LARGEST, LARGEST),
        (("residual_sd",), 0, LARGEST),
        (("cutoffs", "scores", 0), -LARGEST, LARGEST),
        (("questions", 0, "min"), 0, LARGEST),
        (("questions", 0, "max"), 2, LARGEST),
        (("features", 0, "mean"), -LARGEST, LARGEST),
        (("features", 0, "missing"), -LARGEST, LARGEST),
        (("features", 0, "terms", 0, "knots", 0, 0), -LARGEST, LARGEST),
        (("features", 0, "terms", 0, "knots", 0, 1), -LARGEST, LARGEST),
        (("features", 11, "terms", 0, "bounds", 0), -LARGEST, LARGEST),
        (("features", 11, "terms", 0, "points", 1), -LARGEST, LARGEST),
        (("features", 7, "terms", 0, "points", "tap"), -LARGEST, LARGEST),
        (("features", 10, "terms", 0, "default"), -LARGEST, LARGEST),
        (("intervals", 0, "low"), -LARGEST, 0),
        (("intervals", 0, "high"), 0, LARGEST),
        (("intervals", 0, "when", 0, "min"), -LARGEST, LARGEST),
        (("intervals", 0, "when", 0, "max"), -LARGEST, LARGEST),
        (("reads", "size", "min"), 0, 20),
        (("reads", "size", "max"), 1, 20),
        (("reads", "dependants", "max"), 0, 20),
        (("reads", "head_age", "min"), 0, LARGEST),
        (("reads", "head_age", "max"), 10, LARGEST),
        (("reads", "dependants", "where", "age", 1), 0, 120),
        (("reads", "crowding", "scale"), 1, 1_000_000),
        (("reads", "crowding", "min"), 0, LARGEST),
        (("reads", "regency", "digits"), 2, 10),
        (("reads", "column", "scale"), 1, 1_000_000),
        (("reads", "column", "min"), -LARGEST, LARGEST),
        (("reads", "column", "max"), -5, LARGEST),
        (("reads", "village", "scale"), 1, 100_000_000),
        (("reads", "village", "shrink"), 0, LARGEST),
        (("reads", "village", "min"), -LARGEST, LARGEST),
        (("reads", "village", "max"), 0, LARGEST),
    ],
)
def test_numbers(place: Place, low: int, high: int) -> None:
    refused(place, high + 1, f"must be a whole number from {low} to {high}")


@pytest.mark.parametrize(
    ("place", "allowed"),
    [
        (("target", "kind"), "log, points"),
        (("cutoffs", "weighting"), "persons, households"),
        (("questions", 0, "step"), "housing, utilities, assets"),
        (("features", 0, "direction"), "up, down"),
        (("features", 12, "terms", 0, "times", "read"), None),
        (("reads", "rooms", "question"), "rooms, plot, water, fridge"),
        (
            ("reads", "head_work", "field"),
            "age, attending, disability, occupation, relation, schooling, sex",
        ),
        (
            ("reads", "best_school", "field"),
            "attending, disability, occupation, relation, schooling, sex",
        ),
        (("reads", "crowding", "top"), "size, dependants, head_age, rooms, plot, fridge"),
        (("reads", "crowding", "bottom"), "size, dependants, head_age, rooms, plot, fridge"),
    ],
)
def test_choices(place: Place, allowed: str | None) -> None:
    numbers = "size, dependants, head_age, rooms, plot, fridge, crowding, column, village"
    refused(place, "nothing", f"must be one of {allowed or numbers}")


@pytest.mark.parametrize(
    ("place", "value", "why"),
    [
        ((), {"spare": 1}, "has unknown spare"),
        (("target",), {"spare": 1}, "has unknown spare"),
        (("cutoffs",), {"spare": 1}, "has unknown spare"),
        (("questions", 0), {"spare": 1}, "has unknown spare"),
        (("questions", 0), {"options": []}, "has unknown options"),
        (("questions", 2), {"min": 1}, "has unknown min"),
        (("questions", 2, "options", 0), {"spare": 1}, "has unknown spare"),
        (("questions", 3), {"max": 1}, "has unknown max"),
        (("features", 0), {"spare": 1}, "has unknown spare"),
        (("features", 0, "terms", 0), {"default": 1}, "has unknown default"),
        (("features", 7, "terms", 0), {"knots": 1}, "has unknown knots"),
        (("features", 11, "terms", 0), {"unscored": []}, "has unknown unscored"),
        (("features", 12, "terms", 0, "times"), {"spare": 1}, "has unknown spare"),
        (("features", 14, "terms", 0, "when", 0), {"min": 1}, "has unknown min"),
        (("intervals", 0), {"spare": 1}, "has unknown spare"),
        (("intervals", 0, "when", 0), {"is": ["a"]}, "has unknown is"),
        (("reads", "rooms"), {"min": 1}, "has unknown min"),
        (("reads", "head_work"), {"where": {}}, "has unknown where"),
        (("reads", "size"), {"spare": 1}, "has unknown spare"),
        (("reads", "dependants", "where"), {"name": ["x"]}, "has unknown name"),
        (("reads", "best_school"), {"min": 1}, "has unknown min"),
        (("reads", "crowding"), {"where": {}}, "has unknown where"),
        (("reads", "urban"), {"min": 1}, "has unknown min"),
        (("reads", "regency"), {"min": 1}, "has unknown min"),
        (("reads", "column"), {"shrink": 1}, "has unknown shrink"),
        (("reads", "names"), {"min": 1}, "has unknown min"),
        (("reads", "village"), {"codes": []}, "has unknown codes"),
    ],
)
def test_fields_too_many(place: Place, value: dict[str, Any], why: str) -> None:
    made: dict[str, Any] = json.loads(json.dumps(whole()))
    holder: Any = made
    for key in place:
        holder = holder[key]
    holder |= value
    with pytest.raises(pmt.ArtefactInvalid, match=f"^{re.escape(f'{path(place)}: {why}')}$"):
        load(made)


@pytest.mark.parametrize(
    "place",
    [
        *((key,) for key in document()),
        *(("target", key) for key in ("kind", "what", "unit")),
        *(("cutoffs", key) for key in ("weighting", "scores")),
        *(("questions", 0, key) for key in ("code", "step", "kind", "text", "hint", "min", "max")),
        ("questions", 2, "options"),
        *(("questions", 2, "options", 0, key) for key in ("code", "text")),
        *(("features", 0, key) for key in ("code", "label", "mean", "missing", "terms")),
        *(("features", 0, "terms", 0, key) for key in ("read", "kind", "knots")),
        ("features", 7, "terms", 0, "points"),
        *(("features", 11, "terms", 0, key) for key in ("bounds", "points")),
        *(("features", 12, "terms", 0, "times", key) for key in ("read", "knots")),
        *(("features", 14, "terms", 0, "when", 0, key) for key in ("read", "is")),
        *(("intervals", 0, key) for key in ("name", "low", "high")),
        *(("intervals", 0, "when", 0, key) for key in ("read", "min", "max")),
        ("reads", "rooms", "question"),
        ("reads", "head_work", "field"),
        *(("reads", "best_school", key) for key in ("field", "order")),
        *(("reads", "crowding", key) for key in ("top", "bottom", "scale")),
        ("reads", "regency", "digits"),
        *(("reads", "column", key) for key in ("column", "scale", "min", "max")),
        *(("reads", "village", key) for key in ("column", "scale", "shrink", "min", "max")),
    ],
)
def test_fields_too_few(place: Place) -> None:
    """The field is named; one that tells which fields there are is missed at the first of them."""
    made: dict[str, Any] = json.loads(json.dumps(whole()))
    holder: Any = made
    for key in place[:-1]:
        holder = holder[key]
    del holder[place[-1]]
    expected = pmt.ArtefactUnsupported if place == ("format",) else pmt.ArtefactInvalid
    why = "format" if place == ("format",) else f"{path(place[:-1])}: "
    with pytest.raises(expected, match=re.escape(why)):
        load(made)


def test_what_is_left_out_takes_what_is_stated() -> None:
    """The optional parts of a header, and the optional bounds."""
    header = {key: {"of": key} for key in ("mapping", "dropped", "smearing", "card", "spec")}
    model = load(document(**header))
    assert model.intervals == ()
    assert {key: model.about[key] for key in header} == header
    assert {"id", "accuracy", "training", "cutoffs"} <= model.about.keys()
    assert not {"questions", "reads", "features", "intervals"} & model.about.keys()
    bounds = {read.name: (read.low, read.high) for read in load(whole()).reads}
    assert bounds == {
        "size": (1, 20),
        "dependants": (0, 20),
        "head_age": (10, 110),
        "head_work": (0, 0),
        "best_school": (0, 0),
        "rooms": (1, 20),
        "plot": (0, 100_000),
        "water": (0, 0),
        "fridge": (0, 1),
        "crowding": (0, LARGEST),
        "urban": (0, 0),
        "regency": (0, 0),
        "column": (-5, 5),
        "names": (0, 0),
        "village": (0, 9),
    }


def test_a_file_is_as_large_as_is_stated() -> None:
    data = json.dumps(document()).encode()
    for size, fits in ((MAX_BYTES, True), (MAX_BYTES + 1, False)):
        padded = data + b" " * (size - len(data))
        digest = hashlib.sha256(padded).hexdigest()
        if fits:
            assert pmt.load_artefact(padded, digest).sha256 == digest
            continue
        with pytest.raises(pmt.ArtefactInvalid, match="larger"):
            pmt.load_artefact(padded, digest)


def test_header_and_questions_are_kept_as_they_are_written() -> None:
    asked = question("roof", "choice", options=[option("tin"), option("straw")])
    asked |= {"text": "Atap apa?", "hint": "Lihat ke atas.", "step": "housing"}
    made = document(id="a", version="2", name="N", notice="B", approver="Dinas Contoh")
    made["questions"].append(asked)
    model = load(made)
    assert (model.id, model.version, model.name, model.notice) == ("a", "2", "N", "B")
    assert (model.approver, model.effective_from) == ("Dinas Contoh", "2026-01-01")
    assert (model.demonstration, model.kind, model.spread) == (True, "log", 0)
    assert (model.residual_sd, model.intercept, model.base) == (400_000, 8_000_000, 8_120_000)
    assert model.cutoffs == tuple((7_600_000 + 100_000 * step, "") for step in range(9))
    assert model.question("roof") == pmt.Question(
        "roof",
        "housing",
        "choice",
        "Atap apa?",
        "Lihat ke atas.",
        0,
        0,
        (("tin", "Tin"), ("straw", "Straw")),
    )
    assert [(q.low, q.high) for q in model.questions] == [
        (1, 20),
        (0, 100_000),
        (0, 0),
        (0, 1),
        (0, 0),
    ]
    assert {q.hint for q in model.questions} == {"", "Lihat ke atas."}
