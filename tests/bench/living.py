"""What happens to a family after its registration, on metered tables: disputes, visits, clocks.

The courtroom and the field of the other tests, with stores over real tables in place of the fakes.
What the key service and the buckets are asked for is counted beside, by operation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import botocore.session

from chalicelib.adapters import dynamo, ledger_items, officer_items
from chalicelib.adapters.dispute_table import DisputeTable
from chalicelib.adapters.evidence_bucket import EvidenceBucket
from chalicelib.adapters.ground_check_table import GroundCheckTable
from chalicelib.adapters.ledger_table import LedgerTable
from chalicelib.domain import evidence, officer_profile
from chalicelib.domain.audit import DAY_MS, day_of
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.ground_check import Check
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases import (
    carry_out_check,
    conduct_dispute,
    file_appeal,
    file_objection,
    list_checks,
    screen_evidence,
    take_part,
)
from chalicelib.usecases.dispute_pieces import DisputePieces
from chalicelib.usecases.ports import Sealed
from chalicelib.usecases.sweep import TICK_MS, days_looked_at
from infra.units import item_size
from tests.bench.meter import Meter
from tests.bench.stage import OwnOpener, Stage, family
from tests.court import PHOTO, Courtroom, officer
from tests.fakes_evidence import GOOD
from tests.stores import REGION_NAME, patient
from tests.visiting import Field
from tests.world import REGION, answers

PHOTOS = (PHOTO,) * 3
OVERHEAD = 100  # bytes that AWS adds to each stored item for its bill


class TellingOpener(OwnOpener):
    """Tells the meter of each call to the key service."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self.meter = meter

    def open(self, sealed: Sealed, context: str) -> bytes:
        self.meter.tally["Decrypt", "calls"] += 1
        return super().open(sealed, context)


@dataclass
class Court(Courtroom):
    """A courtroom over the tables of a stage; what is written is really sealed."""

    stage: Stage | None = None

    def __post_init__(self) -> None:
        assert self.stage is not None
        made = self.stage.backend.world()
        self.made, self.sealer = made, self.stage.register_ports.sealer
        world = self.world
        world.store, world.ledger, world.limits = made.store, made.ledger, made.limits  # type: ignore[assignment]
        world.disputes = made.disputes  # type: ignore[assignment]
        super().__post_init__()

    def appeal_ports(self) -> file_appeal.Ports:
        return replace(super().appeal_ports(), sealer=self.sealer)

    def objection_ports(self) -> file_objection.Ports:
        return replace(super().objection_ports(), sealer=self.sealer)

    def part_ports(self) -> take_part.Ports:
        return replace(super().part_ports(), sealer=self.sealer)

    def conduct_ports(self) -> conduct_dispute.Ports:
        return replace(super().conduct_ports(), traces=lambda: self.made.traces)


def court(stage: Stage) -> Court:
    """Officers over the tables of a stage."""
    return Court(stage.world, stage=stage)


def decided(stage: Stage) -> str:
    """A decided family of four; its receipt."""
    receipt = stage.register("k" * 20, *family(4)).receipt.text
    stage.decide(stage.find(receipt))
    return receipt


def appealed(stage: Stage) -> Dispute:
    """An appeal with three photos, just filed."""
    there, receipt = court(stage), decided(stage)
    stage.meter.reset()
    return there.appeal_by(receipt, "appeal-000000000000001", *PHOTOS).dispute


def screened(stage: Stage) -> None:
    """One photo of an appeal screened and released: tables and buckets."""
    made = appealed(stage)
    names = (stage.backend.environment[f"TEPAT_{n}_BUCKET"] for n in ("QUARANTINE", "RELEASED"))
    core = botocore.session.get_session()
    core.set_credentials("test", "test")
    s3 = core.create_client("s3", region_name=REGION_NAME, config=patient())
    quarantine, released = names
    key = evidence.upload_key(made.ref, made.evidence[0].piece.id)
    s3.put_object(Bucket=quarantine, Key=key, Body=b"\xff\xd8\xff\xe0 a photo \xff\xd9")
    stage.meter.reset()

    def told(event_name: str, **_: object) -> None:
        stage.meter.tally[event_name.rpartition(".")[2], "calls"] += 1

    s3.meta.events.register("before-send.s3", told)
    client, tables = stage.backend.client, stage.backend.tables
    ports = screen_evidence.Ports(
        EvidenceBucket(s3, quarantine, released),
        DisputePieces(stage.world.clock, DisputeTable(client, tables)),
        _Clean(),
        _Clean(),
        court(stage).terms.today(stage.world.clock.now_ms()).evidence,
    )
    assert screen_evidence.screen_evidence(key, 1, ports) == screen_evidence.RELEASED


class _Clean:
    """A scanner and a cage that find nothing wrong; their work is no call."""

    def scan(self, content: bytes) -> None:
        """Find nothing."""

    def remake(self, content: bytes, kind: object) -> evidence.Remade:
        return GOOD


def handed_over(stage: Stage) -> None:
    """The machine hands an appeal over and draws an officer."""
    there = court(stage)
    made = there.screen(appealed(stage))
    stage.meter.reset()
    assert there.conduct(made.ref) == []
    assert there.now(made).officer


def objected(stage: Stage) -> Dispute:
    """An objection with a photo, just filed."""
    there = court(stage)
    decided(stage)
    stage.meter.reset()
    return there.object(name="Contoh Sumarni Kusumaningtyas").dispute


