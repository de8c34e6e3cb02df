"""Builds what reports about agents and officers need; beside `wiring`, whose builders it uses."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import case_wiring, wiring
from chalicelib.settings import settings

if TYPE_CHECKING:
    from chalicelib.usecases import conduct_report, file_report, review_report, show_report


def village_of(locator: str) -> str | None:
    """Code of the village that a report's locator carries; None when it is not of this region."""
    from chalicelib.domain.misconduct import village_index

    return wiring.village_at(village_index(locator))


def file_ports(after: str = "") -> file_report.Ports:
    """Ports of reporting, and of looking what became of it.

    Args:
        after: where a browser without scripts is led when a photo has arrived.
    """
    from chalicelib.usecases.file_report import Ports

    return Ports(
        clock=wiring.clock,
        random=wiring.random,
        index=wiring.index(),
        sealer=wiring.sealer(),
        reports=wiring.reports(),
        limits=wiring.limits(),
        grants=wiring.grants(),
        terms=wiring.terms(),
        villages=wiring.villages(),
        village_of=village_of,
        after=after,
    )


@cache
def show_ports() -> show_report.Ports:
    """Ports of telling about a report."""
    from chalicelib.usecases.show_report import Ports

    return Ports(
        wiring.words("misconduct"),
        wiring.fault_words(),
        wiring.words("disputes")["evidence"],
        case_wiring.status_ports(),
        wiring.villages(),
    )


def conduct_ports() -> conduct_report.Ports:
    """Ports of taking reports as far as a machine may."""
    from chalicelib.domain.assignment import day_key
    from chalicelib.usecases.conduct_report import Ports

    return Ports(
        wiring.clock,
        wiring.reports(),
        lambda: wiring.officers().of_region(settings().region),
        lambda day: day_key(wiring.index().mac, day),
        wiring.terms(),
    )


def review_ports() -> review_report.Ports:
    """Ports of opening and closing a report."""
    from chalicelib.usecases.review_report import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.opener(),
        wiring.reports(),
        wiring.ledger(),
        wiring.terms(),
    )
