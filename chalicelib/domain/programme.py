"""Which programme a family may have, with coded reasons: integers, no clock, no randomness.

The figures come from the rule set (`rule_set.py`). A decision here is never a promise of money
(quota and schedule follow) and a refusal is never final: it carries the way to a person
(UU 27/2022 art. 10, rulebook 6.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chalicelib.domain.household import Attending, Household, Member
from chalicelib.domain.rule_set import (
    DECILES,
    ComponentRule,
    Exclusion,
    Programme,
    RulesError,
    RuleSet,
    in_force,
    load_rules,
)

__all__ = [
    "Code",
    "Component",
    "Programme",
    "ProgrammeDecision",
    "Reason",
    "RuleSet",
    "RulesError",
    "decide",
    "from_compact",
    "in_force",
    "load_rules",
    "to_compact",
]


class Code(StrEnum):
    """Every code that a decision can carry; each has its sentence in `data/words`."""

    DECILE_WITHIN = "decile_within"  # params: decile, highest decile of the programme
    DECILE_ABOVE = "decile_above"  # params: decile, highest decile of the programme
    HAS_COMPONENT = "has_component"
    COMPONENTS_LIMITED = "components_limited"  # params: how many count for one family
    NO_COMPONENT = "no_component"
    STATE_EMPLOYEE = "state_employee"  # params: how many members
    STATE_COMPANY = "state_company"  # params: how many members
    CORRECT_ANSWERS = "correct_answers"
    REPORT_COMPONENT = "report_component"
    BACK_TO_SCHOOL = "back_to_school"
    NO_LONGER_EMPLOYED = "no_longer_employed"
    REPORT_CHANGES = "report_changes"
    APPEAL = "appeal"


# One letter each for the stored form. Letters are never given to another code.
_LETTERS = {
    Code.DECILE_WITHIN: "a",
    Code.DECILE_ABOVE: "b",
    Code.HAS_COMPONENT: "c",
    Code.NO_COMPONENT: "d",
    Code.STATE_EMPLOYEE: "e",
    Code.STATE_COMPANY: "f",
    Code.COMPONENTS_LIMITED: "g",
    Code.CORRECT_ANSWERS: "h",
    Code.REPORT_COMPONENT: "i",
    Code.BACK_TO_SCHOOL: "j",
    Code.NO_LONGER_EMPLOYED: "k",
    Code.REPORT_CHANGES: "l",
}
_CODES = {letter: code for code, letter in _LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Reason:
    """One coded reason; `params` are the whole numbers of its sentence."""

    code: Code
    params: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    """How many members count as one kind of component, by the code of the rule file."""

    code: str
    count: int


@dataclass(frozen=True, slots=True)
class ProgrammeDecision:
    """The answer for one programme.

    Attributes:
        programme: code in the rule file.
        provisional: True while the decile comes from the model's own cut-offs.
        reasons: why, most general first; never empty.
        would_change: which correction or event could turn the answer.
        components: what was counted, in the order of the rule file.
        rp_per_year: rupiah a year the family could receive: an estimate, not a promise; 0 for a
            refusal and for help that is not paid to the family.
    """

    programme: str
    eligible: bool
    provisional: bool
    reasons: tuple[Reason, ...]
    would_change: tuple[Reason, ...]
    components: tuple[Component, ...] = ()
    rp_per_year: int = 0

    @property
    def review(self) -> Reason | None:
        """The way to a person: every refusal has it (rulebook 6.1, UU 27/2022 art. 10)."""
        return None if self.eligible else Reason(Code.APPEAL)


def decide(
    rules: RuleSet,
    household: Household,
    decile: int | None,
    provisional: bool,
    as_of: tuple[int, int],
) -> tuple[ProgrammeDecision, ...]:
    """Decide each programme in force for one family.

    Args:
        rules: from `load_rules`.
        household: the members; the answers about the house are not looked at here, they have
            already become the decile.
        decile: 1 (lowest) to 10; None when the family could not be scored.
        provisional: True when the decile rests on the model's own cut-offs.
        as_of: (year, month) whose rules hold and on which ages are reckoned.

    Returns:
        One decision a programme, in the order of the rule file. Empty means "no decision",
        never a refusal: the decile is not known, and the case goes to a person.

    Raises:
        RulesError: no rules hold in that month, so nothing may be decided.

    Source: rulebook 3.1 (deciles), 4 (programmes), 4.5 (exclusions).
    """
    if decile is None or not 1 <= decile <= DECILES:
        return ()
    programmes = in_force(rules, date(as_of[0], as_of[1], 1))
    if not programmes:
        raise RulesError(f"no rules hold in {as_of[0]}-{as_of[1]:02}")
    return tuple(_decide(entry, household, decile, provisional, as_of) for entry in programmes)


def _decide(
    programme: Programme,
    household: Household,
    decile: int,
    provisional: bool,
    as_of: tuple[int, int],
) -> ProgrammeDecision:
    against: list[Reason] = []
    would_change: list[Reason] = []
    if decile > programme.decile_max:
        against.append(Reason(Code.DECILE_ABOVE, (decile, programme.decile_max)))
        would_change.append(Reason(Code.CORRECT_ANSWERS))
    excluded = tuple(_excluded(entry, household) for entry in programme.exclusions)
    against.extend(reason for reason in excluded if reason)
    if any(excluded):
        would_change.append(Reason(Code.NO_LONGER_EMPLOYED))
    counted, limited = _components(programme, household, as_of)
    if programme.components and not counted:
        against.append(Reason(Code.NO_COMPONENT))
        would_change.append(Reason(Code.REPORT_COMPONENT))
        if any(_out_of_school(programme, member, as_of) for member in household.members):
            would_change.append(Reason(Code.BACK_TO_SCHOOL))
    if against:
        return ProgrammeDecision(
            programme.code, False, provisional, tuple(against), tuple(would_change)
        )
    reasons = [Reason(Code.DECILE_WITHIN, (decile, programme.decile_max))]
    if counted:
        reasons.append(Reason(Code.HAS_COMPONENT))
    if limited:
        reasons.append(Reason(Code.COMPONENTS_LIMITED, (programme.component_max,)))
    return ProgrammeDecision(
        programme=programme.code,
        eligible=True,
        provisional=provisional,
        reasons=tuple(reasons),
        would_change=(Reason(Code.REPORT_CHANGES),),
        components=tuple(
            Component(rule.code, counted.count(rule))
            for rule in programme.components
            if rule in counted
        ),
        rp_per_year=12 * programme.family_rp_per_month + sum(rule.rp_per_year for rule in counted),
    )


def _excluded(exclusion: Exclusion, household: Household) -> Reason | None:
    """An exclusion that touches the family: one member is enough (rulebook 4.5)."""
    members = sum(member.occupation in exclusion.occupations for member in household.members)
    return Reason(Code(exclusion.code), (members,)) if members else None


def _components(
    programme: Programme, household: Household, as_of: tuple[int, int]
) -> tuple[list[ComponentRule], bool]:
    """Components that count, dearest first, and whether a limit left one out.

    A person counts once, as the dearest kind that fits; then the limit of the kind's group
    holds, then the limit of the family (rulebook 4.1). The sum does not depend on the order in
    which the members were typed.
    """
    dearest_first = sorted(programme.components, key=lambda rule: -rule.rp_per_year)
    fitting = [
        next((rule for rule in dearest_first if _fits(rule, member, as_of)), None)
        for member in household.members
    ]
    found = sorted((rule for rule in fitting if rule), key=dearest_first.index)
    counted: list[ComponentRule] = []
    used: dict[str, int] = {}
    for rule in found:
        in_group = used.get(rule.group, 0)
        if len(counted) < programme.component_max and in_group < programme.group_max.get(
            rule.group, programme.component_max
        ):
            counted.append(rule)
            used[rule.group] = in_group + 1
    return counted, len(counted) < len(found)


def _fits(rule: ComponentRule, member: Member, as_of: tuple[int, int]) -> bool:
    age = member.age_on(as_of)
    return (
        (rule.sex is None or member.sex is rule.sex)
        and (rule.pregnant is None or member.pregnant is rule.pregnant)
        and rule.age_min <= age <= rule.age_max
        and (rule.disability is None or member.disability is rule.disability)
        and (rule.attending is None or member.attending is rule.attending)
        and member.schooling not in rule.not_finished
    )


def _out_of_school(programme: Programme, member: Member, as_of: tuple[int, int]) -> bool:
    """True for a member who would count if at school: the age fits, the attendance does not."""
    if member.attending is not Attending.NO:
        return False
    return any(
        rule.attending is not None
        and rule.age_min <= member.age_on(as_of) <= rule.age_max
        and member.schooling not in rule.not_finished
        for rule in programme.components
    )


_COMPACT = re.compile(
    r"([A-Z_]+)([+-])(~?)((?:[a-z][0-9.]*)+)/((?:[a-z][0-9.]*)+)(?:/((?:[a-z]+[0-9]+)*)=([0-9]+))?",
    re.ASCII,
)


def to_compact(decision: ProgrammeDecision) -> str:
    """Write a decision in few bytes, for the state item; the rules hash stands beside it.

    Example: `PKH+~a2.4c/l/preg1sd2=4800000` - eligible, provisional, decile 2 of at most 4, one
    pregnancy and two primary pupils, an estimated Rp4,800,000 a year.
    """
    amount = ""
    if decision.components or decision.rp_per_year:
        parts = "".join(f"{part.code}{part.count}" for part in decision.components)
        amount = f"/{parts}={decision.rp_per_year}"
    return (
        f"{decision.programme}{'+' if decision.eligible else '-'}"
        f"{'~' if decision.provisional else ''}"
        f"{_write(decision.reasons)}/{_write(decision.would_change)}{amount}"
    )


def from_compact(text: str) -> ProgrammeDecision:
    """Read what `to_compact` wrote.

    Raises:
        RulesError: the text is not such a decision.
    """
    match = _COMPACT.fullmatch(text)
    if not match:
        raise RulesError("stored decision cannot be read")
    programme, sign, provisional, reasons, would_change, components, amount = match.groups()
    return ProgrammeDecision(
        programme=programme,
        eligible=sign == "+",
        provisional=bool(provisional),
        reasons=_read(reasons),
        would_change=_read(would_change),
        components=tuple(
            Component(code, int(count))
            for code, count in re.findall(r"([a-z]+)([0-9]+)", components or "")
        ),
        rp_per_year=int(amount or 0),
    )


def _write(reasons: tuple[Reason, ...]) -> str:
    return "".join(
        _LETTERS[reason.code] + ".".join(str(number) for number in reason.params)
        for reason in reasons
    )


def _read(text: str) -> tuple[Reason, ...]:
    try:
        return tuple(
            Reason(_CODES[letter], tuple(int(number) for number in numbers.split(".") if number))
            for letter, numbers in re.findall(r"([a-z])([0-9.]*)", text)
        )
    except KeyError as error:
        raise RulesError("stored decision has an unknown reason") from error
