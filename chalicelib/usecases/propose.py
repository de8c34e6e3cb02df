"""Propose a neighbour's family: received, visited or called, and nothing more before it agrees.

The proposer is told only that it was received; there is no receipt, so nobody learns from a
proposal whether a family is registered (product, proposal).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import audit, blind_keys, receipt, registration
from chalicelib.domain.application import Rules
from chalicelib.domain.audit import Act
from chalicelib.domain.errors import Fault, InvalidRequest, TryAgain
from chalicelib.domain.registration import (
    Ref,
    Registration,
    Stamp,
    State,
    Step,
    Waiting,
    WayIn,
    Work,
)
from chalicelib.usecases.ports import BlindIndex, CaseStore, Clock, Randomness, Sealer, VaultItem
from chalicelib.usecases.register import SALT_SIZE

VISIT_DUE_MS = 14 * 86_400_000


@dataclass(frozen=True, slots=True)
class Ports:
    """What proposing needs."""

    clock: Clock
    random: Randomness
    index: BlindIndex
    sealer: Sealer
    store: CaseStore
    rules: Rules


def propose(key: str, form: Mapping[str, Any], ports: Ports) -> None:
    """Store a proposal, sealed, as a visit to make.

    Args:
        form: {"name", "village", "place", "reason", "phone"}: who, where and why.

    Raises:
        InvalidRequest: the village is outside the region, or the key was used for another body.
        TryAgain: the store refused for now.
    """
    village = ports.rules.villages.get(form["village"])
    if village is None:
        raise InvalidRequest(Fault("village_outside_region", "village"))
    now = ports.clock.now_ms()
    digest = blind_keys.body_digest(ports.index.mac, form)
    paper = receipt.derive(ports.index.mac, key, village.index)
    salt = ports.random.take(SALT_SIZE)
    blank = Registration(
        ref=Ref(form["village"], paper.locator),
        state=State.PROPOSED,
        version=1,
        way_in=WayIn.PROPOSAL,
        request_id=blind_keys.request_id(ports.index.mac, key),
        body_digest=digest,
        secret_mac=b"",  # nobody holds a receipt of a proposal
        household=None,
        consent="",
        steps=(Step(State.PROPOSED, now),),
        head=audit.first_head(paper.locator),
        waiting=Waiting(Work.VISIT, now + VISIT_DUE_MS),
    )
    case, event = registration.open_case(
        blank, Act.PROPOSED, Stamp(now, "citizen", salt), {"way_in": WayIn.PROPOSAL.value}
    )
    packed = json.dumps(form, ensure_ascii=False, sort_keys=True).encode()
    sealed = ports.sealer.seal(packed, f"{paper.locator}|0")
    conflict = ports.store.create(case, VaultItem(sealed, salt, ()), event, ())
    if conflict is None:
        return
    if conflict.case is None or conflict.case.request_id != case.request_id:
        raise TryAgain(Fault("busy"))
    if conflict.case.body_digest != digest:
        raise InvalidRequest(Fault("key_reused", "key"))
