"""All that the officers of a dispute look at, in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.adapters import (
    dispute_items,
    dynamo,
    ground_check_items,
    registry_items,
    vault_items,
)
from chalicelib.adapters.vault_items import CORRECTED, REGISTERED
from chalicelib.usecases.dispute_ports import ANSWER, CLAIM
from chalicelib.usecases.ports import Loaded, Sealed
from chalicelib.usecases.review_ports import Whole

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.adapters.registry_table import Tables
    from chalicelib.domain.registration import Ref
    from chalicelib.usecases.review_ports import Beside

SEEN_BY_OFFICERS: Final = (CLAIM, ANSWER)
"""Parts of what was written in a dispute; who objects is not read with them."""


@dataclass(frozen=True, slots=True)
class ReviewTable:
    """A dispute with its case and visits (`review_ports.Reviews`)."""

    client: DynamoDBClient
    tables: Tables

    def read(self, ref: Ref, beside: Beside | None) -> Whole | None:
        """A dispute and what is beside it; see `review_ports.Reviews.read`."""
        own = vault_items.vault_pk(ref.locator)
        states = [dynamo.key(*dispute_items.dispute_key(ref))]
        sealed = [dynamo.key(own, part) for part in SEEN_BY_OFFICERS]
        if beside is not None:
            states.append(dynamo.key(*registry_items.state_key(beside.case)))
            states.append(dynamo.key(registry_items.IN_FORCE_PK, ref.village[:4]))
            states += [dynamo.key(*ground_check_items.check_key(each)) for each in beside.checks]
            family = vault_items.vault_pk(beside.case.locator)
            sealed += [dynamo.key(family, order) for order in (REGISTERED, CORRECTED)]
        keys = {self.tables.registry: states, self.tables.vault: sealed}
        found = dynamo.batch_get(self.client, keys, consistent=frozenset(keys))
        return _whole(found[self.tables.registry], found[self.tables.vault], own)


def _whole(
    items: list[dict[str, dynamo.Value]], sealed: list[dict[str, dynamo.Value]], own: str
) -> Whole | None:
    """Tell apart what a batch has answered in any order."""
    dispute = case = in_force = None
    checks = {}
    for item in items:
        if registry_items.is_state(item):
            case = registry_items.from_item(item)
        elif registry_items.is_dispute(item):
            dispute = dispute_items.dispute_from_item(item)
        elif ground_check_items.is_check(item):
            check = ground_check_items.check_from_item(item)
            checks[check.ref] = check
        else:
            in_force = registry_items.in_force_from_item(item)
    if dispute is None:
        return None
    statements: dict[str, Sealed] = {}
    vault = []
    for item in sorted(sealed, key=lambda each: dynamo.text(each, "sk")):
        if item["pk"] == own:
            statement = dispute_items.statement_from_item(item)
            statements[statement.part] = statement.sealed
        else:
            vault.append(vault_items.from_item(item)[1])
    loaded = Loaded(case, tuple(vault)) if case is not None else None
    return Whole(dispute, statements, loaded, in_force, checks)
