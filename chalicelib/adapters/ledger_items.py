"""Events and seals as items of the ledger table, under the keys that the domain gives them."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamo import Item, text
from chalicelib.domain.audit import READS, Act, Event, event_key, read_chain

if TYPE_CHECKING:
    from chalicelib.domain.day_seal import DaySeal

SEALS_PK: Final = "SEAL"

_IN_KEY: Final = frozenset({"chain", "seq"})
_HEX: Final = frozenset({"model", "rules"})


def event_to_item(event: Event) -> Item:
    """An event as an item; chain and number stand in its key, what is empty is left out."""
    pk, sk = event_key(event)
    item: dict[str, Any] = {"pk": pk, "sk": sk}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.name in _IN_KEY or value is None:
            continue
        item[field.name] = bytes.fromhex(value) if field.name in _HEX else value
    return item


def event_from_item(item: Item) -> Event:
    """Read what `event_to_item` wrote."""
    held: dict[str, Any] = {name: value for name, value in item.items() if name not in ("pk", "sk")}
    for name in _HEX & held.keys():
        held[name] = held[name].hex()
    partition, _, shard = text(item, "pk").partition("#")
    start, _, seq = text(item, "sk").rpartition("#")
    chain = read_chain(start, partition) if shard == READS else start
    held = {"commitment": None, **held, "act": Act(held["act"])}
    return Event(chain=chain, seq=int(seq), **held)


def seal_to_item(seal: DaySeal) -> Item:
    """A seal as an item; its day is its key."""
    item = {field.name: getattr(seal, field.name) for field in fields(seal) if field.name != "day"}
    return {"pk": SEALS_PK, "sk": seal.day, **item}


def seal_from_item(item: Item) -> DaySeal:
    """Read what `seal_to_item` wrote."""
    from chalicelib.domain.day_seal import DaySeal  # noqa: PLC0415 - whoever writes events seals no day

    held: dict[str, Any] = {name: value for name, value in item.items() if name not in ("pk", "sk")}
    return DaySeal(day=text(item, "sk"), **held)
