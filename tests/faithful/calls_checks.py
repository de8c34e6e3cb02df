"""Calls of the store of ground checks: two checks of one family, and the draw of a sample."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from chalicelib.domain import check_review, check_sample, ground_check, visit
from chalicelib.domain.assignment import Judges
from chalicelib.domain.audit import Act
from chalicelib.domain.errors import TepatError
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.ground_check import (
    Attempt,
    Check,
    Course,
    Missed,
    Opinion,
    Purpose,
    Stage,
    Verdict,
)
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases.check_ports import AFTER, visit_part
from chalicelib.usecases.dispute_ports import Statement
from chalicelib.usecases.ports import Sealed
from chalicelib.usecases.review_ports import Beside
from tests import checking
from tests.builders import MINUTE, REGION, VILLAGE
from tests.checking import AGENT, MODEL, OTHER, REQUEST, RULES, SALT
from tests.faithful.calls import CASES, NOTHING, at
from tests.faithful.calls_disputes import case_step, dispute_ref, dispute_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.domain.audit import Event
    from chalicelib.domain.check_sample import Sample
    from tests.faithful.calls import Deed, Play
    from tests.faithful.sides import Side

AGENTS = (AGENT, OTHER)
JUDGES = ("staff:officer-1", "staff:officer-2", "staff:officer-3")
WRITTEN = (visit_part(0), visit_part(1), AFTER)
CHECK_STEPS = {
    "assign": Stage.ASKED,
    "escalate": Stage.ASKED,
    "attempt": Stage.ASSIGNED,
    "find": Stage.ASSIGNED,
    "remark": Stage.DONE,
    "screened": Stage.DONE,
    "judge": Stage.DONE,
    "cancel": Stage.ASKED,
}
"""Steps, and a stage from which each can be taken: the stores do not ask how it came there."""
COURSES = ((Course.KEEP, "changed_since"), (Course.REOPEN, "found_differs"))
SEED = bytes(32)


@dataclass(frozen=True)
class AskCheck:
    """A check is asked for, by an officer who has a dispute or by nobody of one."""

    number: int
    minute: int
    dispute: bool = False
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        made, event = play.took(_asked(play, self.number, self.minute))
        step = dispute_step(play, 0, "visit", self.minute) if self.dispute else None
        return lambda side: side.ports.checks.create(made, event, dispute=step)


@dataclass(frozen=True)
class MoveCheck:
    """A step of a check, from the version that somebody knows, with what may go with it.

    One that nobody has asked for is asked for first, but for those who know an older version.
    `judges` is by how much the version of who has judged is another than it should be.
    """

    number: int
    kind: str
    who: int
    minute: int
    back: int = 0
    written: tuple[str, ...] = ()
    case: bool = False
    judges: int | None = None
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        first, before = _before(play, self.number, self.minute, self.back)
        made, event = play.took(_moved(before, self.kind, self.who, self.minute))
        told = list(map(_statement, self.written))
        case = case_step(play, dispute_ref(play, 0).locator, self.minute) if self.case else None
        judges = None if self.judges is None else _judges(play, self.judges, self.minute)

        def move(side: Side) -> object:
            checks = side.ports.checks
            done = first and checks.create(*first)
            return done, checks.change(made, event, statements=told, case=case, judges=judges)

        return move


@dataclass(frozen=True)
class CheckAgain:
    """The last step of a check once more, whatever it was."""

    number: int
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        made, event = play.last(_asked(play, self.number, 0))
        return lambda side: side.ports.checks.change(made, event)


@dataclass(frozen=True)
class ForgetCheck:
    """A check is forgotten; one that nobody has asked for is asked for and written to first."""

    number: int
    minute: int
    back: int = 0
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        stamp = Stamp(at(self.minute), "system:erase", SALT)
        first, before = _before(play, self.number, self.minute, self.back)
        there = play.took(_plain_step(before, stamp)) if first else None
        made, event = play.took(ground_check.forget(there[0] if there else before, stamp))

        def forget(side: Side) -> object:
            checks = side.ports.checks
            done = first and checks.create(*first)
            written = there and checks.change(*there, statements=[_statement(AFTER)])
            return done, written, checks.forget(made, event)

        return forget


@dataclass(frozen=True)
class ReadChecks:
    """Everything that is asked of checks, of one or of several."""

    what: str
    number: int
    limit: int = 9
    region: str = REGION
    parts: ClassVar = NOTHING

    def deed(self, play: Play) -> Deed:
        refs = [_asked(play, number, 0)[0].ref for number in range(self.number + 1)]
        case, dispute = play.family(0).case.ref, dispute_ref(play, 0)
        region, limit, agent = self.region, self.limit, AGENTS[self.number]
        beside = Beside(case, refs) if limit else None
        return lambda side: {
            "some": lambda: dict(side.ports.checks.load(refs)),
            "one": lambda: side.ports.checks.read(refs[-1]),
            "about": lambda: list(side.ports.checks.about(case)),
            "judges": lambda: dict(side.ports.disputes.judges([case])),
            "of officer": lambda: list(side.ports.checks.of_officer(region, agent, limit)),
            "unassigned": lambda: list(side.ports.checks.unassigned(region, limit)),
            "to settle": lambda: list(side.ports.checks.to_settle(region, limit)),
            "review": lambda: side.ports.reviews.read(dispute, beside),
            "sample": lambda: side.ports.checks.sample(_begun(0)[0].ref),
        }[self.what]()


@dataclass(frozen=True)
class KeepSample:
    """A sample is committed to, or drawn from how it stands or from how it never stood."""

    draw: bool
    minute: int
    ahead: int = 0
    parts: ClassVar = CASES

    def deed(self, play: Play) -> Deed:
        begun = _begun(self.minute)
        if not self.draw:
            made, event = play.took(begun)
        else:
            stands = play.fake.aws.samples.get(begun[0].ref) or begun[0]
            before = replace(stands, at=0, version=stands.version + self.ahead)
            stamp = Stamp(at(self.minute), "system:draw", SALT)
            made, event, _ = check_sample.draw(before, SEED, ("2ABC222222", "2ABC333333"), 1, stamp)
        return lambda side: side.ports.checks.keep_sample(made, event)


def _asked(play: Play, number: int, minute: int) -> tuple[Check, Event]:
    """The check of a number as asked for; its need names it, so that it is the same each time."""
    about = play.family(0).case.ref.locator
    purpose = (Purpose.SAMPLE, Purpose.CANNOT_SCORE)[number]
    first, _ = checking.asked(purpose, f"need {number}", about=about, due=at(minute + 60))
    blank = replace(first, asked_at=at(minute % 3))
    return ground_check.ask(blank, Stamp(at(minute), "system:send_visits", SALT))


def _before(
    play: Play, number: int, minute: int, back: int
) -> tuple[tuple[Check, Event] | None, Check]:
    """The check as asked for, if it is asked for now, and as somebody knows it."""
    first = _asked(play, number, minute)
    return play.begun(play.fake.aws.checks.get(first[0].ref), first, back)


def _moved(before: Check, kind: str, who: int, minute: int) -> tuple[Check, Event]:
    """The step, from where it may be taken; else one that changes nothing but the version."""
    agent, when = AGENTS[who % 2], at(minute)
    his = Stamp(when, f"agent:{agent}", SALT)
    needed: dict[str, dict[str, Any]] = {
        "assign": {"not_by": ()},
        "escalate": {"level": 0},
        "remark": {"finding": checking.finding(), "remark_id": b""},
        "judge": {"to_settle": True},
    }
    before = replace(before, salt=SALT)  # it goes when a check is forgotten
    ready = replace(before, stage=CHECK_STEPS[kind], **needed.get(kind, {}))
    if kind in ("attempt", "find", "remark"):
        ready = replace(ready, officer=agent, asked_at=min(before.asked_at, when))
    try:
        taken = _taken(ready, kind, who, his)
    except (TepatError, ValueError):
        taken = None
    return taken or _plain_step(before, his)


def _taken(ready: Check, kind: str, who: int, his: Stamp) -> tuple[Check, Event] | None:
    system, officer = replace(his, actor="system:tests"), replace(his, actor=JUDGES[who])
    found = checking.finding(his.at), Verdict(("PKH",) if who else None, MODEL, RULES)
    photo = (checking.piece(who),)
    clean = replace(photo[0].piece, state=PieceState.RELEASED, pages=1)
    missed = Attempt(his.at, Missed.NOT_HOME)
    course, reason = COURSES[who % 2]
    opinion = Opinion(officer.actor, course, reason, his.at)
    steps: dict[str, Callable[[], tuple[Check, Event] | None]] = {
        "assign": lambda: ground_check.assign(ready, AGENTS[who % 2], system, due=his.at + MINUTE),
        "escalate": lambda: ground_check.escalate(ready, 1 + who % 2, {"kin": who}, system),
        "attempt": lambda: visit.attempt(
            ready, missed, photo, his, request=REQUEST, most=2, apart=0
        ),
        "find": lambda: visit.find(ready, *found, photo, his, request=REQUEST),
        "remark": lambda: visit.remark(ready, b"m" * 16, his, {"digest": "x"}),
        "screened": lambda: ground_check.screened(ready, clean, system),
        "judge": lambda: check_review.judge(ready, opinion, officer),
        "cancel": lambda: ground_check.cancel(ready, "withdrawn", system),
    }
    return steps[kind]()


def _plain_step(before: Check, stamp: Stamp) -> tuple[Check, Event]:
    salted = replace(before, salt=SALT)
    return ground_check.step(salted, before.stage, Act.SCREENED, stamp, {"at": stamp.at})


def _statement(part: str) -> Statement:
    return Statement(part, Sealed(part.encode(), b"key"))


def _judges(play: Play, ahead: int, minute: int) -> Judges:
    """Who has judged, one opinion further than it stands, or at another version."""
    case = play.family(0).case.ref
    stands = play.fake.aws.judges.get(case, Judges(case))
    told = stands.and_of(JUDGES[minute % 3], at(minute))
    return replace(told, version=max(told.version + ahead, 1))


def _begun(minute: int) -> tuple[Sample, Event]:
    stamp = Stamp(at(minute), "system:draw", SALT)
    return check_sample.begin(Ref(VILLAGE[:4], "ZZZXAAAAAA"), "3510 2025-11", SEED, stamp)
