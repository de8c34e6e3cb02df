"""Windows, terms, reasons, limits and thresholds of sanggah, as dated data of a region.

The figures live in `data/sanggah/<region>.json`; this module knows the shape only. A file is a list
of periods that do not overlap: another figure is another period. A day that no period covers is an
error and never a guess.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from chalicelib.domain.dispute import MOST_PLACES, Stage
from chalicelib.domain.strict_json import Node, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT: Final = 1
OUTCOMES: Final = ("upheld", "partly_upheld", "rejected")
ESCALATIONS: Final = 2  # 1 the supervisor, 2 the region
_DAYS: Final = 250  # working days of a year
_MIB: Final = 1024 * 1024


class SanggahError(LookupError):
    """No rules are known for the day that was asked for."""


class Standing(StrEnum):
    """Where a figure comes from."""

    PUBLISHED = "published"  # told by those who run the pilot
    REPORTED = "reported"  # told in the press of another year or place, or told in two ways
    CHOSEN = "chosen"  # by this project, for a region to change


@dataclass(frozen=True, slots=True)
class Terms:
    """How long each step may take, in working days unless the name says otherwise.

    Attributes:
        screening_hours: for the machine that screens a piece of evidence.
        answer: for the family to answer an objection; then it moves on, with or without it.
        recommend, decide: for the first and the second person.
        third: for the third person, after two who differ or an appeal of the outcome.
        visit: for a ground check; `visit_attempts` are made before "not at home" is the answer.
        outcome_appeal: for the family or the objector to ask for a third person, once.
        report: for the supervisor from elsewhere to look into a report about an agent.
        remind_before: how long before the end of a term somebody is reminded, longest first.
        escalate_after: how long after it the next level takes over, one for each level.
    """

    screening_hours: int
    answer: int
    recommend: int
    decide: int
    third: int
    visit: int
    visit_attempts: int
    outcome_appeal: int
    report: int
    remind_before: tuple[int, ...]
    escalate_after: tuple[int, ...]

    def of_stage(self, stage: Stage) -> int | None:
        """Working days that officers have at a stage of a dispute; None where none runs."""
        terms = {
            Stage.REVIEW: self.recommend,
            Stage.VISIT: self.visit,
            Stage.RECOMMENDED: self.decide,
            Stage.SPLIT: self.third,
        }
        return terms.get(stage)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What may be sent as evidence, and when its sender is told that it cannot be seen well.

    Attributes:
        pieces: most of one owner; `at_first` with the first request.
        objection_pieces: fewest that an objection needs.
        bytes: largest piece; `shrunk_bytes` what a browser shrinks a photo to.
        pixels: most, asked before anything is decoded.
        pages: most of a PDF.
        grant_seconds: life of a permission to send; `link_seconds` of a link to look.
        dark_below: mean brightness (0 black to 255 white) under which a photo is called dark.
        blur_below: variance of the Laplacian under which it is called blurred.
    """

    pieces: int
    at_first: int
    objection_pieces: int
    bytes: int
    shrunk_bytes: int
    pixels: int
    pages: int
    grant_seconds: int
    link_seconds: int
    dark_below: int
    blur_below: int


@dataclass(frozen=True, slots=True)
class Together:
    """So many objections by different people within so many hours are a cluster."""

    least: int
    hours: int


@dataclass(frozen=True, slots=True)
class ClusterLimits:
    """When objections look as if one hand made them (`clusters`).

    Attributes:
        device: sent from one device.
        hour: against families of one village.
        street: against families of one street.
        photo: with the same photo; `photo_bits` of its 64 may differ.
    """

    device: Together
    hour: Together
    street: Together
    photo: Together
    photo_bits: int


