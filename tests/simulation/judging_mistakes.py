"""Known mistakes of judging findings, each the real system with one thing done wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.domain.audit import Event
from chalicelib.domain.ground_check import Check
from chalicelib.usecases import settle_check
from chalicelib.usecases.check_ports import Stands
from tests.simulation.patrol import Patrol
from tests.simulation.region import Region
from tests.simulation.region_stores import RegionChecks


class _Region(Region):
    """The real region with another patrol."""

    patrol_of: type[Patrol] = Patrol

    def make_patrol(self) -> Patrol:
        return self.patrol_of(self)


class WhoJudgedIsForgotten(_Region):
    """Who has judged is not kept with the family."""

    class Their(Patrol):
        class Checks(RegionChecks):
            def change(self, check: Check, event: Event, **more: Any) -> Stands | None:
                return super().change(check, event, **more | {"judges": None})

        checks_of = Checks

    patrol_of = Their


class TheFirstOpinionSettles(_Region):
    """What one officer says of a finding is the end of it."""

    class Their(Patrol):
        class Checks(RegionChecks):
            def change(self, check: Check, event: Event, **more: Any) -> Stands | None:
                if len(check.opinions) == 1:
                    check = replace(check, to_settle=False)
                return super().change(check, event, **more)

        checks_of = Checks

    patrol_of = Their


class AnyOpinionWillDo(_Region):
    """Nobody asks whose turn it is: the page is only shown to who was drawn."""

    class Their(Patrol):
        def judge(self, judging: settle_check.Judging) -> Check:
            sub = judging.actor.partition(":")[2]
            ports = self.settle_ports()
            only = [each for each in self.officers if each.sub == sub]
            anywhere = [
                replace(
                    each,
                    village="3510202001",
                    districts=frozenset({judging.ref.village[:6]}),
                    roles=frozenset({"reviewer", "supervisor"}),
                )
                for each in only
            ]
            return settle_check.judge(judging, replace(ports, officers=lambda: anywhere))

    patrol_of = Their


JUDGING_MISTAKES: tuple[type[Region], ...] = (
    WhoJudgedIsForgotten,
    TheFirstOpinionSettles,
    AnyOpinionWillDo,
)
