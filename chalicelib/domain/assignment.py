"""Who acts on a matter is drawn among those who may, and never chosen.

An officer who may not act may not look either. Excluded is whoever has an interest in the matter,
and whoever may have one for all that is known: a relation that nobody has told counts as one
(security 2.4; UU 30/2014 art. 42-43 on conflicts of interest). People, family cards, telephones and
devices are compared as keyed digests of 16 bytes; no number of anybody is here.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from chalicelib.domain.receipt import Mac
    from chalicelib.domain.registration import Ref

MAC_SIZE: Final = 16
_DISTRICT: Final = 6  # digits of a village's code that name its district
_NOBODY: Final[frozenset[bytes]] = frozenset()
_SUPERVISOR: Final = "supervisor"

GUEST: Final = "guest"
"""Beside another role: somebody of another region, lent to this one by its own administrators."""


class Role(StrEnum):
    """What somebody is drawn for. Nobody has two of them in one matter (`Interests.acted`)."""

    RECOMMENDER = "recommender"
    DECIDER = "decider"
    THIRD = "third"  # after two who differ, and on whatever somebody from elsewhere must look at
    FIELD = "field"  # goes and looks
    SUPERVISOR = "supervisor"  # a cluster, or a report about an agent: from elsewhere


GROUPS: Final[Mapping[Role, frozenset[str]]] = {
    Role.RECOMMENDER: frozenset({"reviewer", "supervisor"}),
    Role.DECIDER: frozenset({"reviewer", "supervisor"}),
    Role.THIRD: frozenset({"reviewer", "supervisor"}),
    Role.FIELD: frozenset({"agent"}),
    Role.SUPERVISOR: frozenset({"supervisor"}),
}
"""Groups of the staff pool that may be drawn for a role."""

FROM_ELSEWHERE: Final = frozenset({Role.THIRD, Role.SUPERVISOR})
"""Roles for people of another district; the others are for those in charge of the district."""


@dataclass(frozen=True, slots=True)
class Officer:
    """What is known of somebody who may be drawn, to tell whom they are close to.

    Attributes:
        sub: the pool's own id of the person.
        roles: groups of the pool.
        person, kk, phone: keyed digests of their own NIK, family card and telephone; b"" for not
            told.
        village: where they live, ten digits; "" for not told.
        districts: where they work, six digits each; a guest is in charge of none here.
        kin_people, kin_kks: digests of those whom they have declared as kin, or are linked to.
        kin_at: when they declared their kin, none included (ms, UTC); 0 for never.
        devices: digests of devices that they have used as citizens or agents, where known.
    """

    sub: str
    roles: frozenset[str]
    person: bytes = b""
    kk: bytes = b""
    phone: bytes = b""
    village: str = ""
    districts: frozenset[str] = frozenset()
    kin_people: frozenset[bytes] = _NOBODY
    kin_kks: frozenset[bytes] = _NOBODY
    kin_at: int = 0
    devices: frozenset[bytes] = _NOBODY

    @property
    def complete(self) -> bool:
        """Whether enough is known of them to be drawn for anything."""
        return not missing(self)


@dataclass(frozen=True, slots=True)
class Interests:
    """Whom a matter concerns. None, "" for a village, means that it is not known.

    Attributes:
        village: of the household, ten digits.
        people: digests of all its members' NIK, and of others whom the matter names.
        kks: digests of its family card and of those linked to it by marriage or parents.
        contacts: digests of telephones and devices of all parties, the objector's included.
        agent: subject of the agent who registered the household; "" when it came by itself.
        objector: digest of the objector's NIK; b"" when nobody objected.
        decided: subjects who decided for this household of late (`decided_before_months`).
        acted: subjects who have acted in this matter already, by a vote or a visit.
    """

    village: str
    people: frozenset[bytes] | None
    kks: frozenset[bytes] | None
    contacts: frozenset[bytes] | None
    agent: str = ""
    objector: bytes = b""
    decided: frozenset[str] = field(default_factory=frozenset)
    acted: frozenset[str] = field(default_factory=frozenset)

    @property
    def known(self) -> bool:
        """Whether it can be told at all who is close to the household."""
        return bool(self.village) and None not in (self.people, self.kks, self.contacts)


@dataclass(frozen=True, slots=True)
class Judges:
    """Who has judged what visits to a family found (`check_review`).

    Attributes:
        version: raised by one with each opinion; 0 while there was none.
        last: subject -> when last (ms, UTC).
    """

    case: Ref
    version: int = 0
    last: Mapping[str, int] = field(default_factory=dict)

    def and_of(self, actor: str, at: int) -> Judges:
        """The same with an opinion of somebody ("staff:<subject>") at a time (ms, UTC)."""
        last = {**self.last, actor.partition(":")[2]: at}
        return Judges(self.case, self.version + 1, last)

    def of_late(self, since: int) -> frozenset[str]:
        """Subjects who have judged since then (ms, UTC)."""
        return frozenset(subject for subject, at in self.last.items() if at >= since)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Who acts.

    Attributes:
        level: 0 an officer for the role, 1 a supervisor in their place, 2 a guest.
    """

    sub: str
    level: int


