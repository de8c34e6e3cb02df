"""After erasing nothing of a family comes out, of live data or of a copy that was restored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.adapters import dynamo, registry_items
from chalicelib.domain import hearing, reopening
from chalicelib.domain.dispute import Dispute, Exhibit, Kind, Side
from chalicelib.domain.evidence import PieceState, page_key
from chalicelib.domain.identity import IdentityAnswer, Outcome
from chalicelib.domain.registration import Ref, Registration, Stamp
from chalicelib.usecases.dispute_ports import CLAIM, Statement
from frontend.content import Pilot, load
from infra import stages
from infra.replay_erasures import ExportError, Replayed, erasures, replay
from infra.templates import RESOURCES, of_type, read
from modelling.audit_verify import verify
from tests import disputing
from tests.canaries import places
from tests.canaries.attack import what_comes_out
from tests.canaries.people import Family, family
from tests.desk import Desk, locator
from tests.integration.canary_families import key, register
from tests.integration.conftest import Api, empty
from tests.integration.ledger_export import exported
from tests.world import REGION

GONE, STAYS = family(0), family(1)
ALL = {"opened", "answers", "salt", "known"}
Copy = dict[str, list[dict[str, Any]]]


def copy() -> Copy:
    """Every item of every table, as a restore to this instant would bring it back."""
    dynamodb = wiring.client("dynamodb")
    return {name: places.items_of(dynamodb, name) for name in dynamodb.list_tables()["TableNames"]}


def restore(old: Copy, *tables: str) -> None:
    """Put tables back as they were; all of them when none is named."""
    for name, items in old.items():
        if not tables or name in tables:
            empty(name)
            for item in items:
                wiring.client("dynamodb").put_item(TableName=name, Item=item)


def out_of(kept: Copy, who: Family, place: str) -> set[str]:
    items = [item for rows in kept.values() for item in rows]
    return what_comes_out(items, who, place, wiring.opener().unwrap, wiring.index().mac)


@pytest.fixture
def lived(public_api: Api, desk: Desk) -> tuple[str, str]:
    """Two families with a correction, a decision and a read; the locators of who goes and stays."""
    public_api.registry.said[GONE.nik] = IdentityAnswer(Outcome.MISMATCH, ("name",))
    paper = register(public_api, GONE)
    public_api.settle()
    public_api.registry.said.clear()
    change = {"receipt": paper, "members": [{"index": 0, "name": GONE.name + " Sari"}]}
    assert public_api.post("/v1/corrections", change, key=key())[0] == 200
    stays = register(public_api, STAYS)
    public_api.settle()
    desk.sign_in("supervisor").get(f"/staff/cases/{locator(paper)}")
    return locator(paper), locator(stays)


def erase(desk: Desk, place: str) -> None:
    code, _, _ = desk.post(f"/staff/cases/{place}/erase", reason="family_request", sure="true")
    assert code == 200


def sound(lines: bytes) -> bool:
    return verify(lines.splitlines(keepends=True)).sound


def test_nothing_comes_out_of_what_is_live(desk: Desk, lived: tuple[str, str]) -> None:
    gone, stays = lived
    before = copy()
    assert out_of(before, GONE, gone) == ALL  # the attack can do it
    erase(desk, gone)
    assert out_of(copy(), GONE, gone) == set()
    assert out_of(copy(), STAYS, stays) == ALL
    assert sound(exported())


def test_no_identity_comes_out_of_an_older_copy_without_the_vault(
    desk: Desk, lived: tuple[str, str]
) -> None:
    gone, _ = lived
    vault = wiring.settings().vault_table
    old = {name: items for name, items in copy().items() if name != vault}
    erase(desk, gone)
    with_what_is_left = {**old, vault: copy()[vault]}
    assert out_of(with_what_is_left, GONE, gone) == {"answers", "known"}


def test_a_copy_of_the_vault_ends_when_the_families_were_told() -> None:
    """Its keys are in it, so a copy can be opened while there is one: that is what is promised."""
    tables = of_type(read(RESOURCES), "AWS::DynamoDB::Table")
    kept = [
        table["Properties"].get("PointInTimeRecoverySpecification") for table in tables.values()
    ]
    assert [each["RecoveryPeriodInDays"] for each in kept if each] == [{"Ref": "RecoveryDays"}] * 3
    for name in stages.names():
        promised = stages.read(name)["retention"]["recovery_days"]
        assert stages.parameters(stages.read(name))["RecoveryDays"] == str(promised)
        shown = str(load("3510", Pilot(recovery_days=promised)).words["data"])
        assert f"cadangan hilang sendiri setelah {promised} hari" in shown


def test_a_restored_copy_is_made_to_forget_again(desk: Desk, lived: tuple[str, str]) -> None:
    gone, stays = lived
    old = copy()
    erase(desk, gone)
    before = exported()
    restore(old)
    assert out_of(copy(), GONE, gone) == ALL
    wanted = erasures(before.splitlines())
    assert wanted == {gone: "family_request"}
    assert replay(wanted, REGION, wiring.store(), wiring.copies()) == Replayed(erased=1)
    assert out_of(copy(), GONE, gone) == set()
    assert out_of(copy(), STAYS, stays) == ALL
    assert sound(exported())
    assert erasures(exported().splitlines()) == wanted
    assert replay(wanted, REGION, wiring.store(), wiring.copies()) == Replayed(nothing=1)


def test_a_vault_that_was_restored_alone_forgets_too(desk: Desk, lived: tuple[str, str]) -> None:
    gone, _ = lived
    old = copy()
    erase(desk, gone)
    restore(old, wiring.settings().vault_table)
    assert out_of(copy(), GONE, gone) == {"opened", "salt"}
    wanted = erasures(exported().splitlines())
    assert replay(wanted, REGION, wiring.store(), wiring.copies()) == Replayed(cleaned=1)
    assert out_of(copy(), GONE, gone) == set()
    assert sound(exported())


def test_a_family_that_came_after_the_restored_instant_is_not_there(
    public_api: Api, desk: Desk
) -> None:
    old = copy()
    gone = locator(register(public_api, GONE))
    desk.sign_in("supervisor")
    erase(desk, gone)
    wanted = erasures(exported().splitlines())
    restore(old)
    assert replay(wanted, REGION, wiring.store(), wiring.copies()) == Replayed(unknown=1)


@pytest.fixture
def appealed(lived: tuple[str, str]) -> Dispute:
    """What the family that goes wrote and showed in an appeal; the photo is released."""
    (case,) = (case for ref, case in cases().items() if ref.locator == lived[0])
    now = wiring.clock.now_ms()
    made = disputing.blank(Kind.APPEAL, case.ref.locator)
    released = replace(disputing.piece(0), state=PieceState.RELEASED, pages=1)
    made = replace(
        made,
        ref=Ref(case.ref.village, made.ref.locator),
        evidence=(Exhibit(Side.FILER, released),),
    )
    made, event = hearing.file(made, Stamp(now, "citizen", made.salt), due=now)
    knows = reopening.disputed(case, made.ref.locator, Stamp(now, "citizen", bytes(16)))
    sealed = wiring.sealer().seal(GONE.name.encode(), f"{made.ref.locator}|{CLAIM}")
    said = [Statement(CLAIM, sealed)]
    assert wiring.disputes().create(made, event, said, case=knows) is None
    bucket, key = wiring.copies().bucket, page_key(made.ref, released.id, 1)
    wiring.client("s3").put_object(Bucket=bucket, Key=key, Body=b"a copy")
    return made


def cases() -> dict[Ref, Registration]:
    items = places.items_of(wiring.client("dynamodb"), wiring.settings().registry_table)
    decoded = [dynamo.decode(item) for item in items]
    states = (registry_items.from_item(item) for item in decoded if registry_items.is_state(item))
    return {case.ref: case for case in states}


def released() -> list[str]:
    told = wiring.client("s3").list_objects_v2(Bucket=wiring.copies().bucket)
    return [found["Key"] for found in told.get("Contents", [])]


def test_what_a_family_said_in_an_appeal_goes_with_it_and_from_a_restored_copy_too(
    desk: Desk, lived: tuple[str, str], appealed: Dispute
) -> None:
    gone, _ = lived
    old = copy()
    assert (len(released()), wiring.disputes().read(appealed.ref)) != (0, None)
    erase(desk, gone)
    before = exported()
    assert sound(before)
    wanted = erasures(before.splitlines())
    assert wanted == {gone: "family_request"}  # the appeal is no family
    for tables, done in (
        ((), Replayed(erased=1)),
        ((wiring.settings().vault_table,), Replayed(cleaned=1)),
    ):
        restore(old, *tables)
        assert replay(wanted, REGION, wiring.store(), wiring.copies()) == done
        opened = wiring.disputes().read(appealed.ref)
        assert opened is not None
        assert (opened.dispute.ended, opened.statements, released()) == (True, {}, [])
        assert sound(exported())


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b'{"type":"event","act":"erased","chain":"3M3D2W8DAC","reason":"x"}'],
        [b"nothing"],
        [b'{"type":"event"}', b'{"type":"end"}'],
        [b"[]", b'{"type":"end"}'],
    ],
)
def test_an_export_that_may_lack_an_erasure_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(ExportError):
        erasures(lines)
