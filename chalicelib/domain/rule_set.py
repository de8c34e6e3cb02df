"""Programme rules as dated data: read once, refused when a single byte or field is not as agreed.

The figures live in `data/rules/<sha256 of the file>.json` with their sources; this module knows
the shape only. A rule set is never edited, only superseded (a new file with a new name).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from chalicelib.domain.household import Attending, Disability, Occupation, Schooling, Sex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT = 1
DECILES = 10
# What the code can say a sentence about; a new kind of exclusion needs words as well.
EXCLUSIONS = frozenset({"state_employee", "state_company"})
_CODE = re.compile(r"[a-z]{2,6}", re.ASCII)
_CONDITIONS = frozenset(
    {"sex", "pregnant", "age_min", "age_max", "disability", "attending", "not_finished"}
)
_PROGRAMME = re.compile(r"[A-Z][A-Z_]{1,9}", re.ASCII)


class RulesError(ValueError):
    """The rule file is not the one that was agreed, or says something it may not say."""


@dataclass(frozen=True, slots=True)
class ComponentRule:
    """Who counts as one kind of component, and what it is worth (rulebook 4.1).

    A condition that is None, or an empty set, asks nothing.

    Attributes:
        code: two to six small letters; it stands in stored decisions.
        name: how the citizen reads it, after a count: "ibu hamil".
        group: kinds that share one limit, such as the three levels of school.
        rp_per_year: rupiah a year for one person.
        age_min: lowest age in completed years, included.
        age_max: highest age in completed years, included.
        attending: the level of school gone to now.
        not_finished: schooling that must not have been reached.
    """

    code: str
    name: str
    group: str
    rp_per_year: int
    sex: Sex | None
    pregnant: bool | None
    age_min: int | None
    age_max: int | None
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
        group_max: group -> how many of it count.
        family_rp_per_month: rupiah a month paid to the family; 0 when it is paid by component
            or paid to somebody else (the health contribution).
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
    family_rp_per_month: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All programmes of one file.

    Attributes:
        sha256: name of the file, 64 hex digits; stands beside every decision.
        notice: Indonesian sentence on where the figures come from, for the citizen.
        appeal_months: length of the objection period (rulebook 5.3, step 6).
        sources: short name -> address.
    """

    sha256: str
    title: str
    notice: str
    appeal_months: int
    sources: Mapping[str, str]
    programmes: tuple[Programme, ...]


