"""Read what monitoring needs: ground checks, answers declared and found, now and in training."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from modelling.csv_tables import FileError, Table, read_csv
from modelling.monitoring_answers import POORER, RICHER, SAME, Pair
from modelling.monitoring_drift import Training
from modelling.monitoring_errors import Checks

CHECKS = ("hh_id", "region", "stratum", "probability", "agent", "decided", "eligible")
PAIRS = ("hh_id", "question", "declared", "checked")
QUESTIONS = ("question", "poor_to_rich")
DECLARED = ("hh_id", "region")
TRAINING = ("variable", "region", "families", "bin", "up_to", "share")
UP, DOWN = "up", "down"
_ABOUT_ONE = 1e-6


@dataclass(frozen=True, slots=True)
class Declared:
    """Answers of all families of a cycle: variable -> texts, and each family's region."""

    region: Sequence[str]
    answers: Mapping[str, Sequence[str]]


def read_checks(path: Path) -> Checks:
    """Checked families; a column `village` tells that villages were drawn, not families.

    Raises:
        FileError: the file cannot be used.
    """
    table = read_csv(path, CHECKS)
    ids = table.keys("hh_id")
    probability = table.numbers("probability", above=0)
    for row in np.flatnonzero(probability > 1):
        raise FileError(f"{table.where(int(row), 'probability')}: {probability[row]:g} is above 1")
    return Checks(
        ids=ids,
        region=table.names("region"),
        agent=table.names("agent"),
        stratum=table.names("stratum"),
        unit=table.names("village") if "village" in table.columns else ids,
        probability=probability,
        listed=table.choices("decided", {"in": True, "out": False}),
        eligible=table.choices("eligible", {"yes": True, "no": False}),
    )


def read_pairs(path: Path, questions: Path, checks: Checks) -> list[Pair]:
    """Answers declared and found of checked families; an answer that either lacks is left out.

    Args:
        path: a table with PAIRS, a row for each family and question.
        questions: a table with QUESTIONS: "up" when a larger number is richer, "down" when a
            smaller one is, or the answers from poorest to richest, parted by "|".
        checks: the families.

    Raises:
        FileError: a file cannot be used, an answer is not in its question's order, a family was
            not checked, or a family has two rows for one question.
    """
    orders = _orders(questions)
    table = read_csv(path, PAIRS)
    known, seen = set(checks.ids), dict[tuple[str, str], int]()
    pairs = []
    for row, family in enumerate(table.names("hh_id")):
        question = table.columns["question"][row]
        if family not in known:
            raise FileError(f"{table.where(row, 'hh_id')}: {family[:30]!r} was not checked")
        if question not in orders:
            raise FileError(
                f"{table.where(row, 'question')}: {question[:30]!r} is not in {questions.name}"
            )
        if (family, question) in seen:
            first = table.where(seen[family, question], "question")
            raise FileError(f"{table.where(row, 'question')}: stands already in {first}")
        seen[family, question] = row
        ranks = [_rank(table, row, column, orders[question]) for column in PAIRS[2:]]
        if ranks[0] is not None and ranks[1] is not None:
            pairs.append(Pair(family, question, _side(ranks[0], ranks[1])))
    return pairs


def read_declared(path: Path) -> Declared:
    """What all families of a cycle declared: hh_id, region, and a column for each variable.

    Raises:
        FileError: the file cannot be used.
    """
    table = read_csv(path, DECLARED)
    table.keys("hh_id")
    variables = [name for name in table.columns if name not in DECLARED]
    if not variables:
        raise FileError(f"{path.name}: no column of answers beside {' and '.join(DECLARED)}")
    answers = {name: [text.strip() for text in table.columns[name]] for name in variables}
    return Declared(table.names("region"), answers)


def write_training(described: Sequence[Training]) -> str:
    """Training distributions as a table that `read_training` reads."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(TRAINING)
    for one in described:
        numbered = {} if one.edges is None else {str(n): e for n, e in enumerate(one.edges)}
        last = [] if one.edges is None else [str(len(one.edges))]
        for place in dict.fromkeys([*numbered, *last, *sorted(one.shares)]):
            up_to = math.inf if place in last else numbered.get(place, "")
            share = f"{one.shares.get(place, 0.0):.8f}"
            table.writerow([one.variable, one.region, one.families, place, up_to, share])
    return out.getvalue()


def read_training(path: Path) -> list[Training]:
    """How answers lay in the training survey, as `tepat monitor training` writes it.

    Raises:
        FileError: the file cannot be used, or the shares of a variable do not add up to 1.
    """
    table = read_csv(path, TRAINING)
    families, shares = table.numbers("families", above=0), table.numbers("share", above=-1e-12)
    groups: dict[tuple[str, str], list[int]] = {}
    for row, variable in enumerate(table.names("variable")):
        groups.setdefault((variable, table.columns["region"][row]), []).append(row)
    made = []
    for (variable, region), rows in groups.items():
        if abs(sum(shares[row] for row in rows) - 1) > _ABOUT_ONE * len(rows):
            raise FileError(
                f"{table.where(rows[0], 'share')}: the shares of {variable} in region "
                f"{region or '(all)'} do not add up to 1"
            )
        bounds = [_bound(table, row) for row in rows if table.columns["up_to"][row].strip() != ""]
        edges = tuple(sorted(b for b in bounds if b < math.inf)) if bounds else None
        found = {table.columns["bin"][row]: float(shares[row]) for row in rows if shares[row] > 0}
        made.append(Training(variable, region, round(families[rows[0]]), edges, found))
    return made


def _bound(table: Table, row: int) -> float:
    text = table.columns["up_to"][row]
    try:
        bound = float(text)
    except ValueError:
        bound = math.nan
    if math.isnan(bound):
        raise FileError(f"{table.where(row, 'up_to')}: {text[:30]!r} is not a number")
    return bound


def _orders(path: Path) -> dict[str, str | dict[str, int]]:
    """By question: UP, DOWN, or the place of each answer from poorest to richest."""
    table = read_csv(path, QUESTIONS)
    orders: dict[str, str | dict[str, int]] = {}
    for row, question in enumerate(table.keys("question")):
        text = table.columns["poor_to_rich"][row].strip()
        answers = text.split("|")
        if text in {UP, DOWN}:
            orders[question] = text
        elif len(answers) > 1 and len(set(answers)) == len(answers):
            orders[question] = {answer: place for place, answer in enumerate(answers)}
        else:
            raise FileError(
                f"{table.where(row, 'poor_to_rich')}: {text[:30]!r} is neither {UP}, {DOWN} nor "
                'different answers from poorest to richest parted by "|"'
            )
    return orders


def _rank(table: Table, row: int, column: str, order: str | Mapping[str, int]) -> float | None:
    """How rich an answer says a family is, comparable within its question; None for no answer."""
    text = table.columns[column][row].strip()
    if text == "":
        return None
    if isinstance(order, str):
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise FileError(f"{table.where(row, column)}: {text[:30]!r} is not a number")
        return value if order == UP else -value
    if text not in order:
        raise FileError(
            f"{table.where(row, column)}: {text[:30]!r} is not an answer of its question"
        )
    return order[text]


def _side(declared: float, found: float) -> int:
    if declared == found:
        return SAME
    return POORER if declared < found else RICHER
