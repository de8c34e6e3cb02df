"""Draw who acts on a dispute: the machine's first draw, and a supervisor's draw anew, by one rule.

Nobody chooses: `assignment.draw` takes the highest of keyed hashes among those who may.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from chalicelib.domain import assignment, audit
from chalicelib.domain.adjudication import needs_stranger
from chalicelib.domain.assignment import Drawn, Escalated, Interests, Judges, Officer, Role
from chalicelib.domain.audit import Event
from chalicelib.domain.dispute import Dispute, Stage
from chalicelib.domain.registration import Ref
from chalicelib.domain.sanggah_rules import SanggahRules
from chalicelib.usecases.dispute_ports import Disputes
from chalicelib.usecases.interests import decided_since, interests_of
from chalicelib.usecases.ports import CaseStore

ROLES: Final[Mapping[Stage, Role]] = {
    Stage.REVIEW: Role.RECOMMENDER,
    Stage.RECOMMENDED: Role.DECIDER,
    Stage.SPLIT: Role.THIRD,
}


class FirstEvents(Protocol):
    """Reads one event of a chain."""

    def event(self, chain: str, at: int, seq: int) -> Event | None:
        """The event of a chain at a place, by its time (ms, UTC)."""
        ...


class Ports(Protocol):
    """What drawing needs; those who draw have more."""

    @property
    def disputes(self) -> Disputes:
        """The disputes of the region."""

    @property
    def store(self) -> CaseStore:
        """The cases that they are about."""

    @property
    def ledger(self) -> FirstEvents:
        """Tells who registered a case."""

    @property
    def officers(self) -> Callable[[], Sequence[Officer]]:
        """Reads the officers of the region."""

    @property
    def day_key(self) -> Callable[[str], bytes]:
        """The key of a UTC day's draws, yyyymmdd (`assignment.day_key`)."""


def draw(
    there: Dispute, officers: Sequence[Officer], interests: Interests, ports: Ports
) -> Drawn | Escalated:
    """Draw among officers for the step that a dispute stands at.

    Args:
        there: it waits for an officer. Once its term has passed, a supervisor is drawn.
        interests: `interests_in` it.
    """
    if there.level == 1:
        officers = [each for each in officers if Role.SUPERVISOR in each.roles]
    role = Role.THIRD if needs_stranger(there) else ROLES[there.stage]
    key = ports.day_key(audit.day_of(there.steps[-1].at))
    # Each level is a draw of its own.
    turn = f"{there.ref.locator}|{there.level}" if there.level else there.ref.locator
    return assignment.draw(key, turn, officers, interests, role)


def interests_in(there: Dispute, rules: SanggahRules, now: int, ports: Ports) -> Interests:
    """Whom a dispute concerns, from what is stored: four calls at most.

    Args:
        now: from which `decided_before_months` are counted back (ms, UTC).
    """
    loaded = None
    agent = ""
    # Whoever decided the first does not judge its appeal, its family found or not.
    beside = [Ref(there.ref.village, there.follows)] if there.follows else []
    judges: Mapping[Ref, Judges] = {}
    if there.case is not None:
        loaded = ports.store.load([there.case]).get(there.case)
    if loaded is not None:
        case = loaded.case
        beside += [Ref(case.ref.village, each) for each in case.disputes]
        first = ports.ledger.event(case.ref.locator, case.steps[0].at, 1)
        agent = first.actor.partition("agent:")[2] if first else ""
        judges = ports.disputes.judges([case.ref])
    others = ports.disputes.load(list(dict.fromkeys(beside))) if beside else {}
    since = decided_since(now, rules)
    judged = frozenset[str]().union(*(each.of_late(since) for each in judges.values()))
    return interests_of(there, loaded, others.values(), agent, since, judged=judged)
