"""What the clock, agents, officers and administrators do about ground checks; see `deeds`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.domain import check_review
from chalicelib.domain.audit import DAY_MS
from chalicelib.domain.dispute import Stage as DisputeStage
from chalicelib.domain.errors import InvalidRequest, NotAllowed, NotFound, WrongState
from chalicelib.domain.ground_check import Check, Course, Missed, Stage
from chalicelib.usecases import ask_check, keep_officers, settle_check
from tests.simulation.adoption_deeds import ADMINS
from tests.simulation.faulty_aws import Dice, Run
from tests.simulation.plans import Action

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

HOUR = 3_600_000
POOR = {"rooms": 1, "toilet": "none", "water": "surface", "fuel": "solid", "mobile": 0}
SEEN: tuple[dict[str, Any], ...] = (
    *(POOR,) * 5,
    {"rooms": 2},
    {"rooms": 3},
    {"rooms": 4},
)
"""What is found: much less than was declared, or another number of rooms."""

DRAWN_AT = 2 * HOUR + 10 * 60_000  # of a day
AGENTS = ("agent-1", "agent-2", "agent-3", "agent-near", "agent-kin")
ACCOUNTS = ("petugas-1", "petugas-1", "petugas-1", "petugas-2")
ROLES = (frozenset({"reviewer"}), frozenset({"reviewer"}), frozenset({"reviewer", "supervisor"}))
JUDGES = ("officer-1", "officer-6", "officer-8", "officer-11")
"""One in charge, two from elsewhere who are drawn as third only, and a neighbour."""


def send(at: Schedule, action: Action, _dice: Dice) -> Run:
    """The clock of the hour: ask for what is needed, and draw who goes."""
    return at.run(str(action), at.region.patrol.send, at.expect, _dice)


def night(at: Schedule, action: Action, dice: Dice) -> Run:
    """A little after two: of the day before some decisions are visited, and the month's sample."""
    at.let_all_end()
    at.aws.now += -(at.aws.now - DRAWN_AT) % DAY_MS
    return send(at, action, dice)


def month(at: Schedule, action: Action, dice: Dice) -> Run:
    """The first of the next month, a little after two: the sample of the last one is drawn."""
    at.rest()
    now = datetime.fromtimestamp(at.aws.now // 1000, tz=UTC)
    first = (now.replace(day=1) + timedelta(days=32)).replace(day=1)
    at.aws.now = int(first.timestamp() * 1000)
    at.aws.now += DRAWN_AT - at.aws.now % DAY_MS
    return send(at, action, dice)


def ask_visit(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Whoever was drawn for a dispute wants somebody to go; now and then somebody else does."""
    waiting = [each for each in at.aws.disputes.values() if each.stage is DisputeStage.REVIEW]
    waiting = [each for each in waiting if each.officer]
    if not waiting:
        return None
    there = dice.pick(waiting)
    actor = f"staff:{there.officer}" if dice.chance(900) else "staff:officer-3"
    ports = at.region.patrol.ask_ports()
    work = lambda: ask_check.ask_for_dispute(there.ref, actor, there.version, ports)  # noqa: E731 - runs as it is
    return at.run(str(action), work, lambda run: _expected(at, run), dice)


def visit(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Send a visit, or one that was sent before, as who was drawn or as another agent."""
    sent = at.told.visits
    if sent and dice.chance(250):
        check, told = dice.pick(sent)
    else:
        open_ones = [each for each in at.aws.checks.values() if each.stage is Stage.ASSIGNED]
        if not open_ones:
            return None
        check = dice.pick(sorted(open_ones, key=lambda each: each.ref.locator))
        told = _told(at, check, dice)
        sent.append((check, told))

    def end(run: Run) -> None:
        if _expected(at, run):
            at.told.visited.append((check.ref, told["key"], told["missed"]))

    return at.run(str(action), lambda: at.region.patrol.visit(check, **told), end, dice)


def _told(at: Schedule, check: Check, dice: Dice) -> dict[str, Any]:
    missed = Missed.NOT_HOME if dice.chance(350) else None
    return {
        "key": f"visit-{at.plan.seed:07}-{dice.below(4)}-0000000000",
        "who": check.officer if dice.chance(920) else dice.pick(AGENTS),
        "missed": missed,
        "seen": dice.pick(SEEN),
        "at": max(at.aws.now - dice.below(3) * HOUR, check.asked_at),
        "photos": dice.below(2),
    }


def judge(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Judge a finding as it was seen, as whoever's turn it was then, or as another."""
    check = _to_settle(at, dice)
    if check is None:
        return None
    course = dice.pick(tuple(Course))
    reason = check_review.REASONS[course][0]
    actor = _whose_turn(at, check, dice)
    seen = check.version, at.aws.cases[check.case].version

    def end(run: Run) -> None:
        if _expected(at, run):
            at.told.judged.append((check.ref, actor, course))

    judging = settle_check.Judging(check.ref, actor, course, reason, seen)
    return at.run(str(action), lambda: at.region.patrol.judge(judging), end, dice)


def open_finding(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Open a finding, as whoever's turn it is, or as another."""
    check = _to_settle(at, dice)
    if check is None:
        return None
    actor = _whose_turn(at, check, dice)
    at.opening[str(action)] = actor, at.reads_of(actor), frozenset({"Decrypt"})

    def end(run: Run) -> None:
        del at.opening[run.name]
        if not _expected(at, run):
            return
        at.told.shown[run.name] = actor, check.about
        opened = run.answer
        own = [each.actor for each in opened.check.opinions]
        if actor != f"staff:{opened.turn.officer}" and actor not in own:
            at.wrong("a_finding_is_opened_by_whose_turn_it_is", f"{run.name} by {actor}")

    ports = at.region.patrol.settle_ports()
    return at.run(
        str(action), lambda: settle_check.open_finding(check.ref, actor, ports), end, dice
    )


def _to_settle(at: Schedule, dice: Dice) -> Check | None:
    waiting = [each for each in at.aws.checks.values() if each.to_settle]
    return dice.pick(sorted(waiting, key=lambda each: each.ref.locator)) if waiting else None


def _whose_turn(at: Schedule, check: Check, dice: Dice) -> str:
    """Who was drawn by what stands now, as the page has told them; now and then somebody else."""
    if dice.chance(450):
        return f"staff:{dice.pick(JUDGES)}"
    return f"staff:{whose_turn(at, check) or dice.pick(JUDGES)}"


def whose_turn(at: Schedule, check: Check) -> str:
    """Who is drawn for a finding now; "" for nobody."""
    ports = at.region.patrol.settle_ports()
    return settle_check._turn(check, settle_check._around([check], ports), ports).officer


def roles(at: Schedule, action: Action, dice: Dice) -> Run:
    """An administrator proposes roles for an account, or gives those that are proposed."""
    sub, wanted, actor = dice.pick(ACCOUNTS), dice.pick(ROLES), dice.pick(ADMINS)
    act = dice.pick((keep_officers.ask_roles, keep_officers.grant_roles))

    def end(run: Run) -> None:
        if _expected(at, run) and act is keep_officers.grant_roles:
            at.told.granted.append((run.answer.ref, run.answer.version, wanted))

    return at.run(str(action), lambda: at.region.patrol.keep(act, sub, wanted, actor), end, dice)


def _expected(at: Schedule, run: Run) -> bool:
    return at.expect(run, WrongState, NotAllowed, NotFound, InvalidRequest)
