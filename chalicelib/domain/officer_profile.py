"""The profile of somebody who may be drawn, and its life: told by an administrator, roles by two.

What is told of an officer excludes them from matters of people close to them (`assignment`). Pure:
every step takes the profile as it was, and gives it as it becomes with the one event of its chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.domain import audit
from chalicelib.domain.assignment import GUEST, Officer
from chalicelib.domain.audit import Act, Event, Head
from chalicelib.domain.errors import Fault, NotAllowed, WrongState
from chalicelib.domain.receipt import Mac, derive
from chalicelib.domain.registration import Ref, Stamp

PLACE: Final = 809_998
"""Stands in the name of a profile's chain where a case has the place of its village."""

ROLES: Final = ("reviewer", "supervisor", "agent", GUEST)
"""Groups that somebody may be drawn from, and what tells that they are of another region."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A change of roles that waits for a second administrator, or the last that one made.

    Attributes:
        by: "staff:<subject>".
        at: ms, UTC.
    """

    roles: frozenset[str]
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as it is stored: digests and codes, no number and no name.

    Attributes:
        ref: region (4 digits) and the name of its chain, which is shaped like a locator.
        officer: what the drawing compares; its roles are those that two administrators gave.
        version: raised by one with each step; every step is conditional on it.
        head: end of its chain in the ledger.
        salt: its events' commitments are made under it.
        declared_by, declared_at: of the last declaration; "" and 0 before the first.
        asked: a change of roles that waits.
        granted: the last change of roles, by its second administrator.
    """

    ref: Ref
    officer: Officer
    version: int
    head: Head
    salt: bytes
    declared_by: str = ""
    declared_at: int = 0
    asked: Asked | None = None
    granted: Asked | None = None


def ref_of(mac: Mac, region: str, sub: str) -> Ref:
    """Where the profile of an account is kept."""
    return Ref(region, derive(mac, f"officer|{region}|{sub}", PLACE).locator)


def blank(ref: Ref, sub: str, salt: bytes) -> Profile:
    """A profile of which nothing is told yet, and nothing stored."""
    return Profile(ref, Officer(sub, frozenset()), 0, audit.first_head(ref.locator), salt)


def declare(profile: Profile, told: Officer, stamp: Stamp) -> tuple[Profile, Event]:
    """Replace what is told of an officer; the roles stay, and the devices, which nobody tells.

    Raises:
        NotAllowed: of oneself.
    """
    _somebody_else(profile, stamp)
    own = profile.officer
    officer = replace(told, sub=own.sub, roles=own.roles, devices=own.devices)
    moved = replace(profile, officer=officer, declared_by=stamp.actor, declared_at=stamp.at)
    details = {
        "person": officer.person.hex(),
        "kk": officer.kk.hex(),
        "phone": officer.phone.hex(),
        "village": officer.village,
        "districts": sorted(officer.districts),
        "kin_people": sorted(each.hex() for each in officer.kin_people),
        "kin_kks": sorted(each.hex() for each in officer.kin_kks),
        "kin_at": officer.kin_at,
    }
    return _step(moved, Act.PROFILE_DECLARED, stamp, details)


def ask_roles(profile: Profile, roles: frozenset[str], stamp: Stamp) -> tuple[Profile, Event]:
    """Propose other roles for an officer; another administrator confirms them or does not.

    Args:
        roles: of ROLES; none takes all away.

    Raises:
        NotAllowed: for oneself.
        WrongState: another change waits, or these are the roles already.
    """
    _somebody_else(profile, stamp)
    if profile.asked is not None:
        raise WrongState(Fault("roles_waiting"))
    if roles == profile.officer.roles:
        raise WrongState(Fault("roles_same"))
    moved = replace(profile, asked=Asked(roles, stamp.actor, stamp.at))
    return _step(moved, Act.ROLES_PROPOSED, stamp, _told(profile, roles))


def grant_roles(profile: Profile, stamp: Stamp) -> tuple[Profile, Event]:
    """Give the roles that were proposed, as a second administrator.

    Raises:
        NotAllowed: whoever proposed them, or for oneself.
        WrongState: no change waits.
    """
    asked = _waiting(profile)
    _somebody_else(profile, stamp)
    if stamp.actor == asked.by:
        raise NotAllowed(Fault("roles_same_person"))
    moved = replace(
        profile,
        officer=replace(profile.officer, roles=asked.roles),
        asked=None,
        granted=Asked(asked.roles, stamp.actor, stamp.at),
    )
    return _step(moved, Act.ROLES_GRANTED, stamp, _told(profile, asked.roles))


def drop_roles(profile: Profile, stamp: Stamp) -> tuple[Profile, Event]:
    """Do not give the roles that were proposed; whoever proposed them may take them back.

    Raises:
        NotAllowed: for oneself.
        WrongState: no change waits.
    """
    asked = _waiting(profile)
    _somebody_else(profile, stamp)
    return _step(
        replace(profile, asked=None), Act.ROLES_DROPPED, stamp, _told(profile, asked.roles)
    )


def _waiting(profile: Profile) -> Asked:
    if profile.asked is None:
        raise WrongState(Fault("roles_not_waiting"))
    return profile.asked


def _somebody_else(profile: Profile, stamp: Stamp) -> None:
    if stamp.actor.partition(":")[2] == profile.officer.sub:
        raise NotAllowed(Fault("profile_own"))


def _told(profile: Profile, roles: frozenset[str]) -> Mapping[str, object]:
    return {"officer": profile.officer.sub, "roles": sorted(roles)}


def _step(
    profile: Profile, act: Act, stamp: Stamp, details: Mapping[str, object]
) -> tuple[Profile, Event]:
    event, head = audit.append(
        profile.head,
        chain=profile.ref.locator,
        at=stamp.at,
        actor=stamp.actor,
        act=act,
        commitment=audit.commit(stamp.salt, details),
    )
    return replace(profile, version=profile.version + 1, head=head), event
