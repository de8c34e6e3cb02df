"""What was simulated, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from infra.load.scenarios import REGISTER, Day

MINUTE, HOUR = 60, 3600
HEAD = ("sent", "lost", "", "forms lost", "sent again", "peak a s", "queued for")


def lines(days: Sequence[Day]) -> Iterator[str]:
    """A row for each scenario and configuration."""
    title = ""
    for day in days:
        if day.title != title:
            title = day.title
            yield f"\n{title}"
            yield f"  {'':<18}" + "".join(f"{name:>12}" for name in HEAD) + "  first wall"
        yield row(day)


def row(day: Day) -> str:
    """One scenario in one configuration."""
    told = day.outcome
    cells = (
        f"{told.sent:,}",
        f"{told.lost:,}",
        f"{told.lost / told.sent:.1%}" if told.sent else "",
        f"{told.lost_of[REGISTER]:,}",
        f"{told.retries:,}",
        f"{told.peak:,}",
        _time(day.queue.longest) if day.queue else "-",
    )
    wall = f"{told.first[0]}, after {_time(told.first[1])}" if told.first else "none"
    return f"  {day.configuration:<18}" + "".join(f"{cell:>12}" for cell in cells) + f"  {wall}"


def _time(seconds: int) -> str:
    if seconds >= HOUR:
        return f"{seconds / HOUR:.1f} h"
    return f"{seconds / MINUTE:.0f} min" if seconds >= 2 * MINUTE else f"{seconds} s"
