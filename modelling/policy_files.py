"""Read what a simulation needs: a survey with known welfare and a model's predictions for it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from chalicelib.domain.pmt import ArtefactError
from modelling import policy_study
from modelling.csv_tables import FileError, Table, read_csv
from modelling.policy_study import Numbers, Study
from modelling.survey_scoring import inputs_of, load, score_table
from modelling.survey_table import Columns, SurveyFaultsError, read_description, read_table
from modelling.survey_table import Table as SurveyTable

PREDICTION_COLUMNS = ("hh_id", "score", "lo", "hi")


def read_study(
    survey: Path, meta: Path, *, predictions: Path | None, model: Path | None, persons: bool
) -> Study:
    """The families of a survey with a model's predictions; those of weight 0 are left out.

    Args:
        survey: a table with hh_id, region, cluster, weight, hhsize, welfare; other columns are
            not read. Welfare is consumption, or already on the scale of the score when the
            description says `"log_target": false`.
        meta: the description of the survey.
        predictions: a table with PREDICTION_COLUMNS, a row for each family of the survey; score,
            lo and hi are empty for a family that could not be scored.
        model: without predictions: an artefact of `tepat model fit-score` to score the survey
            with. One learned from this very table is refused, for it has seen the answers.
        persons: quotas and errors count persons; otherwise families.

    Raises:
        FileError: a file cannot be used.
    """
    try:
        described = read_description(meta)
        asked = described if model else replace(described, numeric=(), categorical=(), groups={})
        families = read_table(survey, asked, Columns())
        score, low, high = _scored(model, families) if model else _predicted(predictions, families)
    except SurveyFaultsError as error:
        raise FileError(str(error)) from error
    if families.welfare is None:
        raise FileError(f"{survey.name}: there is no column welfare")
    if "" in families.region:
        row = families.region.index("") + 2
        raise FileError(f"{survey.name}, row {row}, column region: empty")
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


def _scored(model: Path, families: SurveyTable) -> tuple[Numbers, Numbers, Numbers]:
    """Score and interval of each family by an artefact, through the engine that the workers use."""
    data = model.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        artefact, spec = load(data, sha256)
        if spec.quantile is not None:
            raise FileError(
                f"{model.name} predicts the {spec.quantile:g} quantile of welfare; what a visit "
                "finds is weighed against its mean. Give a model of the mean"
            )
        training = artefact.about.get("training")
        if isinstance(training, dict) and training.get("table_sha256") == families.sha256:
            raise FileError(
                f"{model.name} was learned from {families.name} itself; its errors there would "
                "look too small. Score families it has not seen, or give --predictions"
            )
        rows = score_table(artefact, inputs_of(data, spec, families))
    except (ArtefactError, KeyError) as error:
        raise FileError(f"{model.name}: cannot score {families.name}: {error}") from error
    ends = np.array(
        [[np.nan if end is None else end for end in (r.score, r.low, r.high)] for r in rows]
    )
    if np.isnan(ends[:, 0]).all():
        raise FileError(f"{model.name}: nobody in {families.name} can be scored ({rows[0].why})")
    return ends[:, 0], ends[:, 1], ends[:, 2]


def _predicted(path: Path | None, families: SurveyTable) -> tuple[Numbers, Numbers, Numbers]:
    """Score and interval of each family, in the order of the survey."""
    if path is None:
        raise FileError("neither a model nor predictions are given")
    ids, survey = families.ids, families.name
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
