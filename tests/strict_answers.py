"""Where a stand-in answers otherwise than DynamoDB and nothing in the request tells: mended here.

moto adds beyond 38 digits, ends a page that is exactly full without a key to go on from, and
takes a time to live that is set twice. Beside `strict_dynamodb`, which looks at requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import botocore.session

from tests.strict_expressions import Refusal

if TYPE_CHECKING:
    from botocore.client import BaseClient

MAX_DIGITS = 38


@dataclass
class Answers:
    """Listens on a client, and reads with another one that nobody listens on.

    Attributes:
        keys_of: table and index (None for the table) -> names of the keys of an item of it.
    """

    client: BaseClient
    keys_of: Callable[[str, str | None], set[str]]
    _reader: Any = field(default=None, init=False)

    def listen(self) -> None:
        """Look at every answer that may be mended."""
        events: Any = self.client.meta.events
        events.register("provide-client-params.dynamodb.UpdateItem", self._before_sum)
        events.register("after-call.dynamodb.UpdateItem", self._after_sum)
        events.register("provide-client-params.dynamodb.UpdateTimeToLive", self._before_ttl)
        for operation in ("Query", "Scan"):
            events.register(f"provide-client-params.dynamodb.{operation}", self._before_page)
            events.register(f"after-call.dynamodb.{operation}", self._after_page)

    @property
    def reader(self) -> Any:
        """A client of the same tables."""
        if self._reader is None:
            core = botocore.session.get_session()
            core.set_credentials("test", "test")
            meta = self.client.meta
            self._reader = core.create_client(
                "dynamodb", region_name=meta.region_name, endpoint_url=meta.endpoint_url
            )
        return self._reader

    def _before_sum(self, params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
        update = params.get("UpdateExpression", "").upper()
        if any(sign in update for sign in ("+", "-", "ADD ")):
            where = {"TableName": params["TableName"], "Key": params["Key"]}
            context["strict_sum"] = where, self._item(where)

    def _after_sum(self, context: dict[str, Any], **_: object) -> None:
        """Put the item back as it was when a number of it has too many digits now."""
        if "strict_sum" not in context:
            return
        where, before = context["strict_sum"]
        after = self._item(where) or {}
        if all(_fits(value["N"]) for value in after.values() if "N" in value):
            return
        if before is None:
            self.reader.delete_item(**where)
        else:
            self.reader.put_item(TableName=where["TableName"], Item=before)
        raise Refusal("a sum has at most 38 digits")

    def _item(self, where: Mapping[str, Any]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.reader.get_item(**where, ConsistentRead=True).get(
            "Item"
        )
        return found

    def _before_ttl(self, params: Mapping[str, Any], **_: object) -> None:
        told = self.reader.describe_time_to_live(TableName=params["TableName"])
        is_on = told["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
        if params["TimeToLiveSpecification"]["Enabled"] is is_on:
            raise Refusal("a time to live is switched on once")

    def _before_page(self, params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
        context["strict_page"] = dict(params)

    def _after_page(self, parsed: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        """A page that is exactly full says where to go on, though nothing may be left."""
        asked = context["strict_page"]
        items = parsed.get("Items", [])
        if "LastEvaluatedKey" in parsed or len(items) != asked.get("Limit"):
            return
        names = self.keys_of(asked["TableName"], asked.get("IndexName"))
        if names <= items[-1].keys():
            parsed["LastEvaluatedKey"] = {name: items[-1][name] for name in names}


def _fits(number: str) -> bool:
    digits = "".join(map(str, Decimal(number).as_tuple().digits)).strip("0")
    return len(digits) <= MAX_DIGITS
