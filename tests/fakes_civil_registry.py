"""The civil registry in memory, for tests of whatever asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.identity import IdentityAnswer, IdentityClaim, Outcome
from infra.sandboxes.civil_registry_records import Record, answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class FakeCivilRegistry:
    """Answers from a population as the sandbox does; `down` leaves everyone unchecked.

    Attributes:
        calls: how many people each `check` asked for, in order.
    """

    def __init__(self, population: Mapping[str, Record]) -> None:
        self.population = population
        self.down = False
        self.calls: list[int] = []

    def check(self, claims: Sequence[IdentityClaim]) -> Sequence[IdentityAnswer]:
        """Satisfy `usecases.ports.CivilRegistry`."""
        self.calls.append(len(claims))
        return [self._answer(claim) for claim in claims]

    def _answer(self, claim: IdentityClaim) -> IdentityAnswer:
        if self.down:
            return IdentityAnswer(Outcome.NOT_CHECKED)
        person = {
            "ref": "",
            "nik": claim.nik,
            "name": claim.name,
            "birth_date": claim.birth_date,
            "sex": claim.sex,
            "kk": claim.kk,
        }
        said = answer(person, self.population)
        return IdentityAnswer(Outcome(said["outcome"]), tuple(said["fields"]))
