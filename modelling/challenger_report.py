"""What a fit's report says of its challenger, and the files of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from modelling import challenger, disagreement
from modelling.evaluation import places
from modelling.evaluation_report import Section
from modelling.paired import against
from modelling.paired_report import FIGURES, compared
from modelling.policy_errors import poorest

if TYPE_CHECKING:
    from modelling.survey_fit import Fitted
    from modelling.survey_table import Numbers, Table

TITLE = "What interpretability costs"
NAMES = ("this model", "gradient boosting")


def too_few(families: int) -> str | None:
    """Why there is no challenger, or None where there is one."""
    if families >= challenger.FEWEST:
        return None
    return (
        f"no challenger: {families:,} families, and below {challenger.FEWEST:,} gradient boosting "
        "does worse than a linear model"
    )


def cost(fitted: Fitted, table: Table, seed: str) -> tuple[Section, dict[str, str]]:
    """Judge a challenger on the folds of the model.

    Args:
        fitted, table: the model and its survey.
        seed: of the folds of its `held_out`.

    Returns:
        A section for the report, and files by name: the challenger's held-out predictions, and the
        families about whom the two disagree. Without enough families the section says so.
    """
    if words := too_few(len(table)):
        html = [f"<h2>{TITLE}</h2><p>{words}.</p>"]
        return Section("challenger", {"not_run": words}, html, [words]), {}
    rival = challenger.held_out(fitted, table, seed)
    gap = against(table, fitted.target, [fitted.held_out], [rival], FIGURES)
    found = disagreement.flagged(fitted.held_out, rival, table.region, table.weight)
    apart = _apart(fitted, table, found)
    words = (
        f"The two put {100 * apart['share']:.1f} % of families on different sides of a quota of "
        f"40 %. Of these the model has {100 * apart['wrong_among_them']:.1f} % on the wrong side, "
        f"of all families {100 * apart['wrong_among_all']:.1f} %. Its folds are the model's."
    )
    lines = [f"{i},{s:.6f}" for i, s in zip(table.ids, rival, strict=True)]
    files = {
        "challenger.csv": "\n".join(["hh_id,score", *lines]) + "\n",
        "disagreements.csv": disagreement.as_csv(
            found, table.ids, table.region, fitted.held_out, rival
        ),
    }
    told = compared("challenger", TITLE, NAMES, gap, words=words, more={"disagreement": apart})
    return told, files


def _apart(fitted: Fitted, table: Table, found: disagreement.Flagged) -> dict[str, float]:
    """How many families are flagged, and how often the model is wrong about them and about all."""
    region, weight = places(table.region), table.weight
    true, ours = (
        poorest(side, weight, region, disagreement.QUOTA)
        for side in (fitted.target, fitted.held_out)
    )
    marks = np.zeros(len(table), dtype=bool)
    marks[list(found.rows)] = True

    def share(wrong: Numbers, among: Numbers) -> float:
        return float((weight * wrong * among).sum() / max((weight * among).sum(), 1e-12))

    everybody, wrong = np.ones(len(table)), (true != ours).astype(float)
    return {
        "families": float(len(found.rows)),
        "share": share(marks.astype(float), everybody),
        "wrong_among_them": share(wrong, marks.astype(float)),
        "wrong_among_all": share(wrong, everybody),
    }
