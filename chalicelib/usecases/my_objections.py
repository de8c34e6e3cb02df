"""What somebody who signed in reads: what holds, or last held, one of the person's places.

With it the second looks that followed, whose numbers are derived from the first.
"""

from __future__ import annotations

from chalicelib.domain import dispute
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.receipt import Mac
from chalicelib.domain.registration import Ref
from chalicelib.usecases.dispute_ports import Disputes


def my_objections(person: bytes, mac: Mac, disputes: Disputes) -> list[Dispute]:
    """A person's own objections and appeal without a receipt, the latest first.

    Args:
        person: 16 bytes that stand for the person.

    Raises:
        TryAgain: the store refused for now.
    """
    slots = disputes.slots(person)
    refs = [slot.ref for slot in slots]
    refs += [Ref(ref.village, dispute.second_of(mac, ref.locator)) for ref in refs]
    found = disputes.load(refs)
    mine = [each for each in found.values() if each.person == person]
    return sorted(mine, key=lambda each: each.steps[0].at, reverse=True)
