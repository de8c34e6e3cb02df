"""A profile of an officer as an item of the registry: digests and codes, no number and no name."""

from __future__ import annotations

import json
from typing import Any, Final

from chalicelib.adapters import registry_items
from chalicelib.adapters.dynamo import Item, data, number, text
from chalicelib.adapters.packing import pack_numbers
from chalicelib.domain.assignment import MAC_SIZE, Officer
from chalicelib.domain.officer_profile import Asked, Profile
from chalicelib.domain.registration import Ref

_DIGESTS: Final = (("person", "n"), ("kk", "k"), ("phone", "p"))
_SETS: Final = (("kin_people", "i"), ("kin_kks", "j"), ("devices", "y"))
_CHANGES: Final = (("asked", "q"), ("granted", "r"))


def officer_key(ref: Ref) -> tuple[str, str]:
    """Key of a profile: all of a region are one partition."""
    return officers_pk(ref.village), ref.locator


def officers_pk(region: str) -> str:
    """Partition of a region's officers."""
    return f"O#{region}"


def profile_to_item(profile: Profile) -> Item:
    """A profile as an item; what is empty is left out."""
    pk, sk = officer_key(profile.ref)
    officer = profile.officer
    item: dict[str, Any] = {
        "pk": pk,
        "sk": sk,
        "v": profile.version,
        "u": officer.sub,
        "h": profile.head.hash + pack_numbers((profile.head.seq, profile.head.at)),
        "x": profile.salt,
    }
    item |= {short: getattr(officer, name) for name, short in _DIGESTS if getattr(officer, name)}
    for name, short in _SETS:
        if digests := getattr(officer, name):
            item[short] = b"".join(sorted(digests))
    told = {
        "g": sorted(officer.roles),
        "w": officer.village,
        "c": sorted(officer.districts),
        "t": officer.kin_at,
        "d": profile.declared_by,
        "e": profile.declared_at,
    }
    item |= {short: value for short, value in told.items() if value}
    for name, short in _CHANGES:
        change: Asked | None = getattr(profile, name)
        if change is not None:
            item[short] = json.dumps([sorted(change.roles), change.by, change.at])
    return item


def profile_from_item(item: Item) -> Profile:
    """Read what `profile_to_item` wrote.

    Raises:
        TypeError, ValueError, KeyError: the item is none of ours.
    """
    return Profile(
        ref=registry_items.ref_of(item),
        officer=officer_from_item(item),
        version=number(item, "v"),
        head=registry_items.head_from_item(item),
        salt=data(item, "x"),
        declared_by=text(item, "d") if "d" in item else "",
        declared_at=number(item, "e") if "e" in item else 0,
        asked=_change(item, "q"),
        granted=_change(item, "r"),
    )


def officer_from_item(item: Item) -> Officer:
    """What the drawing compares of a profile's item."""
    more: dict[str, Any] = {name: data(item, short) for name, short in _DIGESTS if short in item}
    more |= {name: _split(data(item, short)) for name, short in _SETS if short in item}
    roles: Any = item.get("g", ())
    districts: Any = item.get("c", ())
    return Officer(
        sub=text(item, "u"),
        roles=frozenset(roles),
        village=text(item, "w") if "w" in item else "",
        districts=frozenset(districts),
        kin_at=number(item, "t") if "t" in item else 0,
        **more,
    )


def _split(joined: bytes) -> frozenset[bytes]:
    if len(joined) % MAC_SIZE:
        raise ValueError("digests of another size")
    starts = range(0, len(joined), MAC_SIZE)
    return frozenset(joined[start : start + MAC_SIZE] for start in starts)


def _change(item: Item, short: str) -> Asked | None:
    if short not in item:
        return None
    roles, by, at = json.loads(text(item, short))
    return Asked(frozenset(roles), by, at)
