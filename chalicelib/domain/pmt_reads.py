"""Reads of a proxy means test: how one input of the model is taken from a household.

An artefact names its inputs and says for each where it comes from. The kinds below are all the
engine knows; a new model combines them as data.

    answer   the answer to a question
    head     a trait of the head: age, sex, schooling, occupation, attending, disability
    count    the number of members that fit a filter
    highest  the highest code that a member who fits the filter has, in a given order
    ratio    one numeric read over another, times a scale, rounded down
    urban    "urban" for a kelurahan, "rural" for a desa (Kemendagri village code)
    area     the first digits of the village code (province 2, regency 4, district 6, village 10)
    column   a column of a survey or register file; a registered family does not have it
    village  the mean of a column over the families of the village, likewise only in files
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain.household import (
    MAX_MEMBERS,
    Attending,
    Disability,
    Household,
    Member,
    Occupation,
    Relation,
    Schooling,
    Sex,
)
from chalicelib.domain.strict_json import LARGEST, Node

if TYPE_CHECKING:
    from enum import StrEnum

OLDEST = 120
Value = int | str | None
Reader = Callable[[Household, tuple[int, ...], Mapping[str, Value]], Value]
Fits = Callable[[Member, int], bool]

TRAITS: dict[str, type[StrEnum]] = {
    "attending": Attending,
    "disability": Disability,
    "occupation": Occupation,
    "relation": Relation,
    "schooling": Schooling,
    "sex": Sex,
}
_VILLAGE = re.compile(r"[0-9]{10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the form.

    Attributes:
        low, high: allowed answers of a count or yes/no (0 and 1); both 0 for a choice.
        options: (code, text) of a choice, in the order of the form; empty otherwise.
    """

    code: str
    step: str
    kind: str
    text: str
    hint: str
    low: int
    high: int
    options: tuple[tuple[str, str], ...]

    @property
    def option_codes(self) -> frozenset[str]:
        """The codes of a choice."""
        return frozenset(code for code, _ in self.options)


@dataclass(frozen=True, slots=True)
class Read:
    """One input of the model.

    Attributes:
        codes: the codes it may take; None for a number; empty for any code (areas).
        low, high: the plausible numbers; beyond them the household cannot be scored.
        question: the question it answers, or None.
        field: how a reason names it: its question, "village", or its own name.
        uses_members: True when it is taken from the members.
        rests_on: the reads it is reckoned from.
    """

    name: str
    take: Reader
    codes: frozenset[str] | None
    low: int
    high: int
    question: str | None
    uses_members: bool
    rests_on: tuple[str, ...]
    field: str


def parse_read(
    name: str, node: Node, questions: Mapping[str, Question], earlier: Mapping[str, Read]
) -> Read:
    """Compile one entry of the artefact's `reads`.

    Args:
        name: the name of the read.
        node: its definition.
        questions: the questions of the artefact by code.
        earlier: the reads before it, which a ratio may use.

    Raises:
        ShapeError: the definition is not one of the kinds above.
    """
    source = node.mapping().get("from", node).value
    if source == "answer":
        return _answer(name, node, questions)
    if source == "ratio":
        return _ratio(name, node, earlier)
    if not isinstance(source, str) or source not in _KINDS:
        node.refuse(f"`from` must be answer, ratio, {', '.join(_KINDS)}")
    return _KINDS[source](name, node)


def ages(household: Household) -> tuple[int, ...] | None:
    """Ages in completed years in the order of the members; None when the members are impossible.

    Possible members: 1 to 20, exactly one head who stands first, every age 0 to 120.
    """
    members = household.members
    if not 1 <= len(members) <= MAX_MEMBERS:
        return None
    if [m.relation for m in members].count(Relation.HEAD) != 1:
        return None
    found = tuple([member.age_on(household.as_of) for member in members])
    if members[0].relation is not Relation.HEAD or min(found) < 0 or max(found) > OLDEST:
        return None
    return found


def _read(
    name: str,
    take: Reader,
    *,
    codes: frozenset[str] | None = None,
    bounds: tuple[int, int] = (0, 0),
    question: str | None = None,
    uses_members: bool = False,
    rests_on: tuple[str, ...] = (),
    field: str = "",
) -> Read:
    return Read(
        name, take, codes, *bounds, question, uses_members, rests_on, field or question or name
    )


def _answer(name: str, node: Node, questions: Mapping[str, Question]) -> Read:
    fields = node.fields("from question")
    code = fields["question"].one_of(*questions)
    asked = questions[code]
    return _read(
        name,
        lambda household, _ages, _values: household.answers.get(code),
        codes=asked.option_codes if asked.kind == "choice" else None,
        bounds=(asked.low, asked.high),
        question=code,
    )


def _head(name: str, node: Node) -> Read:
    fields = node.fields("from field", "min max")
    trait = fields["field"].one_of("age", *TRAITS)
    if trait == "age":
        return _read(
            name,
            lambda _household, ages, _values: ages[0],
            bounds=_bounds(fields),
            uses_members=True,
        )
    return _read(
        name,
        lambda household, _ages, _values: str(getattr(household.members[0], trait)),
        codes=frozenset(TRAITS[trait]),
        uses_members=True,
    )


