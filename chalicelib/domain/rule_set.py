"""Programme rules as dated data: read once, refused when a single byte or field is not as agreed.

The figures live in `data/rules/<sha256 of the file>.json` with their sources; this module knows
the shape only. A rule set is never edited, only superseded (a new file under a new name).
"""

from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from chalicelib.domain.household import (
    MAX_MEMBERS,
    Attending,
    Disability,
    Occupation,
    Schooling,
    Sex,
)
from chalicelib.domain.strict_json import Node, ShapeError, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
DECILES = 10
# What can be said in a sentence; another kind of exclusion needs its words first.
EXCLUSIONS = ("state_employee", "state_company")
_OLDEST = 130
_MOST_RUPIAH = 1_000_000_000
_PROGRAMME = re.compile(r"[A-Z][A-Z_]{1,9}", re.ASCII)
_COMPONENT = re.compile(r"[a-z]{2,6}", re.ASCII)


class RulesError(ValueError):
    """The rule file is not the one that was agreed, or says something it may not say."""


@dataclass(frozen=True, slots=True)
class ComponentRule:
    """Who counts as one kind of component, and what it is worth (rulebook 4.1).

    A condition that is None, or an empty set, asks nothing.

    Attributes:
        code: two to six small letters; it stands in stored decisions.
        name: how the citizen reads it after a count: "ibu hamil".
        group: kinds that share one limit, such as the three levels of school.
        rp_per_year: rupiah a year for one person.
        age_min, age_max: completed years, both included.
        attending: the level of school gone to now.
        not_finished: schooling that must not have been reached.
    """

    code: str
    name: str
    group: str
    rp_per_year: int
    sex: Sex | None
    pregnant: bool | None
    age_min: int
    age_max: int
    disability: Disability | None
    attending: Attending | None
    not_finished: frozenset[Schooling]


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Kinds of work in the family that close a programme (rulebook 4.5)."""

    code: str
    occupations: frozenset[Occupation]


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme between two dates.

    Attributes:
        effective_from: first day, always the first of a month.
        effective_to: last day, always the last of a month; None until superseded.
        decile_max: highest decile that may be eligible (rulebook 3.1).
        components: empty when the programme has none; otherwise at least one is needed.
        component_max: how many components count for one family.
        group_max: group -> how many of it count; a group not named has no limit of its own.
        paid: "family" (an amount a month), "by_component", or "health_contribution" (paid to
            the health insurer, never to the family).
        family_rp_per_month: rupiah a month paid to the family; 0 when it is paid otherwise.
        sources: short names, explained in `RuleSet.sources`.
    """

    code: str
    name: str
    effective_from: date
    effective_to: date | None
    decile_max: int
    exclusions: tuple[Exclusion, ...]
    components: tuple[ComponentRule, ...]
    component_max: int
    group_max: Mapping[str, int]
    paid: str
    family_rp_per_month: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All programmes of one file.

    Attributes:
        sha256: name of the file, 64 hex digits; stands beside every decision.
        notice: Indonesian sentences on where the figures come from, for the citizen.
        known_on: the day of the knowledge in the file.
        appeal_months: length of the objection period (rulebook 5.3, step 6).
        sources: short name -> address.
    """

    sha256: str
    title: str
    notice: str
    known_on: date
    appeal_months: int
    sources: Mapping[str, str]
    programmes: tuple[Programme, ...]

    def programme(self, code: str, day: date) -> Programme:
        """The rules of one programme on a day.

        Raises:
            RulesError: the programme has no rules on that day.
        """
        for programme in in_force(self, day):
            if programme.code == code:
                return programme
        raise RulesError(f"{code} has no rules on {day}")


def load_rules(data: bytes, expected_sha256: str) -> RuleSet:
    """Read a rule file, and only the one that was asked for.

    Args:
        data: the file, byte for byte.
        expected_sha256: 64 hex digits, from the settings or from a stored decision.

    Raises:
        RulesError: one byte differs from what was agreed, or a field is missing, unknown, of
            the wrong kind or out of range.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != expected_sha256:
        raise RulesError("rule file differs from its agreed hash")
    try:
        return _rule_set(parse(data), sha256)
    except ShapeError as error:
        raise RulesError(str(error)) from error


def in_force(rules: RuleSet, day: date) -> tuple[Programme, ...]:
    """Programmes whose rules hold on a day, in the order of the file."""
    return tuple(
        programme
        for programme in rules.programmes
        if programme.effective_from <= day
        and (programme.effective_to is None or day <= programme.effective_to)
    )


