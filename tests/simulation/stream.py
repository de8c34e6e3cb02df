"""The stream of the registry: a record for each change of an item, and what a relay reads of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import wiring
from chalicelib.adapters import dispute_items, dynamo, ground_check_items
from chalicelib.domain.adoption import Proposal
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.ground_check import Check
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


@dataclass
class Step:
    """A record about a proposal: the item before and after."""

    before: Proposal | None
    after: Proposal

    @property
    def ref(self) -> Ref:
        """Which proposal."""
        return self.after.ref


@dataclass
class Turn:
    """A record about a dispute: the item after a step."""

    after: Dispute

    @property
    def ref(self) -> Ref:
        """Which dispute."""
        return self.after.ref


@dataclass
class Walk:
    """A record about a ground check: the item after a step."""

    after: Check

    @property
    def ref(self) -> Ref:
        """Which check."""
        return self.after.ref


Record = Change | Step | Turn | Walk


def change(cases: Mapping[Ref, Registration], after: Registration) -> Change:
    """The record of a case that is about to be stored beside those there are."""
    before = cases.get(after.ref)
    return Change(after.ref, before.state if before else None, after.state, after.version)


def as_relayed(records: Sequence[Record]) -> Iterator[tuple[Moved, Message]]:
    """What the relay reads of records, from the images of their items on."""
    for record in records:
        moved: tuple[Moved, Message] | None
        if isinstance(record, Turn):
            item = dispute_items.dispute_to_item(record.after)
            moved = wiring.state_change(None, dynamo.encode(item))
        elif isinstance(record, Walk):
            item = ground_check_items.check_to_item(record.after)
            moved = wiring.state_change(None, dynamo.encode(item))
        elif isinstance(record, Step):
            before = item_of(record.before) if record.before is not None else None
            moved = wiring.state_change(before, item_of(record.after))
        else:
            moved = wiring.state_change(_image(record, record.before), _image(record, record.after))
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
