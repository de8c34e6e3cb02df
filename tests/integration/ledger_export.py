"""The export of the ledger of the account that a test has."""

from __future__ import annotations

import io
from typing import Any

import pytest

from chalicelib import wiring
from infra import audit_export
from infra.account import Account
from tests.world import REGION


class Here(Account):
    """The account of the test."""

    def __init__(self) -> None:
        """Nothing to set up."""

    def client(self, service: str) -> Any:
        return wiring.client(service)


def exported() -> bytes:
    """The ledger as auditors get it."""
    names = wiring.settings()
    given = {
        "Region": REGION,
        "RegistryTable": names.registry_table,
        "VaultTable": names.vault_table,
        "LedgerTable": names.ledger_table,
        "OpsTable": names.ops_table,
    }
    out = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit_export, "UNSEALED_DAYS", 2)  # there are no older ones here
        assert audit_export.write(Here(), given, wiring.clock.now_ms() + 1, out)
    return out.getvalue()
