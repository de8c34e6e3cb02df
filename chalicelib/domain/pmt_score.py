"""Score a household with a proxy means test, exactly and with every contribution told.

`base + sum(contributions) == score` holds to the last digit, so the reasons shown are the whole
truth of the score. What cannot be computed is never scored 0: it comes back as `CannotScore`
with coded reasons, and the household is visited (product invariant 3).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from json.encoder import JSONEncoder
from typing import TYPE_CHECKING

from chalicelib.domain.pmt_reads import ages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.domain.household import Household
    from chalicelib.domain.pmt_artefact import Artefact
    from chalicelib.domain.pmt_reads import Question, Read, Value
    from chalicelib.domain.pmt_terms import Condition

_ONE = 1_000_000  # a term that counts once, in millionths
_canonical = JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a household cannot be scored.

    Attributes:
        code: "missing", "out_of_range" or "unknown_level".
        field: the question's code, "village", "members", or the name of the read.
    """

    code: str
    field: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A score with its parts.

    Attributes:
        score: points; lower is poorer.
        contributions: one per feature in the artefact's order, from the survey mean;
            base + sum(contributions) == score.
        inputs_hash: SHA-256 (hex) of the canonical JSON of exactly what the model saw.
        model_hash: SHA-256 (hex) of the artefact.
    """

    score: int
    contributions: tuple[int, ...]
    inputs_hash: str
    model_hash: str


@dataclass(frozen=True, slots=True)
class CannotScore:
    """The household needs a visit; every reason is told, each field once."""

    reasons: tuple[Reason, ...]
    model_hash: str


@dataclass(frozen=True, slots=True)
class AnswerFault:
    """A fault of one answer at the door.

    Attributes:
        code: "unknown_question", "wrong_type", "out_of_range" or "unknown_option".
        question: its code; empty for unknown questions, whose name is the sender's own text.
    """

    code: str
    question: str


def inputs(artefact: Artefact, household: Household) -> dict[str, Value]:
    """The inputs the model takes from a household, by the name of the read.

    Impossible members (see `pmt_reads.ages`) give None for every read that uses them.
    """
    known_ages = ages(household)
    values: dict[str, Value] = {}
    for read in artefact.reads:
        if read.uses_members and known_ages is None:
            values[read.name] = None
        else:
            values[read.name] = read.take(household, known_ages or (), values)
    return values


def score(artefact: Artefact, household: Household) -> Scored | CannotScore:
    """Score a household.

    Args:
        artefact: the model.
        household: members and answers.

    Returns:
        The score and its parts, or every reason why it cannot be computed; never an exception
        and never a 0 in its place.
    """
    outcome = score_inputs(artefact, inputs(artefact, household))
    if isinstance(outcome, Scored) or ages(household) is not None:
        return outcome
    of_members = {read.field for read in artefact.reads if read.uses_members}
    rest = [reason for reason in outcome.reasons if reason.field not in of_members]
    return CannotScore((Reason("out_of_range", "members"), *rest), artefact.sha256)


def score_inputs(artefact: Artefact, values: Mapping[str, Value]) -> Scored | CannotScore:
    """Score inputs that `inputs` gave, now or long ago: the same inputs give the same score."""
    points, reasons = feature_points(artefact, values)
    if reasons:
        return CannotScore(tuple(reasons), artefact.sha256)
    contributions = tuple(
        [given - feature.mean for given, feature in zip(points, artefact.features, strict=True)]
    )
    seen = {read.name: values[read.name] for read in artefact.reads}
    return Scored(
        artefact.base + sum(contributions),
        contributions,
        hashlib.sha256(_canonical(seen).encode()).hexdigest(),
        artefact.sha256,
    )


def check_answers(artefact: Artefact, answers: Mapping[str, object]) -> tuple[AnswerFault, ...]:
    """Check answers as they come in, all faults at once, in the order of the form.

    An answer left out or None means "not known" and is allowed: such a household is visited.

    Args:
        artefact: the model whose questions were asked.
        answers: question code -> answer, as read from JSON.
    """
    faults = []
    for question in artefact.questions:
        answer = answers.get(question.code)
        if answer is not None and (code := _answer_fault(question, answer)):
            faults.append(AnswerFault(code, question.code))
    if answers.keys() - {question.code for question in artefact.questions}:
        faults.append(AnswerFault("unknown_question", ""))
    return tuple(faults)


def feature_points(
    artefact: Artefact, values: Mapping[str, Value]
) -> tuple[list[int], list[Reason]]:
    """Points per feature; they are complete only when there is no reason against the score."""
    faults, unfit, absent = _sift(artefact, values)
    points: list[int] = []
    for feature in artefact.features:
        if unfit and not unfit.isdisjoint(feature.needs):
            continue
        if absent and not feature.needs.isdisjoint(absent):
            if feature.missing is not None:
                points.append(feature.missing)
            else:
                lacking = [field for name, field in absent.items() if name in feature.needs]
                faults.update((field, "missing") for field in lacking if field not in faults)
            continue
        total = 0
        for term in feature.terms:
            if term.when and not all(holds(c, values[c.read]) for c in term.when):
                continue
            given = term.points(values[term.read])
            times = _ONE if term.times is None else term.times[1](values[term.times[0]])
            if given is None or times is None:
                faults.setdefault(_field(artefact, term.read), "unknown_level")
            else:
                total += given * times // _ONE
        points.append(total)
    return points, [Reason(code, field) for field, code in faults.items()]


def _sift(
    artefact: Artefact, values: Mapping[str, Value]
) -> tuple[dict[str, str], set[str], dict[str, str]]:
    """Faults by field, names of reads with an impossible value, absent reads with their fields."""
    faults: dict[str, str] = {}
    unfit: set[str] = set()
    absent: dict[str, str] = {}
    for read in artefact.reads:
        value = values.get(read.name)
        if value is None:
            absent[read.name] = read.field
        elif fault := _input_fault(read, value):
            faults.setdefault(read.field, fault)
            unfit.add(read.name)
    return faults, unfit, absent


def _field(artefact: Artefact, name: str) -> str:
    return next(read.field for read in artefact.reads if read.name == name)


def _input_fault(read: Read, value: object) -> str | None:
    if read.codes is None:
        return None if type(value) is int and read.low <= value <= read.high else "out_of_range"
    known = type(value) is str and (not read.codes or value in read.codes)
    return None if known else "unknown_level"


def holds(condition: Condition, value: Value) -> bool:
    """Whether a condition of the artefact is met; what is not known meets none."""
    if condition.codes:
        return value in condition.codes
    return isinstance(value, int) and condition.low <= value <= condition.high


def _answer_fault(question: Question, answer: object) -> str | None:
    if question.kind == "choice":
        if type(answer) is not str:
            return "wrong_type"
        return None if answer in question.option_codes else "unknown_option"
    if type(answer) is not int:
        return "wrong_type"
    return None if question.low <= answer <= question.high else "out_of_range"
