"""Score the families of a file with an artefact, through the engine that the workers use."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain.pmt import load_artefact
from chalicelib.domain.pmt_batch import score_columns
from chalicelib.domain.pmt_interval import interval
from modelling.survey_inputs import values
from modelling.survey_made import prepared
from modelling.survey_spec import read_spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.domain.pmt import Artefact
    from modelling.survey_inputs import Inputs
    from modelling.survey_spec import Spec
    from modelling.survey_table import Table

ONE = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One family's score in units of the target; None where it cannot be scored, and why."""

    score: float | None
    low: float | None
    high: float | None
    why: str


def load(data: bytes, sha256: str) -> tuple[Artefact, Spec]:
    """An artefact that scores files, and the spec that says which columns it needs.

    Raises:
        ArtefactError: it must not be used.
        SurveyFaultsError: its spec cannot be read.
    """
    artefact = load_artefact(data, sha256)
    return artefact, read_spec("the artefact's spec", str(artefact.about.get("spec", "")))


def inputs_of(data: bytes, spec: Spec, table: Table, beside: Table | None = None) -> Inputs:
    """The inputs of every family, by name of the read.

    Args:
        data: the artefact.
        spec: its spec.
        table: the families, as they were read.
        beside: other families known of the same villages, counted in village means.
    """
    given = prepared(table, spec.made)
    learned = prepared(beside, spec.made, spec.like) if beside else None
    return values(json.loads(data)["reads"], spec.columns, given, learned)


def score_table(artefact: Artefact, inputs: Inputs) -> list[Row]:
    """Score every family.

    Args:
        artefact: the model.
        inputs: as `inputs_of` gave them.
    """
    batch = score_columns(artefact, inputs)
    names = sorted({c.read for stated in artefact.intervals for c in stated.when})
    found = []
    for row, score in enumerate(batch.scores):
        if score is None:
            reasons = batch.refused[row].reasons
            why = ", ".join(f"{reason.field} {reason.code}" for reason in reasons)
            found.append(Row(None, None, None, why))
            continue
        ends = interval(artefact, {name: inputs[name][row] for name in names})
        low, high = ends or (0, 0)
        found.append(Row(score / ONE, (score + low) / ONE, (score + high) / ONE, ""))
    return found


def as_csv(ids: Sequence[str], rows: Sequence[Row]) -> str:
    """Scores as `hh_id,score,lo,hi`; cells of a family that cannot be scored are empty."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["hh_id", "score", "lo", "hi"])
    for family, row in zip(ids, rows, strict=True):
        ends = (row.score, row.low, row.high)
        out.writerow([family, *("" if end is None else f"{end:.6f}" for end in ends)])
    return text.getvalue()
