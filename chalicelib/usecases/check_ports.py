"""What ground checks need from outside, besides the stores of cases and disputes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from chalicelib.domain.audit import Event
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.ground_check import Check
from chalicelib.domain.registration import Ref, Registration
from chalicelib.usecases.dispute_ports import CaseStep, Statement
from chalicelib.usecases.ports import Sealed

if TYPE_CHECKING:
    from chalicelib.domain.assignment import Judges
    from chalicelib.domain.check_sample import Sample

MOST_VISITS: Final = 10  # as many attempts as a region may ask for
AFTER: Final = "after"  # what whoever went remarked when the differences were shown


def visit_part(number: int) -> str:
    """Part of the vault that holds place and remark of a visit, from 0.

    Sealed in the context "<locator>|<part>": {"place": {...} or null, "remark": text}.
    """
    return f"visit:{number}"


PARTS: Final = (*map(visit_part, range(MOST_VISITS)), AFTER)

DisputeStep = tuple[Dispute, Event]
"""The dispute as it becomes, and its event: written in the same transaction."""


@dataclass(frozen=True, slots=True)
class Stands:
    """What stands in the way of a write: what failed its condition, as it is."""

    check: Check | None = None
    case: Registration | None = None
    dispute: Dispute | None = None
    judges: Judges | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A check with what is sealed beside it."""

    check: Check
    statements: Mapping[str, Sealed]


class FirstEvents(Protocol):
    """Reads one event of a chain."""

    def event(self, chain: str, at: int, seq: int) -> Event | None:
        """The event of a chain at a place, by its time (ms, UTC)."""
        ...


class GroundChecks(Protocol):
    """Ground checks, and what whoever went has written, sealed part by part.

    Every write is one transaction: the check and its event, and all that goes with it; or
    nothing. Raises chalicelib.domain.errors.TryAgain when the store refuses for now. Sent twice,
    a write that is there already is done.
    """

    def create(
        self, check: Check, event: Event, *, dispute: DisputeStep | None = None
    ) -> Stands | None:
        """Store a new check, with the step of the dispute that asked for it; None when done."""
        ...

    def change(
        self,
        check: Check,
        event: Event,
        *,
        statements: Sequence[Statement] = (),
        case: CaseStep | None = None,
        judges: Judges | None = None,
    ) -> Stands | None:
        """Store a step if the stored version is still `check.version - 1`; None when done.

        Args:
            case, judges: stored with it, each if its version before still stands.
        """
        ...

    def forget(self, check: Check, event: Event) -> Stands | None:
        """Like `change`; what is sealed beside the check goes in the same transaction."""
        ...

    def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Check]:
        """Read checks in one call (up to 60), as last written; missing ones are left out."""
        ...

    def read(self, ref: Ref) -> Opened | None:
        """A check and what is sealed beside it, in one call."""
        ...

    def about(self, case: Ref) -> Sequence[Check]:
        """All checks of a family, the earliest first."""
        ...

    def of_officer(self, region: str, officer: str, limit: int) -> Sequence[Ref]:
        """Checks that a field officer was drawn for, by deadline."""
        ...

    def unassigned(self, region: str, limit: int) -> Sequence[Ref]:
        """Checks for which nobody was drawn yet, by deadline."""
        ...

    def to_settle(self, region: str, limit: int) -> Sequence[Ref]:
        """Checks whose finding an officer has to look at, the oldest first."""
        ...


class Samples(Protocol):
    """The draws of random samples, by region and month. Writes are as `GroundChecks`'."""

    def sample(self, ref: Ref) -> Sample | None:
        """A draw, as last written."""
        ...

    def keep_sample(self, sample: Sample, event: Event) -> Sample | None:
        """Store a step if the version before still stands; None when done, else what stands."""
        ...