def _rule_set(root: Node, sha256: str) -> RuleSet:
    # `choices` and `not_decided_here` are for people: why a figure stands, what is left out.
    fields = root.fields(
        "format title notice known_on appeal_months sources choices not_decided_here programmes"
    )
    fields["format"].whole(FORMAT, FORMAT)
    sources = {name: node.text() for name, node in fields["sources"].mapping().items()}
    programmes = tuple(_programme(node, sources) for node in fields["programmes"].sequence(1))
    _refuse_overlaps(programmes)
    return RuleSet(
        sha256=sha256,
        title=fields["title"].text(),
        notice=fields["notice"].text(),
        known_on=fields["known_on"].day(),
        appeal_months=fields["appeal_months"].whole(1, 24),
        sources=sources,
        programmes=programmes,
    )


def _programme(node: Node, sources: Mapping[str, str]) -> Programme:
    fields = node.fields(
        "code name effective_from effective_to decile_max exclusions components component_max"
        " group_max benefit sources"
    )
    start, end = _period(fields["effective_from"], fields["effective_to"])
    components = tuple(_component(entry) for entry in fields["components"].sequence())
    if len({component.code for component in components}) < len(components):
        fields["components"].refuse("has a code twice")
    group_max = {
        group: most.whole(1, MAX_MEMBERS) for group, most in fields["group_max"].mapping().items()
    }
    if group_max.keys() - {component.group for component in components}:
        fields["group_max"].refuse("limits a group that has no component")
    benefit = fields["benefit"].fields("paid rp_per_month")
    paid = benefit["paid"].one_of("family", "by_component", "health_contribution")
    rp_per_month = benefit["rp_per_month"].whole(0, _MOST_RUPIAH)
    return Programme(
        code=_matching(fields["code"], _PROGRAMME),
        name=fields["name"].text(),
        effective_from=start,
        effective_to=end,
        decile_max=fields["decile_max"].whole(1, DECILES),
        exclusions=tuple(_exclusion(entry) for entry in fields["exclusions"].sequence()),
        components=components,
        component_max=fields["component_max"].whole(1 if components else 0, MAX_MEMBERS),
        group_max=group_max,
        paid=paid,
        family_rp_per_month=rp_per_month if paid == "family" else 0,
        sources=tuple(entry.one_of(*sources) for entry in fields["sources"].sequence(1)),
    )


def _exclusion(node: Node) -> Exclusion:
    fields = node.fields("code occupations")
    return Exclusion(
        fields["code"].one_of(*EXCLUSIONS),
        frozenset(
            Occupation(entry.one_of(*Occupation)) for entry in fields["occupations"].sequence(1)
        ),
    )


def _component(node: Node) -> ComponentRule:
    fields = node.fields("code name group rp_per_year who")
    who = fields["who"].fields("", "sex pregnant age_min age_max disability attending not_finished")
    if not who:
        fields["who"].refuse("must ask something")
    unfinished = who["not_finished"].sequence(1) if "not_finished" in who else []
    return ComponentRule(
        code=_matching(fields["code"], _COMPONENT),
        name=fields["name"].text(),
        group=fields["group"].code(),
        rp_per_year=fields["rp_per_year"].whole(1, _MOST_RUPIAH),
        sex=Sex(who["sex"].one_of(*Sex)) if "sex" in who else None,
        pregnant=who["pregnant"].boolean() if "pregnant" in who else None,
        age_min=who["age_min"].whole(0, _OLDEST) if "age_min" in who else 0,
        age_max=who["age_max"].whole(0, _OLDEST) if "age_max" in who else _OLDEST,
        disability=(
            Disability(who["disability"].one_of(*Disability)) if "disability" in who else None
        ),
        attending=Attending(who["attending"].one_of(*Attending)) if "attending" in who else None,
        not_finished=frozenset(Schooling(entry.one_of(*Schooling)) for entry in unfinished),
    )


def _period(first: Node, last: Node) -> tuple[date, date | None]:
    """Both ends of a rule's life; families are known by month, so rules turn with the month."""
    start = first.day()
    end = None if last.is_null else last.day()
    if start.day != 1:
        first.refuse("must be the first day of a month")
    if end and ((end + timedelta(days=1)).day != 1 or end < start):
        last.refuse("must be the last day of a month, after the first")
    return start, end


def _matching(node: Node, pattern: re.Pattern[str]) -> str:
    text = node.text(10)
    if not pattern.fullmatch(text):
        node.refuse(f"must look like {pattern.pattern}")
    return text


def _refuse_overlaps(programmes: tuple[Programme, ...]) -> None:
    ordered = sorted(programmes, key=lambda programme: (programme.code, programme.effective_from))
    for earlier, later in itertools.pairwise(ordered):
        if earlier.code == later.code and (
            earlier.effective_to is None or earlier.effective_to >= later.effective_from
        ):
            raise RulesError(f"{later.code} has two rules for one day")
