"""What was found on a visit: over what was declared, dated, told apart, and people as counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import ground_check
from chalicelib.domain.finding import Count, Difference, Finding, counts_of, differences
from chalicelib.domain.household import Attending, Occupation, Schooling
from tests.builders import household
from tests.checking import DAY, assigned, finding, found
from tests.fakes import START


def test_what_was_found_stands_over_what_was_declared_and_what_was_not_seen_stays() -> None:
    done = found()[0]
    seen = ground_check.checked_household(done)
    assert seen is not None
    assert done.declared is not None
    assert seen.answers == {**done.declared.answers, "tenure": "owned", "toilet": "flush_tank"}
    assert seen.members == done.declared.members  # whom the civil registry has confirmed
    assert done.declared == household()
    heard = replace(finding(), schooling=Schooling.BACHELOR, occupation=Occupation.EMPLOYER)
    other = ground_check.checked_household(done, heard)
    assert other is not None
    assert (other.head.schooling, other.head.occupation) == ("bachelor", "employer")
    assert other.members[1:] == done.declared.members[1:]


def test_what_was_found_is_dated_by_the_visit() -> None:
    later = ground_check.checked_household(assigned()[0], finding(START + 40 * DAY))
    assert later is not None
    assert later.as_of == (2025, 12)
    clock_behind = ground_check.checked_household(assigned()[0], finding(START - 400 * DAY))
    assert clock_behind is not None
    assert clock_behind.as_of == (2025, 11)


def test_differences_are_told_field_by_field() -> None:
    drawn = assigned()[0]
    assert ground_check.differences(drawn) == ()
    assert ground_check.differences(found(drawn)[0]) == (
        Difference("tenure", "free", "owned"),
        Difference("toilet", "flush_drain", "flush_tank"),
        Difference("counts.people", 4, 5),
    )


def test_people_are_counted_as_the_model_counts_them() -> None:
    family = household(4)  # a head of 40, a spouse, two children of 10
    idle = replace(family.members[2], attending=Attending.NO)
    old = replace(family.members[3], birth_month=(1965, 11), occupation=Occupation.FARMER)
    young = replace(family.members[3], birth_month=(2020, 12))
    members = (*family.members[:2], idle, old, young)
    counted = counts_of(replace(family, members=members))
    assert counted == {
        Count.PEOPLE: 5,
        Count.UNDER_5: 1,
        Count.AGED_60: 1,
        Count.OUT_OF_SCHOOL: 1,
        Count.WORKING: 2,
    }


def of_age(years: int, **other: object) -> dict[Count, int]:
    """Counts of somebody of so many years, as a family of one."""
    alone = household(1)
    someone = replace(alone.head, birth_month=(2025 - years, 11), **other)  # type: ignore[arg-type]
    return counts_of(replace(alone, members=(someone,)))


@pytest.mark.parametrize(
    ("count", "youngest", "oldest"),
    [
        (Count.UNDER_5, 0, 4),
        (Count.OUT_OF_SCHOOL, 7, 16),
        (Count.WORKING, 10, 99),
        (Count.AGED_60, 60, 99),
    ],
)
def test_the_ages_that_are_counted(count: Count, youngest: int, oldest: int) -> None:
    counted = [years for years in range(100) if of_age(years)[count]]
    assert counted == list(range(youngest, oldest + 1))


def test_who_works_and_who_is_out_of_school() -> None:
    idle = {"not_working", "housework", "student", "pensioner"}
    working = {each.value for each in Occupation if of_age(30, occupation=each)[Count.WORKING]}
    assert working == set(Occupation) - idle
    out = {each for each in Attending if of_age(12, attending=each)[Count.OUT_OF_SCHOOL]}
    assert out == {Attending.NO}


def test_people_are_as_old_as_on_the_day_of_the_visit() -> None:
    """A child that turned five after the answers were given is declared as five, not as four."""
    family = household(3)
    child = replace(family.members[2], birth_month=(2020, 12))
    declared = replace(family, members=(*family.members[:2], child))
    seen = Finding(START + 40 * DAY, {}, {Count.UNDER_5: 0})
    assert seen.month == (2025, 12)
    assert differences(declared, seen) == ()
    assert differences(declared, replace(seen, taken_at=START)) == (
        Difference("counts.under_5", 1, 0),
    )


def test_what_the_head_learned_and_does_is_compared_when_it_was_heard() -> None:
    heard = Finding(START, {}, {}, Schooling.BACHELOR, Occupation.EMPLOYER)
    assert differences(household(), heard) == (
        Difference("head.schooling", "primary", "bachelor"),
        Difference("head.occupation", "labourer", "employer"),
    )
    assert differences(household(), Finding(START, {}, {}, Schooling.PRIMARY)) == ()
