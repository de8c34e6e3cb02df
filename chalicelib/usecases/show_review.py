"""What an officer reads about a dispute: the claim beside what is known, and what may be done.

Words only; who may see what was settled by `review_dispute.open_dispute`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import handover, reasons
from chalicelib.domain.dispute import Dispute, Kind, Outcome, Stage
from chalicelib.usecases import (
    compare_household,
    show_case,
    show_dispute,
    show_evidence,
    show_reminders,
    show_status,
)
from chalicelib.usecases.read_case import OpenCase
from chalicelib.usecases.review_dispute import OpenDispute

_RECOMMENDS = frozenset({Stage.REVIEW})
_DECIDES = frozenset({Stage.RECOMMENDED, Stage.SPLIT})


@dataclass(frozen=True, slots=True)
class Ports:
    """What the words rest on.

    Attributes:
        words: those of the staff pages about disputes.
        now: the time (ms, UTC).
    """

    words: Mapping[str, Any]
    case: show_case.Ports
    dispute: show_dispute.Ports
    compare: compare_household.Ports
    evidence: show_evidence.Ports
    now: Callable[[], int]


def sheet(opened: OpenDispute, viewer: str, ports: Ports) -> dict[str, Any]:
    """Everything about one dispute that the officer who opened it may see.

    Args:
        viewer: "staff:<subject>" of the officer.
    """
    there = opened.dispute
    words = ports.dispute.words
    mine = there.officer and viewer == f"staff:{there.officer}"
    lines = _lines(opened, ports)
    return {
        "number": there.ref.locator,
        "version": there.version,
        "seen": f"{there.version}.{opened.case.version if opened.case else 0}",
        "kind": words["kinds"][there.kind],
        "is_objection": there.kind is Kind.OBJECTION,
        "stage": words["stages"][there.stage]["title"],
        "reason": ports.dispute.reasons[there.kind].get(there.reason, there.reason),
        "due": _day(show_reminders.by(there, ports.dispute.terms), ports) if there.due else "",
        "late": words["levels"].get(str(there.level), "") if not there.ended else "",
        "attribute": _attribute(there, ports),
        "follows": there.follows,
        "freed": handover.freed(opened.case.earlier, opened.case.decisions) if opened.case else (),
        "concerns": [_concern(code, ports) for code in there.concerns],
        "openings": len(there.openings),
        "claim": opened.claim,
        "answer": opened.answer,
        "answer_by": _day(there.answer_by, ports) if there.answer_by else "",
        "case": _case(opened, viewer, ports),
        "lines": lines,
        "groups": compare_household.by_group(lines),
        "visited": opened.check is not None and opened.check.finding is not None,
        "differing": sum(line["differs"] for line in lines),
        "evidence": _evidence(opened, ports),
        "votes": [_vote(there, place, viewer, ports) for place in range(len(there.votes))],
        "steps": show_dispute.steps(there, ports.dispute),
        "recommends": bool(mine) and there.stage in _RECOMMENDS,
        "decides": bool(mine) and there.stage in _DECIDES,
        "may_link": bool(mine) and there.stage in _RECOMMENDS and not there.about,
        "choices": choices(ports),
        "outcome": words["outcomes"][there.outcome] if there.outcome else "",
        "changed": [],
    }


def choices(ports: Ports) -> list[tuple[str, list[tuple[str, str]]]]:
    """What may be voted: each outcome with its reasons, as ("outcome:reason", words)."""
    rules = ports.dispute.terms.today(ports.now())
    return [
        (
            ports.dispute.words["outcomes"][outcome],
            [
                (f"{outcome}:{code}", ports.dispute.reasons["decision"][code])
                for code in rules.decision_reasons[outcome]
            ],
        )
        for outcome in Outcome
    ]


def _case(opened: OpenDispute, viewer: str, ports: Ports) -> dict[str, Any] | None:
    if opened.case is None:
        return None
    known = OpenCase(opened.case, opened.identity, None, opened.in_force, ())
    return show_case.sheet(known, viewer, ports.case)


def _concern(code: str, ports: Ports) -> str:
    words: Mapping[str, str] = ports.words["concerns"]
    return words.get(code) or ports.dispute.reasons["clusters"].get(code, code)


def _lines(opened: OpenDispute, ports: Ports) -> list[compare_household.Line]:
    """The family as declared, as registers know it and as it was found on the last visit."""
    if opened.case is None:
        return []
    known = OpenCase(opened.case, opened.identity, None, opened.in_force, ())
    check = opened.check
    declared, found = (check.declared, check.finding) if check else (None, None)
    return compare_household.compared(known, declared, found, ports.compare)


def _evidence(opened: OpenDispute, ports: Ports) -> list[dict[str, Any]]:
    """What the parties brought, then what was photographed on the visit."""
    there, check = opened.dispute, opened.check
    shown = show_evidence.pieces(there.ref, there.evidence, ports.evidence)
    if check is not None:
        shown += show_evidence.pieces(check.ref, check.evidence, ports.evidence)
    return shown


def _vote(there: Dispute, place: int, viewer: str, ports: Ports) -> dict[str, str]:
    vote = there.votes[place]
    code = vote.actor.partition(":")[2][:8]
    words = ports.words
    return {
        "who": words["you"] if vote.actor == viewer else words["officer"].format(kode=code),
        "outcome": ports.dispute.words["outcomes"][vote.outcome],
        "reason": ports.dispute.reasons["decision"].get(vote.reason, vote.reason),
        "at": show_status.moment(vote.at, ports.dispute.status),
    }


def _day(at: int, ports: Ports) -> str:
    """The last day of a term: its end is the first instant of the day after."""
    return reasons.format_date(show_status.local(at - 1, ports.dispute.status).date())


def _attribute(there: Dispute, ports: Ports) -> str:
    """The question whose answer an appeal disputes as somebody else's, in words; "" for none."""
    artefact = ports.dispute.status.artefact("") if there.attribute else None
    texts = {each.code: each.text for each in artefact.questions} if artefact else {}
    return texts.get(there.attribute, ports.words["attribute_other"]) if there.attribute else ""
