"""The stream of the registry: a record for each change of an item, and what a relay reads of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

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


@dataclass
class Turn:
    """A record about a dispute: the item after a step."""

    after: Dispute

    @property
    def ref(self) -> Ref:
        """Which dispute."""
        return self.after.ref

    @cached_property
    def moved(self) -> tuple[Moved, Message] | None:
        """What the relay reads of it."""
        return _of_item(dispute_items.dispute_to_item(self.after))


@dataclass
class Walk:
    """A record about a ground check: the item after a step."""

    after: Check

    @property
    def ref(self) -> Ref:
        """Which check."""
        return self.after.ref

    @cached_property
    def moved(self) -> tuple[Moved, Message] | None:
        """What the relay reads of it."""
        return _of_item(ground_check_items.check_to_item(self.after))


@dataclass
class Said:
    """A record about a report about an agent: the item after a step."""

    after: Report

    @property
    def ref(self) -> Ref:
        """Which report."""
        return self.after.ref

    @cached_property
    def moved(self) -> tuple[Moved, Message] | None:
        """What the relay reads of it."""
        return _of_item(report_items.report_to_item(self.after))


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


def _of_item(item: dynamo.Item) -> tuple[Moved, Message] | None:
    return wiring.state_change(None, dynamo.encode(item))


def _image(change: Change, state: State | None) -> Mapping[str, Any] | None:
    if state is None:
        return None
    return {
        "pk": {"S": f"V#{change.ref.village}"},
        "sk": {"S": f"R#{change.ref.locator}"},
        "s": {"S": state.value},
        "v": {"N": str(change.version)},
    }
