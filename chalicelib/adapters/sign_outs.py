"""Sign-ins that were ended before their tokens end, in the ops table until nobody can use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.adapters import aws, dynamo

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SK: Final = "O"


@dataclass(frozen=True, slots=True)
class SignOuts:
    """Which sign-ins are over."""

    client: DynamoDBClient
    table: str

    def end(self, session: str, until: int) -> None:
        """Let no token of this sign-in in any more.

        Args:
            session: what all tokens of the sign-in carry (`Claims.session`).
            until: when the last of them would have ended (seconds since the epoch).

        Raises:
            TryAgain: the store refused for now, so the sign-in still holds.
        """
        item: dynamo.Item = {"pk": _pk(session), "sk": _SK, "ttl": until}
        with aws.passing_told():
            self.client.put_item(TableName=self.table, Item=dynamo.encode(item))

    def ended(self, session: str) -> bool:
        """Tell whether a sign-in was ended.

        Raises:
            TryAgain: the store refused for now.
        """
        with aws.passing_told():
            answer = self.client.get_item(
                TableName=self.table, Key=dynamo.key(_pk(session), _SK), ConsistentRead=True
            )
        return "Item" in answer


def _pk(session: str) -> str:
    return f"S#{session}"
