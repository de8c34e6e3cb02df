"""Batch, single path and an independent implementation give the same scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pmt_examples import document as example_document
from pmt_examples import load

from chalicelib.domain import pmt, pmt_batch
from chalicelib.domain.pmt_batch import (
    Batch,
    Coded,
    Column,
    ColumnsUnfitError,
    contribution_columns,
    score_columns,
)
from tests.random_models import coded, hostile, random_columns, random_document
from tests.score_by_sql import score_by_sql

MODELS = Path(__file__).parents[2] / "chalicelib" / "data" / "models"
SHIPPED = [json.loads(path.read_text("utf-8")) for path in sorted(MODELS.glob("*.json"))]
DOCUMENTS = [*SHIPPED, example_document(), *map(random_document, range(23))]


def one_by_one(artefact: pmt.Artefact, columns: dict[str, Column]) -> Batch:
    names = [read.name for read in artefact.reads]
    scores: list[int | None] = []
    refused = {}
    for row, values in enumerate(zip(*[columns[name] for name in names], strict=True)):
        outcome = pmt.score_inputs(artefact, dict(zip(names, values, strict=True)))
        if isinstance(outcome, pmt.CannotScore):
            refused[row] = outcome
        scores.append(outcome.score if isinstance(outcome, pmt.Scored) else None)
    return Batch(scores, refused)


def test_what_is_drawn_is_scored_and_refused() -> None:
    """The models and families of these tests have something to tell apart."""
    refused = scored = 0
    for seed, document in enumerate(DOCUMENTS):
        batch = score_columns(load(document), random_columns(document, seed, 200))
        refused += len(batch.refused)
        scored += 200 - len(batch.refused)
    assert refused > 300
    assert scored > 2_500


@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
def test_2100_random_families_three_ways(number: int) -> None:
    three_ways(DOCUMENTS[number], number, 2_100)


@pytest.mark.prove
@pytest.mark.parametrize("number", range(100))
def test_a_million_random_families_three_ways(number: int) -> None:
    """100 models with 10,000 families each: the shipped ones, and others than in the short run."""
    document = SHIPPED[number] if number < len(SHIPPED) else random_document(1_000 + number)
    three_ways(document, 1_000 + number, 10_000)


def three_ways(document: dict[str, Any], seed: int, rows: int) -> None:
    artefact = load(document)
    columns: dict[str, Column] = {**random_columns(document, seed, rows)}
    batch = score_columns(artefact, columns)
    assert batch == one_by_one(artefact, columns)
    assert batch.scores == score_by_sql(document, columns)
    packed = coded(columns)
    assert any(isinstance(column, Coded) for column in packed.values())
    assert score_columns(artefact, packed) == batch


@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
def test_values_of_other_types_are_refused_in_both_paths(number: int) -> None:
    """1, True and 1.0 are one key of a table and three things in JSON."""
    artefact = load(DOCUMENTS[number])
    clean = random_columns(DOCUMENTS[number], number, 300)
    columns: dict[str, Column] = {
        name: hostile(column, seed) for seed, (name, column) in enumerate(clean.items())
    }
    batch = score_columns(artefact, columns)
    assert batch == one_by_one(artefact, columns)
    assert batch.refused
    assert score_columns(artefact, coded(columns)) == batch


@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
def test_contributions_add_up_to_the_score_and_are_those_of_the_single_path(number: int) -> None:
    artefact = load(DOCUMENTS[number])
    columns: dict[str, Column] = {**random_columns(DOCUMENTS[number], number, 300)}
    batch = score_columns(artefact, columns)
    by_feature = dict(contribution_columns(artefact, columns))
    assert list(by_feature) == list(artefact.features)
    assert by_feature == dict(contribution_columns(artefact, coded(columns)))
    names = [read.name for read in artefact.reads]
    for row, score in enumerate(batch.scores):
        if score is not None:
            parts = tuple(column[row] for column in by_feature.values())
            single = pmt.score_inputs(artefact, {name: columns[name][row] for name in names})
            assert isinstance(single, pmt.Scored)
            assert parts == single.contributions
            assert artefact.base + sum(part for part in parts if part is not None) == score


def test_what_cannot_be_reckoned_contributes_nothing_and_all_else_does() -> None:
    columns: dict[str, Column] = {**random_columns(example_document(), 1, 3)}
    columns["water"] = ["tap", "x", None]
    found = contribution_columns(load(example_document()), columns)
    missing = {feature.code: [part is None for part in column] for feature, column in found}
    assert missing.pop("water") == [False, True, True]
    assert missing["head_age"] == [age is None for age in columns["head_age"]]  # type: ignore[attr-defined]


def test_families_in_another_sequence_have_the_same_scores() -> None:
    artefact = load(DOCUMENTS[5])
    columns = random_columns(DOCUMENTS[5], 5, 500)
    backwards: dict[str, Column] = {name: column[::-1] for name, column in columns.items()}
    assert (
        score_columns(artefact, {**columns}).scores
        == score_columns(artefact, backwards).scores[::-1]
    )


def test_no_families_have_no_scores() -> None:
    artefact = load(DOCUMENTS[0])
    assert score_columns(artefact, {read.name: [] for read in artefact.reads}) == Batch([], {})


def test_a_column_that_lacks_is_named() -> None:
    columns: dict[str, Column] = {**random_columns(DOCUMENTS[0], 0, 5)}
    del columns["size"]
    with pytest.raises(ColumnsUnfitError, match="no column for size"):
        score_columns(load(DOCUMENTS[0]), columns)


def test_columns_of_unequal_length_are_named() -> None:
    columns: dict[str, Column] = {**random_columns(DOCUMENTS[0], 0, 5), "rooms": [1]}
    with pytest.raises(ColumnsUnfitError, match=r": rooms has 1 rows, \w+ has 5 rows$"):
        score_columns(load(DOCUMENTS[0]), columns)


def test_a_column_may_have_as_many_levels_as_a_byte_tells_apart() -> None:
    column = Coded(tuple(range(256)), bytes((0, 255)))
    assert (column[0], column[1]) == (0, 255)


@pytest.mark.parametrize(("levels", "codes"), [((1, 2), b"\0\2"), ((), b"\0"), (range(257), b"")])
def test_a_code_without_a_level_is_refused(levels: Any, codes: bytes) -> None:
    with pytest.raises(ColumnsUnfitError, match="without a level"):
        Coded(tuple(levels), codes)


def test_batches_of_every_length_around_a_block() -> None:
    document = DOCUMENTS[3]
    artefact = load(document)
    columns: dict[str, Column] = {**random_columns(document, 3, 4_100)}
    whole = score_columns(artefact, columns).scores
    for rows in (1, 2, 2_047, 2_048, 2_049, 4_097):
        few: dict[str, Any] = {name: column[:rows] for name, column in columns.items()}
        assert score_columns(artefact, few).scores == whole[:rows]
        assert score_columns(artefact, coded(few)).scores == whole[:rows]


@pytest.mark.parametrize("block", [1, 2, 7])
def test_scores_and_contributions_do_not_depend_on_the_length_of_a_block(
    monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    artefact = load(DOCUMENTS[3])
    columns: dict[str, Column] = {**random_columns(DOCUMENTS[3], 3, 50)}
    scores, contributions = (
        score_columns(artefact, columns),
        contribution_columns(artefact, columns),
    )
    monkeypatch.setattr(pmt_batch, "_BLOCK", block)
    assert score_columns(artefact, columns) == scores
    assert score_columns(artefact, coded(columns)) == scores
    assert contribution_columns(artefact, columns) == contributions
