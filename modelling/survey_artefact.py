"""Turn a fit into an artefact: whole points for every term, named by the hash of its own bytes."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.domain.pmt import load_artefact
from chalicelib.domain.pmt_batch import contribution_columns, score_columns
from modelling.survey_design import Line, Piece
from modelling.survey_inputs import LARGEST, Names
from modelling.survey_spec import to_yaml

if TYPE_CHECKING:
    from modelling.survey_fit import Fitted
    from modelling.survey_inputs import Reads
    from modelling.survey_intervals import Cell
    from modelling.survey_spec import Spec, Variable
    from modelling.survey_table import Description, Table

ONE = 1_000_000  # points in one unit of the target
CUTS = 9
NOTICE = (
    "Model statistik. Hasilnya perkiraan, bukan kepastian; keluarga dapat mengajukan keberatan "
    "dan meminta pemeriksaan di lapangan."
)


@dataclass(frozen=True, slots=True)
class Called:
    """What a model is called, from when it may be used, what it is for, how well it does.

    Attributes:
        accuracy: how well it does on villages not seen, in whole numbers.
        card: what it is for and what not, who signs.
        weighting: "persons" or "households": what the cut-offs part into tenths.
    """

    id: str
    version: str
    name: str
    effective_from: str
    accuracy: Mapping[str, object]
    card: Mapping[str, object]
    weighting: str = "persons"


def build(fitted: Fitted, table: Table, described: Description, called: Called) -> bytes:
    """The artefact of a fit.

    Means and cut-offs are reckoned by the engine that will score families.

    Args:
        fitted, table, described: the fit and its survey.
        called: what it is called and what is said of it.

    Returns:
        The file, byte for byte.
    """
    about, spec = described.about, fitted.spec
    left = fitted.target - fitted.held_out
    document: dict[str, Any] = {
        "format": "tepat-pmt/1",
        "id": called.id,
        "version": called.version,
        "name": called.name,
        "notice": fitted.form.notice if fitted.form else NOTICE,
        "demonstration": True,
        "effective_from": called.effective_from,
        "approver": None,
        "population_unit": "family" if fitted.form else "household",
        "target": _target(fitted, str(about.get("currency", "the survey's unit"))),
        "training": {
            "survey": str(about.get("survey", table.name)),
            "country": str(about.get("country", "not stated")),
            "source": str(about.get("source", "not stated")),
            "licence": str(about.get("licence", "not stated")),
            "table_sha256": table.sha256,
            "households": len(table),
            "villages": len(fitted.villages),
            "regions": len(set(table.region)),
            "weights": _weights(spec),
        },
        "accuracy": dict(called.accuracy),
        "card": dict(called.card),
        "spec": to_yaml(spec),
        "residual_sd": round(ONE * _residual_sd(fitted)),
        "intercept": round(ONE * _intercept(fitted)),
        "cutoffs": {"weighting": called.weighting, "scores": [0] * 9},
        "questions": [],
        "reads": {},
        "features": list(_features(fitted)),
        "intervals": [_interval(fitted, cell) for cell in fitted.cells],
    }
    if spec.log_target:
        smearing = float(np.average(np.exp(left), weights=fitted.weight))
        document["smearing"] = round(ONE * smearing)
    used = _used(document, fitted.reads)
    document["reads"] = {name: read for name, read in fitted.reads.items() if name in used}
    if fitted.form:
        document["questions"] = fitted.form.asked(used)
    _reckon(document, fitted, called.weighting)
    data = encode(document)
    load_artefact(data, hashlib.sha256(data).hexdigest())
    return data


def encode(document: Mapping[str, object]) -> bytes:
    """An artefact's bytes: the same document gives the same bytes."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _residual_sd(fitted: Fitted) -> float:
    """How far the target lies from the prediction of its mean; a quantile's is off by its level."""
    left = fitted.target - fitted.held_out
    if fitted.spec.quantile is not None:
        left = left - np.average(left, weights=fitted.weight)
    return float(np.sqrt(np.average(left**2, weights=fitted.weight)))


def _weights(spec: Spec) -> str:
    if spec.like is None:
        return "the survey's own"
    mean = spec.like.persons / spec.like.families
    return f"tilted to {mean:.3f} members a family ({spec.like.source}); every figure uses them"


def _intercept(fitted: Fitted) -> float:
    """The prediction where every column is 0 in its own units, not at its mean.

    What a score does not know stays at its mean, which is 0 in the design.
    """
    design, found = fitted.design, fitted.solution.coefficients
    known = np.array([piece.read not in fitted.hidden for piece in design.pieces])
    shift = found[known] @ (design.mean / design.scale)[known]
    return float(fitted.solution.intercept - shift)


