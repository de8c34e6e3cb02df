"""Days and terms in a region's own time: what a person there calls today and the last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.domain.deadlines import Due, due, end_of_day
from chalicelib.domain.working_days import Holidays, months_later

if TYPE_CHECKING:
    from chalicelib.domain.sanggah_rules import Terms

_MS = 1000


@dataclass(frozen=True, slots=True)
class RegionCalendar:
    """The working days of a region and its distance from UTC (WIB 7, WITA 8, WIT 9 hours)."""

    holidays: Holidays
    hours_east: int

    def day(self, at: int) -> date:
        """The day that a time (ms, UTC) falls on."""
        return (datetime.fromtimestamp(at // _MS, tz=UTC) + timedelta(hours=self.hours_east)).date()

    def term(self, entered: int, working_days: int, terms: Terms) -> Due:
        """The clock of a step (`deadlines.due`)."""
        return due(entered, working_days, terms, self.holidays, self.hours_east)

    def window_end(self, at: int, months: int) -> int:
        """When a term told in months is over (ms, UTC)."""
        return end_of_day(months_later(self.day(at), months), self.hours_east)
