"""Items of the ops table: token buckets and counted rights. Everything here may vanish."""

from __future__ import annotations

from chalicelib.adapters.dynamo import Item, number
from chalicelib.usecases.ports import Bucket


def bucket_key(name: str) -> tuple[str, str]:
    """Key of a token bucket."""
    return name, "B"


def right_key(name: str) -> tuple[str, str]:
    """Key of a counted right."""
    return name, "L"


def bucket_from_item(item: Item) -> Bucket:
    """A bucket: `n` tokens, its capacity, at the time `f` when it will be full again."""
    return Bucket(tokens=number(item, "n"), at=number(item, "f"))
