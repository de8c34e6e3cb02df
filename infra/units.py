"""DynamoDB's units of what is sent and answered, by AWS's own size rules, in the low-level form.

Pure: it takes the bodies of requests and answers as they pass by, decoded from JSON. The meter of
the tests and the real load count with it; emulators' own figures are not used.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

KILOBYTE: Final = 1024
READ_BLOCK: Final = 4 * KILOBYTE
INDEXED: Final = ("wk", "ref")
"""An item with one of these stands in an index too."""

Item = Mapping[str, Mapping[str, Any]]
Body = Mapping[str, Any]


def item_size(item: Item) -> int:
    """Bytes of an item as AWS counts them: names and values, in the low-level form.

    Source: Amazon DynamoDB Developer Guide, "Item sizes and formats".
    """
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Mapping[str, Any]) -> int:  # noqa: PLR0911 - one return a kind
    """Bytes of one value in the low-level form."""
    ((kind, held),) = value.items()
    if kind == "S":
        return len(held.encode())
    if kind == "B":
        return len(b64decode(held) if isinstance(held, str) else held)
    if kind == "N":
        digits: str = held.lstrip("-").replace(".", "").strip("0")
        return -(-len(digits) // 2) + 1 + int(held[0] == "-")
    if kind == "L":
        return 3 + sum(1 + value_size(each) for each in held)
    if kind == "M":
        return 3 + sum(1 for _ in held) + item_size(held)
    if kind in ("SS", "NS", "BS"):
        return 3 + sum(1 + value_size({kind[0]: each}) for each in held)
    return 1  # true, false, nothing


def write_units(size: int, *, transaction: bool = False) -> int:
    """Units of a write: one for each kilobyte begun, two in a transaction."""
    return max(1, -(-size // KILOBYTE)) * (2 if transaction else 1)


def read_half_units(size: int, *, consistent: bool) -> int:
    """Half units of a read: one for each four kilobytes begun, two if consistent."""
    return max(1, -(-size // READ_BLOCK)) * (2 if consistent else 1)


@dataclass(frozen=True, slots=True)
class Written:
    """One action of a write.

    Attributes:
        size: bytes of the item that is put; None for an update, delete or check.
        units: of the table; index: of its indexes.
    """

    table: str
    size: int | None
    units: int
    index: int


def written(operation: str, body: Body) -> Iterator[Written]:
    """What a request writes; nothing, if it is none that writes.

    Updates and deletes are counted at one kilobyte: ours are of small items only.
    """
    for action in body.get("TransactItems", ()):
        yield _action(action, transaction=True)
    if operation in ("PutItem", "UpdateItem", "DeleteItem"):
        yield _action({operation[:-4]: body}, transaction=False)


def read_halves(operation: str, body: Body, answer: Body) -> Iterator[tuple[str, int]]:
    """Table and half units of what a request has read; nothing, if it is none that reads."""
    if operation == "BatchGetItem":
        for table, asked in body["RequestItems"].items():
            found = answer["Responses"].get(table, [])
            missing = len(asked["Keys"]) - len(found)
            consistent = asked.get("ConsistentRead", False)
            yield table, _batch(found, missing, consistent=consistent)
    elif operation in ("GetItem", "Query", "Scan"):
        items = answer.get("Items", [answer.get("Item", {})])
        consistent = body.get("ConsistentRead", False)
        yield body["TableName"], read_half_units(sum(map(item_size, items)), consistent=consistent)


def _action(action: Mapping[str, Any], *, transaction: bool) -> Written:
    ((kind, asked),) = action.items()
    size = item_size(asked["Item"]) if kind == "Put" else None
    units = write_units(KILOBYTE if size is None else size, transaction=transaction)
    index = int(size is not None and any(name in asked["Item"] for name in INDEXED))
    return Written(asked["TableName"], size, units, index)


def _batch(found: Sequence[Item], missing: int, *, consistent: bool) -> int:
    """A batch pays for each item alone, and for a missing one as for the smallest."""
    sizes = [*map(item_size, found), *([0] * missing)]
    return sum(read_half_units(size, consistent=consistent) for size in sizes)
