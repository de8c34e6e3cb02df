"""Known mistakes of ground checks and officers, each the real system with one thing done wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.domain import officer_profile
from chalicelib.domain.audit import Event, event_key
from chalicelib.domain.errors import Fault, WrongState
from chalicelib.domain.ground_check import Check
from chalicelib.domain.officer_profile import Profile
from chalicelib.domain.registration import Stamp
from chalicelib.usecases import keep_officers, send_visits
from chalicelib.usecases.check_ports import DisputeStep, Stands
from tests.simulation.patrol import Patrol
from tests.simulation.region import Region
from tests.simulation.region_stores import RegionChecks


class _Region(Region):
    """The real region with another patrol."""

    patrol_of: type[Patrol] = Patrol

    def make_patrol(self) -> Patrol:
        return self.patrol_of(self)


class VisitsWithoutAVersion(_Region):
    """A step of a check is written over whatever stands there."""

    class Their(Patrol):
        class Checks(RegionChecks):
            def change(self, check: Check, event: Event, **more: Any) -> Stands | None:
                there = self.aws.checks.get(check.ref)
                if there is not None:
                    check = replace(check, version=there.version + 1)
                self.aws.events.pop(event_key(event), None)
                return super().change(check, event, **more)

        checks_of = Checks

    patrol_of = Their


class AnybodyGoes(_Region):
    """Nobody asks where an agent lives, whose kin they are, and what they have registered."""

    class Their(Patrol):
        def send(self) -> send_visits.Done:
            known, self.officers = (
                self.officers,
                [
                    replace(each, village="3510202001", kin_people=frozenset())
                    for each in self.officers
                    if each.sub in ("agent-near", "agent-kin")
                ],
            )
            try:
                return super().send()
            finally:
                self.officers = known

    patrol_of = Their


class CheckBesideItsDispute(_Region):
    """The dispute is told of its visit in a call of its own, after the check is there."""

    class Their(Patrol):
        class Checks(RegionChecks):
            def create(
                self, check: Check, event: Event, *, dispute: DisputeStep | None = None
            ) -> Stands | None:
                stands = super().create(check, event)
                if stands is None and dispute is not None:
                    moved, step = dispute
                    key = event_key(step)
                    self.aws.call(
                        "PutItem", lambda: self.aws.disputes.__setitem__(moved.ref, moved)
                    )
                    self.aws.call("PutItem", lambda: self.aws.events.__setitem__(key, step))
                return stands

        checks_of = Checks

    patrol_of = Their


class RolesGivenAlone(_Region):
    """Whoever proposed roles may give them."""

    class Their(Patrol):
        def keep(
            self, act: Callable[..., Profile], sub: str, roles: frozenset[str], actor: str
        ) -> Profile:
            if act is not keep_officers.grant_roles:
                return super().keep(act, sub, roles, actor)
            ports = self.profile_ports()
            there = keep_officers._stored(sub, ports)
            if there.asked is None or there.asked.roles != roles:
                raise WrongState(Fault("roles_not_waiting"))
            anybodys = replace(there, asked=replace(there.asked, by=""))
            stamp = Stamp(ports.clock.now_ms(), actor, there.salt)
            return keep_officers._kept(officer_profile.grant_roles(anybodys, stamp), ports)

    patrol_of = Their


CHECK_MISTAKES: tuple[type[Region], ...] = (
    VisitsWithoutAVersion,
    AnybodyGoes,
    CheckBesideItsDispute,
    RolesGivenAlone,
)
