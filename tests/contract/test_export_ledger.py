"""What the stores wrote, sealed and exported satisfies the verifier that shares no code with it."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import pytest

from chalicelib.domain import adoption, audit, hearing, reopening
from chalicelib.domain.adoption import Stage
from chalicelib.domain.audit import DAY_MS, day_of
from chalicelib.domain.dispute import Kind
from chalicelib.domain.registration import Stamp
from chalicelib.usecases.export_ledger import Ports, export_ledger
from chalicelib.usecases.seal_day import Ports as SealPorts
from chalicelib.usecases.seal_day import seal_day
from infra.account import Account
from infra.audit_export import write
from modelling.audit_verify import verify
from tests.adopting import example
from tests.builders import MINUTE, REGION, START, build, corrected, decided
from tests.disputing import filed, statements
from tests.ledger_world import MemoryFiles, signer

if TYPE_CHECKING:
    from tests.stores import Backend, World

OFFICER = "staff:reviewer-1"


@pytest.fixture
def lived(world: World) -> World:
    """Families that move on over two days, officers who look, and the first day sealed."""
    for number in range(6):
        built = build(f"key {number}", family=number)
        assert world.store.create(built.case, built.vault, built.event, built.guards) is None
        case = built.case
        for step, move in enumerate((corrected, decided)[: number % 3]):
            case, event = move(case, START + (step + 1) * DAY_MS + number * MINUTE)
            assert world.store.change(case, event) is None
        for at in (START + number, START + 2 * DAY_MS):
            head = world.ledger.last_read(OFFICER, day_of(at))
            event, _ = audit.append_read(
                head,
                at=at,
                actor=OFFICER,
                ref=case.ref.locator,
                reason="queue",
                own_id=b"one look",
            )
            assert world.ledger.put_read(event)
    ports = SealPorts(REGION, world.ledger, signer(), MemoryFiles())
    assert len(seal_day(START + 2 * DAY_MS, ports)) >= 1
    return world


def export(world: World) -> list[bytes]:
    ports = Ports(REGION, world.ledger, world.store)
    return list(export_ledger(START + 3 * DAY_MS, ports))


def test_an_export_of_what_was_written_is_sound(lived: World) -> None:
    report = verify(export(lived))
    assert report.problems == []
    assert (report.counts["head"], report.counts["event"], report.counts["read"]) == (6, 12, 12)
    assert report.counts["seal"] == 2


def test_an_export_as_of_an_earlier_instant_is_sound(lived: World) -> None:
    until = START + DAY_MS + 3 * MINUTE
    ports = Ports(REGION, lived.ledger, lived.store)
    report = verify(export_ledger(until, ports))
    assert report.problems == []
    assert 6 < report.counts["event"] < 12


def test_a_proposal_to_adopt_a_model_is_a_chain_like_any_other(lived: World) -> None:
    at, salt = START + 2 * DAY_MS + MINUTE, b"s" * 16
    blank = replace(example("ZZZZAAAAAA", OFFICER, at, Stage.PROPOSED), version=0)
    blank = replace(blank, head=audit.first_head("ZZZZAAAAAA"))
    proposal, event = adoption.propose(blank, Stamp(at, OFFICER, salt))
    assert lived.proposals.create(proposal, event) is None
    later = Stamp(at + MINUTE, "system:carry_out", salt)
    frozen, event = adoption.freeze(proposal, later)
    assert lived.proposals.change(frozen, event) is None
    ended, event = adoption.give_up(frozen, "mistaken", later)
    assert lived.proposals.change(ended, event) is None
    lines = export(lived)
    report = verify(lines)
    assert report.problems == []
    assert (report.counts["head"], report.counts["event"]) == (7, 15)
    own = [place for place, line in enumerate(lines) if b"ZZZZAAAAAA" in line]
    assert len(own) == 4
    for place in own:
        assert not verify(lines[:place] + lines[place + 1 :]).sound


def test_an_appeal_is_a_chain_beside_its_case_s(lived: World) -> None:
    at = START + 2 * DAY_MS + MINUTE
    built = build("an appeal's family", family=7, at=at)
    assert lived.store.create(built.case, built.vault, built.event, built.guards) is None
    made, event = filed(Kind.APPEAL, built.case.ref.locator, when=at)
    knows = reopening.disputed(built.case, made.ref.locator, Stamp(at, "citizen", bytes(16)))
    assert lived.disputes.create(made, event, statements(made), case=knows) is None
    moved, event = hearing.to_review(made, Stamp(at, "system:conduct_dispute", b""), due=at)
    assert lived.disputes.change(moved, event) is None
    lines = export(lived)
    report = verify(lines)
    assert report.problems == []
    assert (report.counts["head"], report.counts["event"]) == (6 + 2, 12 + 2 + 2)
    own = [place for place, line in enumerate(lines) if made.ref.locator.encode() in line]
    assert len(own) == 3  # two events and the head
    for place in own:
        assert not verify(lines[:place] + lines[place + 1 :]).sound


def test_the_command_exports_the_tables_of_a_stack(moto_backend: Backend) -> None:
    moto_backend.clean()
    built = build()
    moto_backend.world().store.create(built.case, built.vault, built.event, built.guards)
    names = ("Registry", "Vault", "Ledger", "Ops")
    tables = {
        f"{name}Table": moto_backend.environment[f"TEPAT_{name.upper()}_TABLE"] for name in names
    }

    class Here(Account):
        def client(self, service: str) -> object:
            assert service == "dynamodb"
            return moto_backend.client

    out = io.BytesIO()
    account = Here(boto3.Session("test", "test", region_name="ap-southeast-3"))
    assert write(account, {"Region": REGION, **tables}, START + DAY_MS, out) == 3
    report = verify(out.getvalue().splitlines(keepends=True))
    assert report.problems == []
    assert (report.region, report.counts["event"], report.counts["head"]) == (REGION, 1, 1)


def test_each_record_is_missed_when_it_is_gone(lived: World) -> None:
    lines = export(lived)
    for place, line in enumerate(lines):
        assert not verify(lines[:place] + lines[place + 1 :]).sound, line
