"""What is told of a report: its steps to who holds its receipt, the rest to who was drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.domain import reasons
from chalicelib.domain.areas import Village
from chalicelib.domain.evidence import PieceState, page_key
from chalicelib.domain.misconduct import Report, Stage
from chalicelib.usecases.evidence_ports import Grants
from chalicelib.usecases.show_status import Ports as StatusPorts
from chalicelib.usecases.show_status import local, moment


@dataclass(frozen=True, slots=True)
class Ports:
    """What the words rest on.

    Attributes:
        words: of reports (data/words/misconduct).
        faults: why a file cannot be used.
        evidence: words of what became of a file (data/words/disputes).
    """

    words: Mapping[str, Any]
    faults: Mapping[str, str]
    evidence: Mapping[str, str]
    status: StatusPorts
    villages: Mapping[str, Village]


def told(there: Report, ports: Ports) -> dict[str, Any]:
    """A report as whoever sent it may read it: no text, no name, no role above "supervisor"."""
    words = ports.words["stages"][there.stage]
    notes = [ports.words["levels"][str(there.level)]] if there.level and not there.ended else []
    looked_for = there.stage is not Stage.CLOSED and not there.officer
    return {
        "report": there.ref.locator,
        "stage": there.stage.value,
        "title": words["title"],
        "next": None
        if there.ended
        else {
            "text": words["next"],
            "who": ports.words["nobody_yet"] if looked_for else ports.words["who"],
            "by": _day(there.due, ports),
        },
        "notes": notes,
        "steps": _steps(there, ports),
        "evidence": _evidence(there, ports),
        "outcome": ports.words["outcomes"].get(there.outcome, "") if there.ended else None,
    }


def rows(reports: Sequence[Report], now: int, ports: Ports) -> list[dict[str, Any]]:
    """Reports as a list shows them, by deadline: no text of anybody."""
    return [
        {
            "number": each.ref.locator,
            "village": _village(each, ports),
            "reason": ports.words["reasons"].get(each.reason, each.reason),
            "due": _day(each.due, ports),
            "late": each.level > 0 or each.due <= now,
            "drawn": bool(each.officer),
        }
        for each in sorted(reports, key=lambda each: each.due)
    ]


def sheet(
    there: Report,
    claim: Mapping[str, Any],
    grants: Grants,
    outcomes: Sequence[str],
    ports: Ports,
) -> dict[str, Any]:
    """Everything about a report that the supervisor who opened it may see.

    Args:
        outcomes: codes that it may be closed with today.
    """
    day = str(claim["day"])
    released = (each.piece for each in there.evidence if each.piece.state is PieceState.RELEASED)
    return {
        **told(there, ports),
        "number": there.ref.locator,
        "version": there.version,
        "village": _village(there, ports),
        "reason": ports.words["reasons"].get(there.reason, there.reason),
        "text": claim["text"],
        "day": reasons.format_date(date.fromisoformat(day)) if day else "",
        "pages": [
            grants.link(page_key(there.ref, piece.id, page), f"bukti-{piece.id[:6]}-{page}.jpg")
            for piece in released
            for page in range(1, piece.pages + 1)
        ],
        "choices": [(code, ports.words["outcomes"][code]) for code in outcomes],
    }


def _steps(there: Report, ports: Ports) -> list[dict[str, str]]:
    words = ports.words["stages"]
    return [
        {"at": moment(step.at, ports.status), "step": words[step.stage]["title"]}
        for step in there.steps
    ]


def _evidence(there: Report, ports: Ports) -> list[dict[str, str]]:
    return [
        {"state": ports.evidence[each.piece.state], "why": ports.faults.get(each.piece.why, "")}
        for each in there.evidence
    ]


def _village(there: Report, ports: Ports) -> str:
    village = ports.villages.get(there.ref.village)
    return f"{village.name}, {village.district}" if village else there.ref.village


def _day(at: int, ports: Ports) -> str:
    """The last day of a term: its end is the first instant of the day after."""
    return reasons.format_date(local(at - 1, ports.status).date())
