"""Where objections meet that may be of one hand: rows that vanish, under keys that tell nothing.

A row says of one objection what is compared under its key, and no more: its place, its time, the
beginning of the keyed digest of who objects, and how one photo looks. Keys have the time in them,
a span of their kind long, so that what is too old to be compared is neither read nor kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from chalicelib.domain import clusters
from chalicelib.domain.clusters import Sent

if TYPE_CHECKING:
    from chalicelib.domain.receipt import Mac
    from chalicelib.domain.sanggah_rules import ClusterLimits, Together

MOST_ROWS: Final = 50
"""Objections that one key keeps. So many within one span are a cluster, whoever comes next."""

MOST_KEYS: Final = 30
"""Of one objection: hour, device, street, the first photos. Three spans of each are read."""

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
_PERSON: Final = 8  # bytes: to tell two people apart, and nobody by
_TAG: Final = 12


@dataclass(frozen=True, slots=True)
class Row:
    """What is kept under a key.

    Attributes:
        name: 24 hex digits: a keyed digest of the key and its span of time.
        locator: of the objection.
        told: what is compared of it.
        until: when it may vanish (ms, UTC).
    """

    name: str
    locator: str
    told: str
    until: int


def rows(sent: Sent, limits: ClusterLimits, mac: Mac) -> tuple[Row, ...]:
    """What to keep of an objection; the same each time it is asked."""
    found = []
    for key in _keys(sent, limits):
        span = _span(key, limits)
        own = sent.at // span
        until = (own + 2) * span + _DAY_MS
        told = _told(sent, key, limits)
        found.append(Row(_name(key, own, mac), sent.locator, told, until))
    return tuple(found)


def names(sent: Sent, limits: ClusterLimits, mac: Mac) -> Mapping[str, str]:
    """Where to look for others: name -> its key. The span of its time, and those beside it."""
    return {
        _name(key, sent.at // _span(key, limits) + beside, mac): key
        for key in _keys(sent, limits)
        for beside in (-1, 0, 1)
    }


def others(
    sent: Sent, kept: Mapping[str, Iterable[str]], limits: ClusterLimits, mac: Mac
) -> tuple[Sent, ...]:
    """The objections that share a key with one, as `clusters.flags` compares them.

    Args:
        kept: name -> what was told under it.
    """
    keys = names(sent, limits, mac)
    found: dict[str, Sent] = {}
    for name in sorted(kept):
        for told in sorted(kept[name]):
            other = _read(told, keys[name], sent)
            before = found.get(other.locator)
            found[other.locator] = _both(before, other) if before else other
    found.pop(sent.locator, None)
    return tuple(found[locator] for locator in sorted(found))


def _keys(sent: Sent, limits: ClusterLimits) -> tuple[str, ...]:
    return clusters.keys(sent, limits)[:MOST_KEYS]


def _span(key: str, limits: ClusterLimits) -> int:
    kind: Together = getattr(limits, key.partition("#")[0])
    return kind.hours * _HOUR_MS


def _name(key: str, span: int, mac: Mac) -> str:
    return mac("cluster", f"{key}|{span}".encode())[:_TAG].hex()


def _told(sent: Sent, key: str, limits: ClusterLimits) -> str:
    """A row; under the key of a photo with how the photos look that have it."""
    photos = sent.looks if key.startswith("photo#") else ()
    mine = [each for each in photos if key in clusters.keys(replace(sent, looks=(each,)), limits)]
    looks = ",".join(dict.fromkeys(mine))
    return f"{sent.village}|{sent.locator}|{sent.person[:_PERSON].hex()}|{sent.at}|{looks}"


def _read(told: str, key: str, sent: Sent) -> Sent:
    """What a row tells: of device, street and village only that they are the same."""
    village, locator, person, at, looks = told.split("|")
    kind = key.partition("#")[0]
    return Sent(
        locator=locator,
        village=village,
        person=bytes.fromhex(person),
        device=sent.device if kind == "device" else b"",
        street=sent.street if kind == "street" else b"",
        looks=tuple(looks.split(",")) if looks else (),
        at=int(at),
    )


def _both(one: Sent, other: Sent) -> Sent:
    return replace(
        one,
        device=one.device or other.device,
        street=one.street or other.street,
        looks=tuple(dict.fromkeys(one.looks + other.looks)),
    )


def shortened(sent: Sent) -> Sent:
    """An objection as rows tell of it, so that it can be compared with what they tell."""
    return replace(sent, person=sent.person[:_PERSON])