def _target(fitted: Fitted, unit: str) -> dict[str, object]:
    quantile = fitted.spec.quantile
    of = "" if quantile is None else f"{quantile:g} quantile of the "
    if fitted.spec.log_target:
        what = f"{of}natural logarithm of welfare"
        return {"kind": "log", "what": what, "unit": f"1,000,000 points are one log unit of {unit}"}
    low, high = float(fitted.target.min()), float(fitted.target.max())
    return {
        "kind": "points",
        "what": f"{of}welfare as the survey states it",
        "unit": f"1,000,000 points are 1 of {unit}",
        "lowest": math.floor(ONE * low),
        "highest": math.ceil(ONE * high),
    }


def _features(fitted: Fitted) -> Iterator[dict[str, object]]:
    design, names = fitted.design, Names()
    together: dict[str, list[int]] = {}
    for place, piece in enumerate(design.pieces):
        if piece.read not in fitted.hidden:
            together.setdefault(piece.feature, []).append(place)
    variables = {variable.name: variable for variable in fitted.spec.variables}
    labels = fitted.form.labels if fitted.form else {}
    for feature, places in together.items():
        weight = [float(fitted.solution.coefficients[i] / design.scale[i]) for i in places]
        known = [(design.pieces[i], w) for i, w in zip(places, weight, strict=True)]
        average = sum(
            w * float(design.mean[i])
            for i, w in zip(places, weight, strict=True)
            if not design.pieces[i].unknown
        )
        unknown = sum(w for piece, w in known if piece.unknown)
        variable = variables.get(feature)
        every = list(_terms([(p, w) for p, w in known if not p.unknown], average, variable))
        terms = [term for term in every if not _nothing(term)] or every[:1]
        yield {
            "code": names.give(feature),
            "label": labels.get(feature, feature)[:120],
            "mean": 0,
            "missing": (
                "visit"
                if variable and variable.missing == "visit"
                else round(ONE * (average + unknown))
            ),
            **({"direction": variable.promised} if variable and variable.promised else {}),
            "terms": terms,
        }
    own = fitted.found.get(("cluster", ""))
    if own and own not in fitted.hidden and fitted.solution.variances.village > 0:
        effects = zip(fitted.villages, fitted.solution.villages, strict=True)
        points = {name: round(ONE * float(effect)) for name, effect in effects}
        term = {"read": own, "kind": "levels", "points": points, "default": 0}
        yield {
            "code": names.give("village"),
            "label": "village",
            "mean": 0,
            "missing": 0,
            "terms": [term],
        }


Times = tuple[str, Line] | None


def _terms(
    pieces: list[tuple[Piece, float]], average: float, variable: Variable | None
) -> Iterator[dict[str, object]]:
    """The terms of one feature: pieces on the same read and knots are one term."""
    curves: dict[tuple[str, tuple[int, ...], Times], list[float]] = {}
    steps: dict[str, list[tuple[int, float]]] = {}
    levels: dict[tuple[str, Times, frozenset[str]], dict[str, float]] = {}
    for piece, weight in pieces:
        if piece.line is None:
            given = levels.setdefault((piece.read, piece.times, piece.levels), {})
            for code in piece.marks:
                given[code] = given.get(code, 0.0) + weight
        elif piece.bands:
            steps.setdefault(piece.read, []).append((piece.line.knots[-1], weight))
        else:
            drawn = curves.setdefault(
                (piece.read, piece.line.knots, piece.times), [0.0] * len(piece.line.knots)
            )
            for place, height in enumerate(piece.line.heights):
                drawn[place] += weight * height
    for (read, knots, times), heights in curves.items():
        yield {"read": read, "kind": "curve", "knots": _drawn(knots, heights), **_times(times)}
    for read, bounds in steps.items():
        bounds.sort()
        points = np.cumsum([0.0, *[weight for _, weight in bounds]])
        yield {
            "read": read,
            "kind": "steps",
            "bounds": [bound for bound, _ in bounds],
            "points": [round(ONE * float(p)) for p in points],
        }
    for (read, times, every), given in levels.items():
        default = average if times is None else 0.0
        yield {**_levels(read, every, given, default, variable), **_times(times)}


def _nothing(term: Mapping[str, Any]) -> bool:
    """Whether a term is a product that is held at nothing."""
    if term["kind"] == "curve":
        return "times" in term and not any(points for _, points in term["knots"])
    return "times" in term and not any(term["points"].values())


