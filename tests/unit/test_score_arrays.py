"""Arrays are scored and divided as the engine scores and divides families one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pmt_examples import curve, feature, load
from pmt_examples import document as example_document

from chalicelib.domain import lottery, ranking
from chalicelib.domain.pmt_batch import Column, score_columns
from modelling import rank_arrays
from modelling.score_arrays import MISSING, ArrayScorer
from tests.random_models import random_columns, random_document

KEY = lottery.key(bytes(32), "cd" * 32)
DOCUMENTS = [example_document(), *map(random_document, range(30, 50))]


def as_arrays(document: dict[str, Any], columns: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    arrays, categories = {}, {}
    for read in load(document).reads:
        column = columns[read.name]
        if read.codes is None:
            numbers = [MISSING if value is None else value for value in column]
            arrays[read.name] = np.array(numbers, dtype=np.int64)
        else:
            texts = sorted({value for value in column if value is not None})
            place = {**{text: at for at, text in enumerate(texts)}, None: -1}
            arrays[read.name] = np.array([place[value] for value in column], dtype=np.int8)
            categories[read.name] = texts
    return arrays, categories


@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
def test_arrays_have_the_scores_of_the_batch_path(number: int) -> None:
    document = DOCUMENTS[number]
    columns: dict[str, Column] = {**random_columns(document, number, 1_000)}
    arrays, categories = as_arrays(document, columns)
    expected = score_columns(load(document), columns)
    scorer = ArrayScorer(load(document), categories)
    for _ in range(2):  # with tables empty, and with tables filled
        found = scorer.score(arrays)
        assert np.flatnonzero(found.refused).tolist() == list(expected.refused)
        for score, refused, whole in zip(
            found.scores.tolist(), found.refused.tolist(), expected.scores, strict=True
        ):
            assert (None if refused else score) == whole


def test_small_types_and_blocks_are_scored_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    document = DOCUMENTS[0]
    columns: dict[str, Column] = {**random_columns(document, 1, 500)}
    arrays, categories = as_arrays(document, columns)
    whole = ArrayScorer(load(document), categories).score(arrays)
    monkeypatch.setattr("modelling.score_arrays.BLOCK", 7)
    monkeypatch.setattr("modelling.score_arrays.TABLE", 0)
    monkeypatch.setattr("modelling.score_arrays.SMALL", 0)
    in_blocks = ArrayScorer(load(document), categories).score(arrays)
    assert (whole.scores == in_blocks.scores).all()
    assert (whole.refused == in_blocks.refused).all()
    sizes = np.array([1, 5, 21, 0, 20], dtype=np.uint8)
    narrow = {name: column[:5] for name, column in arrays.items()} | {"size": sizes}
    wide = narrow | {"size": sizes.astype(np.int64)}
    scorer = ArrayScorer(load(document), categories)
    assert scorer.score(narrow).scores.tolist() == scorer.score(wide).scores.tolist()


def test_a_code_without_a_category_and_numbers_that_are_none_are_told() -> None:
    document = DOCUMENTS[0]
    arrays, categories = as_arrays(document, random_columns(document, 1, 50))
    scorer = ArrayScorer(load(document), categories)
    with pytest.raises(ValueError, match="water has a code without a category"):
        scorer.score(arrays | {"water": np.full(50, 99, dtype=np.int8)})
    with pytest.raises(ValueError, match="rooms holds float64"):
        scorer.score(arrays | {"rooms": np.ones(50)})
    with pytest.raises(ValueError, match="differ in length"):
        scorer.score(arrays | {"rooms": np.ones(3, dtype=np.int64)})


def test_points_too_large_for_64_bits_are_refused_and_never_wrap() -> None:
    whole = example_document()
    whole["features"][5] = feature("rooms", curve("rooms", [1, 0], [2, 2**53 - 1]))
    document = {**whole}
    arrays, categories = as_arrays(document, random_columns(document, 1, 50))
    with pytest.raises(ArithmeticError, match="64 bits"):
        ArrayScorer(load(document), categories).score(arrays)


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 6) | st.integers(-(2**40), 2**40)),
        min_size=0,
        max_size=120,
    )
)
def test_deciles_of_arrays_are_those_of_the_domain(rows: list[tuple[int, int]]) -> None:
    regions = np.array([region for region, _ in rows], dtype=np.int16)
    scores = np.array([score for _, score in rows], dtype=np.int64)
    names = [f"F{row:04}" for row in range(len(rows))]
    found = rank_arrays.deciles(regions, scores, np.array(names, dtype="S5"), KEY)
    for region in set(regions.tolist()):
        own = np.flatnonzero(regions == region).tolist()
        ranked = ranking.order([names[row] for row in own], scores[own].tolist(), KEY)
        assert found[own].tolist() == ranking.divide(ranked)


def test_scores_too_far_apart_are_refused() -> None:
    far = np.array([-(2**62), 2**62 - 1], dtype=np.int64)
    with pytest.raises(ranking.RankingError, match="too far apart"):
        rank_arrays.deciles(np.array([0, 1]), far, np.array([b"a", b"b"]), KEY)
