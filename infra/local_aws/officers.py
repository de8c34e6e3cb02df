"""Invented profiles of the local run's officers: without them nobody may be drawn for a dispute.

Declared and given their roles by two, by the use cases that the staff pages call.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib.adapters.area_files import area_codes, region_districts
from chalicelib.adapters.officer_table import OfficerTable
from chalicelib.adapters.protection import KmsBlindIndex
from chalicelib.usecases import keep_officers
from chalicelib.usecases.keep_officers import Declare
from infra import pilot
from infra.account import Account

ONE, OTHER = "staff:local-first", "staff:local-second"


class _Clock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class _Randomness:
    def take(self, size: int) -> bytes:
        return os.urandom(size)


@dataclass(frozen=True, slots=True)
class Known:
    """What is told of an officer.

    Attributes:
        serial: last digits of an invented NIK, family card and telephone.
        half: which half of the districts they are in charge of, 0 or 1; None for all.
        home: the district where they live, by its place among those they are in charge of.
    """

    serial: int
    roles: frozenset[str]
    home: int
    half: int | None = None


REVIEWER, SUPERVISOR = frozenset({"reviewer"}), frozenset({"supervisor"})
AGENT = frozenset({"agent"})
# A report about an agent goes to a supervisor of none of the districts where agents of that place
# work: so each half has its own agent, and its own supervisor for the other half's reports.
OFFICERS = {
    "petugas": Known(9981, REVIEWER | SUPERVISOR, home=0),
    "petugas2": Known(9982, REVIEWER, home=-1),
    "petugas3": Known(9983, REVIEWER, home=1),
    "petugas4": Known(9984, REVIEWER, home=1, half=0),
    "petugas5": Known(9985, REVIEWER, home=-2, half=1),
    "petugas6": Known(9988, SUPERVISOR, home=2, half=0),
    "petugas7": Known(9989, SUPERVISOR, home=0, half=1),
    "pendamping": Known(9986, AGENT, home=-1, half=1),
    "pendamping2": Known(9990, AGENT, home=-1, half=0),
    "penetap": Known(9987, frozenset(), home=-3),  # drawn for nothing, but may open an objector
}


def declare_officers(
    account: Account, given: dict[str, str], region: str, subjects: dict[str, str]
) -> None:
    """Declare the officers and give them their roles, if that is not done.

    Args:
        account: the local one.
        given: parameters and outputs of the deployment.
        subjects: user name -> the pool's own id; who is not in it is left out.
    """
    declare_all(subjects, _ports(account, given, region, tuple(region_districts(region))))


def declare_all(subjects: dict[str, str], ports: keep_officers.Ports) -> None:
    """Declare those officers who have an account, as two administrators of `ports.region` would."""
    districts = tuple(sorted(ports.districts))
    half = len(districts) // 2
    halves = {None: districts, 0: districts[:half], 1: districts[half:]}
    for name, sub in subjects.items():
        if name not in OFFICERS:
            continue
        known = OFFICERS[name]
        own = halves[known.half]
        home = own[known.home % len(own)]
        told = Declare(
            sub=sub,
            nik=f"{home}410885{known.serial}",
            kk=f"{home}010120{known.serial}",
            phone=f"08000000{known.serial}",
            village=f"{home}2999",  # no family of the region lives there
            districts=own,
            kin_niks=(),
            kin_kks=(),
            kin_told=True,
            actor=ONE,
        )
        keep_officers.declare(told, ports)
        profile = ports.officers.load(keep_officers.ref_of(sub, ports))
        if profile is None or profile.officer.roles != known.roles:
            keep_officers.ask_roles(sub, known.roles, ONE, ports)
            keep_officers.grant_roles(sub, known.roles, OTHER, ports)


def _ports(
    account: Account, given: dict[str, str], region: str, districts: tuple[str, ...]
) -> keep_officers.Ports:
    kms: Any = account.client("kms")
    return keep_officers.Ports(
        clock=_Clock(),
        random=_Randomness(),
        index=KmsBlindIndex(lambda: kms, given["IndexKeyId"], given["Stage"]),
        officers=OfficerTable(account.client("dynamodb"), pilot.tables(given)),
        on=datetime.now(tz=UTC).date(),
        areas=area_codes(),
        districts=districts,
        region=region,
    )
