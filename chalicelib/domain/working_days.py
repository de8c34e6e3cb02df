"""Deadlines on the Indonesian calendar: weekends, national holidays and joint leave do not count.

The days are data, a file a year (`data/holidays`); a year that is not loaded is an error and
never a guess. Silence never counts against the citizen: what a deadline does when it passes is
decided elsewhere (product: "a missed deadline escalates, it does not close").
"""

from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from chalicelib.domain.strict_json import Node, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FORMAT = 1
KINDS = ("national", "joint_leave", "regional")  # libur nasional, cuti bersama, a region's own
_DAY = timedelta(days=1)


class CalendarError(LookupError):
    """The calendar of a year is not loaded, so its working days are not known."""


@dataclass(frozen=True, slots=True)
class Year:
    """What does not count in one year.

    Attributes:
        weekend: ISO weekdays, 1 Monday to 7 Sunday.
        holidays: national holidays and joint leave.
    """

    weekend: frozenset[int]
    holidays: frozenset[date]


Holidays = dict[int, Year]


def load_holidays(files: Iterable[bytes]) -> Holidays:
    """Read holiday files, one a year.

    Raises:
        ShapeError: a file is not of the stated shape, has a day of another year, or comes twice.
    """
    found: Holidays = {}
    for data in files:
        fields = parse(data).fields("format year weekend source days")
        fields["format"].whole(FORMAT, FORMAT)
        year = fields["year"].whole(2000, 2100)
        if year in found:
            fields["year"].refuse("is loaded already")
        found[year] = Year(
            weekend=frozenset(node.whole(1, 7) for node in fields["weekend"].sequence(0, 6)),
            holidays=frozenset(_holiday(node, year) for node in fields["days"].sequence(1)),
        )
    return found


def is_working_day(day: date, holidays: Mapping[int, Year]) -> bool:
    """True unless the day is a weekend, a national holiday or joint leave.

    Raises:
        CalendarError: its year is not loaded.
    """
    year = holidays.get(day.year)
    if year is None:
        raise CalendarError(f"no holidays are loaded for {day.year}")
    return day.isoweekday() not in year.weekend and day not in year.holidays


def deadline(start: date, working_days: int, holidays: Mapping[int, Year]) -> date:
    """The last day of a term of working days; the starting day itself does not count.

    Args:
        start: the day the term begins, working or not.
        working_days: at least 1.
        holidays: from `load_holidays`.

    Raises:
        CalendarError: the term reaches into a year that is not loaded.
        ValueError: fewer than one working day.
    """
    if working_days < 1:
        raise ValueError("a term has at least one working day")
    day = start
    for _ in range(working_days):
        day = on_or_after(day + _DAY, holidays)
    return day


def working_days_between(start: date, end: date, holidays: Mapping[int, Year]) -> int:
    """How many working days lie after `start`, up to and with `end`; 0 when it is not later.

    Raises:
        CalendarError: one of the years is not loaded.
    """
    span = (end - start).days
    return sum(is_working_day(start + _DAY * n, holidays) for n in range(1, span + 1))


def on_or_after(day: date, holidays: Mapping[int, Year]) -> date:
    """The day itself when it is a working day, or the next one that is.

    Raises:
        CalendarError: the search reaches a year that is not loaded.
    """
    while not is_working_day(day, holidays):
        day += _DAY
    return day


def months_later(start: date, count: int) -> date:
    """The same day some months later, or the last of that month: 31 January + 1 = 28 February.

    For terms told in months, such as the objection period (rulebook 5.3, step 6).
    """
    year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
    return date(year, month + 1, min(start.day, months.monthrange(year, month + 1)[1]))


def _holiday(node: Node, year: int) -> date:
    fields = node.fields("date kind name", "estimated")
    fields["kind"].one_of(*KINDS)
    fields["name"].text()
    day = fields["date"].day()
    if day.year != year:
        node.refuse(f"is not in {year}")
    return day
