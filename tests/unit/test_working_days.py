"""Terms of working days on the Indonesian calendar, and where the calendar comes from."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.region_calendar import RegionCalendar
from chalicelib.domain.strict_json import ShapeError
from chalicelib.domain.working_days import (
    CalendarError,
    deadline,
    is_working_day,
    load_holidays,
    months_later,
    on_or_after,
    working_days_between,
)
from modelling.holidays_command import holiday_file

FOLDER = Path(__file__).parents[2] / "chalicelib" / "data" / "holidays"
FILES = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.json"))}
HOLIDAYS = load_holidays(FILES.values())
UNTIMED = settings(deadline=None)  # a busy machine is no failure


@pytest.mark.parametrize("year", FILES)
def test_the_committed_file_is_what_the_package_gives(year: str) -> None:
    assert holiday_file(int(year)) == FILES[year]


def test_a_year_without_a_decree_is_not_written() -> None:
    with pytest.raises(ValueError, match="2030"):
        holiday_file(2030)


@pytest.mark.parametrize(
    ("start", "working_days", "end"),
    [
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # over a weekend
        (date(2026, 11, 21), 1, date(2026, 11, 23)),  # begun on a Saturday
        (date(2026, 11, 21), 14, date(2026, 12, 10)),
        (date(2026, 12, 23), 1, date(2026, 12, 28)),  # joint leave, Christmas, weekend
        (date(2026, 12, 23), 5, date(2027, 1, 4)),  # into the next year
        (date(2026, 3, 17), 1, date(2026, 3, 25)),  # Nyepi and Idul Fitri with joint leave
    ],
)
def test_terms_of_working_days(start: date, working_days: int, end: date) -> None:
    assert deadline(start, working_days, HOLIDAYS) == end
    assert working_days_between(start, end, HOLIDAYS) == working_days


def test_what_counts() -> None:
    assert is_working_day(date(2026, 11, 23), HOLIDAYS)
    assert not is_working_day(date(2026, 11, 21), HOLIDAYS)
    assert not is_working_day(date(2026, 8, 17), HOLIDAYS)
    assert not is_working_day(date(2026, 12, 24), HOLIDAYS)
    assert on_or_after(date(2026, 12, 24), HOLIDAYS) == date(2026, 12, 28)
    assert on_or_after(date(2026, 12, 23), HOLIDAYS) == date(2026, 12, 23)


def test_a_year_that_is_not_loaded_is_an_error_and_never_a_guess() -> None:
    only_2026 = load_holidays([FILES["2026"]])
    assert deadline(date(2026, 12, 29), 2, only_2026) == date(2026, 12, 31)
    for question in (
        lambda: deadline(date(2026, 12, 29), 3, only_2026),
        lambda: is_working_day(date(2027, 1, 4), only_2026),
        lambda: working_days_between(date(2026, 12, 29), date(2027, 1, 4), only_2026),
        lambda: on_or_after(date(2027, 1, 1), only_2026),
    ):
        with pytest.raises(CalendarError, match="2027"):
            question()


@pytest.mark.parametrize("working_days", [0, -3])
def test_a_term_has_at_least_one_day(working_days: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        deadline(date(2026, 11, 20), working_days, HOLIDAYS)


DAYS = st.dates(date(2026, 1, 1), date(2027, 11, 1))


@UNTIMED
@given(DAYS, st.integers(1, 30))
def test_a_deadline_is_a_working_day_and_counts_back(start: date, working_days: int) -> None:
    end = deadline(start, working_days, HOLIDAYS)
    assert is_working_day(end, HOLIDAYS)
    assert working_days_between(start, end, HOLIDAYS) == working_days
    assert deadline(start, working_days + 1, HOLIDAYS) > end


@UNTIMED
@given(DAYS, st.integers(0, 30))
def test_nothing_is_counted_backwards(start: date, days: int) -> None:
    assert working_days_between(start, start - timedelta(days=days), HOLIDAYS) == 0


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 11, 21), 1, date(2026, 12, 21)),
        (date(2026, 12, 21), 1, date(2027, 1, 21)),
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 14, date(2028, 1, 30)),
    ],
)
def test_terms_told_in_months(start: date, count: int, end: date) -> None:
    assert months_later(start, count) == end


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"year": 2027},
        {"weekend": [0]},
        {"days": []},
        {"days": [{"date": "2026-02-30", "kind": "national", "name": "Nyepi"}]},
        {"days": [{"date": "2026-02-03", "kind": "rumour", "name": "Nyepi"}]},
        {"days": [{"date": "2026-02-03", "kind": "national"}]},
        {"surprise": 1},
    ],
)
def test_a_file_that_is_not_as_agreed_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ShapeError):
        load_holidays([json.dumps(json.loads(FILES["2026"]) | change).encode()])


def year_of(year: int, weekend: list[int]) -> bytes:
    days = [{"date": f"{year}-01-01", "kind": "national", "name": "Tahun Baru"}]
    document = {"format": 1, "year": year, "weekend": weekend, "source": "x", "days": days}
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("year", "fits"), [(1999, False), (2000, True), (2100, True), (2101, False)]
)
def test_a_calendar_is_of_this_century(year: int, fits: bool) -> None:
    if fits:
        assert load_holidays([year_of(year, [7])])[year].holidays == {date(year, 1, 1)}
    else:
        with pytest.raises(ShapeError, match="year: must be"):
            load_holidays([year_of(year, [7])])


@pytest.mark.parametrize(
    ("weekend", "fits"),
    [
        ([], True),
        ([1], True),
        ([7], True),
        ([1, 2, 3, 4, 5, 6], True),
        ([0], False),
        ([8], False),
        ([1, 2, 3, 4, 5, 6, 7], False),  # a week without a working day would have no deadline
    ],
)
def test_a_week_has_seven_days_and_one_to_work(weekend: list[int], fits: bool) -> None:
    if fits:
        assert load_holidays([year_of(2026, weekend)])[2026].weekend == set(weekend)
    else:
        with pytest.raises(ShapeError, match="weekend"):
            load_holidays([year_of(2026, weekend)])


def test_a_year_is_loaded_once() -> None:
    with pytest.raises(ShapeError, match="already"):
        load_holidays([FILES["2026"], FILES["2026"]])


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
@pytest.mark.parametrize("hours_east", [7, 8, 9])
def test_a_region_s_day_begins_at_its_midnight_wherever_the_machine_stands(
    zone: str, hours_east: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar = RegionCalendar(HOLIDAYS, hours_east)
    midnight = datetime(2026, 11, 22, tzinfo=UTC) - timedelta(hours=hours_east)
    at = int(midnight.timestamp()) * 1000
    with monkeypatch.context() as there:
        there.setenv("TZ", zone)
        time.tzset()
        days = [calendar.day(at + ms).isoformat() for ms in (-1, 0, 86_399_999, 86_400_000)]
    time.tzset()
    assert days == ["2026-11-21", "2026-11-22", "2026-11-22", "2026-11-23"]
