"""Take disputes from officers who cannot act, and draw others by the same rule: nobody is chosen.

The only thing that is done to many at once. A supervisor says which and why; who gets them is drawn
among those who may, without who had the step before and without the supervisor. Each is a step
of its own with its own entry in the ledger, so some may be done and others not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.domain import adjudication, assignment, dispute
from chalicelib.domain.assignment import Drawn, Officer
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.errors import Fault, NotAllowed, NotFound, TepatError, WrongState
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases import filing
from chalicelib.usecases.dispute_ports import Disputes
from chalicelib.usecases.draw_officer import FirstEvents, draw, interests_in
from chalicelib.usecases.ports import CaseStore, Clock

MOST: Final = 20  # at once: about four calls each
REASONS: Final = ("officer_away", "officer_overloaded", "officer_asked", "nobody_drawn")


@dataclass(frozen=True, slots=True)
class Ports:
    """What drawing anew needs (`draw_officer.Ports`)."""

    clock: Clock
    disputes: Disputes
    store: CaseStore
    ledger: FirstEvents
    officers: Callable[[], Sequence[Officer]]
    day_key: Callable[[str], bytes]
    terms: filing.Terms


@dataclass(frozen=True, slots=True)
class Picked:
    """A dispute that a supervisor ticked.

    Attributes:
        ref: None where no dispute of this region can have that number.
        seen: its version in the list that was looked at.
    """

    number: str
    ref: Ref | None
    seen: int


@dataclass(frozen=True, slots=True)
class Redrawn:
    """What became of one.

    Attributes:
        officer: subject of who was drawn; "" when nothing changed.
        fault: why not; None when done.
    """

    number: str
    officer: str
    fault: Fault | None


def redraw(picked: Iterable[Picked], actor: str, reason: str, ports: Ports) -> tuple[Redrawn, ...]:
    """Draw each anew that may be; whatever stands in the way of one is told of that one.

    Args:
        picked: `MOST` at most.
        actor: "staff:<subject>" of the supervisor.
        reason: of `REASONS`.

    Raises:
        ValueError: there are more.
        TryAgain: the store refused for now, before anything was done.
    """
    asked = tuple(picked)
    if len(asked) > MOST:
        raise ValueError(f"at most {MOST} are drawn anew at once")
    found = ports.disputes.load(list({each.ref: None for each in asked if each.ref}))
    asking = _Asking(actor, reason, ports.officers() if found else ())
    told = []
    for each in asked:
        there = found.get(each.ref) if each.ref else None
        try:
            moved = _one(there, each.seen, asking, ports)
            told.append(Redrawn(each.number, moved.officer, None))
        except TepatError as error:
            told.append(Redrawn(each.number, "", error.faults[0]))
    return tuple(told)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who asks and why, and who may be drawn."""

    actor: str
    reason: str
    officers: Sequence[Officer]


def _one(there: Dispute | None, seen: int, asking: _Asking, ports: Ports) -> Dispute:
    if there is None:
        raise NotFound(Fault("dispute_unknown"))
    if there.version != seen:
        raise WrongState(Fault("redraw_changed"))
    if there.stage not in dispute.WITH_OFFICER:
        raise WrongState(Fault("redraw_not_now"))
    now = ports.clock.now_ms()
    drawn = _drawn(there, now, asking, ports)
    stamp = Stamp(now, asking.actor, there.salt)
    level = min(drawn.level, dispute.HIGHEST_LEVEL)
    moved, event = adjudication.redraw(there, drawn.sub, stamp, level=level, reason=asking.reason)
    if ports.disputes.change(moved, event) is not None:
        raise WrongState(Fault("redraw_changed"))
    return moved


def _drawn(there: Dispute, now: int, asking: _Asking, ports: Ports) -> Drawn:
    """Draw for one, if who asks has no interest in it: they too may not steer what is theirs.

    Raises:
        NotAllowed: they have one, or too little is known of them to tell.
        WrongState: nobody else may act on it.
    """
    interests = interests_in(there, ports.terms.today(now), now, ports)
    subject = asking.actor.partition(":")[2]
    own = next((each for each in asking.officers if each.sub == subject), None)
    if own is None or assignment.missing(own):
        raise NotAllowed(Fault("redraw_profile"))
    if assignment.conflicts(own, interests):
        raise NotAllowed(Fault("redraw_interest"))
    had = {subject, there.officer, *there.passed}
    left = [each for each in asking.officers if each.sub not in had]
    drawn = draw(there, left, interests, ports)
    if not isinstance(drawn, Drawn):
        raise WrongState(Fault("redraw_nobody"))
    return drawn
