"""Models and families drawn at random: every kind of read, term and fault that the format knows."""

from __future__ import annotations

from random import Random
from typing import Any

from chalicelib.domain.household import Occupation, Schooling
from chalicelib.domain.pmt_batch import Coded, Column
from chalicelib.domain.pmt_reads import Read, Value
from tests.unit.pmt_examples import curve, feature, load, option, question

FAULTS: dict[type, list[Value]] = {
    int: [None, -1, 10**6, -(10**6)],
    str: [None, "", "never", "Rural"],
}


def random_document(seed: int) -> dict[str, Any]:
    """An artefact with questions, ratios, curves, steps, levels and conditions at random.

    Points reach 10**9 and values 10**6, so that an interpreter with 64 bits would still do.
    """
    r = Random(seed)  # noqa: S311 - drawn again from its seed
    counts = [
        question(f"count_{i}", "count", min=low, max=low + r.choice([1, 7, 90, 40_000]))
        for i, low in enumerate(r.choices([0, 1, 3], k=r.randint(1, 5)))
    ]
    choices = [
        question(f"choice_{i}", "choice", options=[option(f"c{n}") for n in range(r.randint(2, 9))])
        for i in range(r.randint(1, 5))
    ]
    reads: dict[str, dict[str, Any]] = {
        "size": {"from": "count", "min": 1},
        "toddlers": {"from": "count", "where": {"age": [0, 4]}},
        "head_age": {"from": "head", "field": "age", "min": 10, "max": 110},
        "head_work": {"from": "head", "field": "occupation"},
        "school": {"from": "highest", "field": "schooling", "order": list(map(str, Schooling))},
        "urban": {"from": "urban"},
        "regency": {"from": "area", "digits": 4},
        "fridge": {"from": "answer", "question": "fridge"},
    }
    low = r.choice([0, -500])
    reads |= {
        "spent": {"from": "column", "column": "x", "scale": 100, "min": low, "max": 40_000},
        "wall": {"from": "column", "column": "y", "codes": ["c0", "c1", "c2"]},
        "village_mean": {
            "from": "village",
            "column": "x",
            "scale": 1000,
            "shrink": 5,
            "min": low,
            "max": 90_000,
        },
    }
    for asked in counts + choices:
        reads[asked["code"]] = {"from": "answer", "question": asked["code"]}
    top = counts[0]["code"]
    reads["ratio"] = {"from": "ratio", "top": top, "bottom": "size", "scale": 100, "max": 10**6}
    features = []
    for name in reads:
        for number in range(r.randint(1, 2)):
            terms = [_term(r, name, reads, counts + choices) for _ in range(r.randint(1, 2))]
            missing = r.choice(["visit", "visit", r.randint(-(10**6), 10**6)])
            mean = r.randint(-(10**6), 10**6)
            features.append(feature(f"f_{name}_{number}", *terms, mean=mean, missing=missing))
    if r.random() < 0.5:  # a read that only another read rests on can refuse a family too
        features = [f for f in features if _reads_of(f).isdisjoint({top, "size"})]
    return _document(r, [*counts, *choices, question("fridge", "yes_no")], reads, features)


def random_columns(document: dict[str, Any], seed: int, rows: int) -> dict[str, list[Value]]:
    """Values of every read: mostly what it may be, about one family in eight with a fault."""
    r = Random(seed)  # noqa: S311 - drawn again from its seed
    columns = {}
    for read in load(document).reads:
        share = 0.125 / len(document["reads"])
        columns[read.name] = _column(r, read, rows, share)
    return columns


def coded(columns: dict[str, Any]) -> dict[str, Column]:
    """The same columns, those of few values a byte a row."""
    packed: dict[str, Column] = {}
    for name, column in columns.items():
        places: dict[tuple[type, Any], int] = {}  # True is another level than 1
        keys = [(type(value), repr(value)) for value in column]
        codes = [places.setdefault(key, len(places)) for key in keys]
        if len(places) <= 256:
            first = [keys.index(key) for key in places]
            packed[name] = Coded(tuple(column[row] for row in first), bytes(codes))
        else:
            packed[name] = column
    return packed


def hostile(column: Column, seed: int) -> list[Any]:
    """The same column with values of types that JSON can hold and a read never gives."""
    r = Random(seed)  # noqa: S311 - drawn again from its seed
    strange: list[Any] = [True, False, 1.0, 0.0, "1", ["c1"], {}, 10**400, b"c1"]
    return [r.choice(strange) if r.random() < 0.02 else value for value in column]


