"""Hands the use cases of staff their ports: cases, disputes, adoption, officers."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import case_wiring, wiring
from chalicelib.settings import settings

if TYPE_CHECKING:
    from chalicelib.adapters.handover_table import HandoverTable
    from chalicelib.usecases import (
        adopt,
        erase,
        export_disputes,
        keep_officers,
        list_disputes,
        read_case,
        redraw_disputes,
        reissue,
        review_queue,
        saved_views,
        show_adoption,
        show_case,
        show_handovers,
        show_officers,
        show_queue,
        uncovered_visits,
    )


def queue_ports() -> review_queue.Ports:
    """Ports of listing what waits for a person."""
    from chalicelib.usecases.review_queue import Ports

    return Ports(wiring.clock, wiring.store(), settings().region)


def read_ports() -> read_case.Ports:
    """Ports of opening a case."""
    from chalicelib.usecases.read_case import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.opener(),
        wiring.store(),
        wiring.ledger(),
        settings().region,
    )


def show_ports() -> show_case.Ports:
    """Ports of telling staff what a case is about."""
    from chalicelib.usecases.show_case import Ports

    return Ports(wiring.words("staff"), wiring.villages(), case_wiring.status_ports())


def reissue_ports() -> reissue.Ports:
    """Ports of giving a new receipt."""
    from chalicelib.usecases.reissue import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.index(),
        wiring.store(),
        wiring.ledger(),
        wiring.limits(),
        case_wiring.form_rules(),
    )


def erase_ports() -> erase.Ports:
    """Ports of erasing a family."""
    from chalicelib.usecases.erase import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.store(),
        wiring.disputes,
        wiring.copies(),
        wiring.ground_checks(),
    )


def adopt_ports() -> adopt.Ports:
    """Ports of proposing and adopting a model and a rule set."""
    from chalicelib.usecases.adopt import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.index(),
        wiring.proposals(),
        wiring.artefact,
        wiring.rule_set,
        settings().region,
        len(wiring.villages()),
    )


def carried(folder: str) -> list[str]:
    """Content hashes of the models or rule sets that this package carries, in order.

    Args:
        folder: "models" or "rules".
    """
    return sorted(path.stem for path in (wiring.DATA / folder).glob("*.json"))


def programmes() -> list[str]:
    """Codes of the programmes of all rule sets that this package carries, in order."""
    known = [wiring.rule_set(sha256) for sha256 in carried("rules")]
    return sorted({each.code for rules in known if rules for each in rules.programmes})


def show_adoption_ports() -> show_adoption.Ports:
    """Ports of telling staff what is proposed and adopted."""
    from chalicelib.usecases.show_adoption import Ports

    return Ports(
        wiring.words("staff")["adoption"],
        wiring.artefact,
        wiring.rule_set,
        wiring.districts(),
        case_wiring.status_ports(),
    )


def keep_officers_ports() -> keep_officers.Ports:
    """Ports of keeping what is known of officers."""
    from chalicelib.adapters.area_files import area_codes
    from chalicelib.usecases.keep_officers import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.index(),
        wiring.officers(),
        wiring.today(),
        area_codes(),
        wiring.districts(),
        settings().region,
    )


def show_officers_ports() -> show_officers.Ports:
    """Ports of telling administrators what is known of officers."""
    from chalicelib.usecases.show_officers import Ports

    return Ports(
        wiring.words("staff")["officers"],
        wiring.words("sanggah")["profile"],
        wiring.villages(),
        wiring.districts(),
        case_wiring.status_ports(),
    )


def uncovered_ports() -> uncovered_visits.Ports:
    """Ports of telling supervisors which visits nobody may make."""
    from chalicelib.usecases.uncovered_visits import Ports

    return Ports(
        wiring.ground_checks(),
        wiring.words("staff")["officers"]["visits"],
        wiring.words("sanggah")["excluded"],
        wiring.villages(),
        case_wiring.status_ports(),
        settings().region,
    )


def list_ports() -> list_disputes.Ports:
    """Ports of listing the disputes that wait."""
    from chalicelib.usecases.list_disputes import Ports

    return Ports(wiring.clock, wiring.store(), wiring.disputes(), wiring.terms(), settings().region)


def redraw_ports() -> redraw_disputes.Ports:
    """Ports of drawing anew who acts on disputes."""
    from chalicelib.domain.assignment import day_key
    from chalicelib.usecases.redraw_disputes import Ports

    return Ports(
        wiring.clock,
        wiring.disputes(),
        wiring.store(),
        wiring.ledger(),
        officers=lambda: wiring.officers().of_region(settings().region),
        day_key=lambda day: day_key(wiring.index().mac, day),
        terms=wiring.terms(),
    )


def export_ports() -> export_disputes.Ports:
    """Ports of taking a list of disputes out as a file."""
    from chalicelib.usecases.export_disputes import Ports

    return Ports(
        wiring.clock,
        wiring.random,
        wiring.index(),
        wiring.ledger(),
        wiring.limits(),
        show_queue_ports(),
        settings().region,
    )


def view_ports() -> saved_views.Ports:
    """Ports of the filters that officers keep."""
    from chalicelib.adapters.view_table import ViewTable
    from chalicelib.usecases.saved_views import Ports

    names = settings()
    table = ViewTable(wiring.client("dynamodb"), names.ops_table, names.region)
    return Ports(wiring.clock, table)


def show_queue_ports() -> show_queue.Ports:
    """Ports of telling officers which disputes wait."""
    from chalicelib import dispute_wiring
    from chalicelib.usecases.show_queue import Ports

    words = wiring.words("staff")
    return Ports(
        words["queues"],
        words["dispute"]["concerns"],
        dispute_wiring.show_ports(),
        wiring.villages(),
        wiring.districts(),
    )


@cache
def handovers() -> HandoverTable:
    """What steps have left for others to take up."""
    from chalicelib.adapters.handover_table import HandoverTable

    return HandoverTable(wiring.client("dynamodb"), settings().registry_table)


def handover_ports() -> show_handovers.Ports:
    """Ports of listing what was left for others."""
    from chalicelib.usecases.show_handovers import Ports

    return Ports(
        handovers(),
        wiring.words("staff")["handovers"],
        wiring.model().questions,
        wiring.villages(),
        case_wiring.status_ports(),
    )
