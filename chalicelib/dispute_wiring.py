"""Hands the use cases of filing and conducting disputes their ports."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import case_wiring, wiring
from chalicelib.settings import settings

if TYPE_CHECKING:
    from chalicelib.adapters.cluster_table import ClusterTable
    from chalicelib.domain.dispute import Dispute
    from chalicelib.usecases import (
        conduct_dispute,
        file_appeal,
        file_objection,
        file_outcome_appeal,
        file_own_appeal,
        show_dispute,
        take_part,
    )


def village_of(locator: str) -> str | None:
    """Code of the village that a dispute's locator carries; None when it is not of this region."""
    from chalicelib.domain.dispute import village_index

    return wiring.village_at(village_index(locator))


def appeal_ports(after: str) -> file_appeal.Ports:
    """Ports of filing an appeal.

    Args:
        after: where a browser without scripts is led when a file has arrived.
    """
    from chalicelib.usecases.file_appeal import Ports

    return Ports(
        case_wiring.find_ports(),
        wiring.random,
        wiring.sealer(),
        wiring.disputes(),
        wiring.grants(),
        wiring.terms(),
        misused_attributes,
        after,
    )


def misused_attributes() -> tuple[str, ...]:
    """Codes of what may be disputed as somebody else's."""
    from chalicelib.domain.misused import attributes

    return attributes(wiring.model().questions)


def objection_ports(after: str) -> file_objection.Ports:
    """Ports of filing an objection; `after` as for an appeal."""
    from chalicelib.usecases.file_objection import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.index(),
        wiring.sealer(),
        wiring.store(),
        wiring.disputes(),
        wiring.limits(),
        wiring.grants(),
        wiring.terms(),
        wiring.villages(),
        after,
    )


def own_appeal_ports(after: str) -> file_own_appeal.Ports:
    """Ports of appealing signed in; `after` as for an appeal."""
    from chalicelib.usecases.file_own_appeal import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.index(),
        wiring.sealer(),
        wiring.disputes(),
        wiring.limits(),
        wiring.grants(),
        wiring.terms(),
        misused_attributes,
        wiring.villages(),
        after,
    )


def second_ports(after: str) -> file_outcome_appeal.Ports:
    """Ports of asking for a second look at one's own objection; `after` as for an appeal."""
    from chalicelib.usecases.file_outcome_appeal import Ports

    return Ports(part_ports(after), wiring.random)


def part_ports(after: str) -> take_part.Ports:
    """Ports of taking part in a dispute; `after` as for an appeal."""
    from chalicelib.usecases.take_part import Ports

    return Ports(
        case_wiring.find_ports(),
        wiring.sealer(),
        wiring.disputes(),
        wiring.grants(),
        wiring.terms(),
        village_of,
        after,
    )


@cache
def show_ports() -> show_dispute.Ports:
    """Ports of telling the parties of a dispute about it."""
    from chalicelib.usecases.show_dispute import Ports

    return Ports(
        wiring.words("disputes"),
        wiring.words("sanggah"),
        wiring.fault_words(),
        case_wiring.status_ports(),
        wiring.terms(),
    )


@cache
def traces() -> ClusterTable:
    """Rows by which objections of one hand meet."""
    from chalicelib.adapters.cluster_table import ClusterTable

    return ClusterTable(wiring.client("dynamodb"), settings().ops_table)


def conduct_ports() -> conduct_dispute.Ports:
    """Ports of taking appeals and objections as far as a machine may."""
    from chalicelib.domain.assignment import day_key
    from chalicelib.domain.blind_keys import guard_of
    from chalicelib.usecases.conduct_dispute import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.disputes(),
        wiring.store(),
        wiring.ledger(),
        officers=lambda: wiring.officers().of_region(settings().region),
        day_key=lambda day: day_key(wiring.index().mac, day),
        guard=lambda person: guard_of(wiring.index().version, person),
        traces=traces,
        mac=wiring.index().mac,
        visited=_visited,
        terms=wiring.terms(),
    )


def _visited(dispute: Dispute) -> bool:
    from chalicelib.usecases.ask_check import visited

    return visited(dispute, wiring.index().mac, wiring.ground_checks())
