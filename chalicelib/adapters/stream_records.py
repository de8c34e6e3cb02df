"""Records of the registry's stream: which of them tell that a case or another thing has moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.adapters import dynamo
from chalicelib.adapters.registry_items import (
    changed,
    is_dispute,
    is_proposal,
    is_report,
    is_state,
    ref_of,
)
from chalicelib.domain import dispute, misconduct
from chalicelib.domain.adoption import Stage
from chalicelib.domain.registration import Ref, State
from chalicelib.usecases.ports import Message

_TOLD: Final = ("pk", "sk", "s", "v", "left", "dl")
_NOT_ENDED: Final = ("asked", "assigned")  # stages of a ground check

Image = Mapping[str, Any]
"""An item as DynamoDB writes it."""


def state_change(
    old: Image | None, new: Image | None
) -> tuple[State | Stage | dispute.Stage | misconduct.Stage, Message] | None:
    """What a record tells: the state that a case has come to, or None if it has not moved.

    A proposal has moved, too, when the last of its villages is done; and a dispute with each of
    its steps: a machine waits for its evidence, its answer and its family, whatever its stage; a
    report about an agent likewise. A
    ground check that has ended tells the dispute that it was asked for.

    Args:
        old, new: the item before and after; None where there is none.
    """
    after = dynamo.decode({name: new[name] for name in _TOLD if name in new}) if new else None
    if after is None:
        return None
    goes_on = old is not None and new is not None and old.get("s") == new.get("s")
    if is_dispute(after) or is_report(after):
        stages = dispute.Stage if is_dispute(after) else misconduct.Stage
        stage = stages(dynamo.text(after, "s"))
        return stage, Message(ref_of(after), dynamo.number(after, "v"))
    if is_proposal(after):
        return _proposal_moved(after, goes_on=goes_on)
    if "dl" in after and not goes_on and after["s"] not in _NOT_ENDED:
        return dispute.Stage.VISIT, Message(Ref(ref_of(after).village, dynamo.text(after, "dl")), 0)
    if goes_on or not is_state(after):
        return None
    case = changed(after)
    return case.state, Message(case.ref, case.version)


def _proposal_moved(after: dynamo.Item, *, goes_on: bool) -> tuple[Stage, Message] | None:
    if goes_on and after["left"]:
        return None
    version = 0 if goes_on else dynamo.number(after, "v")
    return Stage(dynamo.text(after, "s")), Message(ref_of(after), version)
