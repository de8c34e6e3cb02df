"""Drift between the waves of a repeated survey.

Per wave: how well a model does there, and whether its scores still mean what they meant. Between
waves: how the answers moved (`monitoring_drift`), and how much is lost by not fitting again: a
model of the earlier waves is judged on each later one, beside a fit in that wave itself, both on
villages that the coefficients have not seen in any wave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from modelling.evaluation import Evaluation, Judging, evaluate, r2
from modelling.monitoring_drift import Drift, describe, drifts
from modelling.paired import EXCLUSION, Difference, against
from modelling.survey_design import laid_out
from modelling.survey_fit import Fitted, fit
from modelling.survey_held import FIRST, Held
from modelling.survey_inputs import values
from modelling.survey_made import prepared
from modelling.survey_table import SurveyFaultsError, Table, texts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelling.survey_spec import Spec
    from modelling.survey_table import Description, Numbers

    Marks = NDArray[np.bool_]

LEAST = 100  # families of a wave, for its answers to be compared
DESIGN_EFFECT = 2.0  # families of one village are alike: each counts half


@dataclass(frozen=True, slots=True)
class Wave:
    """A model in one wave.

    Attributes:
        found: everything judged there.
        level, slope: of the line of truth on score: truth where the score is at its mean in that
            wave, less the score; and how much truth rises with one unit of score.
    """

    name: str
    found: Evaluation
    level: float
    slope: float


@dataclass(frozen=True, slots=True)
class Passed:
    """A wave predicted by a fit on the waves before it, beside a fit in the wave itself.

    Attributes:
        stale_r2, fresh_r2: of the two; stale_bias: mean truth less score of the first.
        error: exclusion error at 40 % in each region; ours is the stale fit's.
        why_not: what kept them from being fitted; the figures are then None.
    """

    wave: str
    before: Sequence[str]
    stale_r2: float | None
    fresh_r2: float | None
    stale_bias: float | None
    error: Difference | None
    why_not: str = ""


def names(table: Table) -> list[str]:
    """The waves in order: as numbers if all are, otherwise as texts."""
    found = sorted(set(table.wave or ()))
    try:
        return sorted(found, key=float)
    except ValueError:
        return found


def marks_of(table: Table, waves: Sequence[str]) -> Marks:
    """The families of some waves."""
    wanted = set(waves)
    return np.array([wave in wanted for wave in table.wave or ()], dtype=bool)


def of_rows(table: Table, marks: Marks) -> Table:
    """A table with some of its families."""
    rows = np.flatnonzero(marks)
    kept: dict[str, list[str]] = {
        name: [getattr(table, name)[row] for row in rows] for name in ("ids", "region", "cluster")
    }
    return replace(
        table,
        **kept,  # type: ignore[arg-type] # three columns of texts
        weight=table.weight[rows],
        size=table.size[rows],
        welfare=None if table.welfare is None else table.welfare[rows],
        numbers={name: values[rows] for name, values in table.numbers.items()},
        codes={name: [codes[row] for row in rows] for name, codes in table.codes.items()},
        wave=None if table.wave is None else [table.wave[row] for row in rows],
    )


def per_wave(judging: Judging, table: Table) -> list[Wave]:
    """Judge a model in each wave.

    Raises:
        SurveyFaultsError: nobody in a wave has a weight.
    """
    made = []
    for name in names(table):
        marks = marks_of(table, [name])
        if not judging.weight[marks].sum() > 0:
            raise SurveyFaultsError(f"{table.name}: wave {name}: all weights are 0")
        here = _rows(judging, marks)
        weight = here.weight / here.weight.sum()
        score, target = here.score - weight @ here.score, here.target - weight @ here.score
        spread = float(weight @ score**2)
        slope = float(weight @ (score * target)) / spread if spread > 0 else 0.0
        made.append(Wave(name, evaluate(here), float(weight @ target), slope))
    return made


def moved(table: Table, described: Description) -> dict[str, list[Drift]]:
    """How the answers of each later wave lie to those of the first."""
    first, *later = names(table)
    base = of_rows(table, marks_of(table, [first]))
    variables = [v for v in (*described.numeric, *described.categorical) if v != described.wave]
    training = [
        describe(v, "", texts_of(base, v), base.weight.tolist(), number=v in described.numeric)
        for v in variables
    ]
    found = {}
    for name in later:
        now = of_rows(table, marks_of(table, [name]))
        answers = {variable: texts_of(now, variable) for variable in variables}
        found[name] = drifts(
            training,
            answers,
            now.region,
            least=min(LEAST, len(now)),
            design_effect=DESIGN_EFFECT,
            weight=now.weight.tolist(),
            effect_now=DESIGN_EFFECT,
        )
    return found


def passed_on(
    table: Table, spec_of: Callable[[Table], Spec], say: Callable[[str], None]
) -> list[Passed]:
    """Fit on the waves before, judge on each wave, beside a fit in the wave itself.

    Args:
        table: the survey with its waves.
        spec_of: the spec for a table to learn from.
        say: told what is being done.
    """
    order = names(table)
    made = []
    for nth, name in enumerate(order[1:], start=1):
        before = order[:nth]
        earlier, here = (of_rows(table, marks_of(table, waves)) for waves in (before, [name]))
        say(f"fitting waves before {name}, and {name} itself")
        try:
            stale, fresh = (_fitted(part, spec_of, say) for part in (earlier, here))
            guess = _later(stale, earlier, here)
        except SurveyFaultsError as error:
            made.append(Passed(name, before, None, None, None, None, str(error)))
            continue
        gap = against(here, fresh.target, [guess], [fresh.held_out])[EXCLUSION]
        made.append(
            Passed(
                name,
                before,
                r2(fresh.target, guess, here.weight),
                r2(fresh.target, fresh.held_out, here.weight),
                float(np.average(fresh.target - guess, weights=here.weight)),
                gap,
            )
        )
    return made


def _fitted(table: Table, spec_of: Callable[[Table], Spec], say: Callable[[str], None]) -> Fitted:
    spec = replace(spec_of(table), quantile=None)  # only the order is compared
    return fit(prepared(table, spec.made, spec.like), spec, say)


def _later(fitted: Fitted, earlier: Table, here: Table) -> Numbers:
    """Families of a later wave by the fit on earlier ones, without their village there."""
    spec, known = fitted.spec, np.ones(len(fitted.design.pieces), dtype=bool)
    parts = (fitted.design, fitted.target, fitted.weight, earlier.cluster)
    held = Held(*parts, FIRST, own=spec.village, known=known)
    inputs = values(fitted.reads, spec.columns, prepared(here, spec.made))
    return held.predict_others(
        fitted.solution.variances, laid_out(fitted.design, inputs), here.cluster
    )


def _rows(judging: Judging, marks: Marks) -> Judging:
    def texts(column: Sequence[str]) -> list[str]:
        return [text for text, kept in zip(column, marks, strict=True) if kept]

    groups: Mapping[str, Marks] = {name: who[marks] for name, who in judging.groups.items()}
    return replace(
        judging,
        target=judging.target[marks],
        score=judging.score[marks],
        low=None if judging.low is None else judging.low[marks],
        high=None if judging.high is None else judging.high[marks],
        weight=judging.weight[marks],
        region=texts(judging.region),
        village=texts(judging.village),
        groups=groups,
    )
