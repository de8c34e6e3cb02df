"""Proposals on DynamoDB: each step one transaction with its event, each village's part once."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters import aws, dynamo, ledger_items, proposal_items, registry_items
from chalicelib.adapters.registry_table import standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.adapters.dynamo import Chance, Item, Sleep, Value, Wire
    from chalicelib.adapters.registry_table import Tables
    from chalicelib.domain.adoption import Proposal
    from chalicelib.domain.audit import Event
    from chalicelib.domain.comparison import Part, Standing
    from chalicelib.domain.registration import Ref, Registration
    from chalicelib.usecases.ports import InForce

_ADOPTED: Final = 2  # place of the region's item in the transaction that adopts
_KEPT_S: Final = 14 * 86_400  # parts of a comparison, in the table that forgets
# What a family's means and decisions are read from; no secret and no digest of a request.
_OF_A_CASE: Final = "pk, sk, v, s, w, q, t, h, m, a, d, k, o, u, n, r, e, j"


@dataclass(frozen=True, slots=True)
class ProposalTable:
    """Proposals with their events and parts (`adoption_ports.Proposals`)."""

    client: DynamoDBClient
    tables: Tables
    sleep: Sleep = time.sleep
    chance: Chance = random.random

    def in_force(self, region: str) -> InForce | None:
        """What a region has adopted, as last written."""
        item = self._get(self.tables.registry, registry_items.IN_FORCE_PK, region)
        return registry_items.in_force_from_item(item) if item else None

    def load(self, ref: Ref) -> Proposal | None:
        """A proposal, as last written."""
        item = self._get(self.tables.registry, *proposal_items.proposal_key(ref))
        return proposal_items.proposal_from_item(item) if item else None

    def of_region(self, region: str) -> Sequence[Proposal]:
        """All proposals of a region, the latest first."""
        pk = proposal_items.proposals_pk(region)
        found = [
            proposal_items.proposal_from_item(item)
            for item in self._items(self.tables.registry, pk, {})
        ]
        return sorted(found, key=lambda proposal: -proposal.at)

    def create(self, proposal: Proposal, event: Event) -> Proposal | None:
        """Store a new proposal with its first event; the one that stands there, if one does."""
        return self._write(proposal, dynamo.ABSENT, {}, event, ())

    def change(
        self, proposal: Proposal, event: Event, adopted: InForce | None = None
    ) -> Proposal | None:
        """Store a step with its event; None when done, else what stands there.

        With `adopted` the region's item is written in the same transaction, over the adoption
        before it and no other; the condition names the proposer too, who may not adopt.
        """
        values: Item = {":v": proposal.version - 1}
        condition = "v = :v"
        more: list[Wire] = []
        if adopted is not None:
            condition, values = "v = :v AND o <> :o", {**values, ":o": proposal.settler}
            before = adopted.number - 1
            item = registry_items.in_force_to_item(proposal.ref.village, adopted)
            over: tuple[Any, ...] = ("v = :b", {":b": before}) if before else ()
            more.append(dynamo.put(self.tables.registry, item, *over))
        return self._write(proposal, condition, values, event, more)

    def finish(
        self, proposal: Proposal, village: str, part: Part | None, now: int, due: int
    ) -> bool:
        """Note that a village is done in this stage, and count it: once, whoever comes again.

        Returns:
            False when it was done before, or the proposal has moved on.
        """
        pk, sk = proposal_items.part_key(proposal, village)
        done: dict[str, Value] = {"pk": pk, "sk": sk, "ttl": now // 1000 + _KEPT_S}
        if part is not None:
            done["d"] = proposal_items.pack_part(part)
        values: Item = {
            ":v": proposal.version,
            ":none": 0,
            ":one": 1,
            ":due": registry_items.due_text(due),
        }
        counted: Wire = {
            "Update": {
                "TableName": self.tables.registry,
                "Key": dynamo.key(*proposal_items.proposal_key(proposal.ref)),
                "UpdateExpression": "SET #left = #left - :one, due = :due",
                "ConditionExpression": "v = :v AND #left > :none",
                "ExpressionAttributeNames": {"#left": "left"},
                "ExpressionAttributeValues": dynamo.encode(values),
            }
        }
        return not self._transact([dynamo.put(self.tables.ops, done), counted])

    def finished(self, proposal: Proposal) -> frozenset[str]:
        """Villages that are done in this stage."""
        keys = {"ProjectionExpression": "sk"}
        items = self._items(self.tables.ops, proposal_items.parts_pk(proposal), keys)
        return frozenset(dynamo.text(item, "sk") for item in items)

    def parts(self, proposal: Proposal) -> Iterator[Part]:
        """All parts of a comparison, in the order of their villages, one by one."""
        for item in self._items(self.tables.ops, proposal_items.parts_pk(proposal), {}):
            yield proposal_items.unpack_part(dynamo.text(item, "sk"), dynamo.data(item, "d"))

    def standing(self, village: str, at: int) -> Iterator[Standing]:
        """The families of a village that were decided at an instant; read in few steps each."""
        read = {"ProjectionExpression": proposal_items.OF_STANDING}
        for page in dynamo.raw_pages(self.client, self.tables.registry, f"V#{village}", read):
            yield from proposal_items.standing(page, at)

    def families(self, village: str) -> Iterator[Registration]:
        """The cases of a village, page by page, without what opens or recognises them."""
        read = {"ProjectionExpression": _OF_A_CASE}
        for item in self._items(self.tables.registry, f"V#{village}", read):
            yield registry_items.from_item(item)

    def _write(
        self,
        proposal: Proposal,
        condition: str,
        values: Item,
        event: Event,
        more: Sequence[Wire],
    ) -> Proposal | None:
        item = proposal_items.proposal_to_item(proposal)
        actions = [
            dynamo.put(self.tables.registry, item, condition, values),
            dynamo.put(self.tables.ledger, ledger_items.event_to_item(event)),
            *more,
        ]
        refused = self._transact(actions)
        places = {refusal.index for refusal in refused}
        if _ADOPTED in places and 0 not in places:  # another was adopted meanwhile
            return self.load(proposal.ref)
        return standing(refused, proposal_items.proposal_from_item, proposal)

    def _transact(self, actions: Sequence[Wire]) -> tuple[dynamo.Refusal, ...]:
        return dynamo.transact(self.client, actions, sleep=self.sleep, chance=self.chance)

    def _get(self, table: str, pk: str, sk: str) -> dict[str, Value] | None:
        with aws.passing_told():
            answer = self.client.get_item(
                TableName=table, Key=dynamo.key(pk, sk), ConsistentRead=True
            )
        item = answer.get("Item")
        return dynamo.decode(item) if item else None

    def _items(self, table: str, pk: str, read: Wire) -> Iterator[dict[str, Value]]:
        return dynamo.partition(self.client, table, pk, read)
