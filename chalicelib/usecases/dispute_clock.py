"""The clock of a dispute: which term its step has, and when a person should have acted."""

from __future__ import annotations

from chalicelib.domain.deadlines import Due
from chalicelib.domain.dispute import Dispute, Stage
from chalicelib.domain.region_calendar import RegionCalendar
from chalicelib.domain.sanggah_rules import SanggahRules


def clock(there: Dispute, rules: SanggahRules, calendar: RegionCalendar) -> Due | None:
    """The clock of the step that a dispute stands at; None where no officer's term runs."""
    terms = rules.terms
    days = {
        Stage.REVIEW: terms.recommend,
        Stage.VISIT: terms.visit,
        Stage.RECOMMENDED: terms.decide,
        Stage.SPLIT: terms.third,
    }.get(there.stage)
    return None if days is None else calendar.term(there.steps[-1].at, days, terms)


def ends(there: Dispute, rules: SanggahRules, calendar: RegionCalendar) -> int:
    """When the term of its step is over (ms, UTC).

    After it has passed, `Dispute.due` tells of the next escalation and no longer of the term.
    """
    found = clock(there, rules, calendar)
    return there.due if found is None else found.at