@dataclass(frozen=True, slots=True)
class Escalated:
    """Nobody anywhere may act: the region's administration has to find somebody.

    Attributes:
        why: code -> how many of the region's officers it excludes.
    """

    why: Mapping[str, int]


def missing(officer: Officer) -> tuple[str, ...]:
    """What has to be told of an officer before they can be drawn, as codes."""
    told = {
        "person": officer.person,
        "kk": officer.kk,
        "phone": officer.phone,
        "village": officer.village,
        "districts": officer.districts or GUEST in officer.roles,
        "kin": officer.kin_at,
    }
    return tuple(code for code, value in told.items() if not value)


def conflicts(officer: Officer, interests: Interests) -> frozenset[str]:
    """Why an officer may neither act on a matter nor look into it, in whatever role.

    Returns:
        Codes, none when nothing stands in the way; each has its words in data/words/sanggah.
    """
    family = interests.people or _NOBODY
    cards = interests.kks or _NOBODY
    contacts = interests.contacts or _NOBODY
    objector = {interests.objector} - {b""}
    reasons = {
        "profile_incomplete": not officer.complete,
        "relation_unknown": not interests.known,
        "same_village": officer.village == interests.village,
        "own_family": officer.person in family or officer.kk in cards,
        "kin": bool(officer.kin_people & family or officer.kin_kks & cards),
        "same_contact": bool((officer.devices | {officer.phone}) & contacts),
        "registered_it": officer.sub == interests.agent,
        "objected": bool((officer.kin_people | {officer.person}) & objector),
        "decided_before": officer.sub in interests.decided,
        "acted_before": officer.sub in interests.acted,
    }
    return frozenset(code for code, holds in reasons.items() if holds)


def may_act(officer: Officer, interests: Interests, role: Role) -> frozenset[str]:
    """Why an officer may not act on a matter in a role; empty when they may.

    Returns:
        Codes of `conflicts`, and "other_role", "other_place".
    """
    in_charge = interests.village[:_DISTRICT] in officer.districts
    at_home = officer.village[:_DISTRICT] == interests.village[:_DISTRICT]
    placed = not (in_charge or at_home) if role in FROM_ELSEWHERE else in_charge
    reasons = {"other_role": not officer.roles & GROUPS[role], "other_place": not placed}
    found = frozenset(code for code, holds in reasons.items() if holds)
    return found | conflicts(officer, interests)


def day_key(mac: Mac, day: str) -> bytes:
    """The key of a day's draws, which nobody outside the key service can foretell.

    Args:
        day: yyyymmdd.
    """
    return mac("assignment", day.encode())


def draw(
    key: bytes,
    locator: str,
    officers: Iterable[Officer],
    interests: Interests,
    role: Role,
) -> Drawn | Escalated:
    """Draw who acts: the officer whose keyed hash with the matter is highest among those who may.

    So each who may is equally likely, the same question has the same answer however often it is
    asked, and an officer who comes or goes moves only the matters that are theirs (rendezvous
    hashing: Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998).

    Args:
        key: `day_key` of the UTC day on which the matter reached this step, not of today.
        locator: the matter's own.
        officers: of the region, and its guests.

    Returns:
        Who was drawn. When nobody for the role may, a supervisor of the region in their place;
        then a guest. It never waits for somebody to come.
    """
    known = list(officers)
    near = [each for each in known if GUEST not in each.roles]
    guests = [each for each in known if GUEST in each.roles]
    named = GROUPS[role] | {_SUPERVISOR}
    pools = [
        (0, [each for each in near if each.roles & GROUPS[role]]),
        (1, [each for each in near if _SUPERVISOR in each.roles]),
        (2, [each for each in guests if each.roles & named]),
    ]
    # A supervisor or a guest stands in for a whole region; who must be from elsewhere stays so.
    stand_in = {"other_role"} if role in FROM_ELSEWHERE else {"other_role", "other_place"}
    for level, pool in pools:
        waived = stand_in if level else set[str]()
        for officer in sorted(pool, key=lambda each: _lot(key, locator, role, each), reverse=True):
            if may_act(officer, interests, role) <= waived:
                return Drawn(officer.sub, level)
    return Escalated(why_nobody(known, interests, role))


def why_nobody(officers: Iterable[Officer], interests: Interests, role: Role) -> Mapping[str, int]:
    """Code of `may_act` -> how many of these officers it keeps from a matter."""
    return Counter(code for officer in officers for code in may_act(officer, interests, role))


def _lot(key: bytes, locator: str, role: Role, officer: Officer) -> bytes:
    return hmac.digest(key, f"{role}|{locator}|{officer.sub}".encode(), "sha256")
