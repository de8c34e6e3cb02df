"""What machines and the clock do, and all deeds by name: each begins a run, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from chalicelib.domain.adoption import DRIVEN
from chalicelib.domain.audit import DAY_MS
from chalicelib.domain.identity import IdentityAnswer
from chalicelib.usecases.relay import ADOPTION, CHECK, DISPUTE, RELEASE, SCORE
from chalicelib.usecases.sweep import TICK_MS, days_looked_at
from tests.simulation import (
    adoption_deeds,
    appeal_deeds,
    case_deeds,
    check_deeds,
    dispute_deeds,
    report_deeds,
)
from tests.simulation.faulty_aws import Dice, Run
from tests.simulation.plans import MINUTE, WAITS, Action
from tests.simulation.region_registry import MISMATCH

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

SWEEPS_AT = (1, 3, 12)  # in ticks of the sweep: any, of each quarter of an hour, of each hour

Deed = Callable[["Schedule", Action, Dice], Run | None]


def relay(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Some records of the stream, some of them again; one run at a time, as for a shard."""
    region, stream = at.region, at.aws.stream
    if region.relaying or region.position >= len(stream):
        return None
    start = max(region.position - (dice.below(3) if dice.chance(200) else 0), 0)
    until = region.position + 1 + dice.below(len(stream) - region.position)
    changes = stream[start:until]
    if at.plan.lossy and dice.chance(500):
        region.lost.add(changes.pop(dice.below(len(changes))).ref)
    region.relaying = True

    def end(run: Run) -> None:
        region.relaying = False
        if at.expect(run):
            region.position = until

    return at.run(str(action), lambda: region.relay(changes), end, dice)


def _deliver(name: str) -> Deed:
    """Some messages of a queue, in any order."""

    def deed(at: Schedule, action: Action, dice: Dice) -> Run | None:
        queue = at.region.post[name]
        batch = queue.receive(dice)
        if not batch:
            return None

        def end(run: Run) -> None:
            done = at.expect(run)
            queue.settle(batch, run.answer if done else {each.number for each in batch}, dice)

        return at.run(str(action), lambda: at.region.work(name, batch), end, dice)

    return deed


def carry_out(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Villages of a proposal, when whatever began before its last step has ended."""
    steps = {
        (ref.locator, proposal.stage)
        for ref, proposal in at.aws.proposals.items()
        if proposal.stage in DRIVEN
    }
    if steps - at.settled:
        at.let_all_end()
        at.settled |= steps
    return _deliver(ADOPTION)(at, action, dice)


def work(at: Schedule, action: Action, dice: Dice) -> Run | None:
    """Whatever there is to do for a machine: the relay, or a queue that holds something."""
    waiting = [name for name, queue in at.region.post.items() if queue.letters]
    if at.region.position < len(at.aws.stream) and not at.region.relaying:
        waiting.append("relay")
    return DEEDS[dice.pick(waiting)](at, action, dice) if waiting else None


def sweep(at: Schedule, action: Action, dice: Dice) -> Run:
    """Look for what got stuck, as in some tick of a day: mostly in one that looks at a day."""
    tick = dice.pick(SWEEPS_AT) * (1 + dice.below(24))
    looked_at = days_looked_at(tick * TICK_MS)
    return at.run(str(action), lambda: at.region.sweep(looked_at), at.expect, dice)


def seal(at: Schedule, action: Action, dice: Dice) -> Run:
    """Seal the finished days."""
    return at.run(str(action), at.region.seal, at.expect, dice)


def _wait(at: Schedule, _action: Action, dice: Dice) -> None:
    if at.plan.adopting:
        at.let_all_end()
    ms = dice.pick(WAITS)
    at.told.went_back |= ms < 0
    at.aws.now += ms


def _calm(at: Schedule, _action: Action, _dice: Dice) -> None:
    """An hour in which nothing goes wrong, so that there is something to compare and to adopt."""
    at.calm()


def _minute(at: Schedule, _action: Action, _dice: Dice) -> None:
    at.let_all_end()
    at.aws.now += MINUTE


def _hours(at: Schedule, _action: Action, _dice: Dice) -> None:
    at.aws.now += 180 * MINUTE


def _midnight(at: Schedule, _action: Action, _dice: Dice) -> None:
    at.aws.now += DAY_MS - at.aws.now % DAY_MS + 90 * MINUTE


def _late(at: Schedule, _action: Action, _dice: Dice) -> None:
    """Messages come again, long after they were worked on."""
    for queue in at.region.post.values():
        queue.come_again()


def _registry(
    *, down: bool | None = None, lies: bool | None = None, says: IdentityAnswer | None = None
) -> Deed:
    """The civil registry goes down or comes back, begins to lie or stops, or knows nobody."""

    def deed(at: Schedule, _action: Action, _dice: Dice) -> None:
        registry = at.region.registry
        registry.down = registry.down if down is None else down
        registry.lies = registry.lies if lies is None else lies
        registry.says = says

    return deed


DEEDS: Mapping[str, Deed] = {
    "register": case_deeds.register,
    "again": case_deeds.register_anew,
    "status": case_deeds.status,
    "wrong": case_deeds.guess,
    "correct": case_deeds.correct,
    "withdraw": case_deeds.withdraw,
    "propose": case_deeds.propose,
    "read": case_deeds.read,
    "reissue": case_deeds.reissue,
    "erase": case_deeds.erase,
    "relay": relay,
    CHECK: _deliver(CHECK),
    SCORE: _deliver(SCORE),
    RELEASE: _deliver(RELEASE),
    ADOPTION: carry_out,
    "suggest": adoption_deeds.suggest,
    "adopt": adoption_deeds.adopt,
    "settle": adoption_deeds.settle,
    "appeal": dispute_deeds.appeal,
    "appeal_by_agent": appeal_deeds.by_agent,
    "appeal_own": appeal_deeds.own,
    "second": appeal_deeds.second,
    "object": dispute_deeds.object_to,
    "answer": dispute_deeds.answer,
    "take_back": dispute_deeds.take_back,
    "screen": dispute_deeds.screen,
    "vote": dispute_deeds.vote,
    "redraw": dispute_deeds.redraw,
    "days": dispute_deeds.days,
    "send": check_deeds.send,
    "month": check_deeds.month,
    "night": check_deeds.night,
    "ask_visit": check_deeds.ask_visit,
    "visit": check_deeds.visit,
    "judge": check_deeds.judge,
    "open_finding": check_deeds.open_finding,
    "roles": check_deeds.roles,
    "report": report_deeds.report,
    "week": report_deeds.week,
    "look": report_deeds.look,
    "report_photo": report_deeds.screen,
    "open_report": report_deeds.open_it,
    "close_report": report_deeds.close,
    DISPUTE: _deliver(DISPUTE),
    "work": work,
    "sweep": sweep,
    "seal": seal,
    "wait": _wait,
    "minute": _minute,
    "calm": _calm,
    "hours": _hours,
    "midnight": _midnight,
    "down": _registry(down=True),
    "up": _registry(down=False),
    "lies": _registry(lies=True),
    "truth": _registry(lies=False),
    "mismatch": _registry(says=MISMATCH),
    "late": _late,
}
