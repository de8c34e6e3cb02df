"""Plausible answers to a model's questions, drawn from a family's standard of living.

Nothing here knows a question by name. Which answer speaks of a better standing, and how common
the better ones are, is read from the artefact: the points of each answer, and their mean over
the survey that the model learned from. So another model needs no change here.
"""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from math import exp
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from chalicelib.domain.pmt import load_artefact
from infra.people.names import happens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from chalicelib.domain.pmt import Artefact, Question
    from chalicelib.domain.pmt_terms import Term

MODELS: Final = Path(__file__).resolve().parents[2] / "chalicelib" / "data" / "models"
_FORGETFUL, _FORGETS = 80, 120  # families that leave something out, and how much of it; per 1,000
_LARGEST_COUNT: Final = 12
_USUAL_SIZE: Final = 3  # members; products are with the family's size
_ONE: Final = 1_000_000
_STANDARD: Final = NormalDist()

Answers = dict[str, int | str]


def current_artefact(models: Path = MODELS) -> Artefact:
    """The model artefact that the file `current` names.

    Raises:
        OSError: no model is there yet.
        chalicelib.domain.pmt.ArtefactError: it must not be used.
    """
    sha256 = (models / "current").read_text(encoding="ascii").strip()
    return load_artefact((models / f"{sha256}.json").read_bytes(), sha256)


def answering(artefact: Artefact) -> Callable[[Random, float], Answers]:
    """A function that draws the answers of one family at a standard of living around 0.

    What the family does not know is left out.
    """
    questions = [(question.code, *_ranked(artefact, question)) for question in artefact.questions]

    def draw(rng: Random, welfare: float) -> Answers:
        forgetful = happens(rng, _FORGETFUL)
        answers: Answers = {}
        for code, values, bounds in questions:
            standing = _STANDARD.cdf((welfare + rng.gauss(0, 0.7)) / 1.2)
            drawn = values[min(bisect(bounds, standing), len(values) - 1)]
            if not (forgetful and happens(rng, _FORGETS)):
                answers[code] = drawn
        return answers

    return draw


def _ranked(artefact: Artefact, question: Question) -> tuple[list[int | str], list[float]]:
    """Answers from the poorest to the best, and up to which share of families each is given."""
    values: list[int | str] = [code for code, _ in question.options] or list(
        range(question.low, min(question.high, question.low + _LARGEST_COUNT) + 1)
    )
    reads = {read.name for read in artefact.reads if read.question == question.code}
    for feature in artefact.features:
        terms = [term for term in feature.terms if term.read in reads]
        given = {value: _given(terms, value) for value in values}
        scored = {value: points for value, points in given.items() if points is not None}
        if len(set(scored.values())) > 1:
            ranked = sorted(scored, key=lambda value: scored[value])
            return ranked, _shares([scored[value] for value in ranked], feature.mean)
    return values, [(place + 1) / len(values) for place in range(len(values))]


def _given(terms: Sequence[Term], value: int | str) -> int | None:
    """What an answer gives a family of a usual size; None where it cannot be scored."""
    total = 0
    for term in terms:
        points = term.points(value)
        share = term.times[1](_USUAL_SIZE) if term.times else _ONE
        if points is None or share is None:
            return None
        total += points * share // _ONE
    return total


def _shares(points: list[int], mean: int) -> list[float]:
    """Running shares under which the points have that mean, and are otherwise as even as can be.

    Each next point is more, or less, common by the same factor; the factor is found by halving.
    """
    lowest, spread = points[0], points[-1] - points[0]
    ranks = [(point - lowest) / spread for point in points]
    wanted = min(max((mean - lowest) / spread, 0.01), 0.99)
    low, high = -200.0, 200.0
    weights = [1.0 for _ in ranks]
    for _ in range(50):
        middle = (low + high) / 2
        weights = [exp(middle * (rank - (middle > 0))) for rank in ranks]
        reached = sum(w * r for w, r in zip(weights, ranks, strict=True)) / sum(weights)
        low, high = (middle, high) if reached < wanted else (low, middle)
    return [share / sum(weights) for share in accumulate(weights)]
