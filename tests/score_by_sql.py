"""An independent scorer: SQL made from the artefact's JSON, run by DuckDB.

It shares nothing with the engine but the document: bounds, levels, curves and the rules for what
is missing are read here a second time, from docs/model.md. An auditor with a database can do the
same. Sums beyond 64 bits stop it; they do not wrap.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import duckdb
import numpy as np

from chalicelib.domain.household import (
    Attending,
    Disability,
    Occupation,
    Relation,
    Schooling,
    Sex,
)
from chalicelib.domain.pmt_batch import Column

WHOLE_MOST = 2**53 - 1
NO_NUMBER = -(2**62)  # in the columns handed over; SQL makes it NULL
KINDS = (Attending, Disability, Occupation, Relation, Schooling, Sex)
TRAITS = {kind.__name__.lower(): list(map(str, kind)) for kind in KINDS}


def score_by_sql(document: dict[str, Any], columns: dict[str, Column]) -> list[int | None]:
    """The score of each row, None where the model cannot score it."""
    table = {"row_": np.arange(len(next(iter(columns.values()))))}
    for name, column in columns.items():
        if is_number(document, name):
            numbers = [NO_NUMBER if value is None else value for value in column]
            table[name] = np.array(numbers, dtype=np.int64)
        else:
            table[name] = np.array(column, dtype=object)
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.register("handed_over", table)
        answers = connection.execute(query(document)).fetchnumpy()["score"]
    return [None if value is np.ma.masked else int(value) for value in answers]


def query(document: dict[str, Any]) -> str:
    """The SELECT that scores the table `handed_over`."""
    given = ", ".join(
        f"NULLIF({name}, {NO_NUMBER})::BIGINT AS {name}" if is_number(document, name) else name
        for name in document["reads"]
    )
    points = [_feature(document, one) for one in document["features"]]
    fit = " AND ".join(f"({name} IS NULL OR {_fit(document, name)})" for name in document["reads"])
    total = " + ".join([f"{document['intercept']}::BIGINT", *points])
    return (
        f"WITH families AS (SELECT row_, {given} FROM handed_over) "  # noqa: S608 - a test's own
        f"SELECT CASE WHEN {fit} THEN {total} END::BIGINT AS score FROM families ORDER BY row_"
    )


def is_number(document: dict[str, Any], name: str) -> bool:
    """Whether a read gives numbers."""
    read = document["reads"][name]
    if read["from"] == "answer":
        return bool(_question(document, read)["kind"] != "choice")
    if read["from"] == "column":
        return "codes" not in read
    return read["from"] in {"count", "ratio", "village"} or read.get("field") == "age"


def _fit(document: dict[str, Any], name: str) -> str:
    read = document["reads"][name]
    if is_number(document, name):
        low, high = read.get("min", 0), read.get("max", 20 if read["from"] == "count" else None)
        if read["from"] == "answer":
            asked = _question(document, read)
            low, high = asked.get("min", 0), asked.get("max", 1)
        return f"{name} BETWEEN {low} AND {WHOLE_MOST if high is None else high}"
    if read["from"] == "area":
        return "TRUE"
    if read["from"] == "column":
        codes = read["codes"]
    elif read["from"] == "answer":
        codes = [each["code"] for each in _question(document, read)["options"]]
    elif read["from"] == "urban":
        codes = ["urban", "rural"]
    else:
        codes = TRAITS[read["field"]]
    return f"{name} IN ({', '.join(map(_text, codes))})"


def _question(document: dict[str, Any], read: dict[str, Any]) -> dict[str, Any]:
    return next(each for each in document["questions"] if each["code"] == read["question"])


def _feature(document: dict[str, Any], one: dict[str, Any]) -> str:
    needs = {term["read"] for term in one["terms"]}
    needs |= {when["read"] for term in one["terms"] for when in term.get("when", ())}
    needs |= {term["times"]["read"] for term in one["terms"] if "times" in term}
    absent = " OR ".join(f"{name} IS NULL" for name in sorted(needs))
    missing = "NULL" if one["missing"] == "visit" else str(one["missing"])
    terms = " + ".join(_term(document, term) for term in one["terms"])
    return f"CASE WHEN {absent} THEN {missing} ELSE {terms} END"


def _term(document: dict[str, Any], term: dict[str, Any]) -> str:
    points = {"curve": _curve, "steps": _steps, "levels": _levels}[term["kind"]](term)
    if "times" in term:
        product = f"(({points})::HUGEINT * ({_curve(term['times'])}))"
        points = f"{_floor(product, 1_000_000)}::BIGINT"
    conditions = [
        f"{when['read']} BETWEEN {when['min']} AND {when['max']}"
        if is_number(document, when["read"])
        else f"{when['read']} IN ({', '.join(map(_text, when['is']))})"
        for when in term.get("when", ())
    ]
    return (
        f"CASE WHEN {' AND '.join(conditions)} THEN {points} ELSE 0 END" if conditions else points
    )


def _curve(term: dict[str, Any]) -> str:
    x, knots = term["read"], term["knots"]
    cases = [f"WHEN {x} <= {knots[0][0]} THEN {knots[0][1]}"]
    for (x0, y0), (x1, y1) in pairwise(knots):
        rise, run = f"(({y1} - ({y0})) * ({x} - ({x0})))", x1 - x0
        cases.append(f"WHEN {x} < {x1} THEN {y0} + {_floor(rise, run)}")
    return f"CASE {' '.join(cases)} ELSE {knots[-1][1]} END"


def _floor(top: str, bottom: int) -> str:
    """A quotient rounded down; SQL's own is cut towards nought."""
    return f"(({top} - ((({top}) % {bottom}) + {bottom}) % {bottom}) // {bottom})"


def _steps(term: dict[str, Any]) -> str:
    x, *points = term["read"], *term["points"]
    cases = [
        f"WHEN {x} < {bound} THEN {given}"
        for bound, given in zip(term["bounds"], points, strict=False)
    ]
    return f"CASE {' '.join(cases)} ELSE {points[-1]} END"


def _levels(term: dict[str, Any]) -> str:
    cases = [f"WHEN {_text(code)} THEN {points}" for code, points in term["points"].items()]
    cases += [f"WHEN {_text(code)} THEN NULL" for code in term.get("unscored", ())]
    otherwise = str(term.get("default", "NULL"))
    return f"CASE {term['read']} {' '.join(cases)} ELSE {otherwise} END" if cases else otherwise


def _text(code: str) -> str:
    return "'" + code.replace("'", "''") + "'"
