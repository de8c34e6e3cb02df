"""Read what a simulation needs: a survey with known welfare and a model's predictions for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from modelling import policy_study
from modelling.csv_tables import FileError, Table, read_csv
from modelling.policy_study import Numbers, Study
from modelling.survey_table import Columns, SurveyFaultsError, read_description, read_table

PREDICTION_COLUMNS = ("hh_id", "score", "lo", "hi")


def read_study(survey: Path, meta: Path, predictions: Path, *, persons: bool) -> Study:
    """The families of a survey with a model's predictions; those of weight 0 are left out.

    Args:
        survey: a table with hh_id, region, cluster, weight, hhsize, welfare; other columns are
            not read. Welfare is consumption, or already on the scale of the score when the
            description says `"log_target": false`.
        meta: the description of the survey.
        predictions: a table with PREDICTION_COLUMNS, a row for each family of the survey; score,
            lo and hi are empty for a family that could not be scored.
        persons: quotas and errors count persons; otherwise families.

    Raises:
        FileError: a file cannot be used.
    """
    try:
        described = read_description(meta)
        bare = replace(described, numeric=(), categorical=(), groups={})
        families = read_table(survey, bare, Columns())
    except SurveyFaultsError as error:
        raise FileError(str(error)) from error
    if families.welfare is None:
        raise FileError(f"{survey.name}: there is no column welfare")
    if "" in families.region:
        row = families.region.index("") + 2
        raise FileError(f"{survey.name}, row {row}, column region: empty")
    score, low, high = _predicted(predictions, families.ids, survey.name)
    counted = np.flatnonzero(families.weight > 0)
    welfare = np.log(families.welfare) if described.log_target else families.welfare
    return policy_study.make(
        [families.ids[row] for row in counted],
        [families.region[row] for row in counted],
        [families.cluster[row] for row in counted],
        weight=families.weight[counted],
        persons=families.size[counted] if persons else None,
        welfare=welfare[counted],
        score=score[counted],
        low=low[counted],
        high=high[counted],
    )


def scores_of(table: Table) -> tuple[Numbers, Numbers, Numbers]:
    """Score, lo and hi of each row; NaN where the model could not score and all three are empty.

    Raises:
        FileError: a number is missing or out of order, or nobody could be scored.
    """
    score, low, high = (table.numbers(column, gaps=True) for column in PREDICTION_COLUMNS[1:])
    for row in range(len(table)):
        empty = [bool(np.isnan(part[row])) for part in (score, low, high)]
        if all(empty):
            continue
        if any(empty):
            raise FileError(f"{table.where(row, 'score')}: score, lo and hi go together")
        if not low[row] <= score[row] <= high[row]:
            raise FileError(f"{table.where(row, 'score')}: not between lo and hi")
    if np.isnan(score).all():
        raise FileError(f"{table.name}, column score: nobody is scored")
    return score, low, high


def _predicted(path: Path, ids: Sequence[str], survey: str) -> tuple[Numbers, Numbers, Numbers]:
    """Score and interval of each family, in the order of the survey."""
    table = read_csv(path, PREDICTION_COLUMNS)
    rows = {name: row for row, name in enumerate(table.keys("hh_id"))}
    if missing := [name for name in ids if name not in rows]:
        raise FileError(
            f"{path.name}: no prediction for {len(missing)} families of {survey}, "
            f"{missing[0]!r} the first"
        )
    if len(rows) > len(ids):
        known = set(ids)
        stranger = next(name for name in rows if name not in known)
        raise FileError(f"{table.where(rows[stranger], 'hh_id')}: {stranger!r} is not in {survey}")
    score, low, high = scores_of(table)
    order = np.array([rows[name] for name in ids])
    return score[order], low[order], high[order]
