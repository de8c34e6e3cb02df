"""An invented region of families, their ties, telephones and officers, to draw officers in.

`Region` tells the domain what registers and profiles would tell: sets of keyed digests.
`forbidden` judges a draw with none of that: it walks from person to person.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache, cached_property

from chalicelib.domain.assignment import Interests, Officer, Role

YEAR = 365
DISTRICTS = ("351001", "351002", "351003", "351004")
VILLAGES = tuple(f"{district}{2001 + n}" for district in DISTRICTS for n in range(6))

UNTOLD = ("person", "kk", "phone", "village", "kin")


@cache
def mac(kind: str, number: int) -> bytes:
    """Sixteen bytes that stand for a person, card, telephone or device."""
    return hashlib.sha256(f"{kind} {number}".encode()).digest()[:16]


@dataclass
class Someone:
    """A person of the region; others are named by their place in `Region.people`."""

    card: int
    phone: int
    parents: tuple[int, ...] = ()
    children: list[int] = field(default_factory=list)
    spouse: int | None = None


@dataclass(frozen=True)
class Worker:
    """An officer or agent: who they are, and what their profile fails to tell."""

    sub: str
    person: int
    roles: frozenset[str]
    districts: frozenset[str]
    untold: str  # a field of the profile, or ""


@dataclass(frozen=True)
class Matter:
    """A dispute about a household."""

    locator: str
    card: int
    day: int
    agent: str
    objector: int | None
    device: int
    known: bool


@dataclass
class Region:
    """Families over three generations, and those who work among them."""

    seed: int
    founders: int = 260
    workers: int = 48
    people: list[Someone] = field(default_factory=list)
    members: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    village: dict[int, str] = field(default_factory=dict)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - an invented world
        grown = [self._couple() for _ in range(self.founders)]
        for _ in range(2):
            children = [child for couple in grown for child in self._children(couple)]
            self.chance.shuffle(children)
            grown = [
                self._marry(*pair) for pair in zip(children[::2], children[1::2], strict=False)
            ]
        self.staff = {worker.sub: worker for worker in self._hire()}
        self._share_phones()
        self.officers = [self._profile(worker) for worker in self.staff.values()]

    # --- how families come to be -----------------------------------------------------------------

    def _card(self) -> int:
        card = len(self.village)
        self.village[card] = self.chance.choice(VILLAGES)
        return card

    def _person(self, card: int, parents: tuple[int, ...] = ()) -> int:
        number = len(self.people)
        self.people.append(Someone(card, phone=number, parents=parents))
        self.members[card].append(number)
        for parent in parents:
            self.people[parent].children.append(number)
        return number

    def _couple(self) -> tuple[int, int]:
        card = self._card()
        one, other = self._person(card), self._person(card)
        self.people[one].spouse, self.people[other].spouse = other, one
        return one, other

    def _children(self, couple: tuple[int, int]) -> list[int]:
        card = self.people[couple[0]].card
        return [self._person(card, couple) for _ in range(self.chance.choice((0, 1, 2, 2, 3, 4)))]

    def _marry(self, one: int, other: int) -> tuple[int, int]:
        """Most couples take a family card of their own; some stay on that of a parent."""
        stay = self.chance.random() < 0.2
        card = self.people[one].card if stay else self._card()
        for number, spouse in ((one, other), (other, one)):
            person = self.people[number]
            self.members[person.card].remove(number)
            self.members[card].append(number)
            person.card, person.spouse = card, spouse
        return one, other

    def _share_phones(self) -> None:
        """Some give the number of anybody, some that of an officer or agent whom they know."""
        for person in self.people:
            if self.chance.random() < 0.15:
                person.phone = self.chance.choice(self.people).phone
            elif self.chance.random() < 0.05:
                person.phone = self.people[self._worker().person].phone

    def _worker(self) -> Worker:
        return self.chance.choice(list(self.staff.values()))

    def _hire(self) -> list[Worker]:
        adults = [n for n, person in enumerate(self.people) if person.spouse is not None]
        roles = (["reviewer"] * 5 + ["supervisor"] + ["agent"] * 6) * (self.workers // 12)
        return [
            Worker(
                sub=f"{role}-{place}",
                person=number,
                roles=frozenset({role}),
                districts=frozenset(self.chance.sample(DISTRICTS, self.chance.choice((1, 1, 2)))),
                untold=self.chance.choice((*[""] * 9, UNTOLD[place % len(UNTOLD)])),
            )
            for place, (role, number) in enumerate(
                zip(roles, self.chance.sample(adults, len(roles)), strict=True)
            )
        ]

    # --- what registers and profiles tell --------------------------------------------------------

    @cached_property
    def linked(self) -> dict[int, set[int]]:
        """Card -> cards tied to it because a parent or a child stands on them."""
        found: dict[int, set[int]] = defaultdict(set)
        for person in self.people:
            for parent in person.parents:
                found[person.card].add(self.people[parent].card)
                found[self.people[parent].card].add(person.card)
        return found

    def _profile(self, worker: Worker) -> Officer:
        """What an honest officer declares: the nearest, and those of the spouse."""
        own = self.people[worker.person]
        spouse = [] if own.spouse is None else [own.spouse]
        parents = [p for each in (worker.person, *spouse) for p in self.people[each].parents]
        kin = {worker.person, *spouse, *parents}
        kin |= {
            child
            for each in (worker.person, *spouse, *parents)
            for child in self.people[each].children
        }
        kin.remove(worker.person)
        cards = {self.people[each].card for each in kin}
        told = {
            "person": mac("nik", worker.person),
            "kk": mac("kk", own.card),
            "phone": mac("phone", own.phone),
            "village": self.village[own.card],
            "kin_at": 1,
        }
        if worker.untold:
            told.pop({"kin": "kin_at"}.get(worker.untold, worker.untold))
        return Officer(
            sub=worker.sub,
            roles=worker.roles,
            districts=worker.districts,
            kin_people=frozenset(mac("nik", each) for each in kin),
            kin_kks=frozenset(mac("kk", card) for card in cards - {own.card}),
            devices=frozenset({mac("device", own.phone)}),
            **told,  # type: ignore[arg-type]
        )

    def matter(self, number: int, day: int) -> Matter:
        """A dispute: more often about families that are near those who work here."""
        near = self.chance.random() < 0.4
        card = self.chance.choice(self._near_workers if near else self.cards)
        neighbours = self._at_home[self.village[card]]
        objects = self.chance.random() < 0.5
        objector = self.chance.choice(neighbours) if objects else None
        filer = objector if objector is not None else self.chance.choice(self.members[card])
        lent = self.chance.random() < 0.1  # sent from the telephone of somebody who works here
        holder = self.people[self._worker().person if lent else filer]
        return Matter(
            locator=f"L{number}",
            card=card,
            day=day,
            agent=self.chance.choice(self._agents) if self.chance.random() < 0.7 else "",
            objector=objector,
            device=holder.phone,
            known=self.chance.random() > 0.01,
        )

    @cached_property
    def cards(self) -> list[int]:
        return [card for card, members in self.members.items() if members]

    @cached_property
    def _near_workers(self) -> list[int]:
        """Cards of those who work here and all within two ties of theirs, nearest most often."""
        own = [self.people[worker.person].card for worker in self.staff.values()]
        tied = [card for each in own for card in sorted(self.linked[each])]
        near = [*own, *tied, *(card for each in tied for card in sorted(self.linked[each]))]
        return [card for card in near if self.members[card]]

    @cached_property
    def _at_home(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for number, person in enumerate(self.people):
            found[self.village[person.card]].append(number)
        return found

    @cached_property
    def _agents(self) -> list[str]:
        return [worker.sub for worker in self.staff.values() if "agent" in worker.roles]

    def interests(
        self, matter: Matter, decided: frozenset[str], acted: frozenset[str]
    ) -> Interests:
        """A matter as the domain is told of it."""
        family = self.members[matter.card]
        parties = [*family, *([] if matter.objector is None else [matter.objector])]
        contacts = {mac("phone", self.people[each].phone) for each in parties}
        cards = {matter.card, *self.linked[matter.card]}
        return Interests(
            village=self.village[matter.card],
            people=frozenset(mac("nik", each) for each in family),
            kks=frozenset(mac("kk", card) for card in cards) if matter.known else None,
            contacts=frozenset(contacts | {mac("device", matter.device)}),
            agent=matter.agent,
            objector=b"" if matter.objector is None else mac("nik", matter.objector),
            decided=decided,
            acted=acted,
        )


@dataclass
class History:
    """Who did what of late, as a plain list for each household."""

    deeds: dict[int, list[tuple[int, str, Role, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, matter: Matter, role: Role, sub: str) -> None:
        """Note a deed; what is older than a year hinders nobody any more."""
        late = [deed for deed in self.deeds[matter.card] if matter.day - deed[0] < YEAR]
        self.deeds[matter.card] = [*late, (matter.day, matter.locator, role, sub)]

    def decided(self, matter: Matter) -> frozenset[str]:
        """Who decided for the household in the twelve months before, other matters alone."""
        return frozenset(
            sub
            for day, locator, role, sub in self.deeds[matter.card]
            if locator != matter.locator and day > matter.day - YEAR and role is not Role.FIELD
        )

    def acted(self, matter: Matter) -> frozenset[str]:
        return frozenset(
            sub for _, locator, _, sub in self.deeds[matter.card] if locator == matter.locator
        )


def forbidden(region: Region, matter: Matter, role: Role, sub: str, history: History) -> list[str]:
    """Why this person should not have been drawn; walks the families and shares no code."""
    worker = region.staff[sub]
    me = region.people[worker.person]
    home, theirs = region.village[me.card], region.village[matter.card]
    parties = {*region.members[matter.card], *({matter.objector} - {None})}
    wanted = {"agent", "supervisor"} if role is Role.FIELD else {"reviewer", "supervisor"}
    at_home = theirs[:6] in worker.districts or theirs[:6] == home[:6]
    told = {
        "not known whether they are close": bool(worker.untold) or not matter.known,
        "neighbour": home == theirs,
        "family": _of_one_family(region, worker.person, matter.card),
        "objector or their nearest": matter.objector
        in {worker.person, *_nearest(region, worker.person)},
        "one telephone": any(region.people[each].phone == me.phone for each in parties),
        "one device": matter.device == me.phone,
        "registered the family": matter.agent == sub,
        "has not the role": not worker.roles & wanted,
        "not from elsewhere": role is Role.THIRD and at_home,
        "acted or decided before": _met_before(history, matter, sub),
    }
    return [why for why, holds in told.items() if holds]


def _of_one_family(region: Region, person: int, card: int) -> bool:
    """Whether somebody of that card is close to who shares a card with this person, or to them."""
    me = region.people[person]
    near = set()
    for each in region.members[me.card]:
        near |= {each, *_nearest(region, each)}
    for each in {person, *({me.spouse} - {None})}:
        for parent in region.people[each].parents:
            near |= {parent, *region.people[parent].children}
    return any(region.people[each].card == card for each in near)


def _met_before(history: History, matter: Matter, sub: str) -> bool:
    for day, locator, did, who in history.deeds[matter.card]:
        late = did is not Role.FIELD and matter.day - day < YEAR
        if who == sub and (locator == matter.locator or late):
            return True
    return False


def _nearest(region: Region, person: int) -> set[int]:
    one = region.people[person]
    return {*one.parents, *one.children, *({one.spouse} - {None})}
