"""What people were told in a schedule, which nothing may take back, and how it ended."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from chalicelib import telemetry
from chalicelib.domain.dispute import Dispute, Outcome
from chalicelib.domain.ground_check import Check, Course, Missed
from chalicelib.domain.receipt import Receipt
from chalicelib.domain.registration import Ref
from tests.simulation.families import Family
from tests.simulation.plans import Plan
from tests.simulation.region import Region
from tests.simulation.report_deeds import Reported


@dataclass
class Client:
    """Somebody who sends a form under one key, and what was acknowledged.

    Attributes:
        by_agent: an agent sends it for them.
        receipts: one for each answer that came back; all must be the same.
    """

    number: int
    family: Family
    key: str
    by_agent: bool = False
    receipts: list[Receipt] = field(default_factory=list)
    tried_to_withdraw: bool = False
    withdrawn: bool = False
    corrected: bool = False
    corrected_niks: set[str] = field(default_factory=set)

    @property
    def numbers(self) -> frozenset[str]:
        """Every number that the client has ever claimed."""
        return self.family.numbers | self.corrected_niks

    @property
    def paper(self) -> Receipt | None:
        """The receipt that the client holds."""
        return self.receipts[0] if self.receipts else None


@dataclass
class Told:
    """What was told, shown and observed.

    Attributes:
        shown: run -> (actor, locator) that it showed.
        erased_keys: requests whose case somebody began to erase.
        look_ups: reissues that were answered, whatever the answer.
        waited_for_sweep: cases of which nothing was lost, and which waited all the same.
        suggested: proposals that were acknowledged.
        filed: disputes that were acknowledged -> key; `taken_back` those withdrawn, `by_agents`
            those that agents sent, `no_heads` appeals of people who are no heads of a family there.
        visits: (check as it was, what was sent) of visits that somebody began to send.
        visited: (check, key, why nobody was met) of visits that were acknowledged.
        judged: (check, officer, course) of opinions that were acknowledged.
        granted: (profile, its version, roles) of roles that were given.
        voted: (dispute, officer, outcome) of votes that were acknowledged.
        redrawn: (dispute as it was seen, officer who was drawn, supervisor) of what was drawn anew.
        reported: reports that were acknowledged; `reporting` what was sent, by number.
        report_guesses: wrong secrets of reports that somebody tried.
        closed: (report, supervisor, outcome) of reports whose closing was acknowledged.
        went_back: the clock did, so that what is later may look earlier.
        changed_by_repeats: messages that came again changed something.
    """

    clients: list[Client]
    shown: dict[str, tuple[str, str]] = field(default_factory=dict)
    erased: set[Ref] = field(default_factory=set)
    erased_keys: set[str] = field(default_factory=set)
    proposed: set[str] = field(default_factory=set)
    suggested: set[Ref] = field(default_factory=set)
    filed: dict[Ref, str] = field(default_factory=dict)
    taken_back: set[Ref] = field(default_factory=set)
    by_agents: set[Ref] = field(default_factory=set)
    no_heads: set[Ref] = field(default_factory=set)
    voted: list[tuple[Ref, str, Outcome]] = field(default_factory=list)
    redrawn: list[tuple[Dispute, str, str]] = field(default_factory=list)
    visits: list[tuple[Check, dict[str, Any]]] = field(default_factory=list)
    visited: list[tuple[Ref, str, Missed | None]] = field(default_factory=list)
    judged: list[tuple[Ref, str, Course]] = field(default_factory=list)
    granted: list[tuple[Ref, int, frozenset[str]]] = field(default_factory=list)
    reported: list[Reported] = field(default_factory=list)
    reporting: dict[int, set[str]] = field(default_factory=dict)
    report_guesses: int = 0
    closed: list[tuple[Ref, str, str]] = field(default_factory=list)
    reissuing: bool = False
    look_ups: int = 0
    wrong_tries: int = 0
    waited_for_sweep: set[Ref] = field(default_factory=set)
    changed_by_repeats: bool = False
    went_back: bool = False
    logged: list[str] = field(default_factory=list)


@dataclass
class Result:
    """How a schedule ended.

    Attributes:
        violations: name of the invariant, and what was found; empty when all hold.
    """

    plan: Plan
    violations: list[tuple[str, str]]
    region: Region
    told: Told

    @property
    def broken(self) -> str:
        """The first invariant that does not hold; "" when all do."""
        return self.violations[0][0] if self.violations else ""


@contextmanager
def logs_kept(kept: list[str]) -> Iterator[None]:
    """Keep what would be logged, to look for people in it; nothing is printed."""

    def log(event: str, **told: object) -> None:
        kept.append(f"{event} {told}")

    with mock.patch.object(telemetry, "log", log):
        yield


def digest_of(region: Region) -> str:
    """One hash of all that is stored and how it came about, with what is sealed opened."""
    aws = region.aws
    opened = {
        key: (region.opened(*key, item), item.salt, item.guards) for key, item in aws.vault.items()
    }
    seals = {day: (seal.count, seal.root, seal.prev) for day, seal in aws.sealed_days.items()}
    letters = [sorted(queue.bodies) for queue in region.post.values()]
    stored = (
        sorted((str(ref), repr(case)) for ref, case in aws.cases.items()),
        sorted(opened.items()),
        sorted((name, repr(holder)) for name, holder in aws.guards.items()),
        sorted((key, event.hash) for key, event in aws.events.items()),
        sorted(seals.items()),
        sorted((name, repr(bucket)) for name, bucket in aws.buckets.items()),
        sorted(aws.rights.items()),
        sorted((ref.locator, repr(each)) for ref, each in aws.proposals.items()),
        sorted((key, repr(part)) for key, part in aws.parts.items()),
        sorted((ref.locator, repr(each)) for ref, each in aws.disputes.items()),
        sorted((ref.locator, repr(each)) for ref, each in aws.reports.items()),
        sorted((ref.locator, repr(each)) for ref, each in aws.judges.items()),
        sorted(aws.statements),
        sorted((key, repr(slot)) for key, slot in aws.slots.items()),
        [repr(adopted) for adopted in aws.adoptions],
        sorted(aws.files),
        letters,
        sorted((where, str(trouble)) for where, trouble in aws.fired.items()),
        aws.now,
        aws.made,
    )
    return hashlib.sha256(repr(stored).encode()).hexdigest()
