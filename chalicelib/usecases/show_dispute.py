"""What the parties read about a dispute: each step, who acts next and by when, what they can do.

Roles, never names; of an objection the reason, never who filed it (product, objections). The
same body is answered as JSON and drawn as a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import dispute, reasons
from chalicelib.domain.dispute import Dispute, Kind, Outcome, Side, Stage
from chalicelib.domain.errors import WrongState
from chalicelib.domain.registration import Registration
from chalicelib.usecases import filing, show_reminders
from chalicelib.usecases.file_appeal import follows
from chalicelib.usecases.show_status import Ports as StatusPorts
from chalicelib.usecases.show_status import local, moment

_MISUSED = "identity_misused"  # a reason of decisions, in the region's rules
_HEARD = frozenset({Stage.HEARING, Stage.REVIEW, Stage.VISIT})


@dataclass(frozen=True, slots=True)
class Ports:
    """What the words of a dispute rest on.

    Attributes:
        words: of stages, evidence and outcomes (data/words/disputes).
        reasons: per kind and for decisions (data/words/sanggah).
        faults: why a file cannot be used.
    """

    words: Mapping[str, Any]
    reasons: Mapping[str, Mapping[str, str]]
    faults: Mapping[str, str]
    status: StatusPorts
    terms: filing.Terms


def told(there: Dispute, side: Side, ports: Ports, now: int) -> dict[str, Any]:
    """One dispute as a party of it may read it at `now` (shape: the OpenAPI document)."""
    stage = ports.words["stages"][there.stage]
    decided = there.outcome
    return {
        "dispute": there.ref.locator,
        "kind": there.kind.value,
        "title": ports.words["kinds"][there.kind],
        "stage": there.stage.value,
        "steps": steps(there, ports),
        "next": None
        if there.ended
        else {
            "text": stage["next"],
            "who": stage["who"],
            "by": _day(show_reminders.by(there, ports.terms), ports),
        },
        "notes": [
            *_notes(there, ports),
            *show_reminders.reminders(there, side, now, ports.words, ports.terms),
        ],
        "can": can(there, side),
        "claim": None
        if there.kind is Kind.APPEAL
        else ports.reasons["objection"].get(there.reason, there.reason),
        "evidence": [
            {
                "piece": each.piece.id,
                "state": each.piece.state.value,
                "why": ports.faults.get(each.piece.why, ""),
            }
            for each in there.evidence
            if each.side is side
        ],
        "outcome": ports.words["outcomes"][decided] if decided else None,
        "reason": ports.reasons["decision"].get(there.why, "") if decided else None,
        "letter": letter(there.kind, decided, there.why, there.steps[-1].at, ports)
        if decided and _is_addressed(there, side)
        else None,
    }


def _is_addressed(there: Dispute, side: Side) -> bool:
    """Whether a decision's letter is written to this side: it is always the family's."""
    return there.kind is Kind.APPEAL or side is Side.FAMILY


def steps(there: Dispute, ports: Ports) -> list[dict[str, str]]:
    """The stages that it has reached, with their times in the region's own zone."""
    words = ports.words["stages"]
    return [
        {"at": moment(step.at, ports.status), "step": words[step.stage]["title"]}
        for step in there.steps
    ]


def letter(kind: Kind, outcome: Outcome, why: str, at: int, ports: Ports) -> str:
    """What the family reads of a decision; officers see the same words before they vote.

    Args:
        at: when it is decided (ms, UTC), for the terms that hold then.
    """
    reason = ports.reasons["decision"].get(why, why)
    text: str = ports.words["letters"][kind][outcome]
    days = ports.terms.today(at).terms.outcome_appeal
    told = text.format(alasan=reason[:1].lower() + reason[1:], hari=days)
    blameless = why == _MISUSED and outcome is not Outcome.REJECTED
    return f"{told} {ports.words['not_your_fault']}" if blameless else told


def can(there: Dispute, side: Side) -> list[str]:
    """What a party may do in it now, as codes."""
    if there.ended:
        return []
    found = []
    heard = there.stage in _HEARD and bool(there.answer_by) and not there.answered_at
    if side is Side.FAMILY and heard:
        found.append("answer")
    if len(there.evidence) < dispute.MOST_PIECES:
        found.append("add_evidence")
    if side is Side.FILER:
        found.append("withdraw")
    return found


def of_case(
    case: Registration, disputes: Sequence[Dispute], now: int, ports: Ports
) -> dict[str, Any]:
    """What the status of a case tells besides: its disputes, and whether it may be appealed."""
    shown = [
        told(each, Side.FILER if each.kind is Kind.APPEAL else Side.FAMILY, ports, now)
        for each in disputes
        if each.kind is Kind.APPEAL or each.answer_by
    ]
    known = {each.ref.locator: each for each in disputes}
    try:
        follows(case, known, ports.terms.today(now), now, ports.terms)
    except WrongState:
        return {"disputes": shown, "can": []}
    return {"disputes": shown, "can": ["appeal"]}


def _notes(there: Dispute, ports: Ports) -> list[str]:
    notes = [text for code, text in ports.words["told"].items() if code in there.concerns]
    if there.answered_at:
        notes.append(ports.words["answered"])
    if there.level and not there.ended:
        notes.append(ports.words["levels"][str(there.level)])
    return notes


def _day(at: int, ports: Ports) -> str:
    """The last day of a term: its end is the first instant of the day after."""
    return reasons.format_date(local(at - 1, ports.status).date())
