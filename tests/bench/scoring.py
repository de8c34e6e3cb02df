"""Scoring and ranking beside polars: rows a second of processor time, on the same families.

40 inputs (25 of codes, 15 of numbers), deciles within 514 regions. polars is given its best case:
codes as small integers, points as look-up tables by `gather`, and no lottery (equal scores part by
row). CPU seconds of all threads are counted, so its threads cost what they use.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from chalicelib.domain import lottery, pmt, ranking
from chalicelib.domain.pmt_batch import Coded, Column, score_columns
from modelling import rank_arrays
from modelling.score_arrays import ArrayScorer
from tests.unit.pmt_examples import curve, document, feature, levels, load, option, question

CODES, NUMBERS, REGIONS = 25, 15, 514
WIDE = 10_000  # two of the numbers, such as square metres of land, go up to this
MOST_CODES = 256
FAMILIES = 1_000_000
LEAST = {"pure Python": 0.09, "numpy": 2.0}
KEY = lottery.key(bytes(32), "ab" * 32)


@dataclass(frozen=True, slots=True)
class Population:
    """The same families for each engine.

    Attributes:
        columns: lists, as the pure path takes them.
        arrays: numpy, codes as places in `categories`.
        regions: place of each family's region.
        ids: of the families.
    """

    artefact: pmt.Artefact
    columns: dict[str, Column]
    arrays: dict[str, np.ndarray[Any, Any]]
    categories: dict[str, list[str]]
    regions: np.ndarray[Any, Any]
    ids: list[str]
    id_array: np.ndarray[Any, Any]


@cache
def population(families: int = FAMILIES) -> Population:
    """Draw families for a model of 40 inputs."""
    rng = np.random.default_rng(5)
    artefact = load(_model(rng))
    columns: dict[str, Column] = {}
    arrays = {}
    categories = {}
    for read in artefact.reads:
        if read.codes is None:
            arrays[read.name] = rng.integers(read.low, read.high + 1, families, dtype=np.int16)
            levels: tuple[int | str, ...] = tuple(range(read.high + 1))
        else:
            levels = tuple(sorted(map(str, read.codes)))
            arrays[read.name] = rng.integers(0, len(levels), families, dtype=np.int8)
            categories[read.name] = list(map(str, levels))
        if len(levels) > MOST_CODES:
            columns[read.name] = arrays[read.name].tolist()
        else:
            columns[read.name] = Coded(levels, arrays[read.name].astype(np.uint8).tobytes())
    regions = rng.integers(0, REGIONS, families, dtype=np.int16)
    ids = [f"{row:010}" for row in range(families)]
    id_array = np.array(ids, dtype="S10")
    return Population(artefact, columns, arrays, categories, regions, ids, id_array)


def _model(rng: np.random.Generator) -> dict[str, Any]:
    """25 questions of 4 to 9 options, 13 small numbers and 2 wide ones, each with its points."""
    choices = [
        question(f"choice_{i}", "choice", options=[option(f"c{n}") for n in range(4 + i % 6)])
        for i in range(CODES)
    ]
    tops = [8 + 6 * i for i in range(NUMBERS - 2)] + [WIDE, WIDE]
    counts = [question(f"count_{i}", "count", min=0, max=top) for i, top in enumerate(tops)]
    features = []
    for asked in choices:
        codes = [each["code"] for each in asked["options"]]
        points = dict(zip(codes, rng.integers(-90_000, 90_000, len(codes)).tolist(), strict=True))
        features.append(feature(f"f_{asked['code']}", levels(asked["code"], **points)))
    for asked, top in zip(counts, tops, strict=True):
        places = sorted({0, top // 7, top // 3, top})
        knots = zip(places, rng.integers(-300_000, 300_000, len(places)).tolist(), strict=True)
        features.append(feature(f"f_{asked['code']}", curve(asked["code"], *map(list, knots))))
    names = [asked["code"] for asked in choices + counts]
    reads = {name: {"from": "answer", "question": name} for name in names}
    return document(questions=choices + counts, reads=reads, features=features)


def by_pure_python(people: Population) -> list[int]:
    """Deciles by the engine that runs in the cloud: standard library only."""
    scores = score_columns(people.artefact, people.columns).scores
    members: list[list[int]] = [[] for _ in range(REGIONS)]
    for row, region in enumerate(people.regions.tolist()):
        members[region].append(row)
    deciles = [0] * len(scores)
    for rows in members:
        own: list[int] = [scores[row] for row in rows]  # type: ignore[misc]  # none is refused
        ranked = ranking.order([people.ids[row] for row in rows], own, KEY)
        for row, decile in zip(rows, ranking.divide(ranked), strict=True):
            deciles[row] = decile
    return deciles


def by_numpy(people: Population) -> np.ndarray[Any, Any]:
    """Deciles by the desk's tools."""
    scores = ArrayScorer(people.artefact, people.categories).score(people.arrays).scores
    return rank_arrays.deciles(people.regions, scores, people.id_array, KEY)


