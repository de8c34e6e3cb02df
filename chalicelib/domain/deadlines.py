"""When a step is due, who is reminded before, and who takes over after it.

A missed deadline only raises a level: nothing here closes, rejects or lapses anything (product:
"silence never counts against the citizen").
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from chalicelib.domain.working_days import deadline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.domain.sanggah_rules import Terms
    from chalicelib.domain.working_days import Year

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Due:
    """The clock of one step.

    Attributes:
        day: last day of the term, in the region's own time.
        at: when that day is over (ms, UTC).
        reminders: when somebody should be reminded, rising; all before `at`.
        escalations: when the supervisor, then the region takes over, rising; none before `at`.
    """

    day: date
    at: int
    reminders: tuple[int, ...]
    escalations: tuple[int, ...]

    def level(self, now: int) -> int:
        """Who has to act at `now` (ms): 0 the officer, 1 the supervisor, 2 the region."""
        return bisect_right(self.escalations, now)

    def reminded(self, now: int) -> int:
        """How many reminders are due at `now` (ms)."""
        return bisect_right(self.reminders, now)

    def next(self, now: int) -> int:
        """The next instant (ms) after `now` at which somebody is reminded or takes over; 0: none.

        A machine looks again then. When there is none the step still waits, with the region.
        """
        return min((at for at in (*self.reminders, *self.escalations) if at > now), default=0)


def due(
    entered: int, working_days: int, terms: Terms, calendar: Mapping[int, Year], hours_east: int
) -> Due:
    """The clock of a step that was entered at an instant.

    Args:
        entered: ms, UTC; the day of it, in the region's own time, does not count.
        working_days: length of the step's term, at least 1.
        terms: for when reminders and escalations fall.
        calendar: from `working_days.load_holidays`.
        hours_east: of the region's own time, from UTC.

    Raises:
        CalendarError: a day of the clock lies in a year that is not loaded.
        ValueError: a term of fewer than one working day.
    """
    first = date.fromordinal(_EPOCH + (entered + hours_east * _HOUR_MS) // _DAY_MS)
    last = deadline(first, working_days, calendar)
    # A reminder on the day of entry would tell what was told just now.
    reminders = (working_days - before for before in terms.remind_before if before < working_days)
    taken_over = (deadline(last, wait, calendar) if wait else last for wait in terms.escalate_after)
    return Due(
        day=last,
        at=end_of_day(last, hours_east),
        reminders=tuple(
            end_of_day(deadline(first, days, calendar), hours_east) - _DAY_MS for days in reminders
        ),
        escalations=tuple(end_of_day(day, hours_east) for day in taken_over),
    )


def end_of_day(day: date, hours_east: int) -> int:
    """The instant (ms, UTC) at which a day of the region is over."""
    return (day.toordinal() + 1 - _EPOCH) * _DAY_MS - hours_east * _HOUR_MS
