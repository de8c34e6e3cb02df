"""Write, find and check artefact files: a model's file is named by its own content hash."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.domain import pmt
from modelling.fit import FOLDS, QUOTA, weighted_cuts
from modelling.recipe import points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelling.fit import Accuracy, Fit, Sample
    from modelling.recipe import Inputs, Recipe
    from modelling.surveys import Survey

MODELS = Path(__file__).resolve().parent.parent / "chalicelib" / "data" / "models"
CURRENT = "current"


def build(survey: Survey, recipe: Recipe, inputs: Inputs, data: Sample, fitted: Fit) -> bytes:
    """The artefact of a fitted recipe.

    Survey means and cut-offs are reckoned by the same engine that will score families.

    Returns:
        The file, byte for byte.
    """
    document = _document(survey, recipe, data, fitted)
    scored = _score_survey(document, inputs, len(survey))
    total = math.fsum(data.weight)
    for place, feature in enumerate(document["features"]):  # type: ignore[arg-type,var-annotated]
        drawn = (
            row.contributions[place] * weight
            for row, weight in zip(scored, data.weight, strict=True)
        )
        feature["mean"] = round(math.fsum(drawn) / total)
    weights = data.weight * data.persons if recipe.weighting == "persons" else data.weight
    document["cutoffs"] = {
        "weighting": recipe.weighting,
        "scores": weighted_cuts([row.score for row in scored], list(weights)),
    }
    return _encode(document)


def write(data: bytes, folder: Path) -> str:
    """Write an artefact under its own name, after it has loaded.

    Returns:
        Its SHA-256 in hexadecimal.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    pmt.load_artefact(data, sha256)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{sha256}.json").write_bytes(data)
    return sha256


def make_current(sha256: str, folder: Path) -> None:
    """Name the artefact in use; older ones stay, for the decisions that name them."""
    (folder / CURRENT).write_text(sha256 + "\n", encoding="ascii")


def current(folder: Path = MODELS) -> str:
    """The hash of the artefact in use."""
    return (folder / CURRENT).read_text(encoding="ascii").strip()


def read(sha256: str, folder: Path = MODELS) -> pmt.Artefact:
    """Load an artefact by its hash.

    Raises:
        OSError: no such file.
        pmt.ArtefactError: it must not be used.
    """
    return pmt.load_artefact((folder / f"{sha256}.json").read_bytes(), sha256)


def _document(survey: Survey, recipe: Recipe, data: Sample, fitted: Fit) -> dict[str, object]:
    about = survey.about
    return {
        "format": "tepat-pmt/1",
        "id": recipe.id,
        "version": recipe.version,
        "name": recipe.name,
        "notice": recipe.notice,
        "demonstration": True,
        "effective_from": recipe.effective_from,
        "approver": None,
        "population_unit": recipe.population_unit,
        "target": {
            "kind": "log",
            "what": "natural logarithm of monthly consumption per person",
            "unit": f"1,000,000 points are one log unit of {about['currency']}",
        },
        "training": {
            "survey": about["survey"],
            "country": about["country"],
            "source": about["source"],
            "licence": about["licence"],
            "table_sha256": survey.sha256,
            "households": len(survey),
            "villages": int(data.village.max()) + 1,
            "regions": int(data.region.max()) + 1,
            "calibration": _calibration(recipe),
        },
        "accuracy": _accuracy(fitted.accuracy),
        "residual_sd": points(fitted.accuracy.residual_sd),
        "intercept": points(fitted.intercept),
        "cutoffs": {"weighting": recipe.weighting, "scores": [0] * 9},
        "questions": list(recipe.questions),
        "reads": dict(recipe.reads),
        "features": _features(recipe, data, fitted),
        "mapping": list(recipe.mapping),
        "dropped": list(recipe.dropped),
    }


def _calibration(recipe: Recipe) -> str:
    if recipe.mean_size is None:
        return "the survey's own weights"
    return (
        f"weights tilted to {recipe.mean_size:.3f} members a family "
        f"({recipe.mean_size_source}); fit, accuracy, means and cut-offs use them"
    )


def _features(recipe: Recipe, data: Sample, fitted: Fit) -> list[dict[str, object]]:
    features = []
    for place, spec in enumerate(recipe.specs):
        term = {"read": spec.read, **spec.shape.term(fitted.coefficients[data.owner == place])}
        features.append(
            {
                "code": spec.code,
                "label": spec.label,
                "mean": 0,
                "missing": "visit",
                **({"direction": spec.shape.direction} if spec.shape.direction else {}),
                "terms": [term],
            }
        )
    return features


def _accuracy(judged: Accuracy) -> dict[str, object]:
    return {
        "judged_on": f"villages not seen by the fit, {FOLDS} folds by the hash of their code",
        "r2_permille": _permille(judged.r2),
        "quota_permille": _permille(QUOTA),
        "exclusion_permille": _permille(judged.exclusion[0]),
        "exclusion_interval_permille": _interval(*judged.exclusion),
        "inclusion_permille": _permille(judged.inclusion[0]),
        "inclusion_interval_permille": _interval(*judged.inclusion),
        "interval": "95 %, villages as units",
        "exclusion_by_group": [
            {"group": name, "exclusion_permille": _permille(share), "poor_households": count}
            for name, (share, count) in judged.groups.items()
        ],
    }


def _interval(share: float, error: float) -> list[int]:
    return [_permille(max(0.0, share - 1.96 * error)), _permille(min(1.0, share + 1.96 * error))]


def _permille(share: float) -> int:
    return round(1000 * share)


def _score_survey(
    document: dict[str, object], inputs: Inputs, households: int
) -> Sequence[pmt.Scored]:
    """Score every household of the survey; with means of 0 a contribution is the points."""
    data = _encode(document)
    draft = pmt.load_artefact(data, hashlib.sha256(data).hexdigest())
    scored = []
    for row in range(households):
        outcome = pmt.score_inputs(draft, {name: column[row] for name, column in inputs.items()})
        if isinstance(outcome, pmt.CannotScore):
            raise ArithmeticError(f"household {row} of the survey: {outcome.reasons}")  # noqa: TRY004 - a fault of the recipe, not of a type
        scored.append(outcome)
    return scored


def _encode(document: dict[str, object]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