def _levels(
    read: str,
    every: Iterable[str],
    given: Mapping[str, float],
    default: float,
    variable: Variable | None,
) -> dict[str, object]:
    """A term of categories; those of an order stand from poorest to richest."""
    order = [code for group in variable.order for code in group] if variable else []
    points = {code: round(ONE * given.get(code, 0.0)) for code in order or sorted(every)}
    term: dict[str, object] = {"read": read, "kind": "levels", "points": points}
    if variable is None or variable.unseen == "average":
        term["default"] = round(ONE * default)
    if variable and variable.unscored:
        term["unscored"] = list(variable.unscored)
    return term


def _drawn(knots: Iterable[int], heights: Iterable[float]) -> list[list[int]]:
    return [[x, round(ONE * y)] for x, y in zip(knots, heights, strict=True)]


def _times(times: Times) -> dict[str, object]:
    if times is None:
        return {}
    read, line = times
    return {"times": {"read": read, "knots": _drawn(line.knots, line.heights)}}


def _interval(fitted: Fitted, cell: Cell) -> dict[str, object]:
    spec = fitted.spec
    if cell.size:
        read = fitted.found["plain", spec.columns.size]
        scale = fitted.reads[read].get("scale", 1)
        low, high = cell.size
        top = LARGEST if math.isinf(high) else math.floor(high * scale)
        when: dict[str, object] = {"read": read, "min": math.ceil(low * scale), "max": top}
    else:
        column, sign, bound = spec.groups[cell.group or ""]
        read = fitted.found["plain", column]
        definition = fitted.reads[read]
        if isinstance(bound, str) or "codes" in definition:
            when = {"read": read, "is": [bound if isinstance(bound, str) else f"{bound:g}"]}
        else:
            at = round(bound * definition.get("scale", 1))
            when = {
                "read": read,
                "min": -LARGEST if sign == "<=" else at,
                "max": LARGEST if sign == ">=" else at,
            }
    ends = {"low": math.floor(ONE * cell.low), "high": math.ceil(ONE * cell.high)}
    return {"name": cell.name, "when": [when], **ends}


def _used(document: Mapping[str, Any], reads: Reads) -> set[str]:
    """The reads that features and intervals use, and those that these rest on."""
    used = set()
    for feature in document["features"]:
        for term in feature["terms"]:
            used.add(term["read"])
            if "times" in term:
                used.add(term["times"]["read"])
    used |= {when["read"] for interval in document["intervals"] for when in interval["when"]}
    ratios = [reads[name] for name in used if reads[name]["from"] == "ratio"]
    return used | {read[part] for read in ratios for part in ("top", "bottom")}


def _reckon(document: dict[str, Any], fitted: Fitted, weighting: str) -> None:
    """Fill in the survey's mean points and cut-offs, as the engine reckons them."""
    data = encode(document)
    draft = load_artefact(data, hashlib.sha256(data).hexdigest())
    weight = fitted.weight
    for feature, (_, points) in zip(
        document["features"], contribution_columns(draft, fitted.inputs), strict=True
    ):
        feature["mean"] = round(_mean(points, weight))
    scores = score_columns(draft, fitted.inputs).scores
    known = [row for row, score in enumerate(scores) if score is not None]
    persons = np.array(fitted_size(fitted)) if weighting == "persons" else np.ones(len(weight))
    share = (weight * persons)[known]
    document["cutoffs"]["scores"] = weighted_cuts(
        [scores[row] or 0 for row in known], [float(w) for w in share]
    )


def fitted_size(fitted: Fitted) -> list[float]:
    """Members of each family of the survey."""
    read = fitted.found["plain", fitted.spec.columns.size]
    scale = fitted.reads[read].get("scale", 1)
    return [float(value or 0) / scale for value in fitted.inputs[read]]


def weighted_cuts(scores: Sequence[int], weights: Sequence[float]) -> list[int]:
    """Nine scores that part the households, in order of score, into ten of equal weight.

    A household belongs to the tenth that its first member, in that order, falls into.
    """
    order = sorted(range(len(scores)), key=lambda i: scores[i])
    total, before, cuts = math.fsum(weights), 0.0, list[int]()
    for i in order:
        while len(cuts) < CUTS and before >= total * (len(cuts) + 1) / 10:
            cuts.append(scores[i])
        before += weights[i]
    return cuts + [scores[order[-1]] + 1] * (CUTS - len(cuts))


def _mean(points: Iterable[int | None], weight: np.ndarray[Any, Any]) -> float:
    pairs = [(p, w) for p, w in zip(points, weight, strict=True) if p is not None]
    return math.fsum(p * w for p, w in pairs) / math.fsum(w for _, w in pairs)
