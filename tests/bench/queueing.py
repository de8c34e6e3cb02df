"""Disputes that wait on metered tables, and what their lists and drawing anew ask of them."""

from __future__ import annotations

from chalicelib.adapters import dispute_items, dynamo
from chalicelib.domain import adjudication, assignment, hearing, reopening
from chalicelib.domain.dispute import Dispute, Kind
from chalicelib.domain.registration import Stamp
from chalicelib.usecases import list_disputes, redraw_disputes
from chalicelib.usecases.dispute_filter import Filter
from tests import disputing
from tests.bench.stage import Stage, family
from tests.court import STAFF, terms
from tests.world import REGION

ONE, SUPERVISOR = STAFF[0].sub, STAFF[8].sub


def queued(stage: Stage, count: int, officer: str = ONE) -> None:
    """So many disputes that wait for an officer, put there as they are."""
    for number in range(count):
        there = _waiting(stage, f"queued {number}", officer)
        item = dynamo.encode(dispute_items.dispute_to_item(there))
        stage.backend.client.put_item(TableName=stage.backend.tables.registry, Item=item)
    stage.meter.reset()


def mine(stage: Stage) -> list_disputes.DisputeList:
    """What the officer was drawn for."""
    return list_disputes.mine(ONE, Filter(), _list_ports(stage))


def of_region(stage: Stage) -> list_disputes.DisputeList:
    """All that wait."""
    return list_disputes.of_region(Filter(), _list_ports(stage))


def drawn(stage: Stage) -> Dispute:
    """An appeal of a decided family that an officer was drawn for."""
    case = stage.decide(stage.find(stage.register("k" * 20, *family(4)).receipt.text))
    disputes = stage.backend.world().disputes
    stamp = _stamp(stage)
    blank = disputing.blank(Kind.APPEAL, case.ref.locator, pieces=0)
    there, event = hearing.file(blank, stamp, due=stamp.at)
    told = reopening.disputed(case, there.ref.locator, stamp)
    assert disputes.create(there, event, (), case=told) is None
    there, event = hearing.to_review(there, stamp, due=stamp.at)
    assert disputes.change(there, event) is None
    there, event = adjudication.assign(there, ONE, stamp, level=0)
    assert disputes.change(there, event) is None
    stage.meter.reset()
    return there


def redraw(stage: Stage, there: Dispute) -> redraw_disputes.Redrawn:
    """Have it drawn anew, by a supervisor; reading the officers is left out."""
    made = stage.backend.world()
    ports = redraw_disputes.Ports(
        stage.world.clock,
        made.disputes,
        made.store,
        made.ledger,
        lambda: STAFF,
        lambda day: assignment.day_key(disputing.mac, day),
        terms(),
    )
    picked = redraw_disputes.Picked(there.ref.locator, there.ref, there.version)
    (told,) = redraw_disputes.redraw([picked], f"staff:{SUPERVISOR}", "officer_away", ports)
    return told


def _list_ports(stage: Stage) -> list_disputes.Ports:
    made = stage.backend.world()
    return list_disputes.Ports(stage.world.clock, made.store, made.disputes, terms(), REGION)


def _stamp(stage: Stage) -> Stamp:
    return Stamp(stage.world.clock.now_ms(), "system:tests", b"s" * 16)


def _waiting(stage: Stage, key: str, officer: str) -> Dispute:
    stamp = _stamp(stage)
    blank = disputing.blank(Kind.APPEAL, key=key, pieces=0)
    there, _ = hearing.file(blank, stamp, due=stamp.at)
    there, _ = hearing.to_review(there, stamp, due=stamp.at + disputing.DAY)
    return adjudication.assign(there, officer, stamp, level=0)[0]
