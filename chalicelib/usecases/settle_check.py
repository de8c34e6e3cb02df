"""What visits found that would be decided otherwise: one officer recommends, another decides.

Who acts is drawn each time the list is asked for: the draw is a keyed hash of what stands, so it
needs no item and no worker, and the same question has the same answer (`assignment.draw`). Whoever
does not act within the term loses the turn to a supervisor; nothing lapses. What is decided takes
effect in the same transaction: the case opens again, to be decided anew on what was found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.domain import assignment, audit, check_review, finding, reopening
from chalicelib.domain.assignment import Drawn, Judges, Officer, Role
from chalicelib.domain.audit import Event
from chalicelib.domain.deadlines import Due
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.errors import Fault, NotAllowed, NotFound, TryAgain, WrongState
from chalicelib.domain.ground_check import Check, Course, Opinion
from chalicelib.domain.identity import Identity
from chalicelib.domain.registration import ENDED_STATES, Ref, Registration, Stamp
from chalicelib.domain.sanggah_rules import SanggahRules
from chalicelib.usecases import filing
from chalicelib.usecases.check_ports import AFTER, GroundChecks
from chalicelib.usecases.dispute_ports import CaseStep, Disputes
from chalicelib.usecases.interests import decided_since, interests_of_check
from chalicelib.usecases.open_identity import open_identity
from chalicelib.usecases.ports import (
    CaseStore,
    Clock,
    Loaded,
    Opener,
    Randomness,
    ReadLedger,
    Sealed,
)
from chalicelib.usecases.read_case import READS_SHOWN, record_read

MOST: Final = 60
WHY: Final = "visit_differs"
"""Why a case was opened again; what the family reads of it stands in data/words/concerns."""
READ: Final = "finding"
_READ_AT_ONCE: Final = 30  # cases in one call
_SUPERVISOR: Final = "supervisor"


@dataclass(frozen=True, slots=True)
class Ports:
    """What settling needs.

    Attributes:
        officers: of the region.
        day_key: the key of a UTC day's draws, yyyymmdd (`assignment.day_key`).
    """

    clock: Clock
    random: Randomness
    opener: Opener
    store: CaseStore
    checks: GroundChecks
    disputes: Disputes
    ledger: ReadLedger
    officers: Callable[[], Sequence[Officer]]
    day_key: Callable[[str], bytes]
    terms: filing.Terms
    region: str


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn a finding is.

    Attributes:
        officer: subject of who was drawn, "" when nobody in the region may.
        due: the clock of the turn; `due.level(now)` tells who has it.
    """

    officer: str
    due: Due


@dataclass(frozen=True, slots=True)
class Listed:
    """An officer's list.

    Attributes:
        mine: findings that the officer was drawn for, the oldest first.
        nobody: how many wait for which nobody may be drawn.
    """

    mine: Sequence[tuple[Check, Turn]]
    nobody: int


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """A finding as the officer sees it.

    Attributes:
        may_judge: whether it is this officer's turn.
        told: what whoever went has written, by part, as it was sealed.
    """

    check: Check
    case: Registration | None
    identity: Identity | None
    turn: Turn
    may_judge: bool
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judging:
    """An opinion as sent.

    Attributes:
        seen: versions of the check and of its case, 0 for none, that the officer was looking at.
    """

    ref: Ref
    actor: str
    course: Course
    reason: str
    seen: tuple[int, int]


@dataclass(slots=True)
class _Around:
    """What the drawing looks at, read once for a list."""

    now: int
    rules: SanggahRules
    officers: Sequence[Officer]
    cases: Mapping[Ref, Loaded]
    disputes: Mapping[Ref, Dispute] = field(default_factory=dict)
    judges: Mapping[Ref, Judges] = field(default_factory=dict)