def _column(r: Random, read: Read, rows: int, share: float) -> list[Value]:
    values: list[Value]
    if read.codes is None:
        values = [r.randint(read.low, min(read.high, read.low + 50_000)) for _ in range(rows)]
    else:
        codes = sorted(map(str, read.codes)) or ["3510", "3509", "1101", "9971"]
        values = list(r.choices(codes, k=rows))
    faults = FAULTS[int if read.codes is None else str]
    for row in r.sample(range(rows), k=round(rows * share)):
        values[row] = r.choice(faults)
    return values


def _term(
    r: Random, name: str, reads: dict[str, dict[str, Any]], asked: list[dict[str, Any]]
) -> dict[str, Any]:
    codes = _codes(name, reads, asked)
    if codes is not None:
        term = _levels(r, name, codes)
    elif r.random() < 0.3:
        bounds = sorted(r.sample(range(-5, 60_000), k=r.randint(1, 6)))
        points = [_points(r) for _ in range(len(bounds) + 1)]
        term = {"read": name, "kind": "steps", "bounds": bounds, "points": points}
    else:
        span = r.choice([20, 300, 70_000])
        places = sorted(r.sample(range(-5, span), k=r.randint(1, 6)))
        term = curve(name, *([x, _points(r)] for x in places))
    if r.random() < 0.2:
        by = r.choice(["size", "toddlers", "head_age"])
        places = sorted(r.sample(range(-2, 40), k=r.randint(1, 5)))
        term["times"] = {"read": by, "knots": [[x, r.randint(-(10**6), 10**6)] for x in places]}
    if r.random() < 0.3:
        other = r.choice(sorted(reads.keys() - {name}))
        if not {reads[other].get("question"), reads[name].get("question")} >= {None}:
            other = "urban"
        codes = _codes(other, reads, asked)
        if codes is None:
            low = r.randint(-2, 40)
            term["when"] = [{"read": other, "min": low, "max": low + r.randint(0, 30)}]
        else:
            term["when"] = [{"read": other, "is": r.sample(codes, k=r.randint(1, len(codes)))}]
    return term


def _levels(r: Random, name: str, codes: list[str]) -> dict[str, Any]:
    term: dict[str, Any] = {"read": name, "kind": "levels", "points": {}}
    for code in codes:
        if r.random() < 0.97:
            term["points"][code] = _points(r)
        elif r.random() < 0.5:
            term.setdefault("unscored", []).append(code)
    if len(codes) != len(term["points"]) + len(term.get("unscored", [])) or name == "regency":
        term["default"] = _points(r)
    return term


def _codes(
    name: str, reads: dict[str, dict[str, Any]], asked: list[dict[str, Any]]
) -> list[str] | None:
    known = {
        "head_work": list(map(str, Occupation)),
        "school": list(map(str, Schooling)),
        "urban": ["urban", "rural"],
        "regency": ["3510", "1101"],
    }
    known |= {name: read["codes"] for name, read in reads.items() if "codes" in read}
    options = {q["code"]: [o["code"] for o in q["options"]] for q in asked if "options" in q}
    return known.get(name) or options.get(reads[name].get("question", ""))


def _points(r: Random) -> int:
    return r.choice([0, r.randint(-(10**5), 10**5), r.randint(-(10**9), 10**9)])


def _reads_of(one: dict[str, Any]) -> set[str]:
    used = {term["read"] for term in one["terms"]}
    used |= {term["times"]["read"] for term in one["terms"] if "times" in term}
    return used | {c["read"] for term in one["terms"] for c in term.get("when", ())}


def _document(
    r: Random,
    questions: list[dict[str, Any]],
    reads: dict[str, dict[str, Any]],
    features: list[dict[str, Any]],
) -> dict[str, Any]:
    """A whole artefact; reads that no feature uses any more are left out of it."""
    used = set().union(*map(_reads_of, features))
    used |= {reads[name][end] for name in used & {"ratio"} for end in ("top", "bottom")}
    kept = {name: read for name, read in reads.items() if name in used}
    return {
        "format": "tepat-pmt/1",
        "id": "random",
        "version": "1",
        "name": "Acak",
        "notice": "Model acak.",
        "demonstration": True,
        "effective_from": "2026-01-01",
        "approver": None,
        "population_unit": "family",
        "target": {"kind": "log", "what": "log consumption", "unit": "1,000,000 = 1"},
        "training": {},
        "accuracy": {},
        "residual_sd": 400_000,
        "intercept": r.randint(-(10**9), 10**9),
        "cutoffs": {"weighting": "households", "scores": list(range(9))},
        "questions": questions,
        "reads": kept,
        "features": features,
    }
