"""All that the fakes keep, as DynamoDB's own items: what the adapters would have stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from chalicelib.adapters import (
    cluster_table,
    dispute_items,
    dynamo,
    ground_check_items,
    handover_items,
    ledger_items,
    officer_items,
    ops_items,
    proposal_items,
    registry_items,
    report_items,
    vault_items,
)
from chalicelib.usecases.dispute_ports import Statement
from tests.faithful.bare_dynamodb import Items
from tests.fakes import FakeAws

T = TypeVar("T")


@dataclass
class FakeItems:
    """The items of a memory; those of objects that stay as they are, are encoded once."""

    aws: FakeAws
    _encoded: dict[int, tuple[object, dict[str, Any]]] = field(default_factory=dict)

    def of(self, table: str) -> Items:
        """All that a table holds."""
        found: Iterator[dict[str, Any]] = getattr(self, f"_{table}")()
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in found}

    def _once(self, kept: T, encode: Callable[[T], dynamo.Item]) -> dict[str, Any]:
        """The item of a kept object, encoded when it is first met."""
        known = self._encoded.get(id(kept))
        if known is None or known[0] is not kept:
            known = kept, dynamo.encode(encode(kept))
            self._encoded[id(kept)] = known
        return known[1]

    def _each(
        self, kept: Mapping[Any, T], encode: Callable[[T], dynamo.Item]
    ) -> Iterator[dict[str, Any]]:
        return (self._once(each, encode) for each in kept.values())

    def _registry(self) -> Iterator[dict[str, Any]]:
        aws = self.aws
        yield from self._each(aws.cases, registry_items.to_item)
        for held in aws.guards.values():
            item = registry_items.guard_to_item(held.guard, held.ref, held.request_id)
            yield dynamo.encode(item)
        for region, in_force in aws.adopted.items():
            yield dynamo.encode(registry_items.in_force_to_item(region, in_force))
        yield from self._each(aws.proposals, proposal_items.proposal_to_item)
        yield from self._each(aws.disputes, dispute_items.dispute_to_item)
        yield from self._each(aws.slots, dispute_items.slot_to_item)
        yield from self._each(aws.checks, ground_check_items.check_to_item)
        yield from self._each(aws.samples, ground_check_items.sample_to_item)
        yield from self._each(aws.judges, registry_items.judges_to_item)
        yield from self._each(aws.officers, officer_items.profile_to_item)
        yield from self._each(aws.reports, report_items.report_to_item)
        for told in aws.handovers:
            yield self._once(told, handover_items.handover_to_item)

    def _vault(self) -> Iterator[dict[str, Any]]:
        for (locator, order), vault in self.aws.vault.items():
            yield dynamo.encode(vault_items.to_item(locator, order, vault))
        for (locator, part), sealed in self.aws.statements.items():
            yield dynamo.encode(dispute_items.statement_to_item(locator, Statement(part, sealed)))

    def _ledger(self) -> Iterator[dict[str, Any]]:
        yield from self._each(self.aws.events, ledger_items.event_to_item)
        yield from self._each(self.aws.sealed_days, ledger_items.seal_to_item)

    def _ops(self) -> Iterator[dict[str, Any]]:
        kept = self.aws.kept_until
        for name, bucket in self.aws.buckets.items():
            pk, sk = ops_items.bucket_key(name)
            full = {"n": bucket.tokens, "f": bucket.at, "ttl": kept[pk, sk]}
            yield dynamo.encode({"pk": pk, "sk": sk, **full})
        for name, used in self.aws.rights.items():
            pk, sk = ops_items.right_key(name)
            yield dynamo.encode({"pk": pk, "sk": sk, "n": used, "ttl": kept[pk, sk]})
        for (pk, sk), part in self.aws.parts.items():
            packed = {} if part is None else {"d": proposal_items.pack_part(part)}
            yield dynamo.encode({"pk": pk, "sk": sk, "ttl": kept[pk, sk], **packed})
        for name, rows in self.aws.traces.items():
            pk, sk = cluster_table.trace_key(name)
            told = {f"r{locator}": row for locator, row in rows.items()}
            more = {"n": len(rows), "ttl": kept[pk, sk]}
            yield dynamo.encode({"pk": pk, "sk": sk, **more, **told})
