"""Officers' profiles on DynamoDB: each step one transaction with its event."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.adapters import aws, dynamo, ledger_items, officer_items
from chalicelib.adapters.registry_table import standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.adapters.dynamo import Chance, Item, Sleep
    from chalicelib.adapters.registry_table import Tables
    from chalicelib.domain.assignment import Officer
    from chalicelib.domain.audit import Event
    from chalicelib.domain.officer_profile import Profile
    from chalicelib.domain.registration import Ref


@dataclass(frozen=True, slots=True)
class OfficerTable:
    """Officers' profiles with their events (`assignment_ports.Officers`)."""

    client: DynamoDBClient
    tables: Tables
    sleep: Sleep = time.sleep
    chance: Chance = random.random

    def of_region(self, region: str) -> Sequence[Officer]:
        """All officers of a region, as the drawing compares them."""
        return [officer_items.officer_from_item(item) for item in self._items(region)]

    def profiles(self, region: str) -> Sequence[Profile]:
        """All profiles of a region, by account."""
        found = [officer_items.profile_from_item(item) for item in self._items(region)]
        return sorted(found, key=lambda profile: profile.officer.sub)

    def load(self, ref: Ref) -> Profile | None:
        """One profile, as last written."""
        with aws.passing_told():
            answer = self.client.get_item(
                TableName=self.tables.registry,
                Key=dynamo.key(*officer_items.officer_key(ref)),
                ConsistentRead=True,
            )
        item = answer.get("Item")
        return officer_items.profile_from_item(dynamo.decode(item)) if item else None

    def put(self, profile: Profile, event: Event) -> Profile | None:
        """Store a step with its event; None when done, else what stands there."""
        over: tuple[str, Item] = (dynamo.ABSENT, {})
        if profile.version > 1:
            over = ("v = :v", {":v": profile.version - 1})
        item = officer_items.profile_to_item(profile)
        actions = [
            dynamo.put(self.tables.registry, item, *over),
            dynamo.put(self.tables.ledger, ledger_items.event_to_item(event)),
        ]
        refused = dynamo.transact(self.client, actions, sleep=self.sleep, chance=self.chance)
        return standing(refused, officer_items.profile_from_item, profile)

    def _items(self, region: str) -> Iterator[dict[str, dynamo.Value]]:
        pk = officer_items.officers_pk(region)
        return dynamo.partition(self.client, self.tables.registry, pk, {})