def my_findings(actor: str, ports: Ports) -> Listed:
    """The findings that an officer was drawn for; nobody's data is in them.

    Raises:
        TryAgain: the store refused for now.
    """
    refs = ports.checks.to_settle(ports.region, MOST)
    found = ports.checks.load(refs)
    # The index lags behind by moments: what was settled just now is left out.
    waiting = [found[ref] for ref in refs if ref in found and found[ref].to_settle]
    around = _around(waiting, ports)
    turns = [(check, _turn(check, around, ports)) for check in waiting]
    mine = [(check, turn) for check, turn in turns if _is(turn, actor)]
    return Listed(mine, sum(not turn.officer for _, turn in turns))


def open_finding(ref: Ref, actor: str, ports: Ports) -> OpenFinding:
    """Write the read to the ledger, then open the finding and its case.

    Raises:
        NotFound: there is none, or this officer was neither drawn for it nor has judged it: nobody
            learns which.
        TryAgain: the ledger, the store or the key service refused for now; nothing was shown.
    """
    opened = ports.checks.read(ref)
    if opened is None or opened.check.finding is None:
        raise NotFound(Fault("check_unknown", "number"))
    check = opened.check
    around = _around([check], ports)
    turn = _turn(check, around, ports)
    may_judge = check.to_settle and _is(turn, actor)
    if not may_judge and all(each.actor != actor for each in check.opinions):
        raise NotFound(Fault("check_unknown", "number"))
    record_read(
        check.about,
        actor,
        READ,
        clock=ports.clock,
        random=ports.random,
        ledger=ports.ledger,
    )
    loaded = around.cases.get(check.case)
    if loaded is not None and loaded.torn:
        raise TryAgain(Fault("busy"))
    has_identity = loaded is not None and loaded.case.household is not None
    return OpenFinding(
        check=check,
        case=loaded.case if loaded else None,
        identity=open_identity(loaded, ports.opener) if loaded and has_identity else None,
        turn=turn,
        may_judge=may_judge,
        told=_told(check, opened.statements, ports.opener),
    )


def looks(ref: Ref, actor: str, ports: Ports) -> Sequence[Event]:
    """Who opened the family's data, the latest first; it shows nothing of the family.

    Raises:
        NotFound, TryAgain: as `open_finding`.
    """
    check = ports.checks.load([ref]).get(ref)
    if check is None or not _may_open(check, actor, ports):
        raise NotFound(Fault("check_unknown", "number"))
    return ports.ledger.reads_of(check.about, READS_SHOWN)


def _may_open(check: Check, actor: str, ports: Ports) -> bool:
    if any(each.actor == actor for each in check.opinions):
        return True
    return check.to_settle and _is(_turn(check, _around([check], ports), ports), actor)


def judge(judging: Judging, ports: Ports) -> Check:
    """Keep an officer's opinion; what is decided changes the case in the same transaction.

    Raises:
        InvalidRequest: the reason is not one of the course's.
        NotFound: there is no such finding.
        NotAllowed: this officer was not drawn for it, or has judged it.
        WrongState: nothing of it waits for officers, or it or its case changed meanwhile, or its
            case is just being decided anew.
        TryAgain: the store refused for now.
    """
    check = ports.checks.load([judging.ref]).get(judging.ref)
    if check is None or check.finding is None:
        raise NotFound(Fault("check_unknown", "number"))
    said = next((each for each in check.opinions if each.actor == judging.actor), None)
    if said is not None and (said.course, said.reason) == (judging.course, judging.reason):
        return check
    now = ports.clock.now_ms()
    opinion = Opinion(judging.actor, judging.course, judging.reason, now)
    stamp = Stamp(now, judging.actor, check.salt)
    moved, event = check_review.judge(check, opinion, stamp)
    around = _around([check], ports)
    if not _is(_turn(check, around, ports), judging.actor):
        raise NotAllowed(Fault("finding_not_yours"))
    loaded = around.cases.get(check.case)
    if judging.seen != (check.version, loaded.case.version if loaded else 0):
        raise WrongState(Fault("finding_changed"))
    case = _effect(moved, loaded, stamp, around.rules, ports)
    judges = _judges(check, around).and_of(judging.actor, now)
    stands = ports.checks.change(moved, event, case=case, judges=judges)
    if stands is not None:
        raise WrongState(Fault("finding_changed"))
    return moved


