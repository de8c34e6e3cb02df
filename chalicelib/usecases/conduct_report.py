"""Take reports about agents as far as a machine may: screened, drawn, handed on when late."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.domain import assignment, audit, misconduct
from chalicelib.domain.assignment import Drawn, Interests, Officer, Role
from chalicelib.domain.audit import Event
from chalicelib.domain.misconduct import Report, Stage
from chalicelib.domain.registration import Stamp
from chalicelib.usecases import filing
from chalicelib.usecases.batch import unsettled
from chalicelib.usecases.ports import Clock, Message
from chalicelib.usecases.report_ports import Reports

ACTOR: Final = "system:conduct_dispute"  # the function that does it
MOST_STEPS: Final = 4


@dataclass(frozen=True, slots=True)
class Ports:
    """What conducting needs.

    Attributes:
        officers: all of the region, agents among them.
        day_key: the key of a UTC day's draws, yyyymmdd (`assignment.day_key`).
    """

    clock: Clock
    reports: Reports
    officers: Callable[[], Sequence[Officer]]
    day_key: Callable[[str], bytes]
    terms: filing.Terms


def conduct_reports(messages: Sequence[Message], ports: Ports) -> list[Message]:
    """Take the reports of a batch as far as they go now.

    Returns:
        The messages that must come again: the store refused for now, or somebody wrote meanwhile.
    """
    found = ports.reports.load(list({message.ref: None for message in messages}))

    def go_on(message: Message) -> bool:
        there = found.get(message.ref)
        return there is None or _go_on(there, ports)

    return unsettled(messages, go_on)


def _go_on(there: Report, ports: Ports) -> bool:
    for _ in range(MOST_STEPS):
        step = _next(there, ports.clock.now_ms(), ports)
        if step is None:
            return True
        if ports.reports.change(*step) is not None:
            return False
        there = step[0]
    return True


def _next(there: Report, now: int, ports: Ports) -> tuple[Report, Event] | None:
    if there.ended:
        return None
    stamp = Stamp(now, ACTOR, there.salt)
    if there.officer:
        late = now >= there.due
        return misconduct.hand_on(there, stamp, due=now + audit.DAY_MS) if late else None
    if there.stage is Stage.FILED and not misconduct.is_screened(there) and now < there.due:
        return None
    return _drawn(there, stamp, ports)


def _drawn(there: Report, stamp: Stamp, ports: Ports) -> tuple[Report, Event] | None:
    """Draw a supervisor of another district; None while nobody may be drawn: it is asked again."""
    officers = misconduct.from_elsewhere(there.ref.village, ports.officers())
    nobody: frozenset[bytes] = frozenset()
    interests = Interests(there.ref.village, nobody, nobody, nobody, acted=frozenset(there.passed))
    key = ports.day_key(audit.day_of(there.steps[-1].at))
    drawn = assignment.draw(key, there.ref.locator, officers, interests, Role.SUPERVISOR)
    if not isinstance(drawn, Drawn):
        return None
    terms = ports.terms.today(stamp.at).terms
    due = ports.terms.calendar.term(stamp.at, terms.report, terms).at
    return misconduct.assign(there, drawn.sub, stamp, due=due)