@dataclass(frozen=True, slots=True)
class Frame:
    """What polars is given: the families, and the points of each input by value."""

    families: pl.DataFrame
    points: dict[str, pl.Series]


def frame(people: Population) -> Frame:
    """The same families and model for polars."""
    points = {}
    for read in people.artefact.reads:
        own = next(f for f in people.artefact.features if read.name in f.needs)
        values = people.categories.get(read.name) or range(read.high + 1)
        points[read.name] = pl.Series([own.terms[0].points(value) for value in values])
    columns = {
        name: pl.Series(column).cast(pl.UInt8 if name in people.categories else pl.UInt16)
        for name, column in people.arrays.items()
    }
    return Frame(pl.DataFrame({**columns, "region": pl.Series(people.regions)}), points)


def by_polars(given: Frame, intercept: int) -> pl.Series:
    """Deciles by polars."""
    looked_up = [pl.lit(points).gather(pl.col(name)) for name, points in given.points.items()]
    score = pl.sum_horizontal(looked_up) + intercept
    place = pl.col("score").rank("ordinal").over("region").cast(pl.Int64) - 1
    ranked = given.families.select(score.alias("score"), "region").with_columns(
        (place * 10 // pl.len().over("region") + 1).alias("decile")
    )
    return ranked["decile"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One engine.

    Attributes:
        rows: families a second of processor time, scored and divided; the best of some runs.
        ratio: of polars' rows.
    """

    rows: float
    ratio: float


def measure(families: int = FAMILIES, runs: int = 3) -> dict[str, Measured]:
    """Score and rank the same families by each engine, in turn, several times.

    Raises:
        AssertionError: two engines differ where no two scores are equal.
    """
    people = population(families)
    given = frame(people)
    engines: dict[str, Callable[[], Any]] = {
        "polars": lambda: by_polars(given, people.artefact.intercept),
        "pure Python": lambda: by_pure_python(people),
        "numpy": lambda: by_numpy(people),
    }
    seconds = dict.fromkeys(engines, float("inf"))
    deciles = {}
    for _ in range(runs):
        for name, engine in engines.items():
            begun = time.process_time()
            deciles[name] = engine()
            seconds[name] = min(seconds[name], time.process_time() - begun)
    _compare({name: np.asarray(found) for name, found in deciles.items()}, families)
    return {
        name: Measured(families / spent, seconds["polars"] / spent)
        for name, spent in seconds.items()
    }


def _compare(deciles: dict[str, np.ndarray[Any, Any]], families: int) -> None:
    if not (deciles["pure Python"] == deciles["numpy"]).all():
        raise AssertionError("pure Python and numpy differ")
    apart = int((deciles["polars"] != deciles["numpy"]).sum())
    if apart > families // 10_000:  # equal scores on a cut-off: polars has no lottery
        raise AssertionError(f"polars differs in {apart} families")


def lines() -> Iterator[str]:
    """The figures as a table."""
    yield f"Score and rank, {FAMILIES:,} families, 40 inputs, 514 regions (least, now, of polars):"
    for name, found in measure().items():
        least = LEAST.get(name)
        under = "  UNDER" if least is not None and found.ratio < least else ""
        aim = "-" if least is None else f"{least:.2f}"
        yield f"{name:<58}{aim:>9}{found.ratio:>9.2f}  {found.rows:>12,.0f} rows/CPU-s{under}"


if __name__ == "__main__":
    for line in lines():
        print(line)  # noqa: T201 - a program
