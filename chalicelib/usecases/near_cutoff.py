"""Whether a family's decision would turn if its score were a little off."""

from __future__ import annotations

from chalicelib.domain import pmt
from chalicelib.domain.pmt_interval import interval
from chalicelib.domain.registration import Registration
from chalicelib.usecases.score import Basis, decisions_at


def is_near(case: Registration, basis: Basis, percent: int) -> bool:
    """Tell whether the model's own uncertainty reaches over a border where a decision turns.

    Args:
        case: a decided family.
        percent: part of the model's interval that counts, on both sides of the score.

    Returns:
        False for a family that cannot be scored, or of which the model states no interval.
    """
    household = case.household
    if household is None:
        return False
    scored = pmt.score(basis.artefact, household)
    ends = interval(basis.artefact, pmt.inputs(basis.artefact, household))
    if isinstance(scored, pmt.CannotScore) or ends is None:
        return False
    low, high = (_eligible(case, scored.score + end * percent // 100, basis) for end in ends)
    return low != high


def _eligible(case: Registration, score: int, basis: Basis) -> frozenset[str]:
    if case.household is None:
        return frozenset()
    decile = basis.decile(score, case.ref.locator)
    decisions = decisions_at(case.household, decile, basis.adopted is None, basis.rules)
    return frozenset(each.programme for each in decisions if each.eligible)
