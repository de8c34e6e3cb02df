"""A list through the real adapters into tables, and out of them into files."""

from __future__ import annotations

import csv
import gzip
import json
import os
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from moto import mock_aws

from chalicelib import wiring
from chalicelib.adapters import aws, dynamo, registry_items
from chalicelib.adapters.protection import PublicKeySealer, unlock
from chalicelib.domain import sealed_identity
from chalicelib.domain.registration import State, WayIn
from chalicelib.settings import settings
from infra import bulk_export, table_files
from infra.account import Account
from infra.table_files import FilesError
from modelling.audit_verify import verify
from tests import local_aws
from tests.bench import bulk
from tests.stores import REGION_NAME

FAMILIES = 12


def forget() -> None:
    """Drop what a process keeps of a stage."""
    for holder in (wiring, aws):
        for value in vars(holder).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()
    settings.cache_clear()


@pytest.fixture(scope="module")
def own() -> rsa.RSAPrivateKey:
    """Stands for the opening key: moto cannot open what was sealed to a key pair."""
    return rsa.generate_private_key(65_537, 2_048)


@pytest.fixture(scope="module")
def imported(
    own: rsa.RSAPrivateKey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[bulk.Told, Path]]:
    """A list in tables, and the folder that it lies in."""
    before, folder = dict(os.environ), tmp_path_factory.mktemp("imported")
    forget()
    der = own.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "sealer", lambda: PublicKeySealer(der, "banyuwangi"))
        told = bulk.on_aws(FAMILIES, None, folder)
        account, given = pilot()
        remove_bare(account, given)
        yield told, folder
    os.environ.clear()
    os.environ.update(before)
    forget()


