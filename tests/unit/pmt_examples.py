"""A small model of every kind of read and term, and families to try it on."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from hypothesis import strategies as st

from chalicelib.domain import pmt
from chalicelib.domain.household import (
    Attending,
    Disability,
    Household,
    Member,
    Occupation,
    Relation,
    Schooling,
    Sex,
)

AS_OF = (2026, 11)
SCHOOLING = [level.value for level in Schooling]


def document(**changes: object) -> dict[str, Any]:
    """An artefact with categories, caps, a logarithm table, an interaction and area intercepts."""
    whole: dict[str, Any] = {
        "format": "tepat-pmt/1",
        "id": "example",
        "version": "1",
        "name": "Contoh",
        "notice": "Model contoh.",
        "demonstration": True,
        "effective_from": "2026-01-01",
        "approver": None,
        "population_unit": "family",
        "target": {"kind": "log", "what": "log consumption", "unit": "1,000,000 = 1"},
        "training": {"survey": "invented"},
        "accuracy": {"r2_permille": 500},
        "residual_sd": 400_000,
        "intercept": 8_000_000,
        "cutoffs": {"weighting": "persons", "scores": [7_600_000 + 100_000 * i for i in range(9)]},
        "questions": [
            question("rooms", "count", min=1, max=20),
            question("plot", "count", min=0, max=100_000),
            question(
                "water",
                "choice",
                options=[option("river"), option("well"), option("tap"), option("x")],
            ),
            question("fridge", "yes_no"),
        ],
        "reads": {
            "size": {"from": "count", "min": 1},
            "dependants": {"from": "count", "where": {"age": [0, 14]}},
            "head_age": {"from": "head", "field": "age", "min": 10, "max": 110},
            "head_work": {"from": "head", "field": "occupation"},
            "best_school": {
                "from": "highest",
                "field": "schooling",
                "order": list(SCHOOLING),
                "where": {"age": [18, 120]},
                "empty": "none",
            },
            "rooms": {"from": "answer", "question": "rooms"},
            "plot": {"from": "answer", "question": "plot"},
            "water": {"from": "answer", "question": "water"},
            "fridge": {"from": "answer", "question": "fridge"},
            "crowding": {"from": "ratio", "top": "size", "bottom": "rooms", "scale": 100},
            "urban": {"from": "urban"},
            "regency": {"from": "area", "digits": 4},
        },
        "features": [
            feature("size", curve("size", [1, 0], [2, -300_000], [20, -900_000]), direction="down"),
            feature("dependants", curve("dependants", [0, 0], [5, -100_000])),
            feature(
                "head_age",
                {
                    "read": "head_age",
                    "kind": "steps",
                    "bounds": [30, 60],
                    "points": [1000, 9000, 0],
                },
            ),
            feature("head_work", levels("head_work", default=0, employee=50_000)),
            feature("best_school", levels("best_school", default=0, bachelor=200_000)),
            feature("rooms", curve("rooms", [1, 0], [6, 300_000]), direction="up", mean=120_000),
            feature("plot", curve("plot", [0, 0], [500, 20_000], [100_000, 90_000])),
            feature(
                "water", levels("water", ["x"], river=0, well=40_000, tap=90_000), direction="up"
            ),
            feature(
                "fridge",
                curve("fridge", [0, 0], [1, 150_000]),
                curve("fridge", [0, 0], [1, 70_000], when=[{"read": "urban", "is": ["urban"]}]),
                direction="up",
                missing=30_000,
            ),
            feature("crowding", curve("crowding", [100, 0], [600, -200_000])),
            feature("area", levels("regency", default=0, **{"3510": -40_000})),
        ],
    }
    whole.update(changes)
    return whole


def question(code: str, kind: str, **more: object) -> dict[str, Any]:
    return {"code": code, "step": "assets", "kind": kind, "text": code, "hint": "", **more}


def option(code: str) -> dict[str, str]:
    return {"code": code, "text": code.title()}


def feature(code: str, *terms: dict[str, Any], mean: int = 0, **more: object) -> dict[str, Any]:
    more.setdefault("missing", "visit")
    return {"code": code, "label": f"Label {code}", "mean": mean, "terms": list(terms), **more}


def curve(read: str, *knots: list[int], **more: object) -> dict[str, Any]:
    return {"read": read, "kind": "curve", "knots": list(knots), **more}


def levels(
    read: str, unscored: list[str] | None = None, default: int | None = None, **points: int
) -> dict[str, Any]:
    term: dict[str, Any] = {"read": read, "kind": "levels", "points": points}
    if unscored:
        term["unscored"] = unscored
    if default is not None:
        term["default"] = default
    return term


def load(whole: dict[str, Any]) -> pmt.Artefact:
    data = json.dumps(whole).encode()
    return pmt.load_artefact(data, hashlib.sha256(data).hexdigest())


def member(relation: str = "child", born: int = 2015, **traits: Any) -> Member:
    return Member(
        relation=Relation(relation),
        birth_month=(born, traits.get("month", 3)),
        sex=Sex(traits.get("sex", "L")),
        disability=Disability.NONE,
        pregnant=False,
        schooling=Schooling(traits.get("schooling", "primary")),
        attending=Attending(traits.get("attending", "no")),
        occupation=Occupation(traits.get("occupation", "labourer")),
        has_nik=True,
    )


def family(*members: Member, village: str = "3510152004", **answers: object) -> Household:
    people = members or (member("head", 1985), member("spouse", 1988, sex="P"), member())
    given = {"rooms": 3, "plot": 250, "water": "well", "fridge": 1, **answers}
    known: dict[str, Any] = {code: answer for code, answer in given.items() if answer is not None}
    return Household(village, people, known, AS_OF)


def members() -> st.SearchStrategy[tuple[Member, ...]]:
    def people(relation: st.SearchStrategy[str], latest: int) -> st.SearchStrategy[Member]:
        return st.builds(
            Member,
            relation=relation.map(Relation),
            birth_month=st.tuples(st.integers(1920, latest), st.integers(1, 12)),
            sex=st.sampled_from(Sex),
            disability=st.sampled_from(Disability),
            pregnant=st.booleans(),
            schooling=st.sampled_from(Schooling),
            attending=st.sampled_from(Attending),
            occupation=st.sampled_from(Occupation),
            has_nik=st.booleans(),
        )

    others = st.sampled_from([r.value for r in Relation if r is not Relation.HEAD])
    return st.builds(
        lambda head, rest: (head, *rest),
        people(st.just("head"), 2010),
        st.lists(people(others, 2025), max_size=6),
    )


def answers(artefact: pmt.Artefact) -> st.SearchStrategy[dict[str, int | str]]:
    """Answers to every question that the model can score."""
    scorable: dict[str, st.SearchStrategy[int | str]] = {}
    for asked in artefact.questions:
        if asked.kind == "choice":
            given = [code for code, _ in asked.options if _has_points(artefact, asked.code, code)]
            scorable[asked.code] = st.sampled_from(given)
        else:
            scorable[asked.code] = st.integers(asked.low, asked.high)
    return st.fixed_dictionaries(scorable)


def households(artefact: pmt.Artefact) -> st.SearchStrategy[Household]:
    return st.builds(
        Household,
        village=st.sampled_from(["3510152004", "3510151003", "9971012002"]),
        members=members(),
        answers=answers(artefact),
        as_of=st.just(AS_OF),
    )


def _has_points(artefact: pmt.Artefact, code: str, answer: str) -> bool:
    read = next(read.name for read in artefact.reads if read.question == code)
    terms = [term for f in artefact.features for term in f.terms if term.read == read]
    return all(term.points(answer) is not None for term in terms)
