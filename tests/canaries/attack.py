"""What somebody who has every key can make of a copy of the tables."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters import dynamo, registry_items
from chalicelib.adapters.protection import unlock
from chalicelib.domain.blind_keys import kk_guard, nik_guard
from tests.canaries.people import Family
from tests.canaries.places import _values
from tests.canaries.search import needles, search

Wire = Mapping[str, Any]
STAGE = "banyuwangi"
WRAPPED = 256  # bytes of a key under RSA-2048
SHORTEST = 60  # bytes of a sealed blob: anything longer is tried


def what_comes_out(
    items: Iterable[Wire],
    who: Family,
    locator: str,
    unwrap: Callable[[bytes], bytes],
    mac: Callable[[str, bytes], bytes],
) -> set[str]:
    """What can be told of a family from items of any tables, with all keys at hand.

    Every wrapped key that is anywhere is unwrapped and tried on every sealed blob that is anywhere,
    so that nothing hangs on where things are kept today.

    Args:
        items: as the wire has them.
        who: the family that is looked for, and its locator.
        unwrap: opens a wrapped key as the key service does; ValueError when it cannot.
        mac: keyed digests as the functions make them.

    Returns:
        Any of "shown": stands there for all to read; "opened": a sealed identity; "answers": of
        its case; "salt": under which its ledger's commitments could be tried; "known": that its
        NIK or family card was registered.
    """
    kept = list(items)
    sought = needles(who.canaries)
    found: set[str] = set()
    values = [value for item in kept for typed in item.values() for value in _values(typed)]
    if any(search(value, sought) for value in values):
        found.add("shown")
    raw = {value for value in values if len(value) > SHORTEST}
    opened = _all_opened(raw, [f"{locator}|{order}" for order in (0, 1)], unwrap)
    if any(search(plain, sought) for plain in opened):
        found.add("opened")
    for item in map(dynamo.decode, kept):
        own = str(item["pk"]) == f"R#{locator}" or str(item["sk"]) == f"R#{locator}"
        if own and "s" in item and isinstance(item["s"], bytes):
            found.add("salt")
        if own and registry_items.is_state(item):
            case = registry_items.from_item(item)
            if case.household is not None or case.scored is not None or case.decisions:
                found.add("answers")
    guards = {nik_guard(mac, "v1", person["nik"]) for person in who.form["members"]}
    guards.add(kk_guard(mac, "v1", who.form["kk"]))
    if guards & _texts(kept, "pk"):
        found.add("known")
    return found


def _all_opened(
    raw: set[bytes], contexts: list[str], unwrap: Callable[[bytes], bytes]
) -> Iterator[bytes]:
    """Whatever any key among some bytes opens of the others."""
    for wrapped in (value for value in raw if len(value) == WRAPPED):
        try:
            key = unwrap(wrapped)
        except (ValueError, ClientError):
            continue
        for blob in raw - {wrapped}:
            for context in contexts:
                with contextlib.suppress(ValueError):
                    yield unlock(blob, key, STAGE, context)


def _texts(items: Iterable[Wire], *names: str) -> set[str]:
    return {str(item[name]["S"]) for item in items for name in names if name in item}
