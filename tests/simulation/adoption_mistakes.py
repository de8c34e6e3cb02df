"""Known mistakes of adopting a model, each the real system with one thing done wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from chalicelib.adapters import proposal_items
from chalicelib.domain.adoption import Proposal
from chalicelib.domain.audit import Event
from chalicelib.domain.comparison import Part
from chalicelib.domain.registration import Ref, Registration
from chalicelib.usecases.ports import InForce, Loaded
from tests.simulation.region import Region
from tests.simulation.region_stores import RegionProposals, RegionStore
from tests.simulation.write_mistakes import OtherStore


class CountedPerDelivery(OtherStore):
    """A village is added for each delivery of its message, and not once."""

    class Proposals(RegionProposals):
        def finish(
            self, proposal: Proposal, village: str, part: Part | None, now: int, due: int
        ) -> bool:
            return super().finish(proposal, f"{village}~{self.aws.made}", part, now, due)

        def finished(self, proposal: Proposal) -> frozenset[str]:
            return frozenset(each.partition("~")[0] for each in super().finished(proposal))

    proposals_of = Proposals


class CounterBesideItsRow(OtherStore):
    """That a village is done is noted, and then counted in a call of its own."""

    class Proposals(RegionProposals):
        def finish(
            self, proposal: Proposal, village: str, part: Part | None, now: int, due: int
        ) -> bool:
            key = proposal_items.part_key(proposal, village)
            if key in self.aws.parts:
                return False
            self.aws.call("PutItem", lambda: self.put_part(key, part))
            self.aws.call("UpdateItem", lambda: self._count(proposal))
            return True

        def _count(self, proposal: Proposal) -> None:
            there = self.aws.proposals[proposal.ref]
            self.aws.proposals[proposal.ref] = after = replace(there, left=max(there.left - 1, 0))
            self.progress(there, after)

    proposals_of = Proposals


class AdoptedOverAnother(OtherStore):
    """Whatever the region has adopted meanwhile, the next one is written over it."""

    class Proposals(RegionProposals):
        def in_force(self, region: str) -> InForce | None:
            super().in_force(region)
            return None

        def change(
            self, proposal: Proposal, event: Event, adopted: InForce | None = None
        ) -> Proposal | None:
            there = super().change(proposal, event)
            if there is None and adopted is not None:
                self.aws.adopted[proposal.ref.village] = adopted
                self.aws.adoptions.append(adopted)
            return there

    proposals_of = Proposals


class DecidedAnewByEachMessage(OtherStore):
    """What a message has decided anew is not looked at when it comes again."""

    class Store(RegionStore):
        def load_for_scoring(
            self, refs: Sequence[Ref], region: str
        ) -> tuple[Mapping[Ref, Loaded], InForce | None]:
            loaded, in_force = super().load_for_scoring(refs, region)
            old = {
                ref: Loaded(replace(each.case, under=0), each.vault) for ref, each in loaded.items()
            }
            return old, in_force

    class Proposals(RegionProposals):
        def families(self, village: str) -> Iterator[Registration]:
            return (replace(case, under=0) for case in super().families(village))

    store_of = Store
    proposals_of = Proposals


ADOPTION_MISTAKES: tuple[type[Region], ...] = (
    CountedPerDelivery,
    CounterBesideItsRow,
    AdoptedOverAnother,
    DecidedAnewByEachMessage,
)
