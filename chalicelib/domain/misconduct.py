"""A report about an agent or an officer: money asked for, a refusal, wrong data, a threat.

It is no dispute: nobody's result is at stake, no family is heard, and nobody votes. So it is an
aggregate of its own, with its own chain. Whoever reports is named nowhere and gives no receipt of a
family, since the agent who registered that family may hold it; the report has a receipt of its own.
It goes to a supervisor of another district, and a passed term hands it on and never closes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from chalicelib.domain import audit, receipt
from chalicelib.domain.audit import Act, Event, Head
from chalicelib.domain.dispute import Exhibit, with_screened
from chalicelib.domain.errors import Fault, NotAllowed, WrongState
from chalicelib.domain.registration import Ref, Stamp

if TYPE_CHECKING:
    from chalicelib.domain.assignment import Officer
    from chalicelib.domain.evidence import Piece
    from chalicelib.domain.receipt import Mac, Receipt


class Stage(StrEnum):
    """Where a report stands."""

    FILED = "filed"  # its photos are being screened, and somebody is to be drawn
    REVIEW = "review"  # a supervisor from elsewhere has it, or is looked for again
    CLOSED = "closed"


PLACE: Final = 620_000
"""Added to the village's place in a report's locator: nothing else has it."""

LOST_MS: Final = 15 * 60_000
"""After so long a machine looks again at what it could go on with."""

HIGHEST_LEVEL: Final = 2
"""1 another supervisor has it after the first was late, 2 the region's administration is told."""

_DISTRICT: Final = 6  # digits of a village's code that name its district


@dataclass(frozen=True, slots=True)
class Reached:
    """A stage and when it was reached (ms, UTC)."""

    stage: Stage
    at: int


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it is stored: not what was written, and nobody's name.

    Attributes:
        ref: village where it happened, and own locator, which names its ledger chain.
        version: raised by one with each step; every step is conditional on it.
        reason: a code of the region's list.
        request_id, body_digest: of the request that filed it, to know a repeat.
        secret_mac: keyed digest of the secret of its receipt.
        steps: oldest first.
        head: end of its chain.
        salt: its events' commitments are made under it.
        evidence: photos that came with it.
        officer: subject of the supervisor who was drawn, "" for nobody yet.
        passed: subjects whose term passed; they are not drawn again.
        due: when the next step should be done (ms, UTC); 0 once it is closed.
        level: how far it was handed upwards.
        outcome: coded outcome, "" until it is closed.
    """

    ref: Ref
    stage: Stage
    version: int
    reason: str
    request_id: bytes
    body_digest: bytes
    secret_mac: bytes
    steps: tuple[Reached, ...]
    head: Head
    salt: bytes
    evidence: tuple[Exhibit, ...] = ()
    officer: str = ""
    passed: tuple[str, ...] = ()
    due: int = 0
    level: int = 0
    outcome: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.stage is Stage.CLOSED


def paper_of(mac: Mac, request_key: str, village_index: int) -> Receipt:
    """The receipt of the report that a request files; the same for the same request.

    Args:
        village_index: place of the village in the national list, 0 to 83,761.
    """
    return receipt.derive(mac, f"report|{request_key}", PLACE + village_index)


def village_index(locator: str) -> int:
    """Place of the village in the national list; below 0 for a family's, a dispute's, a check's."""
    return receipt.village_index(locator) - PLACE


def file(blank: Report, stamp: Stamp, *, due: int) -> tuple[Report, Event]:
    """Write the first event of a report.

    Args:
        blank: without steps; its chain is begun here.
        due: when its photos should be there and screened (ms, UTC).
    """
    begun = replace(blank, head=audit.first_head(blank.ref.locator), due=due)
    details = {"reason": blank.reason, "pieces": len(blank.evidence)}
    return _step(begun, Stage.FILED, Act.REPORTED, stamp, details, reason=blank.reason)


def screened(report: Report, piece: Piece, stamp: Stamp) -> tuple[Report, Event] | None:
    """Keep what screening found of a photo; None when that photo is not waiting for it."""
    kept = with_screened(report.evidence, piece)
    if kept is None:
        return None
    details = {"piece": piece.id, "state": piece.state.value, "why": piece.why}
    return _step(replace(report, evidence=kept), report.stage, Act.SCREENED, stamp, details)


