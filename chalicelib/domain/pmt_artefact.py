"""The artefact of a proxy means test: everything a model is, as data named by its own hash.

An artefact holds the questions it needs, where each input comes from, the points each input
gives, the cut-offs, and where all of it was learned. Engine and model are apart: an official
model is another file, never another line of code. docs/model.md describes the format.

Points are whole numbers, so that every machine agrees. In a model of kind `log` one natural
log unit of monthly consumption per person is 1,000,000 points.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from chalicelib.domain.pmt_reads import Question, Read, parse_read
from chalicelib.domain.pmt_terms import Condition, Term, knots, parse_conditions, parse_term
from chalicelib.domain.strict_json import Node, ShapeError, parse

FORMAT = "tepat-pmt/1"
MAX_BYTES = 1_000_000
CUTS = 9


class ArtefactError(ValueError):
    """The artefact must not be used."""


class ArtefactCorrupt(ArtefactError):  # noqa: N818 - reads as the verdict it is
    """The bytes are not those whose hash was asked for."""


class ArtefactUnsupported(ArtefactError):  # noqa: N818 - reads as the verdict it is
    """The format or its version is not known to this engine."""


class ArtefactInvalid(ArtefactError):  # noqa: N818 - reads as the verdict it is
    """The content is not a complete, consistent model; the text says where."""


@dataclass(frozen=True, slots=True)
class Interval:
    """How far the truth may lie from the score, for the families it speaks of.

    Attributes:
        when: the families; all conditions must hold.
        low, high: points to add to the score for the lower and the upper end.
    """

    when: tuple[Condition, ...]
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Feature:
    """One line of the score.

    Attributes:
        code, label: its name, and its Indonesian name on screen.
        question: the question it rests on, or None.
        mean: mean points over the training survey; contributions are taken from it.
        missing: points when an input is not known; None means that it cannot be scored.
        direction: "up" or "down" when points may only rise or fall along the values.
        needs: every read that its terms and their conditions use.
    """

    code: str
    label: str
    question: str | None
    mean: int
    missing: int | None
    direction: str | None
    terms: tuple[Term, ...]
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Artefact:
    """A loaded model.

    Attributes:
        sha256: the content hash that names it.
        kind: "log" (points are log consumption) or "points" (a score card).
        spread: for a score card, the distance from its lowest to its highest score.
        base: the score of a household with the survey's mean points everywhere.
        cutoffs: nine provisional (score, "") pairs.
        intervals: 90 % intervals by group; empty when the model states none.
        about: the header as in the file (training, accuracy, mapping and so on), for reports.
    """

    sha256: str
    id: str
    version: str
    name: str
    notice: str
    demonstration: bool
    effective_from: str
    approver: str | None
    kind: str
    spread: int
    residual_sd: int
    base: int
    intercept: int
    questions: tuple[Question, ...]
    reads: tuple[Read, ...]
    features: tuple[Feature, ...]
    cutoffs: tuple[tuple[int, str], ...]
    intervals: tuple[Interval, ...]
    about: Mapping[str, object]

    def question(self, code: str) -> Question:
        """The question of that code.

        Raises:
            KeyError: the model does not ask it.
        """
        return {question.code: question for question in self.questions}[code]


def load_artefact(data: bytes, expected_sha256: str) -> Artefact:
    """Check and compile an artefact.

    Args:
        data: the file, byte for byte.
        expected_sha256: its content hash in lower-case hexadecimal, from the settings or a
            decision, never from the file itself.

    Returns:
        The model, ready to score.

    Raises:
        ArtefactCorrupt: the bytes have another hash.
        ArtefactUnsupported: unknown format or version.
        ArtefactInvalid: the content is not a complete, consistent model.
    """
    if hashlib.sha256(data).hexdigest() != expected_sha256:
        raise ArtefactCorrupt("the model artefact is not the one that was asked for")
    if len(data) > MAX_BYTES:
        raise ArtefactInvalid(f"the model artefact is larger than {MAX_BYTES} bytes")
    try:
        root = parse(data)
        stated = root.mapping().get("format")
        if stated is None or stated.value != FORMAT:
            raise ArtefactUnsupported(f"the model artefact is not of format {FORMAT}")
        return _parse(root, expected_sha256)
    except ShapeError as error:
        raise ArtefactInvalid(str(error)) from error


def _parse(root: Node, sha256: str) -> Artefact:
    top = root.fields(
        "format id version name notice demonstration effective_from approver population_unit "
        "target training accuracy residual_sd intercept cutoffs questions reads features",
        "mapping dropped intervals smearing card spec",
    )
    target = top["target"].fields("kind what unit", "lowest highest")
    kind = target["kind"].one_of("log", "points")
    spread = 0
    if kind == "points":
        bounds = top["target"].fields("kind what unit lowest highest")
        lowest = bounds["lowest"].whole()
        spread = bounds["highest"].whole(lowest + 1) - lowest
    effective_from = top["effective_from"].text(10)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", effective_from, re.ASCII):
        top["effective_from"].refuse("must be a date YYYY-MM-DD")
    questions = _unique([_question(node) for node in top["questions"].sequence(0, 60)], top)
    reads: dict[str, Read] = {}
    for name, node in top["reads"].mapping().items():
        Node(name, node.path).code()
        reads[name] = parse_read(name, node, questions, reads)
    features = tuple(_feature(node, reads) for node in top["features"].sequence(1, 400))
    if len({feature.code for feature in features}) != len(features):
        top["features"].refuse("a code stands twice")
    used = set().union(*(feature.needs for feature in features))
    used |= {name for read in reads.values() for name in read.rests_on}
    intervals = tuple(_interval(node, reads) for node in _intervals(top))
    used |= {condition.read for interval in intervals for condition in interval.when}
    if unused := sorted(reads.keys() - used):
        top["reads"].refuse(f"{', '.join(unused)}: never used")
    cuts = top["cutoffs"].fields("weighting scores")
    cuts["weighting"].one_of("persons", "households")
    scores = [node.whole() for node in cuts["scores"].sequence(CUTS, CUTS)]
    if scores != sorted(scores):
        cuts["scores"].refuse("must not fall")
    intercept = top["intercept"].whole()
    compiled = ("questions", "reads", "features", "intervals")
    return Artefact(
        sha256=sha256,
        id=top["id"].text(60),
        version=top["version"].text(20),
        name=top["name"].text(120),
        notice=top["notice"].text(),
        demonstration=top["demonstration"].boolean(),
        effective_from=effective_from,
        approver=None if top["approver"].is_null else top["approver"].text(200),
        kind=kind,
        spread=spread,
        residual_sd=top["residual_sd"].whole(0),
        base=intercept + sum(feature.mean for feature in features),
        intercept=intercept,
        questions=tuple(questions.values()),
        reads=tuple(reads.values()),
        features=features,
        cutoffs=tuple((cut, "") for cut in scores),
        intervals=intervals,
        about={key: node.value for key, node in top.items() if key not in compiled},
    )


def _intervals(top: Mapping[str, Node]) -> list[Node]:
    return top["intervals"].sequence() if "intervals" in top else []


def _interval(node: Node, reads: Mapping[str, Read]) -> Interval:
    fields = node.fields("name low high", "when")
    fields["name"].text(200)
    when = parse_conditions(fields, reads)
    return Interval(when, fields["low"].whole(high=0), fields["high"].whole(0))


def _unique(questions: list[Question], top: Mapping[str, Node]) -> dict[str, Question]:
    found = {question.code: question for question in questions}
    if len(found) != len(questions):
        top["questions"].refuse("a code stands twice")
    return found


def _question(node: Node) -> Question:
    kind = node.mapping().get("kind", node).value
    head = "code step kind text hint "
    if kind == "choice":
        fields = node.fields(head + "options")
        options = [_option(item) for item in fields["options"].sequence(2, 30)]
        if len({code for code, _ in options}) != len(options):
            fields["options"].refuse("a code stands twice")
        low = high = 0
    elif kind == "count":
        fields = node.fields(head + "min max")
        options, low = [], fields["min"].whole(0)
        high = fields["max"].whole(low + 1)
    else:
        fields = node.fields(head)
        options, low, high = [], 0, 1
    return Question(
        code=fields["code"].code(),
        step=fields["step"].one_of("housing", "utilities", "assets"),
        kind=fields["kind"].one_of("count", "choice", "yes_no"),
        text=fields["text"].text(300),
        hint="" if fields["hint"].value == "" else fields["hint"].text(500),
        low=low,
        high=high,
        options=tuple(options),
    )


def _option(node: Node) -> tuple[str, str]:
    fields = node.fields("code text")
    return fields["code"].code(), fields["text"].text(200)


def _feature(node: Node, reads: Mapping[str, Read]) -> Feature:
    fields = node.fields("code label mean missing terms", "direction")
    direction = fields["direction"].one_of("up", "down") if "direction" in fields else None
    terms = tuple(parse_term(item, reads) for item in fields["terms"].sequence(1, 64))
    asked = {q for term in terms if (q := reads[term.read].question)}
    if len(asked) > 1:
        fields["terms"].refuse("one feature may rest on one question only")
    if direction:
        for item in fields["terms"].sequence():
            times = item.mapping().get("times")
            if times and min(y for _, y in knots(times.mapping())) < 0:
                times.refuse("must not be below 0 where a direction is promised")
        for term in terms:
            line = [points for _, points in term.knots or term.levels]
            steps = pairwise(line if direction == "up" else line[::-1])
            if any(after < before for before, after in steps):
                fields["terms"].refuse(f"the points of {term.read} are not {direction}")
    missing = fields["missing"]
    return Feature(
        code=fields["code"].code(),
        label=fields["label"].text(120),
        question=asked.pop() if asked else None,
        mean=fields["mean"].whole(),
        missing=None if missing.value == "visit" else missing.whole(),
        direction=direction,
        terms=terms,
        needs=frozenset(name for term in terms for name in term.needs),
    )
