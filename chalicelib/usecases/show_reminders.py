"""What the parties of a dispute are reminded of: what is due soon, and which terms were missed.

Roles, never names. A term that officers missed is told as theirs; that a family did not answer is
told as no fault of anybody, since silence counts for nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.domain import reasons
from chalicelib.domain.dispute import Dispute, Reached, Side, Stage

if TYPE_CHECKING:
    from chalicelib.domain.deadlines import Due
    from chalicelib.usecases.filing import Terms


def reminders(
    there: Dispute, side: Side, now: int, words: Mapping[str, Any], terms: Terms
) -> list[str]:
    """One sentence each, in the order of the steps; the step that it stands at comes last."""
    told = []
    for step, after in itertools.pairwise(there.steps):
        due = _due(step, terms)
        if due is not None and step.stage is not Stage.HEARING and after.at > due.at:
            told.append(_sentence("missed", step, due, words))
    if there.ended:
        return told
    due = _due(there.steps[-1], terms)
    if due is not None:
        told += _now(there, due, side, now, words)
    return told


def by(there: Dispute, terms: Terms) -> int:
    """When the term of the step that it stands at is over (ms, UTC).

    `Dispute.due` tells of the next escalation once it has passed.
    """
    due = _due(there.steps[-1], terms)
    return there.due if due is None else due.at


def _now(there: Dispute, due: Due, side: Side, now: int, words: Mapping[str, Any]) -> list[str]:
    step = there.steps[-1]
    if step.stage is Stage.HEARING:
        answers = side is Side.FAMILY and not there.answered_at
        return [_sentence("answer", step, due, words)] if answers else []
    if now >= due.at:
        return [_sentence("late", step, due, words)]
    return [_sentence("soon", step, due, words)] if due.reminded(now) else []


def _due(step: Reached, terms: Terms) -> Due | None:
    rules = terms.today(step.at).terms
    days = rules.answer if step.stage is Stage.HEARING else rules.of_stage(step.stage)
    return None if days is None else terms.calendar.term(step.at, days, rules)


def _sentence(kind: str, step: Reached, due: Due, words: Mapping[str, Any]) -> str:
    sentence: str = words["reminders"][kind]
    who = words["stages"][step.stage]["who"]
    return sentence.format(siapa=who, tanggal=reasons.format_date(due.day))
