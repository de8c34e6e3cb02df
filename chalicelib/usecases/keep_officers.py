"""Keep what is known of officers: an administrator declares it, two give roles.

Numbers are typed once and turned into keyed digests here; nothing of them is stored or shown again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from chalicelib.domain import blind_keys, officer_profile
from chalicelib.domain.areas import AreaCodes
from chalicelib.domain.assignment import Officer
from chalicelib.domain.audit import Event
from chalicelib.domain.errors import Fault, InvalidRequest, NotFound, TryAgain
from chalicelib.domain.nik import check_kk, check_nik
from chalicelib.domain.officer_profile import ROLES, Profile
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases.assignment_ports import Officers
from chalicelib.usecases.ports import BlindIndex, Clock, Randomness

SALT_SIZE: Final = 16
MOST_KIN: Final = 60
_SUBJECT: Final = re.compile(r"(?!.*[0-9]{16})[A-Za-z0-9_-]{1,64}", re.ASCII)
_PHONE: Final = re.compile(r"(0|\+62)[0-9]{7,13}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ports:
    """What keeping profiles needs.

    Attributes:
        on: today, in the region's own time.
        areas: the lists of codes that numbers are checked against.
        districts: codes of the region's districts.
    """

    clock: Clock
    random: Randomness
    index: BlindIndex
    officers: Officers
    on: date
    areas: AreaCodes
    districts: Collection[str]
    region: str


@dataclass(frozen=True, slots=True)
class Declare:
    """What an administrator has been told by an officer, as typed.

    Attributes:
        sub: the officer's account in the pool.
        kin_niks, kin_kks: of parents, children, brothers, sisters, the spouse and the spouse's.
        kin_told: the officer has said that these are all; without it the profile is incomplete.
        actor: "staff:<subject>" of the administrator.
    """

    sub: str
    nik: str
    kk: str
    phone: str
    village: str
    districts: tuple[str, ...]
    kin_niks: tuple[str, ...]
    kin_kks: tuple[str, ...]
    kin_told: bool
    actor: str


def declare(command: Declare, ports: Ports) -> Profile:
    """Replace what is known of an officer; what is said again changes nothing.

    Raises:
        InvalidRequest: a number cannot be one, or a place is not of this region; all at once.
        NotAllowed: of oneself.
        TryAgain: the store refused for now, or somebody else wrote meanwhile.
    """
    faults = [*_account(command.sub), *_faults(command, ports)]
    if faults:
        raise InvalidRequest(*faults)
    there = _load(command.sub, ports)
    told = _officer(command, ports)
    known = replace(there.officer, roles=told.roles, devices=told.devices, kin_at=told.kin_at)
    if known == told and bool(there.officer.kin_at) == command.kin_told:
        return there
    stamp = Stamp(ports.clock.now_ms(), command.actor, there.salt)
    return _kept(officer_profile.declare(there, told, stamp), ports)


def ask_roles(sub: str, roles: frozenset[str], actor: str, ports: Ports) -> Profile:
    """Propose roles for an account; asked again by the same person it is the same proposal.

    Raises:
        InvalidRequest: no account is written so, or a role cannot be given here.
        NotAllowed, WrongState, TryAgain: as `officer_profile.ask_roles`, and as `declare`.
    """
    faults = _account(sub)
    if roles - set(ROLES):
        faults.append(Fault("field_not_an_option", "roles"))
    if faults:
        raise InvalidRequest(*faults)
    there = _load(sub, ports)
    waits = there.asked
    if waits is not None and (waits.roles, waits.by) == (roles, actor):
        return there
    stamp = Stamp(ports.clock.now_ms(), actor, there.salt)
    return _kept(officer_profile.ask_roles(there, roles, stamp), ports)


def grant_roles(sub: str, roles: frozenset[str], actor: str, ports: Ports) -> Profile:
    """Give the roles that another administrator proposed; sent again it is the same.

    Args:
        roles: that this administrator has read: those and no others are given.

    Raises:
        NotFound: there is no such profile.
        NotAllowed, WrongState, TryAgain: as `officer_profile.grant_roles`, and as `declare`;
            TryAgain, too, when other roles are proposed by now.
    """
    there = _stored(sub, ports)
    last = there.granted
    if there.asked is None and last is not None and (last.roles, last.by) == (roles, actor):
        return there
    if there.asked is not None and there.asked.roles != roles:
        raise TryAgain(Fault("busy"))
    return _moved(there, officer_profile.grant_roles, actor, ports)


def drop_roles(sub: str, actor: str, ports: Ports) -> Profile:
    """Do not give the roles that were proposed.

    Raises:
        NotFound, NotAllowed, WrongState, TryAgain: as `grant_roles`.
    """
    return _moved(_stored(sub, ports), officer_profile.drop_roles, actor, ports)


def ref_of(sub: str, ports: Ports) -> Ref:
    """Where the profile of an account is kept."""
    return officer_profile.ref_of(ports.index.mac, ports.region, sub)


def _moved(
    there: Profile,
    step: Callable[[Profile, Stamp], tuple[Profile, Event]],
    actor: str,
    ports: Ports,
) -> Profile:
    return _kept(step(there, Stamp(ports.clock.now_ms(), actor, there.salt)), ports)


def _kept(step: tuple[Profile, Event], ports: Ports) -> Profile:
    if ports.officers.put(*step) is not None:
        raise TryAgain(Fault("busy"))
    return step[0]


def _load(sub: str, ports: Ports) -> Profile:
    """The profile of an account, or a blank one."""
    ref = ref_of(sub, ports)
    there = ports.officers.load(ref)
    return there or officer_profile.blank(ref, sub, ports.random.take(SALT_SIZE))


def _stored(sub: str, ports: Ports) -> Profile:
    there = None if _account(sub) else _load(sub, ports)
    if there is None or not there.version:
        raise NotFound(Fault("officer_unknown"))
    return there


def _account(sub: str) -> list[Fault]:
    return [] if _SUBJECT.fullmatch(sub) else [Fault("account_malformed", "sub")]


def _faults(command: Declare, ports: Ports) -> Iterator[Fault]:
    on, areas = ports.on, ports.areas
    niks = [("nik", command.nik), *(("kin_niks", each) for each in command.kin_niks)]
    cards = [("kk", command.kk), *(("kin_kks", each) for each in command.kin_kks)]
    for field, typed in niks:
        for code in check_nik(typed, on=on, areas=areas).errors:
            yield Fault(f"nik_{code}", field)
    for field, typed in cards:
        for code in check_kk(typed, on=on, areas=areas).errors:
            yield Fault(f"kk_{code}", field)
    if not _PHONE.fullmatch(command.phone):
        yield Fault("phone_malformed", "phone")
    if not re.fullmatch(r"[0-9]{10}", command.village, re.ASCII):
        yield Fault("village_malformed", "village")  # it may well be of another region
    guest = not command.village.startswith(ports.region)  # who is lent is in charge of nothing
    if not (command.districts or guest) or set(command.districts) - set(ports.districts):
        yield Fault("field_not_an_option", "districts")
    for field, kin in (("kin_niks", command.kin_niks), ("kin_kks", command.kin_kks)):
        if len(kin) > MOST_KIN:
            yield Fault("field_too_long", field)


def _officer(command: Declare, ports: Ports) -> Officer:
    mac, on, areas = ports.index.mac, ports.on, ports.areas

    def person(typed: str) -> bytes:
        return blind_keys.person(mac, check_nik(typed, on=on, areas=areas).normalized)

    def card(typed: str) -> bytes:
        return blind_keys.card(mac, check_kk(typed, on=on, areas=areas).normalized)

    return Officer(
        sub=command.sub,
        roles=frozenset(),
        person=person(command.nik),
        kk=card(command.kk),
        phone=blind_keys.phone(mac, command.phone),
        village=command.village,
        districts=frozenset(command.districts),
        kin_people=frozenset(map(person, command.kin_niks)),
        kin_kks=frozenset(map(card, command.kin_kks)),
        kin_at=ports.clock.now_ms() if command.kin_told else 0,
    )
