"""What a field officer finds at a family's home, beside what it declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from chalicelib.domain.household import Attending, Household, Occupation, Schooling


class Count(StrEnum):
    """People who live there, as far as the model counts them; who they are is not asked."""

    PEOPLE = "people"
    UNDER_5 = "under_5"
    AGED_60 = "aged_60"
    OUT_OF_SCHOOL = "out_of_school"  # 7 to 16 years old
    WORKING = "working"  # 10 and older


_IDLE: Final = frozenset(
    {Occupation.NOT_WORKING, Occupation.HOUSEWORK, Occupation.STUDENT, Occupation.PENSIONER}
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen, in the model's own terms.

    Attributes:
        taken_at: when, by the phone (ms, UTC).
        answers: question of the model -> answer; what could not be seen is left out.
        counts: of people, alike.
        schooling, occupation: of the head; None for not learned.
    """

    taken_at: int
    answers: Mapping[str, int | str]
    counts: Mapping[Count, int]
    schooling: Schooling | None = None
    occupation: Occupation | None = None

    @property
    def month(self) -> tuple[int, int]:
        """(year, month) in which it was taken, UTC."""
        day = datetime.fromtimestamp(self.taken_at // 1000, tz=UTC)
        return day.year, day.month


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that was declared otherwise than found.

    Attributes:
        field: a question's code, "counts.people", or "head.schooling".
    """

    field: str
    declared: int | str | None
    found: int | str


def checked_household(declared: Household, finding: Finding) -> Household:
    """The family as it was found: what was seen over what was declared, dated by the visit.

    Members stay those whom the civil registry has confirmed: whoever else lives there is counted
    and told, and is for the family or an officer to register.
    """
    head = replace(
        declared.head,
        schooling=finding.schooling or declared.head.schooling,
        occupation=finding.occupation or declared.head.occupation,
    )
    return replace(
        declared,
        members=(head, *declared.members[1:]),
        answers={**declared.answers, **finding.answers},
        as_of=max(declared.as_of, finding.month),
    )


def differences(declared: Household, finding: Finding) -> tuple[Difference, ...]:
    """What was declared otherwise than found, by field; what was not seen differs in nothing."""
    counted = counts_of(replace(declared, as_of=max(declared.as_of, finding.month)))
    head = declared.head
    pairs: list[tuple[str, int | str | None, int | str | None]] = [
        *((code, declared.answers.get(code), answer) for code, answer in finding.answers.items()),
        *((f"counts.{code}", counted[code], number) for code, number in finding.counts.items()),
        ("head.schooling", head.schooling, finding.schooling),
        ("head.occupation", head.occupation, finding.occupation),
    ]
    return tuple(
        Difference(field, before, after)
        for field, before, after in pairs
        if after is not None and before != after
    )


def counts_of(household: Household) -> dict[Count, int]:
    """The people of a household as a field officer counts them."""
    aged = [(member, member.age_on(household.as_of)) for member in household.members]
    return {
        Count.PEOPLE: len(aged),
        Count.UNDER_5: sum(age < 5 for _, age in aged),  # noqa: PLR2004 - as it is called
        Count.AGED_60: sum(age >= 60 for _, age in aged),  # noqa: PLR2004 - as above
        Count.OUT_OF_SCHOOL: sum(
            7 <= age <= 16 and member.attending is Attending.NO  # noqa: PLR2004 - as above
            for member, age in aged
        ),
        Count.WORKING: sum(
            age >= 10 and member.occupation not in _IDLE  # noqa: PLR2004 - as above
            for member, age in aged
        ),
    }
