"""What must be true of proposals and of what comes of them, by name (ADR 17)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.domain.adoption import DRIVEN, IN_FORCE, Stage
from chalicelib.domain.audit import Act
from chalicelib.domain.comparison import belongs
from chalicelib.domain.registration import State
from tests.world import REGION

if TYPE_CHECKING:
    from chalicelib.domain.adoption import Proposal
    from chalicelib.domain.comparison import Part
    from tests.simulation.schedule import Schedule

DECIDING = frozenset({Act.DECIDED, Act.NEEDS_GROUND_CHECK, Act.NEEDS_OFFICER})


def adopted_by_two_and_once(run: Schedule) -> Iterator[str]:
    """Two persons, one write of the region's item for each adoption, in unbroken numbers (4)."""
    aws = run.aws
    for proposal in aws.proposals.values():
        if proposal.stage in IN_FORCE and proposal.settler in {"", proposal.proposer}:
            yield f"{proposal.ref.locator} was adopted by {proposal.settler or 'nobody'} alone"
    in_force = sorted(p.number for p in aws.proposals.values() if p.stage in IN_FORCE)
    written = [adopted.number for adopted in aws.adoptions]
    if not written == in_force == list(range(1, len(written) + 1)):
        yield f"the region was written for {written}, adopted were {in_force}"
    stands = aws.adopted.get(REGION)
    if aws.adoptions and stands != aws.adoptions[-1]:
        yield "the region's item is not the one that was adopted last"


def villages_are_counted_once(run: Schedule) -> Iterator[str]:
    """What is left and what is done are all villages: the counter equals the rows."""
    for proposal in run.aws.proposals.values():
        if proposal.stage in DRIVEN - {Stage.PROPOSED}:
            done = len(_parts(run, proposal, proposal.stage))
            if proposal.left + done != proposal.villages:
                yield f"{proposal.ref.locator}: {done} done, {proposal.left} left"


def a_comparison_counts_each_family_once(run: Schedule) -> Iterator[str]:
    """The frozen population, each family of it once, and nobody else (7, 8)."""
    for proposal in run.aws.proposals.values():
        if proposal.result is None:
            continue
        parts = _parts(run, proposal, Stage.COMPARING)
        ids = [each for part in parts if part for each in part.ids]
        if len(set(ids)) != len(ids) or proposal.result["families"] != len(ids):
            yield f"{proposal.ref.locator} counted {len(ids)} for {len(set(ids))} families"
        if len(parts) != proposal.villages:
            yield f"{proposal.ref.locator} was compared with {len(parts)} villages"
        if run.told.went_back or run.plan.skewed:
            continue
        at = proposal.frozen_at
        true = {case.ref.locator for case in run.aws.cases.values() if belongs(case, at)}
        erased = {ref.locator for ref, c in run.aws.cases.items() if c.state is State.ERASED}
        if not true - erased <= set(ids) <= true:
            yield f"{proposal.ref.locator} counted others than were decided when it was frozen"


def what_was_closed_is_published(run: Schedule) -> Iterator[str]:
    """The manifest that a step names is there, whole, and nothing was written over it."""
    for proposal in run.aws.proposals.values():
        if not proposal.manifest:
            continue
        content, _ = run.aws.files.get(f"ranking/{proposal.manifest}.json", (b"", ""))
        if hashlib.sha256(content).hexdigest() != proposal.manifest:
            yield f"{proposal.ref.locator} names a manifest that is not there"
    for adopted in run.aws.adoptions:
        if adopted.manifest not in {each.manifest for each in run.aws.proposals.values()}:
            yield f"adoption {adopted.number} names a manifest of no proposal"


def decided_anew_once_for_each_adoption(run: Schedule) -> Iterator[str]:
    """Whoever is decided is so under what is in force, and nobody twice by one adoption (8)."""
    aws = run.aws
    anew = Counter(
        event.chain
        for event in aws.events.values()
        if event.act in DECIDING and event.actor == "system:carry_out"
    )
    for locator, count in anew.items():
        if count > len(aws.adoptions):
            yield f"{locator} was decided anew {count} times for {len(aws.adoptions)} adoptions"
    number = len(aws.adoptions)
    for case in aws.cases.values():
        if case.state is State.DECIDED and case.under != number:
            yield f"{case.ref.locator} is decided under {case.under}, in force is {number}"
        if case.earlier is not None and case.household is not None and not case.earlier.decisions:
            yield f"{case.ref.locator} lost the decision that it had before"


def proposals_settle(run: Schedule) -> Iterator[str]:
    """No proposal waits for a machine, and what was acknowledged is there (1)."""
    for ref, proposal in run.aws.proposals.items():
        if proposal.stage in DRIVEN:
            yield f"{ref.locator} is still {proposal.stage}, {proposal.left} left"
    for ref in run.told.suggested - run.aws.proposals.keys():
        yield f"{ref.locator} was acknowledged and is not there"


def _parts(run: Schedule, proposal: Proposal, stage: Stage) -> list[Part | None]:
    own = f"A#{proposal.ref.locator}#{stage}"
    return [part for (pk, _), part in run.aws.parts.items() if pk == own]
