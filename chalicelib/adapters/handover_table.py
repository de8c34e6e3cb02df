"""Reads what was left for others to take up (`ports.Handovers`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.adapters import aws, dynamo, handover_items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.domain.handover import Handover


@dataclass(frozen=True, slots=True)
class HandoverTable:
    """The list of a region, the latest first."""

    client: DynamoDBClient
    registry: str

    def of_region(self, region: str, limit: int) -> Sequence[Handover]:
        """What a region's cases and disputes have left, the latest first, in one call."""
        with aws.passing_told():
            page = self.client.query(
                TableName=self.registry,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=dynamo.encode(
                    {":pk": handover_items.handovers_pk(region)}
                ),
                ScanIndexForward=False,
                Limit=limit,
            )
        return [handover_items.handover_from_item(dynamo.decode(item)) for item in page["Items"]]
