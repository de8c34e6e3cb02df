"""The memory of a region whose AWS has faults, and the clocks of its machines."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.domain.registration import Ref
from tests.fakes import FakeClock
from tests.simulation.faulty_aws import FaultyAws
from tests.simulation.stream import Record


@dataclass
class RegionAws(FaultyAws):
    """The fakes' memory, with the stream of the registry beside it.

    Attributes:
        asked: run -> (NIK, name) that it asked the civil registry about.
        confirmed: (NIK, name) that the civil registry has ever confirmed.
        asked_in_vain: checks that were stored and were not about what the family had corrected.
        entries: run -> the entry of the ledger that was acknowledged to it.
        secrets: case -> the secrets that have opened it, in order; all but the last are dead.
        revived: cases that a dead secret opened again.
        seen_ended: run -> locators of the cases that had ended when it last read a batch.
        held_by_the_ended: cases that went to an officer because of those alone.
    """

    stream: list[Record] = field(default_factory=list)
    asked: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    entries: dict[str, tuple[tuple[str, str], bytes]] = field(default_factory=dict)
    confirmed: set[tuple[str, str]] = field(default_factory=set)
    asked_in_vain: list[str] = field(default_factory=list)
    secrets: dict[Ref, list[bytes]] = field(default_factory=dict)
    revived: list[str] = field(default_factory=list)
    seen_ended: dict[str, set[str]] = field(default_factory=dict)
    held_by_the_ended: list[str] = field(default_factory=list)


@dataclass
class MachineClock(FakeClock):
    """The true time, seen through the clock of the machine that asks."""

    aws: RegionAws = field(default_factory=RegionAws)

    def now_ms(self) -> int:
        run = self.aws.running
        return self.aws.now + (run.skew_ms if run is not None else 0)

    def advance(self, ms: int) -> None:
        self.aws.now += ms
