"""Say what a score means: its decile, its strongest reasons, and what would change it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chalicelib.domain.pmt_artefact import CUTS, Artefact
from chalicelib.domain.pmt_score import CannotScore, Scored, feature_points, inputs, score_inputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chalicelib.domain.household import Household
    from chalicelib.domain.pmt_reads import Question, Value

_ONE = 1_000_000  # points in one natural log unit
_TRIED = 64  # other answers tried for one question


@dataclass(frozen=True, slots=True)
class Effect:
    """What one feature does to the score.

    Attributes:
        feature, label: its code and its Indonesian name.
        contribution: points from the survey mean.
        percent: the same as per cent of consumption (log models), or of the card's width.
    """

    feature: str
    label: str
    contribution: int
    percent: int


@dataclass(frozen=True, slots=True)
class Largest:
    """The features that raise and that lower a score most, the strongest first."""

    raises: tuple[Effect, ...]
    lowers: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A correction of one answer that would give another decile.

    Attributes:
        question, label: the question's code and the Indonesian name of its feature.
        value: the other answer; `value_text` is the same for the screen.
        decile: the decile with that answer and everything else as it is.
    """

    question: str
    label: str
    value: int | str
    value_text: str
    decile: int


@dataclass(frozen=True, slots=True)
class Border:
    """The nearest border of a decile.

    Attributes:
        decile: the one behind it.
        points: the least change of the score that leads there; below 0 towards the poorer.
        percent: the same as per cent of consumption (log models), or of the card's width.
    """

    decile: int
    points: int
    percent: int


def decile(score: int, locator: str, cutoffs: Sequence[tuple[int, str]]) -> int:
    """The decile, 1 (poorest) to 10, of a household among nine cut-offs.

    A cut-off is the (score, id) of the last household of its decile, and households are ordered
    by (score, id), so equal scores are told apart by id on every machine. The artefact's own
    provisional cut-offs have empty ids: a score equal to one belongs to the decile above it.

    Raises:
        ValueError: not nine cut-offs, or not in rising order.
    """
    if len(cutoffs) != CUTS or any(cutoffs[i] > cutoffs[i + 1] for i in range(CUTS - 1)):
        raise ValueError("nine cut-offs in rising order are needed")
    return bisect_left(cutoffs, (score, locator)) + 1


def borders(
    artefact: Artefact, score: int, locator: str, cutoffs: Sequence[tuple[int, str]]
) -> tuple[Border, ...]:
    """How far a score is from the next poorer and the next better decile, in this order.

    The first decile has no poorer one, the tenth no better one.

    Raises:
        ValueError: as `decile`.
    """
    now = decile(score, locator, cutoffs)
    reached = []
    if now > 1:
        cut, last = cutoffs[now - 2]
        reached.append(cut if locator <= last else cut - 1)
    if now <= CUTS:
        cut, last = cutoffs[now - 1]
        reached.append(cut if locator > last else cut + 1)
    return tuple(
        Border(decile(other, locator, cutoffs), other - score, _percent(artefact, other - score))
        for other in reached
    )


def largest(artefact: Artefact, scored: Scored, n: int = 3) -> Largest:
    """The `n` features that raise the score most and the `n` that lower it most.

    Ordered by strength, then by the artefact's order. Effects that round to 0 % are left out.

    Raises:
        ValueError: the score was made by another model.
    """
    if scored.model_hash != artefact.sha256:
        raise ValueError("the score was made by another model")
    effects = [
        Effect(feature.code, feature.label, points, _percent(artefact, points))
        for feature, points in zip(artefact.features, scored.contributions, strict=True)
    ]
    effects.sort(key=lambda effect: -abs(effect.contribution))
    return Largest(
        tuple([effect for effect in effects if effect.percent > 0][:n]),
        tuple([effect for effect in effects if effect.percent < 0][:n]),
    )


def changed_by(
    artefact: Artefact,
    household: Household,
    cutoffs: Sequence[tuple[int, str]],
    locator: str,
) -> tuple[Change, ...]:
    """Corrections of single answers that would give another decile, in the order of the form.

    For each question at most two: of the answers that would give a lower decile the one that
    moves the score least, and likewise for a higher one. At most 64 other answers are tried for
    one question: a longer range is tried where the model's points change their course.

    Returns:
        The changes, the lower decile first; empty when the household cannot be scored.
    """
    values = inputs(artefact, household)
    now = score_inputs(artefact, values)
    if isinstance(now, CannotScore):
        return ()
    decile_now = decile(now.score, locator, cutoffs)
    found = []
    for question in artefact.questions:
        label = next((f.label for f in artefact.features if f.question == question.code), None)
        current = household.answers.get(question.code)
        if label is None or current is None:
            continue
        nearest: dict[bool, tuple[int, Change]] = {}
        for value in _other_answers(artefact, question, current):
            answers = {**household.answers, question.code: value}
            then = _with_answers(artefact, values, replace(household, answers=answers))
            points, reasons = feature_points(artefact, then)
            if reasons:
                continue
            total = artefact.intercept + sum(points)
            place = decile(total, locator, cutoffs)
            far, up = abs(total - now.score), place > decile_now
            if place != decile_now and (up not in nearest or far < nearest[up][0]):
                text = _answer_text(question, value)
                nearest[up] = far, Change(question.code, label, value, text, place)
        found += [nearest[up][1] for up in (False, True) if up in nearest]
    return tuple(found)


def _percent(artefact: Artefact, points: int) -> int:
    """Points as per cent: exp(points) - 1 for a log model, the share of the width for a card."""
    if artefact.kind == "points":
        return _nearest(100 * points, artefact.spread)
    scale = 10**15
    power = min(abs(points), 5 * _ONE) * (scale // _ONE)
    grown, step, nth = scale, scale, 0
    while step:
        nth += 1
        step = step * power // (scale * nth)
        grown += step
    if points < 0:
        grown = scale * scale // grown
    return _nearest(100 * (grown - scale), scale)


def _nearest(top: int, bottom: int) -> int:
    """Round top / bottom to the nearest whole number, halves away from zero."""
    whole = (2 * abs(top) + bottom) // (2 * bottom)
    return whole if top >= 0 else -whole


def _other_answers(
    artefact: Artefact, question: Question, current: int | str
) -> Iterator[int | str]:
    """Other answers to try; numbers nearest to the current one come first."""
    if question.kind == "choice":
        yield from (code for code, _ in question.options if code != current)
        return
    numbers: Iterable[int] = range(question.low, question.high + 1)
    if question.high - question.low > _TRIED:
        names = {read.name for read in artefact.reads if read.question == question.code}
        terms = [term for feature in artefact.features for term in feature.terms]
        knots = sorted({x for term in terms if term.read in names for x, _ in term.knots})
        inside = [x for x in knots if question.low <= x <= question.high]
        numbers = inside[:: -(-len(inside) // _TRIED) or 1]
    yield from sorted(
        (number for number in numbers if number != current),
        key=lambda number: abs(number - int(current)),
    )


def _with_answers(
    artefact: Artefact, values: Mapping[str, Value], household: Household
) -> dict[str, Value]:
    """The same inputs with other answers; what rests on members and village is not read again."""
    changed = dict(values)
    for read in artefact.reads:
        if read.question is not None:
            changed[read.name] = read.take(household, (), changed)
    return changed


def _answer_text(question: Question, value: int | str) -> str:
    if question.kind == "choice":
        return dict(question.options)[str(value)]
    if question.kind == "yes_no":
        return "Ya" if value else "Tidak"
    return str(value)
