"""The stream of the registry: a record for each change of an item, and what a relay reads of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from chalicelib import wiring
from chalicelib.adapters import dispute_items, dynamo, ground_check_items, report_items
from chalicelib.domain.adoption import Proposal
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.ground_check import Check
from chalicelib.domain.misconduct import Report
from chalicelib.domain.registration import Ref, Registration, State
from chalicelib.usecases.ports import Message
from chalicelib.usecases.relay import Moved
from tests.fakes_adoption import item_of


@dataclass
class Change:
    """A record about a case: the item before and after."""

    ref: Ref
    before: State | None
    after: State
    version: int

    @cached_property
    def moved(self) -> tuple[Moved, Message] | None:
        """What the relay reads of it, however often it comes."""
        return wiring.state_change(_image(self, self.before), _image(self, self.after))


@dataclass
class Step:
    """A record about a proposal: the item before and after."""

    before: Proposal | None
    after: Proposal

    @property
    def ref(self) -> Ref:
        """Which proposal."""
        return self.after.ref

    @cached_property
    def moved(self) -> tuple[Moved, Message] | None:
        """What the relay reads of it."""
        before = item_of(self.before) if self.before is not None else None
        return wiring.state_change(before, item_of(self.after))


After = TypeVar("After", Dispute, Check, Report)


@dataclass
class Later(Generic[After]):
    """A record of which the relay reads only the item after a step; each kind has its item."""

    after: After

    @property
    def ref(self) -> Ref:
        """Which dispute, check or report."""
        return self.after.ref

    @cached_property
    def moved(self) -> tuple[Moved, Message] | None:
        """What the relay reads of it."""
        return wiring.state_change(None, dynamo.encode(self.item()))

    def item(self) -> dynamo.Item:
        """The item as it is stored."""
        raise NotImplementedError


class Turn(Later[Dispute]):
    """A record about a dispute."""

    def item(self) -> dynamo.Item:
        return dispute_items.dispute_to_item(self.after)


class Walk(Later[Check]):
    """A record about a ground check."""

    def item(self) -> dynamo.Item:
        return ground_check_items.check_to_item(self.after)


class Said(Later[Report]):
    """A record about a report about an agent."""

    def item(self) -> dynamo.Item:
        return report_items.report_to_item(self.after)


Record = Change | Step | Turn | Walk | Said


def change(cases: Mapping[Ref, Registration], after: Registration) -> Change:
    """The record of a case that is about to be stored beside those there are."""
    before = cases.get(after.ref)
    return Change(after.ref, before.state if before else None, after.state, after.version)


def as_relayed(records: Sequence[Record]) -> Iterator[tuple[Moved, Message]]:
    """What the relay reads of records, from the images of their items on."""
    for record in records:
        moved = record.moved
        if moved is not None:
            yield moved


def _image(change: Change, state: State | None) -> Mapping[str, Any] | None:
    if state is None:
        return None
    return {
        "pk": {"S": f"V#{change.ref.village}"},
        "sk": {"S": f"R#{change.ref.locator}"},
        "s": {"S": state.value},
        "v": {"N": str(change.version)},
    }
