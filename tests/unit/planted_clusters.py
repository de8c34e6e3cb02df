"""Seasons of objections, most of them honest, with some by one hand planted among them."""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from chalicelib.domain.clusters import Sent, flags, keys
from chalicelib.domain.sanggah_rules import load_sanggah
from tests.world import DATA

RULES = load_sanggah((DATA / "sanggah" / "default.json").read_bytes())
LIMITS = RULES.on(date(2026, 11, 22)).clusters
KINDS = ("device", "hour", "street", "photo")
HOUR, DAY = 3_600_000, 86_400_000
START = 1_790_000_000_000
HERE = "3510152001"


def tag(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


def sent(name: str, at: int = 0, **other: object) -> Sent:
    """An objection that has nothing in common with any other but its village."""
    told: dict[str, object] = {
        "locator": name,
        "village": HERE,
        "person": tag(f"{name} person"),
        "device": tag(f"{name} device"),
        "street": tag(f"{name} street"),
        "looks": (),
        "at": START + at,
    }
    return Sent(**told | other)  # type: ignore[arg-type]


def mac(purpose: str, data: bytes) -> bytes:
    return hashlib.sha256(purpose.encode() + b"|" + data).digest()


@dataclass
class Season:
    """Two months of objections in a region of 108 villages, most of them honest."""

    seed: int
    honest: int = 1_000
    planted: int = 10
    all: list[Sent] = field(default_factory=list)
    by_one_hand: list[tuple[str, set[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - an invented world
        self.sizes = [1 / (n + 5) for n in range(108)]
        for _ in range(self.honest):
            self.add(**self.honestly())
        for kind in KINDS:
            for _ in range(self.planted):
                self.plant(kind)

    def add(self, **told: object) -> str:
        self.all.append(sent(f"L{len(self.all)}", **told))  # type: ignore[arg-type]
        return self.all[-1].locator

    def honestly(self) -> dict[str, object]:
        """Most in the first days, by daylight; some on a relative's phone or at the office."""
        chance = self.chance
        number = chance.choices(range(108), self.sizes)[0]
        day = int(min(chance.expovariate(1 / 12), 59))
        own, person = chance.random(), chance.randrange(10**9)
        device = f"own {person}"
        if own < 0.1:
            device = f"household {number} {chance.randrange(300)}"
        elif own < 0.15:
            device = f"office {number}"
        told: dict[str, object] = {
            "village": f"35101{number:05}",
            "device": tag(device),
            "street": tag(f"{number} {chance.randrange(30)}"),
            "at": day * DAY + int(chance.triangular(7, 21, 10) * HOUR),
            "looks": tuple(self.photo() for _ in range(chance.choice((1, 1, 2, 3)))),
        }
        if self.all and chance.random() < 0.004:  # a neighbour's photo that was passed on
            told["looks"] = chance.choice(self.all).looks
        return told

    def photo(self) -> str:
        return f"{self.chance.getrandbits(64):016x}"

    def plant(self, kind: str) -> None:
        chance = self.chance
        base, mark = self.honestly(), str(chance.random())
        at, shot = chance.randrange(30) * DAY + 9 * HOUR, self.photo()
        least, most, span = {
            "device": (3, 6, 20 * DAY),
            "hour": (8, 15, HOUR),
            "street": (5, 9, 6 * DAY),
            "photo": (2, 5, 40 * DAY),
        }[kind]
        group = set()
        for _ in range(chance.randint(least, most)):
            one = self.honestly() | {"at": at + chance.randrange(span)}
            if kind == "device":
                one["device"] = tag(mark)
            elif kind == "photo":
                saved_again = sum(1 << bit for bit in chance.sample(range(64), 3))
                one["looks"] = (f"{int(shot, 16) ^ saved_again:016x}",)
            else:
                one["village"] = base["village"]
                one |= {"street": tag(mark)} if kind == "street" else {}
            group.add(self.add(**one))
        self.by_one_hand.append((f"cluster:{kind}", group))

    def flagged(self) -> dict[str, set[str]]:
        """Each objection is looked at when it comes, among those that share a key with it."""
        kept: dict[str, list[Sent]] = defaultdict(list)
        found: dict[str, set[str]] = defaultdict(set)
        for new in sorted(self.all, key=lambda each: each.at):
            others = {each.locator: each for key in keys(new, LIMITS) for each in kept[key]}
            for code, members in flags(new, others.values(), LIMITS).items():
                found[code] |= members
            for key in keys(new, LIMITS):
                kept[key].append(new)
        return found


def honest_of(season: Season, locators: Iterable[str]) -> set[str]:
    planted = {locator for _, group in season.by_one_hand for locator in group}
    return set(locators) - planted
