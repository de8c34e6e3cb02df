"""Link a dispute to the case of the family that it is about; the case is told in the same step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.domain import hearing, reopening
from chalicelib.domain.audit import Event
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.errors import WrongState
from chalicelib.domain.registration import Ref, Registration, Stamp
from chalicelib.domain.sanggah_rules import SanggahRules
from chalicelib.usecases import filing
from chalicelib.usecases.dispute_ports import CaseStep
from chalicelib.usecases.ports import CaseStore, Randomness

Step = tuple[Dispute, Event, CaseStep | None]
"""A dispute as it becomes, its event, and the case if that changes with it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a case tells of the dispute that it is found for (`hearing.link`)."""

    follows: str = ""
    concerns: tuple[str, ...] = ()


Look = Callable[[Registration], Found]


def linked(
    there: Dispute,
    about: str,
    stamp: Stamp,
    store: CaseStore,
    random: Randomness,
    *,
    rules: SanggahRules,
    look: Look | None = None,
) -> Step | None:
    """Link a dispute to a case, which is told of it; None when that case has ended.

    Args:
        about: locator of a case of the same village.
        rules: those of today.
        look: what the case tells of the dispute besides.
    """
    ref = Ref(there.ref.village, about)
    loaded = store.load([ref]).get(ref)
    if loaded is None:
        return None
    # There are no details to disclose, so the salt of the case's commitment need not be kept.
    own = replace(stamp, salt=random.take(filing.SALT_SIZE))
    try:
        case = reopening.disputed(loaded.case, there.ref.locator, own)
    except WrongState:
        return None
    due = filing.screened_by(there.steps[0].at, rules)  # photos may be on their way still
    found = look(loaded.case) if look else Found()
    step = hearing.link(
        there, about, stamp, due=due, follows=found.follows, concerns=found.concerns
    )
    return *step, case