@dataclass(frozen=True, slots=True)
class SanggahRules:
    """What holds in one period.

    Attributes:
        effective_from, effective_to: first and last day; the last is None until superseded.
        window_months: how long after its announcement a result may be contested.
        same_village: whether an objector must live in the village of the family.
        most_open_objections: of one person at a time.
        decided_before_months: who decided for a household so recently does not act on it again.
        appeal_reasons, objection_reasons: codes, in the order of the form.
        misused_identity: those of the appeal's reasons that are a path of their own: only the
            owner of the NIK may give them.
        decision_reasons: outcome -> codes.
        report_reasons, report_outcomes: codes, of reports about agents and officers.
        standing: name of a figure, such as "terms.visit" -> where it comes from.
    """

    effective_from: date
    effective_to: date | None
    window_months: int
    same_village: bool
    most_open_objections: int
    decided_before_months: int
    terms: Terms
    evidence: Evidence
    clusters: ClusterLimits
    appeal_reasons: tuple[str, ...]
    objection_reasons: tuple[str, ...]
    misused_identity: frozenset[str]
    decision_reasons: Mapping[str, tuple[str, ...]]
    report_reasons: tuple[str, ...]
    report_outcomes: tuple[str, ...]
    standing: Mapping[str, Standing]


@dataclass(frozen=True, slots=True)
class DatedRules:
    """All periods of one file.

    Attributes:
        sha256: of the file, 64 hex digits; a dispute is kept with it.
        periods: in the order of time.
    """

    sha256: str
    title: str
    known_on: date
    sources: Mapping[str, str]
    periods: tuple[SanggahRules, ...]

    def on(self, day: date) -> SanggahRules:
        """The rules of a day.

        Raises:
            SanggahError: no period covers it.
        """
        for period in self.periods:
            last = period.effective_to
            if period.effective_from <= day and (last is None or day <= last):
                return period
        raise SanggahError(f"no rules of sanggah are known for {day}")


def load_sanggah(data: bytes) -> DatedRules:
    """Read a file of sanggah rules.

    Raises:
        ShapeError: a field is missing, unknown, of the wrong kind or out of range; two periods
            hold on one day.
    """
    # `choices` and `not_decided_here` are for people: why a figure stands, what is left out.
    fields = parse(data).fields("format title known_on sources choices not_decided_here periods")
    fields["format"].whole(FORMAT, FORMAT)
    sources = {name: node.text() for name, node in fields["sources"].mapping().items()}
    periods = tuple(_period(node, sources) for node in fields["periods"].sequence(1))
    for earlier, later in itertools.pairwise(periods):
        if earlier.effective_to is None or earlier.effective_to >= later.effective_from:
            fields["periods"].refuse(f"has two rules for {later.effective_from}")
    return DatedRules(
        sha256=hashlib.sha256(data).hexdigest(),
        title=fields["title"].text(),
        known_on=fields["known_on"].day(),
        sources=sources,
        periods=periods,
    )


def _period(node: Node, sources: Mapping[str, str]) -> SanggahRules:
    fields = node.fields(
        "effective_from effective_to window_months same_village most_open_objections"
        " decided_before_months terms evidence clusters appeal_reasons objection_reasons"
        " misused_identity decision_reasons report_reasons report_outcomes published reported"
    )
    start = fields["effective_from"].day()
    last = fields["effective_to"]
    end = None if last.is_null else last.day()
    if end is not None and end < start:
        last.refuse("is before the first day")
    appeals = _codes(fields["appeal_reasons"])
    misused = fields["misused_identity"].sequence(1)
    outcomes = fields["decision_reasons"].fields(" ".join(OUTCOMES))
    return SanggahRules(
        effective_from=start,
        effective_to=end,
        window_months=fields["window_months"].whole(1, 24),
        same_village=fields["same_village"].boolean(),
        most_open_objections=fields["most_open_objections"].whole(1, MOST_PLACES - 1),
        decided_before_months=fields["decided_before_months"].whole(1, 120),
        terms=_terms(fields["terms"]),
        evidence=_evidence(fields["evidence"]),
        clusters=_clusters(fields["clusters"]),
        appeal_reasons=appeals,
        objection_reasons=_codes(fields["objection_reasons"]),
        misused_identity=frozenset(entry.one_of(*appeals) for entry in misused),
        decision_reasons={outcome: _codes(outcomes[outcome]) for outcome in OUTCOMES},
        report_reasons=_codes(fields["report_reasons"]),
        report_outcomes=_codes(fields["report_outcomes"]),
        standing=_standing(fields, sources),
    )


