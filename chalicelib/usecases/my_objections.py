"""What an objector reads: the objections that hold, or last held, one of the person's places."""

from __future__ import annotations

from chalicelib.domain.dispute import Dispute
from chalicelib.usecases.dispute_ports import Disputes


def my_objections(person: bytes, disputes: Disputes) -> list[Dispute]:
    """A person's own objections, the latest first.

    Args:
        person: 16 bytes that stand for the person.

    Raises:
        TryAgain: the store refused for now.
    """
    slots = disputes.slots(person)
    found = disputes.load([slot.ref for slot in slots]) if slots else {}
    mine = [each for each in found.values() if each.person == person]
    return sorted(mine, key=lambda each: each.steps[0].at, reverse=True)
