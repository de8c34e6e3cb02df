"""What proposing, comparing and adopting need from outside, besides the store of cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chalicelib.domain.adoption import Proposal
    from chalicelib.domain.audit import Event
    from chalicelib.domain.comparison import Part, Standing
    from chalicelib.domain.registration import Ref, Registration
    from chalicelib.usecases.ports import InForce


class Proposals(Protocol):
    """Proposals of a region with their events, and what was done of them village by village.

    Raises chalicelib.domain.errors.TryAgain when the store refuses for now.
    """

    def in_force(self, region: str) -> InForce | None:
        """What the region has adopted, as last written."""
        ...

    def load(self, ref: Ref) -> Proposal | None:
        """A proposal, as last written."""
        ...

    def of_region(self, region: str) -> Sequence[Proposal]:
        """All proposals of a region, the latest first."""
        ...

    def create(self, proposal: Proposal, event: Event) -> Proposal | None:
        """Store a new proposal and its event; None when done, else the one that stands there."""
        ...

    def change(
        self, proposal: Proposal, event: Event, adopted: InForce | None = None
    ) -> Proposal | None:
        """Store a step and its event; None when done, else the proposal as it stands.

        With `adopted` what the region has adopted is written too, over the adoption before it and
        no other, and only by somebody else than the proposer.
        """
        ...

    def finish(
        self, proposal: Proposal, village: str, part: Part | None, now: int, due: int
    ) -> bool:
        """Note that a village is done in this stage and count it, both once and in one write.

        Args:
            part: what was read of it, for a comparison.
            now: ms, UTC.
            due: when the sweep should look after the proposal, if nothing more is done (ms).

        Returns:
            False when it was done before, or the proposal has moved on.
        """
        ...

    def finished(self, proposal: Proposal) -> frozenset[str]:
        """Villages that are done in this stage."""
        ...

    def parts(self, proposal: Proposal) -> Iterable[Part]:
        """All parts of a comparison that are there, in the order of their villages, one by one."""
        ...

    def standing(self, village: str, at: int) -> Iterator[Standing]:
        """The families of a village that were decided at an instant, whatever came after.

        As `comparison.belongs` judges them; only what a ranking needs is read.

        Args:
            at: ms, UTC.
        """
        ...

    def families(self, village: str) -> Iterator[Registration]:
        """The cases of a village, each as last written, without what recognises requests."""
        ...


class Manifests(Protocol):
    """What is published of closed regions, on the site. Files are never written over."""

    def publish(self, sha256: str, content: bytes) -> None:
        """Keep a manifest under its hash; one that is there already is the same.

        Raises:
            chalicelib.domain.errors.TryAgain: the bucket refuses for now.
        """
        ...