def _effect(
    moved: Check, loaded: Loaded | None, stamp: Stamp, rules: SanggahRules, ports: Ports
) -> CaseStep | None:
    """The case opened again on what was found; None when the decision stands, or has ended.

    Raises:
        WrongState: a decision is under way, on what was declared; what was found would be lost.
    """
    reopens = check_review.outcome(moved) is Course.REOPEN
    if not reopens or loaded is None or loaded.case.household is None or moved.finding is None:
        return None
    if loaded.case.state in ENDED_STATES:
        return None
    household = finding.checked_household(loaded.case.household, moved.finding)
    due = ports.terms.calendar.term(stamp.at, rules.terms.recommend, rules.terms).at
    own = Stamp(stamp.at, stamp.actor, loaded.vault[0].salt)
    try:
        return reopening.reopen(loaded.case, household, WHY, own, officer_due=due)
    except WrongState as under_way:
        raise WrongState(Fault("finding_changed")) from under_way


def _around(checks: Sequence[Check], ports: Ports) -> _Around:
    now = ports.clock.now_ms()
    rules = ports.terms.today(now)
    refs = list({check.case: None for check in checks})
    cases: dict[Ref, Loaded] = {}
    for start in range(0, len(refs), _READ_AT_ONCE):
        cases |= ports.store.load(refs[start : start + _READ_AT_ONCE])
    around = _Around(now, rules, ports.officers() if checks else (), cases)
    around.judges = ports.disputes.judges(refs)
    about = [Ref(ref.village, each) for ref, found in cases.items() for each in found.case.disputes]
    for start in range(0, len(about), MOST):
        around.disputes = {**around.disputes, **ports.disputes.load(about[start : start + MOST])}
    return around


def _turn(check: Check, around: _Around, ports: Ports) -> Turn:
    """Draw who acts now; after the term, among the supervisors if any of them may."""
    role = check_review.turn(check)
    terms = around.rules.terms
    days = {Role.RECOMMENDER: terms.recommend, Role.DECIDER: terms.decide, Role.THIRD: terms.third}
    since = check_review.since(check)
    due = ports.terms.calendar.term(since, days[role], terms)
    level = due.level(around.now)
    officers = [each for each in around.officers if not level or _SUPERVISOR in each.roles]
    entered = (since, *due.escalations)[level]
    loaded = around.cases.get(check.case)
    others = [
        around.disputes[ref]
        for each in (loaded.case.disputes if loaded else ())
        if (ref := Ref(check.ref.village, each)) in around.disputes
    ]
    since = decided_since(around.now, around.rules)
    judged = _judges(check, around).of_late(since)
    interests = interests_of_check(check, loaded, others, since, judged=judged)
    key = ports.day_key(audit.day_of(entered))
    drawn = assignment.draw(key, check.ref.locator, officers, interests, role)
    if level and not isinstance(drawn, Drawn):  # no supervisor may: better late than never
        drawn = assignment.draw(key, check.ref.locator, around.officers, interests, role)
    return Turn(drawn.sub if isinstance(drawn, Drawn) else "", due)


def _judges(check: Check, around: _Around) -> Judges:
    return around.judges.get(check.case, Judges(check.case))


def _is(turn: Turn, actor: str) -> bool:
    return bool(turn.officer) and actor == f"staff:{turn.officer}"


def _told(check: Check, statements: Mapping[str, Sealed], opener: Opener) -> Mapping[str, Any]:
    """Place and remark of each visit, and the remark to the differences."""
    told: dict[str, Any] = {}
    for part, sealed in sorted(statements.items()):
        text = opener.open(sealed, f"{check.ref.locator}|{part}").decode()
        told[part] = text if part == AFTER else json.loads(text)
    return told
