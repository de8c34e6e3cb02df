"""What somebody who has every key can make of a copy of the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters import dynamo, registry_items
from chalicelib.domain.blind_keys import kk_guard, nik_guard
from chalicelib.usecases.ports import Opener, Sealed
from tests.canaries.people import Family
from tests.canaries.places import _values
from tests.canaries.search import needles, search

Wire = Mapping[str, Any]
WRAPPED = 256  # bytes of a key under RSA-2048
SHORTEST = 60  # bytes of a sealed blob: anything longer is tried


def what_comes_out(
    items: Iterable[Wire],
    who: Family,
    locator: str,
    opener: Opener,
    mac: Callable[[str, bytes], bytes],
) -> set[str]:
    """What can be told of a family from items of any tables, with all keys at hand.

    Every wrapped key is tried on every sealed blob under every case's name, so that nothing hangs
    on where things are kept today.

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
    locators = {text.removeprefix("R#") for text in _texts(kept, "pk", "sk") if "R#" in text}
    contexts = [f"{name}|{order}" for name in locators | {locator} for order in (0, 1)]
    opened = _all_opened([value for value in values if len(value) > SHORTEST], contexts, opener)
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


def _all_opened(raw: list[bytes], contexts: list[str], opener: Opener) -> Iterator[bytes]:
    """Whatever any key among some bytes opens of the others."""
    for wrapped in {value for value in raw if len(value) == WRAPPED}:
        for blob in set(raw) - {wrapped}:
            for context in contexts:
                try:
                    yield opener.open(Sealed(blob, wrapped), context)
                except (ValueError, ClientError):
                    continue


def _texts(items: Iterable[Wire], *names: str) -> set[str]:
    return {str(item[name]["S"]) for item in items for name in names if name in item}
