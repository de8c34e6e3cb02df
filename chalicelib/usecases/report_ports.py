"""What reports about agents and officers need from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chalicelib.domain.audit import Event
    from chalicelib.domain.misconduct import Report
    from chalicelib.domain.registration import Ref
    from chalicelib.usecases.ports import Bucket, Sealed


class Reports(Protocol):
    """Reports with their events, and what was written in them.

    Every write is one transaction. Raises chalicelib.domain.errors.TryAgain when the store refuses
    for now. Sent twice, a write that is there already is done.
    """

    def create(self, report: Report, event: Event, sealed: Sealed) -> Report | None:
        """Store a new report; None when done, else the one that stands there."""
        ...

    def change(self, report: Report, event: Event) -> Report | None:
        """Store a step over the version before it; None when done, else what stands there."""
        ...

    def load(self, refs: Sequence[Ref]) -> Mapping[Ref, Report]:
        """Read reports in one call (up to 60), as last written; missing ones are left out."""
        ...

    def read(self, ref: Ref) -> tuple[Report, Sealed | None] | None:
        """A report and what was written in it, in one call."""
        ...

    def look(
        self, ref: Ref | None, buckets: Sequence[str]
    ) -> tuple[Report | None, tuple[Bucket | None, ...]]:
        """A report and token buckets, in one call that is the same whether or not there is one."""
        ...

    def drawn_for(self, region: str, officer: str, limit: int) -> Sequence[Ref]:
        """Reports that a supervisor was drawn for, by deadline."""
        ...
