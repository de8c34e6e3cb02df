"""Objections that look as if one hand made them: one device, one hour, one street, one photo.

A flag closes nothing and weighs nothing: a flagged objection goes to an officer of another
district, who sees why. Numbers of objections never add weight, so a campaign gains nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.domain.evidence import HASH_BITS, alike

if TYPE_CHECKING:
    from chalicelib.domain.receipt import Mac
    from chalicelib.domain.sanggah_rules import ClusterLimits, Together

TAG: Final = 16
_HOUR_MS: Final = 3_600_000
_NETWORK: Final = 4  # groups of an IPv6 address that name a line
_WORD: Final = re.compile(r"[a-z]+")
_NOT_A_NAME: Final = frozenset(
    {"jl", "jln", "jalan", "gg", "gang", "no", "nomor", "rt", "rw", "blok"}
)


@dataclass(frozen=True, slots=True)
class Sent:
    """What is compared of an objection: keyed digests, looks of photos and a time.

    Attributes:
        locator: of the dispute.
        village: of the family that it is about.
        person: digest of who objected.
        device: digest of what it was sent from; b"" for not known, as in `street`.
        street: `street_tag` of where the family lives.
        looks: `evidence.Piece.looks` of each photo.
        at: when it was filed (ms, UTC).
    """

    locator: str
    village: str
    person: bytes
    device: bytes
    street: bytes
    looks: tuple[str, ...]
    at: int


def device_tag(mac: Mac, address: str, told: str) -> bytes:
    """A keyed digest of where an objection was sent from: network and kind of browser together.

    An operator puts thousands of phones behind one address, and one kind of phone is everywhere:
    only both together say something, and no more than that somebody should look.

    Args:
        address: of the network; of a long one (IPv6) the first half, which stays with a line.
        told: what the browser says of itself.

    Returns:
        16 bytes; none when one of both is not known.
    """
    network = ":".join(address.split(":")[:_NETWORK]) if ":" in address else address
    return mac("device", f"{network}|{told}".encode())[:TAG] if network and told else b""


def street_tag(mac: Mac, village: str, line: str) -> bytes:
    """A keyed digest of a street: the same for each house in it, however it is written.

    Args:
        village: ten digits; streets of two villages never have one tag.
        line: an address as it was written; numbers and words like "jalan" say nothing.

    Returns:
        16 bytes; none when the line names no street.
    """
    words = [word for word in _WORD.findall(line.lower()) if word not in _NOT_A_NAME]
    return mac("street", f"{village}|{' '.join(words)}".encode())[:TAG] if words else b""


def keys(sent: Sent, limits: ClusterLimits) -> tuple[str, ...]:
    """Keys under which an objection is kept, so that all that it may be compared with share one.

    Two photos of which no more than `photo_bits` differ are equal in at least one of so many and
    one more bands of their bits.
    """
    found = [f"hour#{sent.village}"]
    found += [f"device#{sent.device.hex()}"] if sent.device else []
    found += [f"street#{sent.street.hex()}"] if sent.street else []
    bands = limits.photo_bits + 1
    for looks in sent.looks:
        number = int(looks or "0", 16)
        for band in range(bands):
            low, high = HASH_BITS * band // bands, HASH_BITS * (band + 1) // bands
            part = number >> low & ((1 << high - low) - 1)
            found.append(f"photo#{limits.photo_bits}#{band}#{part:x}")
    return tuple(dict.fromkeys(found))


def flags(new: Sent, others: Iterable[Sent], limits: ClusterLimits) -> Mapping[str, frozenset[str]]:
    """What an objection is part of.

    Args:
        others: objections that share one of its `keys`, in any order, itself or not.

    Returns:
        "cluster:device" and the like -> locators of the cluster, its own included. Whichever of
        them is looked at last, the same clusters are found.
    """
    rest = [other for other in others if other.locator != new.locator]

    def same_photo(other: Sent) -> bool:
        return any(alike(a, b, limits.photo_bits) for a in new.looks for b in other.looks)

    kinds: tuple[tuple[str, Together, Callable[[Sent], bool], bool], ...] = (
        ("device", limits.device, lambda other: b"" != new.device == other.device, True),
        ("hour", limits.hour, lambda other: new.village == other.village, True),
        ("street", limits.street, lambda other: b"" != new.street == other.street, True),
        ("photo", limits.photo, same_photo, False),
    )
    found = {}
    for kind, together, belongs, by_person in kinds:
        members = _largest(new, [other for other in rest if belongs(other)], together, by_person)
        if members:
            found[f"cluster:{kind}"] = members
    return found


def _largest(new: Sent, alikes: list[Sent], together: Together, by_person: bool) -> frozenset[str]:
    """All within reach of `new` in time, if enough of them lie in one span of that length with it.

    Args:
        by_person: whether one person's objections count once; otherwise each counts.
    """
    span = together.hours * _HOUR_MS
    near = [new, *(other for other in alikes if abs(other.at - new.at) <= span)]
    members: set[str] = set()
    for start in (each.at for each in near if new.at - span <= each.at <= new.at):
        within = [each for each in near if start <= each.at <= start + span]
        if len({each.person if by_person else each.locator for each in within}) >= together.least:
            members |= {each.locator for each in within}
    return frozenset(members)
