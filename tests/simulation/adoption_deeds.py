"""What administrators do with models: each deed begins a run, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.domain.errors import InvalidRequest, NotAllowed, WrongState
from tests.simulation.faulty_aws import Dice, Run
from tests.simulation.plans import Action

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

ADMINS = ("staff:admin-1", "staff:admin-2")


def suggest(at: Schedule, action: Action, dice: Dice) -> Run:
    """Propose another model and rules, or the region's own borders; twice under a key at times."""
    key, same = f"model-form-{dice.below(2)}-{at.plan.seed}", dice.chance(300)
    actor = dice.pick(ADMINS)

    def end(run: Run) -> None:
        if at.expect(run, WrongState, InvalidRequest):
            at.told.suggested.add(run.answer.ref)

    return at.run(str(action), lambda: at.region.suggest(key, actor, same=same), end, dice)


def adopt(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Adopt a proposal, whoever may."""
    return _settle(at, action, dice, at.region.adopt)


def settle(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Adopt a proposal, or refuse it."""
    return _settle(at, action, dice, at.region.refuse if dice.chance(500) else at.region.adopt)


def _settle(
    at: Schedule, action: Action, dice: Dice, work: Callable[[str, str], object]
) -> Run | None:
    numbers = sorted(ref.locator for ref in at.aws.proposals)
    if not numbers:
        return None
    number, actor = dice.pick(numbers), dice.pick(ADMINS)

    def end(run: Run) -> None:
        at.expect(run, WrongState, NotAllowed)

    return at.run(str(action), lambda: work(number, actor), end, dice)