def told_of_it(stage: Stage) -> Dispute:
    """The machine finds the family and tells it."""
    made = objected(stage)
    there = court(stage)
    made = there.screen(made)
    stage.meter.reset()
    assert there.conduct(made.ref) == []
    return there.now(made)


def answered(stage: Stage) -> None:
    """The family answers an objection."""
    made = told_of_it(stage)
    receipt = stage.register("k" * 20, *family(4)).receipt.text  # a repeat: the same receipt
    stage.meter.reset()
    court(stage).answer_by(receipt, made.ref.locator, "answer-00000000000000001")


@dataclass
class Walk(Field):
    """The field over the tables of a stage."""

    stage: Stage | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        stage = self.stage
        assert stage is not None
        there = Court(self.world, stage=stage)
        self.sealer, self.disputes = there.sealer, there.disputes  # type: ignore[assignment]
        self.checks = GroundCheckTable(stage.backend.client, stage.backend.tables)  # type: ignore[assignment]

    def carry_ports(self) -> carry_out_check.Ports:
        return replace(super().carry_ports(), sealer=self.sealer)

    def list_ports(self) -> list_checks.Ports:
        assert self.stage is not None
        return replace(super().list_ports(), opener=TellingOpener(self.stage.meter))

    def assigned(self) -> Check:
        """The check of a family that cannot be scored, with somebody drawn to go."""
        assert self.stage is not None
        told = answers(self.world.model)
        del told[self.world.model.questions[0].code]
        receipt = self.stage.register("k" * 20, *family(4), answers=told).receipt.text
        case = self.stage.find(receipt)
        self.stage.decide(case)
        self.stage.meter.reset()
        self.send()
        found = self.checks.about(case.ref)
        assert found
        return found[0]


def sent(stage: Stage) -> Check:
    """The clock asks for a visit of one family and draws who goes."""
    return Walk(stage.world, stage=stage).assigned()


def opened(stage: Stage) -> None:
    """Who goes opens name and address of the family."""
    check = sent(stage)
    stage.meter.reset()
    list_checks.whereabouts(check.ref, check.officer, Walk(stage.world, stage=stage).list_ports())


def found(stage: Stage) -> None:
    """What was found is sent, with three photos granted: the family can be scored now."""
    check = sent(stage)
    walk = Walk(stage.world, stage=stage)
    stage.meter.reset()
    walk.visit(check, seen=answers(stage.world.model), photos=3)


def stored(stage: Stage) -> dict[str, int]:
    """Bytes that AWS bills for what lies in each table, with what it adds to an item."""
    held = {}
    for name in ("registry", "vault", "ledger"):
        table = getattr(stage.backend.tables, name)
        items = stage.backend.client.scan(TableName=table)["Items"]
        held[name] = sum(item_size(item) + OVERHEAD for item in items)
    return held


def lasting(stage: Stage) -> dict[str, dict[str, float]]:
    """What lies and is read again because of one family, and what the clocks look at in a day."""
    stage.backend.clean()
    decided(stage)
    of_family = stored(stage)
    events = _events(stage)
    stage.backend.clean()
    there = court(stage)
    made = there.appeal_by(decided(stage), "appeal-000000000000001", *PHOTOS).dispute
    there.screen(made)
    there.conduct(made.ref)
    with_appeal = stored(stage)
    stage.backend.clean()
    stage.meter.reset()
    ledger = LedgerTable(stage.backend.client, stage.backend.tables.ledger)
    list(ledger.last_states(day_of(stage.world.clock.now_ms())))
    looks = [days_looked_at(at) for at in range(0, DAY_MS, TICK_MS)]
    return {
        "stored, a decided family": of_family,
        "stored, its appeal": {name: with_appeal[name] - of_family[name] for name in with_appeal},
        "ledger, a decided family": {"bytes": events},
        "an officer's profile": {"bytes": _profile()},
        "ledger, one look at a day": {
            "calls": stage.meter.calls.total(),
            "half read units of nothing": stage.meter.half_reads,
        },
        "sweep, a day": {
            "runs": len(looks),
            "looks": sum(map(len, looks)),
            "whole days": sum(_grown(at, back) for at, days in _ticks(looks) for back in days),
        },
    }


def _events(stage: Stage) -> int:
    ledger = LedgerTable(stage.backend.client, stage.backend.tables.ledger)
    events = ledger.day_events(day_of(stage.world.clock.now_ms()))
    return sum(item_size(dynamo.encode(ledger_items.event_to_item(each))) for each in events)


def _profile() -> int:
    """Bytes of an officer's profile with two roles asked for and given."""
    blank = officer_profile.blank(Ref(REGION, "ZZZYAAAAAA"), "officer-1", b"s" * 16)
    stamps = (Stamp(at, "staff:admin-1", b"s" * 16) for at in (1, 2))
    made, _ = officer_profile.declare(blank, officer(1), next(stamps))
    made, _ = officer_profile.ask_roles(made, frozenset({"reviewer", "agent"}), next(stamps))
    made, _ = officer_profile.grant_roles(made, Stamp(3, "staff:admin-2", b"s" * 16))
    return item_size(dynamo.encode(officer_items.profile_to_item(made)))


def _ticks(looks: list[tuple[int, ...]]) -> list[tuple[int, tuple[int, ...]]]:
    return [(number * TICK_MS, back) for number, back in enumerate(looks)]


def _grown(at: int, back: int) -> float:
    """How much of a day is there when it is looked at: today's as it has grown by then."""
    return 1.0 if back else at / DAY_MS