def _terms(node: Node) -> Terms:
    days = "answer recommend decide third visit outcome_appeal report"
    fields = node.fields(f"{days} screening_hours visit_attempts remind_before escalate_after")
    reminders = [entry.whole(1, _DAYS) for entry in fields["remind_before"].sequence(0, 5)]
    if reminders != sorted(set(reminders), reverse=True):
        fields["remind_before"].refuse("must fall")
    levels = fields["escalate_after"].sequence(ESCALATIONS, ESCALATIONS)
    waits = [entry.whole(0, _DAYS) for entry in levels]
    if waits != sorted(set(waits)):
        fields["escalate_after"].refuse("must rise")
    return Terms(
        screening_hours=fields["screening_hours"].whole(1, 240),
        visit_attempts=fields["visit_attempts"].whole(1, 10),
        remind_before=tuple(reminders),
        escalate_after=tuple(waits),
        **{name: fields[name].whole(1, _DAYS) for name in days.split()},
    )


def _evidence(node: Node) -> Evidence:
    ranges = {
        "pieces": (1, 100),
        "at_first": (1, 100),
        "objection_pieces": (1, 20),
        "bytes": (100_000, 50 * _MIB),
        "shrunk_bytes": (50_000, 50 * _MIB),
        "pixels": (1_000_000, 200_000_000),
        "pages": (1, 100),
        "grant_seconds": (60, 3600),
        "link_seconds": (10, 600),
        "dark_below": (0, 255),
        "blur_below": (0, 100_000),
    }
    fields = node.fields(" ".join(ranges))
    found = Evidence(**{name: fields[name].whole(*ends) for name, ends in ranges.items()})
    if not found.objection_pieces <= found.at_first <= found.pieces:
        node.refuse("must allow at first what is needed, and no more than in all")
    if found.shrunk_bytes > found.bytes:
        fields["shrunk_bytes"].refuse("must not be larger than a piece")
    return found


def _clusters(node: Node) -> ClusterLimits:
    fields = node.fields("device hour street photo photo_bits")
    kinds = {name: _together(fields[name]) for name in ("device", "hour", "street", "photo")}
    return ClusterLimits(**kinds, photo_bits=fields["photo_bits"].whole(0, 31))


def _together(node: Node) -> Together:
    fields = node.fields("least hours")
    return Together(fields["least"].whole(2, 1000), fields["hours"].whole(1, 24 * 366))


def _codes(node: Node) -> tuple[str, ...]:
    codes = tuple(entry.code() for entry in node.sequence(1, 40))
    if len(set(codes)) < len(codes):
        node.refuse("has a code twice")
    return codes


def _standing(fields: Mapping[str, Node], sources: Mapping[str, str]) -> dict[str, Standing]:
    """Name of each figure -> where it comes from; what nobody told is a choice."""
    groups = ("terms", "evidence", "clusters")
    single = ("window_months", "same_village", "most_open_objections", "decided_before_months")
    figures = [
        *single,
        *(f"{group}.{name}" for group in groups for name in fields[group].mapping()),
    ]
    found = dict.fromkeys(figures, Standing.CHOSEN)
    for standing in (Standing.PUBLISHED, Standing.REPORTED):
        for name, source in fields[standing].mapping().items():
            if found.get(name) is not Standing.CHOSEN:
                source.refuse("names no figure, or one that was named before")
            source.one_of(*sources)
            found[name] = standing
    return found
