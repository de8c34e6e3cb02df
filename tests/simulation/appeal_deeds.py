"""The ways to appeal that need no receipt, or somebody else; see `deeds`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.dispute import Dispute, Kind, Outcome, Stage
from chalicelib.usecases.filing import Misused
from tests.court import PHOTO
from tests.simulation.dispute_deeds import NEIGHBOURS, filed
from tests.simulation.families import families
from tests.simulation.faulty_aws import Dice, Run
from tests.simulation.plans import Action
from tests.simulation.region import NOBODYS
from tests.world import VILLAGE

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

NOT_OURS = Misused("mobile", stated=True)
REASONS = {"": "data_wrong", NOT_OURS.attribute: "asset_not_mine"}
AGENTS = ("agent-1", "agent-2")
TEXTS = ("Mobilnya masih ada.", "Rumahnya sudah dijual.")


def by_agent(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """An agent appeals for a family that has agreed, or about an answer that is somebody else's."""
    client = next((each for each in at.told.clients if each.number == action.who), None)
    if client is None or client.paper is None:
        return None
    receipt, agent = client.paper.text, dice.pick(AGENTS)
    key = f"by-agent-{at.plan.seed:07}-{dice.below(2)}"
    said = NOT_OURS if dice.chance(650) else Misused()
    reason = REASONS[said.attribute]

    def end(run: Run) -> None:
        filed(at, key)(run)
        if run.failure is None:
            at.told.by_agents.add(run.answer.dispute.ref)

    return at.run(
        str(action),
        lambda: at.region.court.appeal_by(receipt, key, agent=agent, reason=reason, misused=said),
        end,
        dice,
    )


def own(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Appeal without a receipt: the family's head, or somebody for whom nothing may be found."""
    if action.who not in at.plan.clients:
        return None
    head, *others = families()[at.plan.clients[action.who]].form["members"]
    own_nik, name, stranger = head["nik"], head["name"], dice.pick(NEIGHBOURS)
    of_others = [
        (stranger, name, VILLAGE),  # a namesake
        (own_nik or stranger, name, NOBODYS),
        *[(each["nik"], each["name"], VILLAGE) for each in others if each["nik"]] * 2,
    ]
    is_head = own_nik is not None and not dice.chance(400)
    nik, name, village = (own_nik, name, VILLAGE) if is_head else dice.pick(of_others)
    # A key is one person's; in another village it would be another request.
    key = f"own-appeal-{nik}-{village}-{dice.below(2)}"
    said = NOT_OURS if dice.chance(650) else Misused()
    reason = REASONS[said.attribute]
    photos = [PHOTO] * dice.below(2)

    def end(run: Run) -> None:
        filed(at, key)(run)
        if run.failure is None and not is_head:
            at.told.no_heads.add(run.answer.dispute.ref)

    return at.run(
        str(action),
        lambda: at.region.court.own(
            nik, name, *photos, key=key, village=village, reason=reason, misused=said
        ),
        end,
        dice,
    )


def second(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Ask for a second look at an objection: who made it, or somebody who did not."""
    first = _objection(at, dice)
    if first is None:
        return None
    court = at.region.court
    persons = {court.person(nik): nik for nik in NEIGHBOURS}
    nik = persons[first.person] if dice.chance(850) else dice.pick(NEIGHBOURS)
    key = f"second-look-{first.ref.locator}-{dice.below(2)}"
    text = dice.pick(TEXTS)
    photos = [PHOTO] * dice.below(2)
    return at.run(
        str(action),
        lambda: court.second(
            first.ref.locator, *photos, key=key, text=text, party=court.neighbour(nik)
        ),
        filed(at, key),
        dice,
    )


def _objection(at: Schedule, dice: Dice) -> Dispute | None:
    """An objection, more often one whose outcome may be looked at again."""
    every = [each for each in at.aws.disputes.values() if each.kind is Kind.OBJECTION]
    found = sorted(every, key=lambda there: there.ref.locator)
    ended = [each for each in found if each.stage is Stage.DECIDED]
    rejected = [each for each in ended if each.outcome is not Outcome.UPHELD and not each.follows]
    among = rejected if rejected and dice.chance(900) else found
    return dice.pick(among) if among else None
