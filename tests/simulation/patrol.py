"""Ground checks in a region whose AWS has faults: who may go, who asks, what is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.domain import assignment, blind_keys
from chalicelib.domain.assignment import Officer
from chalicelib.domain.check_rules import CheckRules
from chalicelib.domain.ground_check import Check
from chalicelib.domain.officer_profile import Profile
from chalicelib.usecases import ask_check, conduct_dispute, keep_officers, settle_check
from tests.court import Courtroom, terms
from tests.fakes import FakeBlindIndex, FakeOpener
from tests.fakes_checks import FakeGroundChecks
from tests.fakes_officers import FakeOfficers
from tests.simulation.region_stores import RegionChecks
from tests.visiting import RULES, Field, officer
from tests.world import REGION, VILLAGE

if TYPE_CHECKING:
    from tests.simulation.region import Region

KEY = b"a key of the tests"
NEARLY_ALL = 2_000  # per cent of the model's interval: whoever is decided is near a border
REGISTRAR = "agent-2"
"""Registers one of the families of a schedule."""


@cache
def field_staff() -> tuple[Officer, ...]:
    """Agents who may go, and two who may not: a neighbour, and kin of a family."""
    head = blind_keys.person(FakeBlindIndex(key=KEY).mac, "3510154903859901")
    return (
        officer("agent-1"),
        officer(REGISTRAR),
        officer("agent-3"),
        officer("agent-near", village=VILLAGE),
        officer("agent-kin", kin_people=frozenset({head})),
    )


@cache
def few_drawn() -> CheckRules:
    """Numbers by which a sample is a choice among few families."""
    return replace(
        RULES, sample_least=1, sample_per_10000=0, near_most_a_day=2, near_percent=NEARLY_ALL
    )


class Patrol(Field):
    """What the clock, agents and officers do about ground checks; mistakes bring their own."""

    checks_of: type[RegionChecks] = RegionChecks

    def __init__(self, region: Region) -> None:  # what a test's own field reads is read once here
        self.world = region
        self.region = region
        self.officers = [*field_staff(), *region.court.staff]
        self.rules = few_drawn()
        self.checks = self.checks_of(region.aws)
        self.disputes = region.disputes
        self.terms = terms()

    def settle_ports(self) -> settle_check.Ports:
        """What settling a finding needs."""
        region = self.region
        return settle_check.Ports(
            region.clock,
            region.random,
            FakeOpener(region.aws),
            region.store,
            self.checks,
            region.disputes,
            region.ledger,
            lambda: self.officers,
            lambda day: assignment.day_key(region.index.mac, day),
            self.terms,
            REGION,
        )

    def judge(self, judging: settle_check.Judging) -> Check:
        """Keep an officer's opinion of a finding."""
        return settle_check.judge(judging, self.settle_ports())

    def keep(
        self, act: Callable[..., Profile], sub: str, roles: frozenset[str], actor: str
    ) -> Profile:
        """Propose roles of an account, or give those that are proposed."""
        return act(sub, roles, actor, self.profile_ports())

    def profile_ports(self) -> keep_officers.Ports:
        """What keeping profiles needs; nothing is declared here, so no area is asked."""
        region = self.region
        rules = region.form_rules()
        return keep_officers.Ports(
            region.clock,
            region.random,
            region.index,
            FakeOfficers(region.aws),
            rules.on,
            rules.areas,
            (VILLAGE[:6],),
            REGION,
        )


class RegionCourt(Courtroom):
    """A courtroom whose visits are those of its region."""

    def conduct_ports(self) -> conduct_dispute.Ports:
        checks = FakeGroundChecks(self.world.aws)
        mac = self.world.index.mac
        return replace(
            super().conduct_ports(), visited=lambda there: ask_check.visited(there, mac, checks)
        )