class Kms:
    """Opens with a key of the test."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self.key = key

    def decrypt(self, **asked: Any) -> dict[str, bytes]:
        assert asked["EncryptionAlgorithm"] == "RSAES_OAEP_SHA_256"
        return {"Plaintext": self.key.decrypt(asked["CiphertextBlob"], bulk_export._OAEP)}


class Pilot(Account):
    """The account, with a key service of the test."""

    kms: Kms | None = None

    def client(self, service: str) -> Any:
        return self.kms if service == "kms" and self.kms else super().client(service)


def pilot() -> tuple[Pilot, dict[str, str]]:
    account = Pilot(boto3.Session("test", "test", region_name=REGION_NAME))
    names = {name: os.environ[f"TEPAT_{name.upper()}_TABLE"] for name in bulk_export.TABLES}
    given = {f"{name.title()}Table": table for name, table in names.items()}
    account.client("s3").put_object(
        Bucket=os.environ["TEPAT_PUBLIC_BUCKET"], Key="audit/latest.json", Body=b"{}"
    )
    return account, given | {
        "Stage": "banyuwangi",
        "Region": "3510",
        "SiteBucket": os.environ["TEPAT_PUBLIC_BUCKET"],
        "ReleasedBucket": os.environ["TEPAT_RELEASED_BUCKET"],
        "OpeningKeyId": os.environ["TEPAT_OPENING_KEY_ID"],
    }


def test_a_list_goes_through_the_adapters_into_the_tables(
    imported: tuple[bulk.Told, Path],
) -> None:
    told, _ = imported
    pages = wiring.client("dynamodb").get_paginator("scan")
    items = [
        dynamo.decode(item)
        for page in pages.paginate(TableName=settings().registry_table)
        for item in page["Items"]
        if item["pk"]["S"].startswith("V#")
    ]
    cases = [registry_items.from_item(item) for item in items]
    assert len(cases) == FAMILIES == told.families
    assert {(case.state, case.way_in) for case in cases} == {(State.RECEIVED, WayIn.IMPORT)}
    assert {case.consent for case in cases} == {"import:DTSEN-2026-11"}
    assert 10 <= told.units / FAMILIES <= 20


def test_a_pilot_leaves_in_files_that_are_compared_and_come_back(
    imported: tuple[bulk.Told, Path], tmp_path: Path
) -> None:
    account, given = pilot()
    out = tmp_path / "export"
    manifest = bulk_export.export(account, given, out)
    assert imported[0].families == FAMILIES
    found, files = bulk_export.check(out)
    assert found == manifest
    assert (files, manifest.about["region"]) == (2, "3510")
    assert {each.name for each in manifest.tables} == set(bulk_export.TABLES)
    client = account.client("dynamodb")
    for each in manifest.tables:
        assert table_files.rows_of(client, each.table) == each.rows
    assert (out / "files/site/audit/latest.json").read_bytes() == b"{}"
    with pytest.raises(FilesError, match="is there already"):
        bulk_export.export(account, given, out)
    for name in ("audit.jsonl", "files/site/audit/latest.json"):
        kept = (out / name).read_bytes()
        (out / name).write_bytes(kept[:-1])
        with pytest.raises(FilesError, match=f"{name} was changed"):
            bulk_export.check(out)
        (out / name).unlink()
        with pytest.raises(FilesError, match="is missing"):
            bulk_export.check(out)
        (out / name).write_bytes(kept)
    (out / "files.json").write_text('{"../list.csv": ""}')
    with pytest.raises(FilesError, match="outside of its folder"):
        bulk_export.check(out)
    assert sorted(p.name for p in tmp_path.iterdir() if "export" in p.name) == ["export"]


def test_what_is_sealed_leaves_sealed_unless_its_keys_go_to_another_office(
    imported: tuple[bulk.Told, Path], own: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    office = rsa.generate_private_key(65_537, 2_048)
    account, given = pilot()
    account.kms, out = Kms(own), tmp_path / "export"
    bulk_export.export(account, given, out, seal_to=office.public_key())
    manifest, files = bulk_export.check(out)
    assert files == 3
    vault = next(each for each in manifest.tables if each.name == "vault")
    items = {item["pk"]["S"]: item for item in table_files.items_of(out, vault)}
    assert len(items) == FAMILIES
    opened = 0
    for line in gzip.decompress((out / bulk_export.KEYS).read_bytes()).splitlines():
        body = json.loads(line)
        key = office.decrypt(b64decode(body["k"]), bulk_export._OAEP)
        context = f"{body['pk'].removeprefix('R#')}|{body['sk']}"
        plain = unlock(items[body["pk"]]["b"]["B"], key, "banyuwangi", context)
        opened += sealed_identity.unpack(plain).people[0].name != ""
    assert opened == FAMILIES
    with (out / bulk_export.LEDGER).open("rb") as lines:
        assert verify(lines).sound
    with (imported[1] / "list.csv").open(encoding="utf-8") as file:
        names = [row["nama"] for row in csv.DictReader(file)]
    for path in out.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            data = gzip.decompress(data) if path.suffix == ".gz" else data
            assert not any(name.encode() in data for name in names if len(name) > 8), path.name


def remove_bare(account: Account, given: dict[str, str]) -> None:
    """Take off the bare transactions that the bench sends beside the import."""
    client = account.client("dynamodb")
    for name in bulk_export.TABLES:
        table = given[f"{name.title()}Table"]
        for item in client.scan(TableName=table)["Items"]:
            if "bare" in item:
                client.delete_item(TableName=table, Key={k: item[k] for k in ("pk", "sk")})


@pytest.mark.prove
def test_an_import_is_little_slower_than_bare_transactions(tmp_path: Path) -> None:
    before = dict(os.environ)
    forget()
    with local_aws.bare(tmp_path) as aws_of_its_own:
        told = bulk.on_aws(500, aws_of_its_own.endpoint, tmp_path)
    os.environ.clear()
    os.environ.update(before)
    forget()
    assert told.ratio > 0.4  # 0.61 was measured, on a machine with twenty other processes
