"""What is left for others to take up, as items of the registry: a list by time for each region."""

from __future__ import annotations

from chalicelib.adapters.dynamo import Item, text
from chalicelib.domain.handover import Handover, Kind
from chalicelib.domain.registration import Ref

_LIST = ","


def handovers_pk(region: str) -> str:
    """Partition of what a region's cases and disputes have left."""
    return f"T#{region}"


def handover_to_item(told: Handover) -> Item:
    """A handover as an item; a time and a case have one of each kind."""
    return {
        "pk": handovers_pk(told.ref.village[:4]),
        "sk": f"{told.at:013}#{told.kind}#{told.ref.locator}",
        "g": told.ref.village,
        "c": _LIST.join(told.codes),
        "w": told.why,
    }


def handover_from_item(item: Item) -> Handover:
    """Read what `handover_to_item` wrote.

    Raises:
        TypeError, ValueError, KeyError: the item is none of ours.
    """
    at, kind, locator = text(item, "sk").split("#")
    codes = tuple(text(item, "c").split(_LIST))
    return Handover(Kind(kind), Ref(text(item, "g"), locator), int(at), codes, text(item, "w"))
