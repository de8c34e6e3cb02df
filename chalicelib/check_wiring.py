"""Hands the use cases of ground checks their ports and their rules."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import wiring
from chalicelib.settings import settings

if TYPE_CHECKING:
    from chalicelib.domain.check_rules import CheckRules, DatedCheckRules
    from chalicelib.usecases import ask_check, carry_out_check, list_checks, send_visits


def desk_ports() -> list_checks.Ports:
    """Ports of a field officer's list, and of opening where a family lives."""
    from chalicelib.usecases.list_checks import Ports

    region = settings().region
    return Ports(
        wiring.clock,
        wiring.random,
        wiring.opener(),
        wiring.store(),
        wiring.ground_checks(),
        wiring.ledger(),
        region,
    )


def ask_check_ports() -> ask_check.Ports:
    """Ports of asking that somebody goes and looks."""
    from chalicelib.usecases.ask_check import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.index(),
        wiring.store(),
        wiring.ground_checks(),
        wiring.disputes(),
        wiring.ledger(),
        wiring.terms(),
        wiring.artefact,
        wiring.rule_set,
        settings().region,
    )


def send_visits_ports() -> send_visits.Ports:
    """Ports of the clock that sends somebody."""
    from chalicelib.domain import assignment
    from chalicelib.usecases.send_visits import Ports

    return Ports(
        ask_check_ports(),
        wiring.ledger(),
        wiring.ground_checks(),
        lambda: wiring.officers().of_region(settings().region),
        lambda day: assignment.day_key(wiring.index().mac, day),
        check_rules_today,
        wiring.village_of,
    )


def visit_ports() -> carry_out_check.Ports:
    """Ports of keeping a visit."""
    from chalicelib.usecases.carry_out_check import Ports

    return Ports(
        wiring.clock,
        wiring.index(),
        wiring.sealer(),
        wiring.store(),
        wiring.ground_checks(),
        wiring.grants(),
        wiring.terms(),
        check_rules_today,
        wiring.artefact,
        wiring.rule_set,
        settings().region,
    )


def village_of_check(locator: str) -> str | None:
    """Code of the village that the number of a ground check carries; None for no check of ours."""
    from chalicelib.domain.ground_check import village_index

    return wiring.village_at(village_index(locator))


@cache
def check_rules() -> DatedCheckRules:
    """How many families are visited unasked, and how: the region's own file, or the default."""
    from chalicelib.domain.check_rules import load_check_rules

    own = wiring.DATA / "checks" / f"{settings().region}.json"
    path = own if own.is_file() else own.with_name("default.json")
    return load_check_rules(path.read_bytes())


def check_rules_today() -> CheckRules:
    """Those of today, in the region's own time."""
    return check_rules().on(wiring.terms().calendar.day(wiring.clock.now_ms()))
