"""Calls of the store of proposals, on a few numbers that meet each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar

from chalicelib.domain import adoption, audit
from chalicelib.domain.adoption import Proposal, Stage
from chalicelib.domain.comparison import Part
from chalicelib.domain.errors import TepatError
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases.ports import InForce
from tests.adopting import VILLAGES, example
from tests.builders import REGION
from tests.faithful.calls import Deed, Play, at

PROPOSALS = frozenset({"registry", "ledger", "ops"})
ADMINS = ("staff:admin-1", "staff:admin-2")


@cache
def _made(number: int) -> Proposal:
    """A proposal as it is compared; each call takes its own stage of it."""
    return example(f"ZZZZAAAAA{2 + number}", ADMINS[0], at(0))


def _stamp(minute: int, actor: str = "system:carry_out") -> Stamp:
    return Stamp(at(minute), actor, b"s" * 16)


def _stands(play: Play, number: int, back: int) -> Proposal:
    """The proposal as it stands, or some versions before as a late worker knows it."""
    made = _made(number)
    there = play.fake.aws.proposals.get(made.ref)
    if there is None:
        first = replace(made, stage=Stage.PROPOSED, version=1, cutoffs=(), lines={}, result=None)
        return replace(first, left=3, frozen_at=0, population="", manifest="")
    return replace(there, version=max(there.version - back, 1))


@dataclass(frozen=True)
class Suggest:
    """A model is proposed."""

    number: int
    who: int
    minute: int
    parts: ClassVar = PROPOSALS

    def deed(self, play: Play) -> Deed:
        del play
        made = _made(self.number)
        blank = replace(
            made,
            stage=Stage.PROPOSED,
            version=0,
            proposer=ADMINS[self.who],
            head=audit.first_head(made.ref.locator),
            at=at(self.minute),
            left=3,
            frozen_at=0,
            population="",
            cutoffs=(),
            lines={},
            manifest="",
            result=None,
        )
        proposal, event = adoption.propose(blank, _stamp(self.minute, ADMINS[self.who]))
        return lambda side: side.ports.proposals.create(proposal, event)


@dataclass(frozen=True)
class Step:
    """A proposal takes a step, from where it stands or from where it stood."""

    number: int
    kind: str
    who: int
    minute: int
    back: int = 0
    parts: ClassVar = PROPOSALS

    def deed(self, play: Play) -> Deed:
        before, stamp = _stands(play, self.number, self.back), _stamp(self.minute)
        adopted: InForce | None = None
        if self.kind == "freeze":
            moved, event = adoption.freeze(before, stamp)
        elif self.kind == "compared":
            told = _made(self.number)
            found = adoption.Found("f" * 64, told.cutoffs, told.lines, told.manifest)
            before = replace(before, left=0)
            moved, event = adoption.compared(before, found, told.result or {}, stamp)
        else:
            try:
                moved, event = adoption.adopt(before, before.basis, _stamp(self.minute, ADMINS[1]))
            except TepatError:
                moved, event = adoption.give_up(before, adoption.NOBODY, stamp)
            moved = replace(moved, settler=ADMINS[self.who])
            held = moved.model, moved.rules, moved.cutoffs, bytes(32), moved.lines, moved.manifest
            adopted = InForce(moved.number, *held)
        return lambda side: side.ports.proposals.change(moved, event, adopted)


@dataclass(frozen=True)
class Finish:
    """A village is done, perhaps for a worker who knows an older version."""

    number: int
    village: int
    families: int
    minute: int
    back: int = 0
    parts: ClassVar = PROPOSALS

    def deed(self, play: Play) -> Deed:
        before, village = _stands(play, self.number, self.back), VILLAGES[self.village]
        part = Part(
            village,
            ids=tuple(f"2ABC{n + 222:06}" for n in range(self.families)),
            scores=(-7,) * self.families,
            sizes=(4,) * self.families,
            held=(1,) * self.families,
            limits=("40a",) * self.families,
            gone=1,
        )
        now = at(self.minute)
        return lambda side: side.ports.proposals.finish(
            before, village, part if self.families else None, now, now + 1
        )


@dataclass(frozen=True)
class ReadProposals:
    """Everything that is asked of the proposals of a region, or of one of them."""

    number: int
    what: str
    region: str
    parts: ClassVar = frozenset[str]()

    def deed(self, play: Play) -> Deed:
        proposal, region, what = _stands(play, self.number, 0), self.region, self.what
        ref = Ref(region or REGION, proposal.ref.locator)
        return lambda side: {
            "one": lambda: side.ports.proposals.load(ref),
            "all": lambda: list(side.ports.proposals.of_region(region or REGION)),
            "in force": lambda: side.ports.proposals.in_force(region or REGION),
            "finished": lambda: side.ports.proposals.finished(proposal),
            "parts": lambda: list(side.ports.proposals.parts(proposal)),
            "standing": lambda: list(side.ports.proposals.standing(VILLAGES[0], at(30))),
            "families": lambda: [
                (case.ref, case.version, case.steps)
                for case in side.ports.proposals.families(VILLAGES[0])
            ],
        }[what]()