def load_rules(data: bytes, expected_sha256: str) -> RuleSet:
    """Read a rule file, and only the one that was asked for.

    Args:
        data: the file, byte for byte.
        expected_sha256: 64 hex digits, from the settings or from a stored decision.

    Returns:
        The rule set; nothing of it can be changed.

    Raises:
        RulesError: one byte differs from what was agreed, or a field is missing, unknown, of
            the wrong kind or out of range.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != expected_sha256:
        raise RulesError("rule file differs from its agreed hash")
    try:
        raw = json.loads(data, parse_float=_no_float, object_pairs_hook=_no_twins)
        return _rule_set(raw, sha256)
    except RulesError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RulesError(f"rule file cannot be read: {error}") from error


def in_force(rules: RuleSet, day: date) -> tuple[Programme, ...]:
    """Programmes whose rules hold on a day, in the order of the file."""
    return tuple(
        programme
        for programme in rules.programmes
        if programme.effective_from <= day
        and (programme.effective_to is None or day <= programme.effective_to)
    )


def _no_float(text: str) -> NoReturn:
    raise RulesError(f"amounts and limits are whole numbers, not {text}")


def _no_twins(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RulesError("a field stands twice")
    return found


def _fields(raw: dict[str, Any], needed: set[str], allowed: frozenset[str] = frozenset()) -> None:
    if not needed <= raw.keys() <= needed | allowed:
        wrong = sorted(needed - raw.keys()) + sorted(raw.keys() - needed - allowed)
        raise RulesError(f"fields missing or unknown: {', '.join(wrong)}")


def _number(value: object, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise RulesError(f"expected a whole number from {low} to {high}, not {value!r}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise RulesError(f"expected a text, not {value!r}")
    return value


def _rule_set(raw: dict[str, Any], sha256: str) -> RuleSet:
    _fields(
        raw,
        {"format", "title", "notice", "known_on", "appeal_months", "sources", "programmes"}
        | {"choices", "not_decided_here"},
    )
    if raw["format"] != FORMAT:
        raise RulesError(f"format {raw['format']!r} is not known")
    sources = {_text(name): _text(address) for name, address in raw["sources"].items()}
    programmes = tuple(_programme(entry) for entry in raw["programmes"])
    if not programmes:
        raise RulesError("no programme")
    _refuse_overlaps(programmes)
    for programme in programmes:
        unknown = set(programme.sources) - sources.keys()
        if unknown or not programme.sources:
            raise RulesError(f"{programme.code}: sources missing or unexplained: {unknown}")
    return RuleSet(
        sha256=sha256,
        title=_text(raw["title"]),
        notice=_text(raw["notice"]),
        appeal_months=_number(raw["appeal_months"], 1, 24),
        sources=sources,
        programmes=programmes,
    )


def _programme(raw: dict[str, Any]) -> Programme:
    _fields(
        raw,
        {"code", "name", "effective_from", "effective_to", "decile_max", "exclusions", "sources"}
        | {"components", "component_max", "group_max", "benefit"},
    )
    if not _PROGRAMME.fullmatch(raw["code"]):
        raise RulesError(f"programme code {raw['code']!r}")
    start = date.fromisoformat(raw["effective_from"])
    end = None if raw["effective_to"] is None else date.fromisoformat(raw["effective_to"])
    # Households are known by month, so rules may only turn with the month.
    if start.day != 1 or (end and ((end + timedelta(days=1)).day != 1 or end < start)):
        raise RulesError(f"{raw['code']}: rules begin and end with a month")
    components = tuple(_component(entry) for entry in raw["components"])
    codes = [component.code for component in components]
    groups = {component.group for component in components}
    group_max = {_text(group): _number(most, 1, 20) for group, most in raw["group_max"].items()}
    if len(set(codes)) != len(codes) or not group_max.keys() <= groups:
        raise RulesError(f"{raw['code']}: a component stands twice or a limit has no component")
    return Programme(
        code=raw["code"],
        name=_text(raw["name"]),
        effective_from=start,
        effective_to=end,
        decile_max=_number(raw["decile_max"], 1, DECILES),
        exclusions=tuple(_exclusion(entry) for entry in raw["exclusions"]),
        components=components,
        component_max=_number(raw["component_max"], 1 if components else 0, 20),
        group_max=group_max,
        family_rp_per_month=_family_rp(raw["benefit"]),
        sources=tuple(_text(name) for name in raw["sources"]),
    )


def _family_rp(raw: dict[str, Any]) -> int:
    """Rupiah a month to the family; other kinds of benefit are reckoned elsewhere."""
    _fields(raw, {"paid", "rp_per_month"})
    amount = _number(raw["rp_per_month"], 0, 100_000_000)
    if raw["paid"] == "family":
        return amount
    if raw["paid"] in {"by_component", "health_contribution"}:
        return 0
    raise RulesError(f"benefit paid {raw['paid']!r}")


def _exclusion(raw: dict[str, Any]) -> Exclusion:
    _fields(raw, {"code", "occupations"})
    if raw["code"] not in EXCLUSIONS or not raw["occupations"]:
        raise RulesError(f"exclusion {raw['code']!r}: unknown, or it names no work")
    return Exclusion(raw["code"], frozenset(Occupation(name) for name in raw["occupations"]))


def _component(raw: dict[str, Any]) -> ComponentRule:
    _fields(raw, {"code", "name", "group", "rp_per_year", "who"})
    who = raw["who"]
    _fields(who, set(), _CONDITIONS)
    if not who or not _CODE.fullmatch(raw["code"]):
        raise RulesError(f"component {raw['code']!r}: bad code, or no condition at all")
    if not isinstance(who.get("pregnant", True), bool):
        raise RulesError("pregnant is true or false")
    return ComponentRule(
        code=raw["code"],
        name=_text(raw["name"]),
        group=_text(raw["group"]),
        rp_per_year=_number(raw["rp_per_year"], 1, 1_000_000_000),
        sex=Sex(who["sex"]) if "sex" in who else None,
        pregnant=who.get("pregnant"),
        age_min=_number(who["age_min"], 0, 130) if "age_min" in who else None,
        age_max=_number(who["age_max"], 0, 130) if "age_max" in who else None,
        disability=Disability(who["disability"]) if "disability" in who else None,
        attending=Attending(who["attending"]) if "attending" in who else None,
        not_finished=frozenset(Schooling(level) for level in who.get("not_finished", ())),
    )


def _refuse_overlaps(programmes: tuple[Programme, ...]) -> None:
    for index, one in enumerate(programmes):
        for other in programmes[index + 1 :]:
            if one.code != other.code:
                continue
            first, second = sorted((one, other), key=lambda each: each.effective_from)
            if first.effective_to is None or first.effective_to >= second.effective_from:
                raise RulesError(f"{one.code}: two rules for the same day")
