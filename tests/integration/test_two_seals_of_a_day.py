"""Two runs that seal the same days at once: the first seal of a day stays, and is what is told."""

from __future__ import annotations

import json

import pytest

from chalicelib import wiring
from chalicelib.adapters.ledger_table import LedgerTable
from infra.chaos.stack import TICK
from tests.desk import later, ledger, register
from tests.integration.conftest import Api

DAY_S = 86_400


def published() -> dict[str, bytes]:
    """The seals as everybody can read them, by their names."""
    s3, bucket = wiring.client("s3"), wiring.needed("TEPAT_PUBLIC_BUCKET")
    names = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    return {name: s3.get_object(Bucket=bucket, Key=name)["Body"].read() for name in names}


def test_whoever_seals_a_day_second_publishes_the_seal_that_stands(
    public_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(public_api)
    later(monkeypatch, 2 * DAY_S)
    public_api.invoke("seal_day", TICK)
    first, stored = published(), ledger()
    sealed = [json.loads(told) for name, told in first.items() if name != "audit/latest.json"]
    assert any(seal["count"] for seal in sealed)
    monkeypatch.setattr(LedgerTable, "last_seal", lambda _: None)  # as it was before the first ran
    public_api.invoke("seal_day", TICK)
    assert published() == first  # a signature of its own would differ
    assert ledger() == stored
