"""The civil registry of a region, which may be down and may lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.domain.identity import IdentityAnswer, IdentityClaim, Outcome
from tests.simulation.faulty_aws import Dice, Trouble
from tests.simulation.region_aws import RegionAws
from tests.world import Registry


@dataclass
class RegionRegistry(Registry):
    """A civil registry that may be down, and may lie: other answers each time it is asked."""

    aws: RegionAws = field(default_factory=RegionAws)
    dice: Dice = field(default_factory=lambda: Dice(0))
    lies: bool = False
    says: IdentityAnswer | None = None  # of everybody, if it does not lie

    def check(self, claims: Sequence[IdentityClaim]) -> Sequence[IdentityAnswer]:
        if not claims:
            return []
        if self.aws.running is not None:
            asked = self.aws.asked.setdefault(self.aws.running.name, set())
            asked.update((claim.nik, claim.name) for claim in claims)
        return self.aws.call("CivilRegistry", lambda: self._answers(claims))

    def _answers(self, claims: Sequence[IdentityClaim]) -> Sequence[IdentityAnswer]:
        if self.down or self.aws.trouble is Trouble.SILENT:
            return [NOT_CHECKED for _ in claims]
        if self.lies:
            answers = [self.dice.pick(LIES) for _ in claims]
        else:
            answers = [self.says or CONFIRMED for _ in claims]
        self.aws.confirmed.update(
            (claim.nik, claim.name)
            for claim, answer in zip(claims, answers, strict=True)
            if answer is CONFIRMED
        )
        return answers


CONFIRMED = IdentityAnswer(Outcome.CONFIRMED)
MISMATCH = IdentityAnswer(Outcome.MISMATCH, ("name",))
NOT_CHECKED = IdentityAnswer(Outcome.NOT_CHECKED)
LIES = (
    CONFIRMED,
    CONFIRMED,
    NOT_CHECKED,
    MISMATCH,
    IdentityAnswer(Outcome.MISMATCH, ("birth_date", "sex")),
    IdentityAnswer(Outcome.NOT_FOUND),
    IdentityAnswer(Outcome.DECEASED),
)
