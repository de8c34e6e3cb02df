"""What officers read about the disputes that wait: numbers, steps, days; nobody's name.

Words only; which disputes are in a list was settled by `list_disputes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.domain import reasons
from chalicelib.domain.areas import Village
from chalicelib.domain.dispute import WITH_OFFICER, Dispute
from chalicelib.usecases import show_dispute
from chalicelib.usecases.dispute_filter import OPTIONS, STAGES, Filter
from chalicelib.usecases.list_disputes import DisputeList, Waiting
from chalicelib.usecases.redraw_disputes import Redrawn

PAGE: Final = 60
_SHOWN: Final = 8  # letters of an account's id, as on the pages of officers
_DISTRICT: Final = 6


@dataclass(frozen=True, slots=True)
class Ports:
    """What the words rest on.

    Attributes:
        words: those of the lists.
        concerns: what an officer should see, by code.
        villages, districts: of the region, by code.
    """

    words: Mapping[str, Any]
    concerns: Mapping[str, str]
    dispute: show_dispute.Ports
    villages: Mapping[str, Village]
    districts: Mapping[str, str]


def page(listed: DisputeList, number: int, viewer: str, ports: Ports) -> dict[str, Any]:
    """One page of a list, with what is counted at its head.

    Args:
        number: of the page, from 1.
        viewer: "staff:<subject>" of the reader.
    """
    last = max(1, -(-len(listed.found) // PAGE))
    number = min(max(number, 1), last)
    shown = listed.found[(number - 1) * PAGE : number * PAGE]
    return {
        "rows": [_row(each, listed.now, viewer, ports) for each in shown],
        "count": len(listed.found),
        "looked_at": len(listed.looked_at),
        "number": number,
        "last": last,
        "more": listed.more,
        "counts": counts(listed.looked_at),
    }


def counts(waiting: Sequence[Waiting]) -> dict[str, int]:
    """How many are late, end soon, are with the supervisor, with the region, with nobody."""
    return {
        "late": sum(each.late for each in waiting),
        "soon": sum(each.soon for each in waiting),
        "level_1": sum(each.there.level == 1 for each in waiting),
        "level_2": sum(each.there.level > 1 for each in waiting),
        "nobody": sum(is_with_nobody(each.there) for each in waiting),
    }


def is_with_nobody(there: Dispute) -> bool:
    """Whether an officer has to act and none was drawn."""
    return there.stage in WITH_OFFICER and not there.officer


def choices(asked: Filter, ports: Ports) -> dict[str, list[tuple[str, str]]]:
    """What a filter may ask for, by field, as (code, words).

    The villages are those of the district that is asked for: all of a region are hundreds.
    """
    words = ports.words["options"]
    named = {
        "kind": ports.dispute.words["kinds"],
        "stage": {code: ports.dispute.words["stages"][code]["title"] for code in STAGES},
    }
    found = {
        name: [(str(code), (named.get(name) or words[name])[code]) for code in codes]
        for name, codes in OPTIONS.items()
    }
    found["district"] = sorted(ports.districts.items(), key=lambda each: each[1])
    found["village"] = sorted(
        (
            (code, village.name)
            for code, village in ports.villages.items()
            if asked.district and code.startswith(asked.district)
        ),
        key=lambda each: each[1],
    )
    return found


def in_words(asked: Filter, ports: Ports) -> list[str]:
    """What a filter asks for, in words."""
    known = choices(asked, ports)
    return [dict(known[name]).get(code, code) for name, code in asked.told().items()]


def days_since(at: int, now: int, ports: Ports) -> int:
    """Whole days of the region's calendar between two times (ms, UTC)."""
    calendar = ports.dispute.terms.calendar
    return (calendar.day(now) - calendar.day(at)).days


def redrawn(done: Sequence[Redrawn], faults: Mapping[str, str]) -> dict[str, Any]:
    """What became of those that were to be drawn anew.

    Args:
        faults: words by code.
    """
    rows = [
        {
            "number": each.number,
            "officer": each.officer[:_SHOWN],
            "fault": faults[each.fault.code] if each.fault else "",
        }
        for each in done
    ]
    return {"rows": rows, "done": sum(each.fault is None for each in done)}


def _row(waiting: Waiting, now: int, viewer: str, ports: Ports) -> dict[str, Any]:
    there = waiting.there
    village = ports.villages.get(there.ref.village)
    words = ports.words
    last_day = waiting.ends - 1  # a term's end is the first instant of the day after
    return {
        "number": there.ref.locator,
        "about": there.about,
        "version": there.version,
        "mine": viewer == f"staff:{there.officer}",
        "kind": ports.dispute.words["kinds"][there.kind],
        "village": village.name if village else there.ref.village,
        "district": village.district if village else "",
        "stage": ports.dispute.words["stages"][there.stage]["title"],
        "reason": ports.dispute.reasons[there.kind].get(there.reason, there.reason),
        "due": reasons.format_date(ports.dispute.terms.calendar.day(last_day)),
        "late": waiting.late,
        "soon": waiting.soon,
        "late_days": days_since(last_day, now, ports) if waiting.late else 0,
        "age": days_since(there.steps[0].at, now, ports),
        "level": words["levels"][str(there.level)] if there.level else "",
        "officer": there.officer[:_SHOWN],
        "with_nobody": is_with_nobody(there),
        "may_redraw": there.stage in WITH_OFFICER,
        "concerns": [ports.concerns.get(code, code) for code in there.concerns],
    }
