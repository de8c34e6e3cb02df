"""What all fakes of one test share: the stored things, and the one seam that calls go through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from chalicelib.domain.adoption import Proposal
from chalicelib.domain.assignment import Judges
from chalicelib.domain.audit import Event
from chalicelib.domain.check_sample import Sample
from chalicelib.domain.comparison import Part
from chalicelib.domain.day_seal import DaySeal
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.ground_check import Check
from chalicelib.domain.handover import Handover
from chalicelib.domain.misconduct import Report
from chalicelib.domain.officer_profile import Profile
from chalicelib.domain.registration import Ref, Registration
from chalicelib.usecases.dispute_ports import Slot
from chalicelib.usecases.ports import Bucket, Holder, InForce, Sealed, VaultItem

T = TypeVar("T")


@dataclass
class FakeAws:
    """What all fakes of one test share: the stored things, and the calls that were made.

    Attributes:
        calls: names of the calls in order, as AWS names them.
        vault: (locator, "0" as registered or "1" as corrected) -> item.
        events: ledger key (pk, sk) -> event.
        buckets: name -> the bucket, full again at its time.
        rights: name -> uses.
        adopted: region -> what it has adopted; `adoptions` each write of it.
        parts: key of what was done of a proposal for a village (pk, sk) -> the part that was read.
        statements: (locator of a dispute or a check, part) -> what was written.
        slots: (person, place) -> the objection that holds it.
        traces: name -> locator of an objection -> what is compared of it.
        released: key of a clean copy of evidence -> the copy.
        kept_until: (name, "B" of a bucket or "L" of a right) -> when it may vanish (seconds).
    """

    calls: list[str] = field(default_factory=list)
    cases: dict[Ref, Registration] = field(default_factory=dict)
    vault: dict[tuple[str, str], VaultItem] = field(default_factory=dict)
    guards: dict[str, Holder] = field(default_factory=dict)
    adopted: dict[str, InForce] = field(default_factory=dict)
    adoptions: list[InForce] = field(default_factory=list)
    proposals: dict[Ref, Proposal] = field(default_factory=dict)
    parts: dict[tuple[str, str], Part | None] = field(default_factory=dict)
    disputes: dict[Ref, Dispute] = field(default_factory=dict)
    statements: dict[tuple[str, str], Sealed] = field(default_factory=dict)
    slots: dict[tuple[bytes, int], Slot] = field(default_factory=dict)
    traces: dict[str, dict[str, str]] = field(default_factory=dict)
    checks: dict[Ref, Check] = field(default_factory=dict)
    samples: dict[Ref, Sample] = field(default_factory=dict)
    judges: dict[Ref, Judges] = field(default_factory=dict)
    officers: dict[Ref, Profile] = field(default_factory=dict)
    reports: dict[Ref, Report] = field(default_factory=dict)
    handovers: list[Handover] = field(default_factory=list)
    events: dict[tuple[str, str], Event] = field(default_factory=dict)
    sealed_days: dict[str, DaySeal] = field(default_factory=dict)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    rights: dict[str, int] = field(default_factory=dict)
    kept_until: dict[tuple[str, str], int] = field(default_factory=dict)
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    released: dict[str, bytes] = field(default_factory=dict)

    def call(self, name: str, do: Callable[[], T]) -> T:
        """Carry out one call of AWS; simulators override this."""
        self.calls.append(name)
        return do()


def sent_again(call: str, answer: T, do: Callable[[], T]) -> T:
    """What the SDK hears when it sends a call again whose first answer, this one, was lost.

    A transaction that was done is known by its token for ten minutes; all else, and a transaction
    that was refused, is looked at anew and may meet itself.
    """
    return answer if call == "TransactWriteItems" and answer is None else do()
