"""Records of the registry's stream: which of them tell that a case or another thing has moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.adapters import dynamo
from chalicelib.adapters.registry_items import (
    changed,
    is_dispute,
    is_proposal,
    is_state,
    ref_of,
)
from chalicelib.domain import dispute
from chalicelib.domain.adoption import Stage
from chalicelib.domain.registration import State
from chalicelib.usecases.ports import Message

_TOLD: Final = ("pk", "sk", "s", "v", "left")

Image = Mapping[str, Any]
"""An item as DynamoDB writes it."""


def state_change(
    old: Image | None, new: Image | None
) -> tuple[State | Stage | dispute.Stage, Message] | None:
    """What a record tells: the state that a case has come to, or None if it has not moved.

    A proposal has moved, too, when the last of its villages is done; and a dispute with each of
    its steps: a machine waits for its evidence, its answer and its family, whatever its stage.

    Args:
        old, new: the item before and after; None where there is none.
    """
    after = dynamo.decode({name: new[name] for name in _TOLD if name in new}) if new else None
    if after is None:
        return None
    if is_dispute(after):
        stage = dispute.Stage(dynamo.text(after, "s"))
        return stage, Message(ref_of(after), dynamo.number(after, "v"))
    goes_on = old is not None and new is not None and old.get("s") == new.get("s")
    if is_proposal(after):
        if goes_on and after["left"]:
            return None
        version = 0 if goes_on else dynamo.number(after, "v")
        return Stage(dynamo.text(after, "s")), Message(ref_of(after), version)
    if goes_on or not is_state(after):
        return None
    case = changed(after)
    return case.state, Message(case.ref, case.version)
