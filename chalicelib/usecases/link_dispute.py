"""Link an objection to the case of the family that it names; the case is told in the same step."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain import dispute, registration
from chalicelib.domain.audit import Event
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.errors import WrongState
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.domain.sanggah_rules import SanggahRules
from chalicelib.usecases import filing
from chalicelib.usecases.dispute_ports import CaseStep
from chalicelib.usecases.ports import CaseStore, Randomness

Step = tuple[Dispute, Event, CaseStep | None]
"""A dispute as it becomes, its event, and the case if that changes with it."""


def linked(
    there: Dispute,
    about: str,
    stamp: Stamp,
    store: CaseStore,
    random: Randomness,
    *,
    rules: SanggahRules,
) -> Step | None:
    """Link an objection to a case, which is told of it; None when that case has ended.

    Args:
        about: locator of a case of the same village.
        rules: those of today.
    """
    ref = Ref(there.ref.village, about)
    loaded = store.load([ref]).get(ref)
    if loaded is None:
        return None
    # There are no details to disclose, so the salt of the case's commitment need not be kept.
    own = replace(stamp, salt=random.take(filing.SALT_SIZE))
    try:
        case = registration.disputed(loaded.case, there.ref.locator, own)
    except WrongState:
        return None
    due = filing.screened_by(there.steps[0].at, rules)  # photos may be on their way still
    return *dispute.link(there, about, stamp, due=due), case