def _count(name: str, node: Node) -> Read:
    fields = node.fields("from", "where min max")
    fits = _parse_filter(fields.get("where"))

    def take(household: Household, ages: tuple[int, ...], _values: object) -> int:
        if fits is None:
            return len(ages)
        return sum(map(fits, household.members, ages))

    return _read(name, take, bounds=_bounds(fields, MAX_MEMBERS), uses_members=True)


def _highest(name: str, node: Node) -> Read:
    fields = node.fields("from field order", "where empty")
    trait = fields["field"].one_of(*TRAITS)
    allowed = tuple(TRAITS[trait])
    order = [item.one_of(*allowed) for item in fields["order"].sequence(1, len(allowed))]
    if set(order) != set(allowed):  # and it is no longer than these: each stands there once
        fields["order"].refuse("must hold every code once")
    empty = fields["empty"].one_of(*allowed) if "empty" in fields else None
    fits = _parse_filter(fields.get("where"))
    rank = {code: place for place, code in enumerate(order)}

    def take(household: Household, ages: tuple[int, ...], _values: object) -> str | None:
        found = [
            rank[getattr(member, trait)]
            for member, age in zip(household.members, ages, strict=True)
            if fits is None or fits(member, age)
        ]
        return order[max(found)] if found else empty

    return _read(name, take, codes=frozenset(allowed), uses_members=True)


def _ratio(name: str, node: Node, earlier: Mapping[str, Read]) -> Read:
    fields = node.fields("from top bottom scale", "min max")
    numeric = [read.name for read in earlier.values() if read.codes is None]
    top, bottom = fields["top"].one_of(*numeric), fields["bottom"].one_of(*numeric)
    scale = fields["scale"].whole(1, 1_000_000)

    def take(_household: object, _ages: object, values: Mapping[str, Value]) -> int | None:
        over, under = values[top], values[bottom]
        if type(over) is not int or type(under) is not int or under <= 0:
            return None
        return over * scale // under

    uses_members = earlier[top].uses_members and earlier[bottom].uses_members
    question = earlier[top].question or earlier[bottom].question
    return _read(
        name,
        take,
        bounds=_bounds(fields),
        question=question,
        uses_members=uses_members,
        rests_on=(top, bottom),
    )


def _area(name: str, node: Node) -> Read:
    digits = node.fields("from digits")["digits"].whole(2, 10)

    def take(household: Household, _ages: object, _values: object) -> str | None:
        return household.village[:digits] if _VILLAGE.fullmatch(household.village) else None

    return _read(name, take, codes=frozenset(), field="village")


def _urban(name: str, node: Node) -> Read:
    node.fields("from")

    def take(household: Household, _ages: object, _values: object) -> str | None:
        if not _VILLAGE.fullmatch(household.village):
            return None
        return "urban" if household.is_urban else "rural"

    return _read(name, take, codes=frozenset(("urban", "rural")), field="village")


def _column(name: str, node: Node) -> Read:
    fields = node.fields("from column", "scale min max codes")
    fields["column"].text(200)
    if "codes" in fields:
        node.fields("from column codes")
        allowed = {item.text(200) for item in fields["codes"].sequence()}
        return _read(name, _not_registered, codes=frozenset(allowed))
    low = node.fields("from column scale min max")["min"].whole()
    fields["scale"].whole(1, 1_000_000)
    return _read(name, _not_registered, bounds=(low, fields["max"].whole(low)))


def _village(name: str, node: Node) -> Read:
    fields = node.fields("from column scale shrink min max", "level")
    fields["column"].text(200)
    fields["scale"].whole(1, 100_000_000)
    fields["shrink"].whole(0)
    low = fields["min"].whole()
    return _read(name, _not_registered, bounds=(low, fields["max"].whole(low)))


def _not_registered(_household: Household, _ages: object, _values: object) -> None:
    """What stands only in files cannot be taken from a registered family."""


def _bounds(fields: Mapping[str, Node], most: int = LARGEST) -> tuple[int, int]:
    low = fields["min"].whole(0, most) if "min" in fields else 0
    return low, fields["max"].whole(low, most) if "max" in fields else most


def _parse_filter(node: Node | None) -> Fits | None:
    """A filter of members: every condition named must hold; none named means everyone."""
    if node is None:
        return None
    fields = node.fields("", " ".join(("age", "pregnant", *TRAITS)))
    if not fields:
        node.refuse("must name a condition")
    low, high = 0, OLDEST
    if "age" in fields:
        low, high = (item.whole(0, OLDEST) for item in fields["age"].sequence(2, 2))
    pregnant = fields["pregnant"].boolean() if "pregnant" in fields else None
    traits = [
        (name, frozenset(item.one_of(*TRAITS[name]) for item in fields[name].sequence(1)))
        for name in TRAITS
        if name in fields
    ]

    def fits(member: Member, age: int) -> bool:
        if not low <= age <= high or (pregnant is not None and member.pregnant is not pregnant):
            return False
        for name, allowed in traits:  # noqa: SIM110 - a generator doubles the cost of a score
            if getattr(member, name) not in allowed:
                return False
        return True

    return fits


_KINDS: dict[str, Callable[[str, Node], Read]] = {
    "head": _head,
    "count": _count,
    "highest": _highest,
    "urban": _urban,
    "area": _area,
    "column": _column,
    "village": _village,
}
