"""A small restore drill on moto, and whether each wrong would be seen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib import case_wiring, wiring
from chalicelib.domain.registration import State
from infra import backup, table_files
from infra.account import Account
from infra.drill import before, rehearsal, steps
from infra.drill.before import Family
from infra.drill.rehearsal import Pilot, Story, estimate
from infra.drill.served import Asked
from infra.table_files import FilesError
from tests.integration.conftest import Api
from tests.ledger_world import signer
from tests.world import REGION

FAMILIES = 10
IN_GROUPS = 37  # place of a family of the drill's world that types a NIK with spaces


@contextmanager
def no_bar(_total: int) -> Iterator[Any]:
    yield lambda _more: None


@pytest.fixture
def pilot(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Pilot:
    given = {f"{t.title()}Table": environment[f"TEPAT_{t.upper()}_TABLE"] for t in backup.TABLES}
    given |= {
        "Stage": "banyuwangi",
        "Region": REGION,
        "SiteBucket": environment["TEPAT_PUBLIC_BUCKET"],
    }
    ports = replace(case_wiring.seal_ports(), signer=signer())  # moto signs a hash of the hash
    monkeypatch.setattr(case_wiring, "seal_ports", lambda: ports)
    return Pilot("banyuwangi", Account(boto3.Session()), given, at_once=1)


class Served:
    """Asks the handlers in process, and remembers about whom."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.gone: Sequence[Family] = ()

    def __call__(
        self,
        restored: dict[str, str],
        known: Sequence[Family],
        gone: Sequence[Family],
        late: Sequence[Family],
    ) -> Asked:
        assert "/stream/" in restored["RegistryStreamArn"]
        self.gone = gone
        wrong = []
        for family in known:
            code, told, _ = self.api.post("/v1/status", {"receipt": family.receipt})
            wrong += [] if (code, told.get("state")) == (200, family.state) else [family.receipt]
        for family in (*gone, *late):
            code, _, _ = self.api.post("/v1/status", {"receipt": family.receipt})
            wrong += [] if code == 404 else [family.receipt]
        return Asked(tuple(wrong), len(known), len(gone), len(late))


def test_a_pilot_is_lost_and_comes_back(pilot: Pilot, public_api: Api, tmp_path: Path) -> None:
    said: list[str] = []
    serve = Served(public_api)
    verdict = rehearsal.rehearse(pilot, FAMILIES, tmp_path, Story(said.append), serve, bar=no_bar)
    assert verdict.wrong == []
    told = "\n".join(said)
    for line in ("half a file: vault.jsonl.gz is cut off", "a file missing: vault.jsonl.gz is"):
        assert line in told
    assert "TAKEN" not in told
    assert "Sound:" in told
    assert "3 erased again, 1 had come after the backup" in told
    _sees_what_is_wrong(pilot, tmp_path, serve.gone)


def _sees_what_is_wrong(pilot: Pilot, folder: Path, gone: Sequence[Family]) -> None:
    client, tables = pilot.account.client("dynamodb"), pilot.tables
    erased = [family.ref.locator for family in gone]

    def unequal() -> list[str]:
        found = steps.compare(client, tables, folder / "backup", erased)
        return [one.name for one in found if not one.equal]

    served = unequal()  # asking over HTTP counts tries, in a table that may vanish
    assert set(served) <= {"ops"}
    kept = {}
    for name in ("registry", "vault", "ledger"):
        rows = client.scan(TableName=tables[name])["Items"]
        kept[name] = next(r for r in rows if not steps.is_changed(r, frozenset(erased), name))
        key = {part: kept[name][part] for part in ("pk", "sk")}
        client.delete_item(TableName=tables[name], Key=key)
    assert {"registry", "vault", "ledger"} <= set(unequal())
    steps.export_ledger(pilot.account, pilot.given, folder / "wrong.jsonl")
    assert not steps.verify_ledger(folder / "wrong.jsonl", folder / "seals", folder / "seals.pem")[
        0
    ]
    for name, row in kept.items():
        client.put_item(TableName=tables[name], Item=row | {"x": {"S": "another"}})
    assert {"registry", "vault", "ledger"} <= set(unequal())
    for name, row in kept.items():
        client.put_item(TableName=tables[name], Item=row)
    assert unequal() == served
    # A replay that was forgotten: whoever was erased is back.
    for file in table_files.read_manifest(folder / "backup").tables:
        for item in table_files.items_of(folder / "backup", file):
            if steps.is_changed(item, frozenset(erased), file.name):
                client.put_item(TableName=tables[file.name], Item=item)
    guards = steps.guards_of(gone)
    left = steps.are_forgotten(gone, guards)
    assert {what.partition(": ")[2] for what in left} == {
        "its case",
        "its sealed identity",
        "a guard of its numbers",
    }


def test_identities_that_open_to_others_are_seen(pilot: Pilot, public_api: Api) -> None:
    del pilot, public_api
    families = before.settle_in(3, REGION, lambda _more: None, 1)
    assert {family.state for family in families} <= {state.value for state in State}
    assert steps.can_be_opened(families) == []
    family = families[0]
    swapped = Family(family.ref, family.receipt, frozenset({"3510150101209901"}), family.state)
    assert steps.can_be_opened([swapped]) == [family.ref.locator]
    assert wiring.store().load([family.ref])[family.ref].vault


def test_a_number_that_was_typed_in_groups_is_the_same_number(
    pilot: Pilot, public_api: Api
) -> None:
    del pilot, public_api
    came = before.come_late(1, REGION, IN_GROUPS)
    assert all(len(nik) == 16 for nik in came[0].niks)
    assert steps.can_be_opened(came) == []


def test_a_backup_goes_where_it_belongs_and_nowhere_else(
    pilot: Pilot, public_api: Api, tmp_path: Path
) -> None:
    del public_api
    client, folder = pilot.account.client("dynamodb"), tmp_path / "backup"
    before.settle_in(2, REGION, lambda _more: None, 1)
    backup.write(client, pilot.given, folder)
    with pytest.raises(FilesError, match="is there already"):
        backup.write(client, pilot.given, folder)
    with pytest.raises(FilesError, match="is of banyuwangi, not of ambon"):
        backup.restore(client, pilot.given | {"Stage": "ambon", "Region": "8171"}, folder)
    with pytest.raises(FilesError, match="registry is not empty"):
        backup.restore(client, pilot.given, folder)
    manifest = folder / table_files.MANIFEST
    told = json.loads(manifest.read_text())
    del told["tables"][1]
    manifest.write_text(json.dumps(told))
    with pytest.raises(FilesError, match="lacks the table vault"):
        backup.restore(client, pilot.given, folder)


def test_the_estimate_is_one_by_proportion() -> None:
    seconds = {"back up": 6.0, "put back": 12.0, "compare": 6.0, "ledger": 6.0, "serve": 99.0}
    told = estimate(10_000, seconds, 20_000_000)
    assert "back up 10, put back 20, compare 10, ledger 10" in told[0]
    assert told[1] == "together 50 minutes, and 2.0 GB of files."
