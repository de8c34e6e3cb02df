"""Proposals in memory, over what all fakes of a test share (`fakes`)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.adapters import dynamo, proposal_items, registry_items
from chalicelib.adapters.registry_table import TablesDisagreeError
from chalicelib.domain.adoption import Proposal
from chalicelib.domain.audit import Event, event_key
from chalicelib.domain.comparison import Part, Standing
from chalicelib.domain.registration import Ref, Registration
from chalicelib.usecases.ports import InForce
from tests.fakes_memory import FakeAws
from tests.fakes_refusals import check_event, check_item, check_path

_TRANSACT = "TransactWriteItems"
KEPT_S = 14 * 86_400


@dataclass
class FakeProposals:
    """Proposals in memory (`adoption_ports.Proposals`)."""

    aws: FakeAws = field(default_factory=FakeAws)

    def in_force(self, region: str) -> InForce | None:
        return self.aws.call("GetItem", lambda: self.aws.adopted.get(region))

    def load(self, ref: Ref) -> Proposal | None:
        return self.aws.call("GetItem", lambda: self.aws.proposals.get(ref))

    def of_region(self, region: str) -> Sequence[Proposal]:
        found = self.aws.call("Query", lambda: list(self.aws.proposals.values()))
        own = (proposal for proposal in found if proposal.ref.village == region)
        return sorted(own, key=lambda proposal: -proposal.at)

    def create(self, proposal: Proposal, event: Event) -> Proposal | None:
        return self.aws.call(_TRANSACT, lambda: self._write(proposal, None, event, None))

    def change(
        self, proposal: Proposal, event: Event, adopted: InForce | None = None
    ) -> Proposal | None:
        def write() -> Proposal | None:
            return self._write(proposal, proposal.version - 1, event, adopted)

        there = self.aws.call(_TRANSACT, write)
        own = there is None or there.version != proposal.version - 1
        if own or adopted is None or there.proposer == proposal.settler:
            return there
        return self.load(proposal.ref)  # as the adapter: the region's item stood in the way

    def finish(
        self, proposal: Proposal, village: str, part: Part | None, now: int, due: int
    ) -> bool:
        key = proposal_items.part_key(proposal, village)

        def write() -> bool | None:
            packed = b"" if part is None else proposal_items.pack_part(part)
            check_item(_TRANSACT, {"pk": key[0], "sk": key[1], "d": packed, "ttl": now // 1000})
            there = self.aws.proposals.get(proposal.ref)
            counted = there is not None and there.version == proposal.version and there.left > 0
            if key in self.aws.parts or there is None or not counted:
                return False
            self.put_part(key, part)
            self.aws.kept_until[key] = now // 1000 + KEPT_S
            self.aws.proposals[proposal.ref] = replace(there, left=there.left - 1, due=due)
            self.progress(there, self.aws.proposals[proposal.ref])
            return None  # as a transaction that was done (`fakes_memory.sent_again`)

        return self.aws.call(_TRANSACT, write) is None

    def put_part(self, key: tuple[str, str], part: Part | None) -> None:
        """Keep a part; mistakes override it."""
        self.aws.parts[key] = part

    def progress(self, before: Proposal | None, after: Proposal) -> None:
        """What the stream would tell; simulators listen here."""

    def finished(self, proposal: Proposal) -> frozenset[str]:
        pk = proposal_items.parts_pk(proposal)
        found = self.aws.call("Query", lambda: list(self.aws.parts))
        return frozenset(village for own, village in found if own == pk)

    def parts(self, proposal: Proposal) -> Iterable[Part]:
        pk = proposal_items.parts_pk(proposal)
        found = self.aws.call("Query", lambda: sorted(self.aws.parts.items()))
        return [part for (own, _), part in found if own == pk and part is not None]

    def standing(self, village: str, at: int) -> Iterator[Standing]:
        """As the adapter reads them: of the stored items, as DynamoDB sends them."""
        cases = self.aws.call("Query", lambda: list(self.aws.cases.values()))
        own = sorted((c for c in cases if c.ref.village == village), key=lambda c: c.ref.locator)
        items = (dynamo.encode(registry_items.to_item(case)) for case in own)
        return proposal_items.standing(map(sent, items), at)

    def families(self, village: str) -> Iterator[Registration]:
        cases = self.aws.call("Query", lambda: list(self.aws.cases.values()))
        found = (case for case in cases if case.ref.village == village)
        yield from sorted(found, key=lambda case: case.ref.locator)

    def _write(
        self, proposal: Proposal, before: int | None, event: Event, adopted: InForce | None
    ) -> Proposal | None:
        """All or nothing, as the adapter's transaction; what stands there when it is refused."""
        check_item(_TRANSACT, proposal_items.proposal_to_item(proposal))
        check_event(_TRANSACT, event)
        there = self.aws.proposals.get(proposal.ref)
        if there is None and before is not None:
            raise TablesDisagreeError("a step of what was never proposed")
        if (there.version if there else None) != before or (
            adopted is not None and there is not None and there.proposer == proposal.settler
        ):
            own = there is not None and there.head == proposal.head
            return None if own else there
        region = proposal.ref.village
        now = self.aws.adopted.get(region)
        if adopted is not None and (now.number if now else 0) != adopted.number - 1:
            return there
        if event_key(event) in self.aws.events:
            raise TablesDisagreeError("the ledger holds what the registry does not know")
        self.aws.proposals[proposal.ref] = proposal
        self.aws.events[event_key(event)] = event
        if adopted is not None:
            self.aws.adopted[region] = adopted
            self.aws.adoptions.append(adopted)
        self.progress(there, proposal)
        return None


@dataclass
class FakeManifests:
    """What is published of closed regions: path -> content, never written over."""

    aws: FakeAws = field(default_factory=FakeAws)

    def publish(self, sha256: str, content: bytes) -> None:
        path = f"ranking/{sha256}.json"

        def write() -> None:
            check_path(path)
            self.aws.files.setdefault(path, (content, "application/json"))

        self.aws.call("PutObject", write)


def sent(item: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """An item as DynamoDB sends it: bytes are base64."""
    return {
        name: {"B": b64encode(value["B"]).decode()} if "B" in value else value
        for name, value in item.items()
    }


def item_of(proposal: Proposal) -> dict[str, object]:
    """A proposal as DynamoDB keeps it."""
    return dynamo.encode(proposal_items.proposal_to_item(proposal))
