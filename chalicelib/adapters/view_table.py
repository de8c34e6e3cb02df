"""What officers keep for themselves on the ops table: one item an officer, gone by itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from chalicelib.adapters import aws, dynamo
from chalicelib.usecases.view_ports import View

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SK: Final = "V"


@dataclass(frozen=True, slots=True)
class ViewTable:
    """The filters that officers keep (`saved_views.Views`)."""

    client: DynamoDBClient
    table: str
    region: str

    def load(self, owner: str) -> tuple[Sequence[View], int]:
        """What an officer keeps, as last written."""
        with aws.passing_told():
            answer = self.client.get_item(
                TableName=self.table, Key=dynamo.key(*self._key(owner)), ConsistentRead=True
            )
        if "Item" not in answer:
            return (), 0
        item = dynamo.decode(answer["Item"])
        kept = json.loads(dynamo.text(item, "j"))
        return tuple(View(*each) for each in kept), dynamo.number(item, "n")

    def put(self, owner: str, views: Sequence[View], version: int, until: int) -> bool:
        """Store what an officer keeps over the version before."""
        pk, sk = self._key(owner)
        kept = json.dumps([[each.name, each.place, dict(each.asked)] for each in views])
        item: dynamo.Item = {"pk": pk, "sk": sk, "n": version, "j": kept, "ttl": until // 1000}
        over: tuple[str, dynamo.Item] = (dynamo.ABSENT, {})
        if version > 1:
            over = ("n = :n", {":n": version - 1})
        try:
            with aws.passing_told():
                self.client.put_item(**dynamo.put(self.table, item, *over)["Put"])
        except ClientError as error:
            there = dynamo.refused_item(error)
            return there is not None and (there.get("n"), there.get("j")) == (version, kept)
        return True

    def _key(self, owner: str) -> tuple[str, str]:
        return f"W#{self.region}#{owner}", _SK
