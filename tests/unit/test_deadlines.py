"""The clock of a step: due, reminded, taken over; it never ends anything."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.deadlines import Due, due
from chalicelib.domain.sanggah_rules import ESCALATIONS, load_sanggah
from chalicelib.domain.working_days import (
    CalendarError,
    is_working_day,
    load_holidays,
    working_days_between,
)

DATA = Path(__file__).parents[2] / "chalicelib" / "data"
CALENDAR = load_holidays(path.read_bytes() for path in (DATA / "holidays").glob("*.json"))
TERMS = load_sanggah((DATA / "sanggah" / "default.json").read_bytes()).on(date(2026, 11, 22)).terms
EAST = 7  # Banyuwangi
DAY = 86_400_000
UNTIMED = settings(deadline=None)


def ms(text: str) -> int:
    """An instant that is written in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def local_day(at: int, east: int = EAST) -> date:
    return datetime.fromtimestamp((at + east * 3_600_000) / 1000, tz=UTC).date()


def test_a_term_ends_with_its_last_day_in_the_regions_own_time() -> None:
    """Entered on Friday 20 November at 23.30 there: five working days end with Friday the 27th."""
    clock = due(ms("2026-11-20T16:30"), 5, TERMS, CALENDAR, EAST)
    assert clock.day == date(2026, 11, 27)
    assert clock.at == ms("2026-11-27T17:00")
    assert clock.reminders == (ms("2026-11-23T17:00"), ms("2026-11-25T17:00"))  # 24th and 26th
    assert clock.escalations == (ms("2026-11-27T17:00"), ms("2026-12-04T17:00"))
    half_an_hour_later = due(ms("2026-11-20T17:00"), 5, TERMS, CALENDAR, EAST)
    assert half_an_hour_later.day == date(2026, 11, 27)  # Saturday there


def test_levels_rise_at_the_instant_and_not_before() -> None:
    clock = due(ms("2026-11-20T16:30"), 5, TERMS, CALENDAR, EAST)
    first, second = clock.escalations
    told = [(first - 1, 0), (first, 1), (second - 1, 1), (second, 2), (second + 900 * DAY, 2)]
    assert [(at, clock.level(at)) for at, _ in told] == told
    assert [clock.reminded(at) for at in (0, clock.reminders[0], clock.at)] == [0, 1, 2]


def test_what_happens_next() -> None:
    clock = due(ms("2026-11-20T16:30"), 5, TERMS, CALENDAR, EAST)
    seen, now = [], 0
    while now := clock.next(now):
        seen.append(now)
    assert seen == [*clock.reminders, *clock.escalations]
    assert now == 0  # afterwards: no instant, and a number all the same


def test_a_reminder_that_would_fall_on_the_day_of_entry_is_left_out() -> None:
    assert len(due(ms("2026-11-20T01:00"), 3, TERMS, CALENDAR, EAST).reminders) == 1
    assert due(ms("2026-11-20T01:00"), 1, TERMS, CALENDAR, EAST).reminders == ()


@pytest.mark.parametrize(
    ("entered", "working_days"),
    [("2027-12-30T01:00", 5), ("2027-12-27T01:00", 3), ("2030-01-02T01:00", 1)],
)
def test_a_clock_that_reaches_an_unknown_year_is_refused(entered: str, working_days: int) -> None:
    """Also when only the escalation would lie there: no level is ever guessed."""
    with pytest.raises(CalendarError, match=r"loaded for 20(28|30)"):
        due(ms(entered), working_days, TERMS, CALENDAR, EAST)


INSTANTS = st.integers(ms("2026-01-01T00:00"), ms("2027-09-01T00:00"))


@UNTIMED
@given(INSTANTS, st.integers(1, 30), st.sampled_from([7, 8, 9]))
def test_the_days_of_a_clock_are_working_days_and_count_back(
    entered: int, working_days: int, east: int
) -> None:
    clock = due(entered, working_days, TERMS, CALENDAR, east)
    start = local_day(entered, east)
    assert working_days_between(start, clock.day, CALENDAR) == working_days
    assert entered < clock.at == clock.escalations[0]
    expected = [before for before in TERMS.remind_before if before < working_days]
    for at, before in zip(clock.reminders, expected, strict=True):
        assert is_working_day(local_day(at, east), CALENDAR)
        assert working_days_between(local_day(at, east), clock.day, CALENDAR) == before
        assert entered < at < clock.at
    for at, wait in zip(clock.escalations, TERMS.escalate_after, strict=True):
        day = local_day(at - 1, east)
        assert is_working_day(day, CALENDAR)
        assert working_days_between(clock.day, day, CALENDAR) == wait


@UNTIMED
@given(INSTANTS, st.integers(1, 30), st.lists(st.integers(0, 4_000), min_size=1, max_size=20))
def test_time_alone_only_raises_the_level(entered: int, days: int, later: list[int]) -> None:
    """However late it is, the answer is a level: there is nothing a clock could close by."""
    clock = due(entered, days, TERMS, CALENDAR, EAST)
    levels = [clock.level(entered + wait * DAY) for wait in sorted(later)]
    assert levels == sorted(levels)
    assert set(levels) <= set(range(ESCALATIONS + 1))
    assert {field.name for field in fields(Due)} == {"day", "at", "reminders", "escalations"}


@UNTIMED
@given(INSTANTS, st.integers(1, 29))
def test_a_longer_term_is_never_due_sooner(entered: int, days: int) -> None:
    shorter = due(entered, days, TERMS, CALENDAR, EAST)
    longer = due(entered, days + 1, TERMS, CALENDAR, EAST)
    assert shorter.at < longer.at
    assert shorter.escalations < longer.escalations


def test_without_reminders_a_step_is_due_all_the_same() -> None:
    quiet = replace(TERMS, remind_before=())
    clock = due(ms("2026-11-20T01:00"), 5, quiet, CALENDAR, EAST)
    assert (clock.reminders, clock.next(0)) == ((), clock.at)
