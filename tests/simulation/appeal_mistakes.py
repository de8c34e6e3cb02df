"""Known mistakes of appeals and second looks, each the real system with one thing done wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.dispute import Dispute
from chalicelib.domain.registration import Ref
from chalicelib.usecases.filing import Filed
from tests.simulation.dispute_mistakes import Another
from tests.simulation.families import families
from tests.simulation.patrol import RegionCourt
from tests.simulation.region import Region


class AnyMemberIsTheHead(Another):
    """Whoever stands in a family appeals without a receipt as its head."""

    class Court(RegionCourt):
        def own(self, nik: str = "", name: str = "", *photos: Any, **changes: Any) -> Filed:
            heads = {
                person["nik"]: each.form["members"][0]["name"]
                for each in families()
                for person in each.form["members"]
            }
            return super().own(nik, heads.get(nik, name), *photos, **changes)

    court_of = Court


class AgentsAreNotNamed(Another):
    """What an agent sends for a family is kept as if the family had sent it."""

    class Court(RegionCourt):
        def appeal_by(self, receipt: str, key: str, *photos: Any, **changes: Any) -> Filed:
            return super().appeal_by(receipt, key, *photos, **changes | {"agent": ""})

    court_of = Court


class SecondLooksAtWill(Another):
    """Each wish for a second look has a number of its own."""

    @dataclass
    class Index:
        real: Any
        key: str

        def mac(self, purpose: str, data: bytes) -> bytes:
            return self.real.mac(purpose, data + self.key.encode())  # type: ignore[no-any-return]

    class Court(RegionCourt):
        key = ""

        def second(self, number: str, *photos: Any, **changes: Any) -> Filed:
            self.key = changes["key"]
            return super().second(number, *photos, **changes)

        def part_ports(self) -> Any:
            ports = super().part_ports()
            index = SecondLooksAtWill.Index(ports.find.index, self.key)
            return replace(ports, find=replace(ports.find, index=index))

    court_of = Court


class WhoDecidedLooksAgain(Another):
    """Whoever decided may be drawn for the appeal of what they decided."""

    class Forgetful:
        """Knows of what has ended no vote."""

        def __init__(self, real: Any) -> None:
            self._real = real

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        def load(self, refs: Sequence[Ref]) -> dict[Ref, Dispute]:
            found = self._real.load(refs).items()
            return {ref: replace(each, votes=()) if each.ended else each for ref, each in found}

    class Court(RegionCourt):
        def conduct_ports(self) -> Any:
            ports = super().conduct_ports()
            return replace(ports, disputes=WhoDecidedLooksAgain.Forgetful(ports.disputes))

    court_of = Court


class WhatIsNotTheirsCounts(Another):
    """An answer of which it is upheld that it is somebody else's stays as it is."""

    class Court(RegionCourt):
        def review_ports(self) -> Any:
            return replace(super().review_ports(), set_apart=lambda known, _code: known)

    court_of = Court


APPEAL_MISTAKES: tuple[type[Region], ...] = (
    AnyMemberIsTheHead,
    AgentsAreNotNamed,
    SecondLooksAtWill,
    WhoDecidedLooksAgain,
    WhatIsNotTheirsCounts,
)