def is_screened(report: Report) -> bool:
    """Whether no photo waits for its upload or its screening."""
    return all(each.piece.settled for each in report.evidence)


def from_elsewhere(village: str, officers: Iterable[Officer]) -> list[Officer]:
    """Who may be drawn for what happened in a village: nobody who may be above the agent.

    Which agent it is stands in a sealed text, if it is known at all. So all who work or live in the
    district are taken for that agent, and everybody of any district in which one of them works
    stays out: an unknown relation counts as one (security 2.4).
    """
    known = list(officers)
    here = village[:_DISTRICT]
    near = {here}
    for each in known:
        if "agent" in each.roles and here in each.districts | {each.village[:_DISTRICT]}:
            near |= each.districts
    return [each for each in known if not (each.districts | {each.village[:_DISTRICT]}) & near]


def assign(report: Report, officer: str, stamp: Stamp, *, due: int) -> tuple[Report, Event]:
    """Hand it to the supervisor who was drawn.

    Raises:
        WrongState: it is closed, or somebody has it.
    """
    _open(report)
    if report.officer:
        raise WrongState(Fault("report_moved"))
    moved = replace(report, officer=officer, due=due)
    return _step(moved, Stage.REVIEW, Act.ASSIGNED, stamp, {"officer": officer})


def hand_on(report: Report, stamp: Stamp, *, due: int) -> tuple[Report, Event]:
    """The term has passed: another supervisor is looked for. It closes nothing.

    Args:
        due: when somebody should look again if nobody can be drawn (ms, UTC).

    Raises:
        WrongState: it is closed, or nobody had it.
    """
    _open(report)
    if not report.officer:
        raise WrongState(Fault("report_moved"))
    level = min(report.level + 1, HIGHEST_LEVEL)
    passed = (*report.passed, report.officer)
    moved = replace(report, officer="", passed=passed, level=level, due=due)
    return _step(moved, Stage.REVIEW, Act.ESCALATED, stamp, {"level": level})


def close(report: Report, outcome: str, stamp: Stamp) -> tuple[Report, Event]:
    """Close it with a coded outcome, as the supervisor who has it.

    One person is enough: closing takes nothing from anybody. A role that should be taken away is
    taken by two administrators (`officer_profile`).

    Raises:
        WrongState: it is closed already.
        NotAllowed: by who was not drawn for it.
    """
    _open(report)
    if not may_open(report, stamp.actor):
        raise NotAllowed(Fault("report_not_yours"))
    moved = replace(report, outcome=outcome, due=0)
    return _step(moved, Stage.CLOSED, Act.REPORT_CLOSED, stamp, {}, reason=outcome)


def may_open(report: Report, actor: str) -> bool:
    """Whether somebody may look into it: who was drawn, and nobody else."""
    return bool(report.officer) and actor == f"staff:{report.officer}"


def wakes(report: Report) -> int:
    """When a machine should look at it, though no message comes (ms, UTC); 0 for never."""
    if report.ended:
        return 0
    waits = report.stage is Stage.FILED and not is_screened(report)
    if report.officer or waits:
        return report.due
    return report.head.at + LOST_MS


def _open(report: Report) -> None:
    if report.ended:
        raise WrongState(Fault("report_closed"))


def _step(
    report: Report,
    stage: Stage,
    act: Act,
    stamp: Stamp,
    details: Mapping[str, object],
    *,
    reason: str | None = None,
) -> tuple[Report, Event]:
    event, head = audit.append(
        report.head,
        chain=report.ref.locator,
        at=stamp.at,
        actor=stamp.actor,
        act=act,
        commitment=audit.commit(report.salt, details),
        reason=reason,
    )
    goes_on = bool(report.steps) and report.steps[-1].stage is stage
    steps = report.steps if goes_on else (*report.steps, Reached(stage, stamp.at))
    return replace(report, stage=stage, version=report.version + 1, steps=steps, head=head), event
