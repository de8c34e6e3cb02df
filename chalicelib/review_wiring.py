"""Hands the use cases of officers their ports: reviewing disputes, judging what visits found."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import case_wiring, dispute_wiring, staff_wiring, wiring
from chalicelib.settings import settings

if TYPE_CHECKING:
    from chalicelib.usecases import (
        compare_household,
        open_objector,
        review_dispute,
        settle_check,
        show_evidence,
        show_finding,
        show_looked,
        show_review,
        what_changed,
    )


def review_ports() -> review_dispute.Ports:
    """Ports of opening, recommending and deciding."""
    from chalicelib.adapters.review_table import ReviewTable
    from chalicelib.domain.ground_check import checked_household
    from chalicelib.domain.misused import set_apart
    from chalicelib.usecases.ask_check import visit_of
    from chalicelib.usecases.review_dispute import Ports

    mac = wiring.index().mac
    return Ports(
        wiring.clock,
        wiring.random,
        wiring.opener(),
        wiring.store(),
        wiring.disputes(),
        wiring.ledger(),
        wiring.terms(),
        ReviewTable(wiring.client("dynamodb"), wiring.tables()),
        visit=lambda ref, about, number: visit_of(ref, about, number, mac),
        checked=lambda check: checked_household(check) if check else None,
        set_apart=lambda known, code: set_apart(known, code, wiring.model().questions),
    )


def settle_ports() -> settle_check.Ports:
    """Ports of judging what visits found."""
    from chalicelib.domain.assignment import day_key
    from chalicelib.usecases.settle_check import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.opener(),
        wiring.store(),
        wiring.ground_checks(),
        wiring.disputes(),
        wiring.ledger(),
        officers=lambda: wiring.officers().of_region(settings().region),
        day_key=lambda day: day_key(wiring.index().mac, day),
        terms=wiring.terms(),
        region=settings().region,
    )


def objector_ports() -> open_objector.Ports:
    """Ports of opening who objected."""
    from chalicelib.usecases.open_objector import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.sealer(),
        wiring.opener(),
        wiring.store(),
        wiring.disputes(),
        ledger=wiring.ledger(),
        first=wiring.ledger(),
        limits=wiring.limits(),
        officers=lambda: wiring.officers().of_region(settings().region),
        terms=wiring.terms(),
    )


@cache
def compare_ports() -> compare_household.Ports:
    """Ports of laying what is known of a family side by side."""
    from chalicelib.usecases.compare_household import Ports

    words = wiring.words("review")["compare"]
    return Ports(words, wiring.words("checks"), staff_wiring.show_ports())


def evidence_ports() -> show_evidence.Ports:
    """Ports of showing evidence."""
    from chalicelib.usecases.show_evidence import Ports

    return Ports(wiring.words("disputes"), wiring.fault_words(), wiring.grants())


def show_review_ports() -> show_review.Ports:
    """Ports of telling officers about a dispute."""
    from chalicelib.usecases.show_review import Ports

    return Ports(
        wiring.words("staff")["dispute"],
        staff_wiring.show_ports(),
        dispute_wiring.show_ports(),
        compare_ports(),
        evidence_ports(),
        wiring.clock.now_ms,
    )


def show_finding_ports() -> show_finding.Ports:
    """Ports of telling officers about a finding."""
    from chalicelib.usecases.show_finding import Ports

    return Ports(
        wiring.words("review")["findings"],
        wiring.words("staff")["dispute"],
        wiring.words("checks")["missed"],
        compare_ports(),
        evidence_ports(),
        staff_wiring.show_ports(),
        wiring.clock.now_ms,
    )


def changed_ports() -> what_changed.Ports:
    """Ports of telling officers what has changed since they looked."""
    from chalicelib.usecases.what_changed import Ports

    return Ports(wiring.ledger(), wiring.words("staff")["dispute"], case_wiring.status_ports())


def looked_ports() -> show_looked.Ports:
    """Ports of telling officers who looked."""
    from chalicelib.usecases.show_looked import Ports

    words = wiring.words("staff")
    return Ports(
        wiring.words("review")["looked"],
        words["dispute"],
        words["read_reasons"],
        case_wiring.status_ports(),
    )
