"""Sets of stores that a suite can run on: the fakes, or the adapters over real tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import boto3
import botocore.session
import pytest
from botocore.config import Config

from chalicelib.adapters import dynamo, registry_items
from chalicelib.adapters.aws import settings
from chalicelib.adapters.cluster_table import ClusterTable
from chalicelib.adapters.dispute_table import DisputeTable
from chalicelib.adapters.ledger_table import LedgerTable
from chalicelib.adapters.officer_table import OfficerTable
from chalicelib.adapters.ops_table import OpsTable
from chalicelib.adapters.proposal_table import ProposalTable
from chalicelib.adapters.registry_table import RegistryTable, Tables
from chalicelib.usecases import export_ledger, seal_day
from chalicelib.usecases.adoption_ports import Proposals
from chalicelib.usecases.assignment_ports import Officers
from chalicelib.usecases.dispute_ports import Disputes, Traces
from chalicelib.usecases.ports import CaseStore, InForce, Limits, ReadLedger
from infra.resources import create_in
from tests import strict_dynamodb
from tests.fakes import FakeAws, FakeCaseStore, FakeLimits
from tests.fakes_adoption import FakeProposals
from tests.fakes_disputes import FakeDisputes, FakeTraces
from tests.fakes_ledger import FakeLedger
from tests.fakes_officers import FakeOfficers

REGION_NAME = "ap-southeast-3"
LOCAL = pytest.param("local", marks=[pytest.mark.local_aws, pytest.mark.xdist_group("local_aws")])
"""The parameter of a fixture that runs on the local AWS, in one process with all that do."""


class Ledger(ReadLedger, seal_day.SealLedger, export_ledger.ExportLedger, Protocol):
    """The ledger as all who read it see it."""


class Store(CaseStore, export_ledger.ExportHeads, Protocol):
    """The store of cases as use cases and exporter see it."""


@dataclass
class World:
    """One set of stores over the same tables."""

    store: Store
    limits: Limits
    ledger: Ledger
    adopted: Callable[[str, InForce], None]
    proposals: Proposals
    disputes: Disputes
    officers: Officers
    traces: Traces


@dataclass
class Backend:
    """Tables somewhere, and a client for them."""

    client: Any
    environment: dict[str, str]

    @property
    def tables(self) -> Tables:
        return Tables(
            *(
                self.environment[f"TEPAT_{name}_TABLE"]
                for name in ("REGISTRY", "VAULT", "LEDGER", "OPS")
            )
        )

    def world(self) -> World:
        tables = self.tables

        def adopted(region: str, in_force: InForce) -> None:
            item = dynamo.encode(registry_items.in_force_to_item(region, in_force))
            self.client.put_item(TableName=tables.registry, Item=item)

        return World(
            RegistryTable(self.client, tables, sleep=lambda _: None, chance=lambda: 0.0),
            OpsTable(self.client, tables.ops),
            LedgerTable(self.client, tables.ledger),
            adopted,
            ProposalTable(self.client, tables, sleep=lambda _: None, chance=lambda: 0.0),
            DisputeTable(self.client, tables, sleep=lambda _: None, chance=lambda: 0.0),
            OfficerTable(self.client, tables, sleep=lambda _: None, chance=lambda: 0.0),
            ClusterTable(self.client, tables.ops, sleep=lambda _: None, chance=lambda: 0.0),
        )

    def clean(self) -> None:
        for table in (self.tables.registry, self.tables.vault, self.tables.ledger, self.tables.ops):
            items = self.client.scan(TableName=table)["Items"]
            for item in items:
                self.client.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})


def make_backend(endpoint: str | None, *, strict: bool = True) -> Backend:
    """Make all resources at an endpoint, and a client; if strict, it refuses what AWS refuses."""
    session = boto3.Session("test", "test", region_name=REGION_NAME)
    environment = create_in(session, endpoint)
    core = botocore.session.get_session()
    core.set_credentials("test", "test")
    client = core.create_client(
        "dynamodb",
        region_name=REGION_NAME,
        endpoint_url=endpoint,
        config=patient(),
    )
    if endpoint is not None:  # it deletes by its own clock, and the tests' time is long past
        off = {"Enabled": False, "AttributeName": "ttl"}
        table = environment["TEPAT_OPS_TABLE"]
        client.update_time_to_live(TableName=table, TimeToLiveSpecification=off)
    if strict:
        strict_dynamodb.watch(client)
    return Backend(client, environment)


def patient() -> Config:
    """How our clients behave, but that they wait: on a busy machine a call that is sent again
    because its answer came late would be carried out twice.
    """
    return settings(validate=True).merge(Config(connect_timeout=30, read_timeout=60))


def fake_world() -> World:
    """Fakes over one memory."""
    aws = FakeAws()
    return World(
        FakeCaseStore(aws),
        FakeLimits(aws),
        FakeLedger(aws),
        aws.adopted.__setitem__,
        FakeProposals(aws),
        FakeDisputes(aws),
        FakeOfficers(aws),
        FakeTraces(aws),
    )
