"""Carry out a plan, then stop the faults, let everything drain, and ask the invariants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from unittest import mock

from chalicelib.adapters.queues import from_body
from chalicelib.domain import adoption
from chalicelib.domain.adoption import DRIVEN, SETTLED_MS, Stage
from chalicelib.domain.audit import DAY_MS
from chalicelib.domain.dispute import Stage as DisputeStage
from chalicelib.domain.errors import TryAgain, WrongState
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.registration import Ref, Registration, State, Work
from chalicelib.usecases import file_report
from chalicelib.usecases.relay import ADOPTION
from chalicelib.usecases.sweep import OLDEST, STUCK_MS
from tests.simulation import adoption_deeds, case_deeds, deeds, dispute_deeds, report_deeds
from tests.simulation.families import families, forms_checked_once
from tests.simulation.faulty_aws import Crash, Dice, Machines, Run, no_faults
from tests.simulation.invariants import after_each_run, at_the_end
from tests.simulation.plans import MINUTE, Action, Plan
from tests.simulation.region import QUEUES, Region
from tests.simulation.region_queue import Letter
from tests.simulation.told import Client, Result, Told, logs_kept

VISIT = DisputeStage.VISIT
ROUNDS = 12  # of the drain: everything must be still by then
EVERY_DAY = tuple(range(OLDEST, -1, -1))  # that a sweep may look at
SWEEPS = 13  # of the drain, an hour apart: every day of the last fourteen has its turn
HOUR_MS = 60 * MINUTE
MOST_SKEW_MIN = 25  # clocks are less than an hour apart, as the day's seal asks (docs/audit.md)
REPORTS_AN_HOUR = 3  # from one address; twenty are never sent in a schedule
FOR_MACHINES = frozenset({State.RECEIVED, State.MATCHED, State.WITHDRAWN})
LONG = frozenset({"hours", "midnight", "seal", "days", "month", "night", "week"})
"""Before these all runs end: no function lives for hours."""


@dataclass(frozen=True)
class Meanwhile:
    """What another machine does from its beginning to its end, at one moment of a run.

    Attributes:
        at: the run, the number of its call, and whether inside that call, if it reads a batch.
    """

    at: tuple[str, int, bool]
    action: Action


class Schedule:
    """One run of a plan in a region of its own.

    Attributes:
        told: what people were told.
        violations: (invariant, what is wrong).
        opening: runs that will show something -> (actor, how many reads the actor had before, the
            calls by which it is shown).
        settled: (proposal, stage) of which no run is left that began before.
        rested_at: when the sweep last had looked at every day (ms).
        asked_at: how much was stored when the invariants were asked last.
    """

    def __init__(
        self,
        plan: Plan,
        make: Callable[[int], Region] = Region,
        *,
        tell: bool = False,
        meanwhile: Meanwhile | None = None,
    ) -> None:
        self.plan = plan
        self.region = make(plan.seed)
        self.aws = self.region.aws
        self.aws.faults = plan.faults()
        self.aws.trace = [] if tell else None
        self.aws.at_call = self._reads_come_first
        if plan.hurried:
            self.aws.call_ms = 0
        if meanwhile is not None:
            self.aws.meanwhile[meanwhile.at] = lambda: self._aside(meanwhile.action)
        self.told = Told(
            [
                Client(
                    number,
                    families()[family],
                    f"key-of-{plan.seed}-client-{number}",
                    plan.visiting and number == 1,
                )
                for number, family in plan.clients.items()
            ]
        )
        self.violations: list[tuple[str, str]] = []
        self.opening: dict[str, tuple[str, int, frozenset[str]]] = {}
        self.settled: set[tuple[str, str]] = set()
        self.rested_at = self.aws.now
        self.asked_at: tuple[int, ...] = ()
        self._dice = Dice(plan.seed, "order")
        self._machines = Machines(self.aws, Dice(plan.seed, "turns"), plan.sticky)
        self._ends: dict[str, Callable[[Run], object]] = {}

    def go(self) -> Result:
        """Carry it out."""
        few = mock.patch.object(adoption, "FEWEST", 1)
        seldom = mock.patch.object(file_report, "PER_HOUR", REPORTS_AN_HOUR)
        with logs_kept(self.told.logged), forms_checked_once(), few, seldom:
            todo = list(self.plan.actions)
            while todo or self._machines.working:
                while todo and self._machines.working < self.plan.width:
                    self._begin(todo.pop(0))
                    if self._machines.working and self._dice.chance(400):
                        break
                if self._machines.working and self._turn(nobody_begins=not todo):
                    after_each_run(self)
            self.say("-- the faults are over")
            self._drain()
            at_the_end(self)
        return Result(self.plan, self.violations, self.region, self.told)

    def say(self, line: str) -> None:
        """Write a line of the trace."""
        if self.aws.trace is not None:
            self.aws.trace.append(line)

    def wrong(self, invariant: str, what: str) -> None:
        """Note that an invariant is broken."""
        self.violations.append((invariant, what))
        self.say(f"  ## {invariant}: {what}")

    def run(
        self, name: str, work: Callable[[], object], end: Callable[[Run], object], dice: Dice
    ) -> Run:
        """A run of a handler on some machine; `end` is told when it has ended."""
        run = Run(name, work)
        if self.plan.skewed:
            run.skew_ms = (dice.below(2 * MOST_SKEW_MIN + 1) - MOST_SKEW_MIN) * MINUTE
        self._ends[name] = end
        return run

    def expect(self, run: Run, *also: type[Exception]) -> bool:
        """Whether the run came to its end; an error that nobody expects is a violation."""
        error = run.failure
        if error is None:
            return True
        if not isinstance(error, (Crash, TryAgain, *also)):
            self.wrong("no_error_that_nobody_expects", f"{run.name}: {error!r}")
        return False

    def let_all_end(self) -> None:
        """Let every run that has begun come to its end."""
        while self._machines.working:
            self._turn(nobody_begins=True)

    def reads_of(self, actor: str) -> int:
        """How many reads of an actor the ledger holds."""
        return sum(
            event.ref is not None and event.actor == actor for event in self.aws.events.values()
        )

    def _begin(self, action: Action) -> None:
        if action.kind in LONG:
            self.let_all_end()
        run = deeds.DEEDS[action.kind](self, action, Dice(action.dice))
        if run is not None:
            self._machines.start(run)

    def _aside(self, action: Action) -> None:
        """Carry out an action while another run waits."""
        waiting, self.aws.running = self.aws.running, None
        run = deeds.DEEDS[action.kind](self, action, Dice(action.dice))
        if run is not None:
            self._ended(self._machines.alone(run))
        self.aws.running = waiting

    def _turn(self, *, nobody_begins: bool) -> bool:
        run = self._machines.turn(nobody_begins=nobody_begins)
        if run is not None:
            self._ended(run)
        return run is not None

    def _ended(self, run: Run) -> None:
        if self.aws.trace is not None:
            self.say(f"  {run.name:28} -> {_shown(run)}")
        self._ends.pop(run.name)(run)

    def _alone(self, name: str, work: Callable[[], object], end: Callable[[Run], object]) -> None:
        """One run of the drain, with nobody beside it."""
        self._ends[name] = end
        self._ended(self._machines.alone(Run(name, work)))

    def _reads_come_first(self, run: Run, call: str) -> None:
        if run.name in self.opening:
            actor, before, shown_by = self.opening[run.name]
            if call in shown_by and self.reads_of(actor) <= before:
                self.wrong("a_read_is_in_the_ledger_before_data_is_shown", f"{run.name} {call}")

    def calm(self) -> None:
        """Let everybody who has no receipt register, and all machines work, without a fault."""
        self.let_all_end()
        faults = self.aws.faults
        self._nothing_goes_wrong()
        for client in list(self.told.clients):
            if client.paper is None and client.number not in self.plan.impatient:
                work, end = case_deeds.registering(self, client)
                self._alone(f"calm:register {client.key}", work, end)
        self._quiet()
        self.aws.faults = faults

    def rest(self) -> None:
        """Let the sweep and the machines work off what is stuck, as they do all the time."""
        self.let_all_end()
        faults, self.aws.faults = self.aws.faults, no_faults
        self.aws.now += HOUR_MS  # a clock that went back counts, too
        self._alone("rest:sweep", lambda: self.region.sweep(EVERY_DAY), self.expect)
        self._quiet()
        self.rested_at = self.aws.now
        self.aws.faults = faults

    def _nothing_goes_wrong(self) -> None:
        self.aws.faults = no_faults
        self.region.registry.down = self.region.registry.lies = False
        self.region.registry.says = None

    # The drain

    def _drain(self) -> None:
        region = self.region
        self._nothing_goes_wrong()
        if self.plan.skewed:
            self.aws.now += (MOST_SKEW_MIN + 1) * MINUTE
        for client in list(self.told.clients):
            if client.paper is None and client.number not in self.plan.impatient:
                work, end = case_deeds.registering(self, client)
                self._alone(f"end:register {client.key}", work, end)
        self._report()
        self._screen()
        self._quiet()
        parked = {
            from_body(each.body).ref for queue in region.post.values() for each in queue.parked
        }
        behind = region.lost | parked
        self.told.waited_for_sweep = {
            case.ref
            for case in self.aws.cases.values()
            if case.state in FOR_MACHINES and not behind & {case.ref, *_held_by(case)}
        }
        self._adopt()
        if self.plan.visiting:
            self._alone("end:send", region.patrol.send, self.expect)
            self._quiet()
        self._sweep()
        # Where the record of a visit's end was lost its dispute goes on when its term is over. That
        # is further off than a sweep looks back, so what else was lost had to be swept before.
        visits = [each.due for each in self.aws.disputes.values() if each.stage is VISIT]
        if self.plan.lossy and visits:
            self.aws.now = max((self.aws.now, *visits))
            self._sweep()
        if self.aws.sealed_days:
            self.aws.now += DAY_MS + 90 * MINUTE
            self._alone("end:seal", region.seal, self.expect)
        self._repeat_everything()

    def _sweep(self) -> None:
        """Sweep while a machine has something to do that nobody has told it."""
        for _ in range(SWEEPS):
            if self._something_waits() or self._something_is_due():
                self.aws.now += STUCK_MS
                self.aws.now += -self.aws.now % HOUR_MS
                self._alone("end:sweep", self.region.sweep, self.expect)
                self._quiet()

    def _report(self) -> None:
        """Let whoever reported an agent and got no answer send again, in another hour.

        The clock may have gone back, into an hour that was used up.
        """
        numbers = report_deeds.unanswered(self)
        used = (int(name.split("#")[1]) for name in self.aws.rights if name.startswith("M#"))
        self.aws.now = max([self.aws.now, *((hour + 1) * HOUR_MS for hour in used if numbers)])
        for number in numbers:
            (text,) = self.told.reporting[number]
            work, end = report_deeds.reporting(self, number, text)
            self._alone(f"end:report {number}", work, end)

    def _screen(self) -> None:
        """Screen every piece of evidence that still waits for it."""
        for ref, there in list(self.aws.disputes.items()):
            for each in there.evidence:
                if not each.piece.settled:
                    work = dispute_deeds.screening(self, ref, each.piece, PieceState.RELEASED)
                    self._alone(f"end:screen {ref.locator}", work, self.expect)
        for ref, report in list(self.aws.reports.items()):
            for each in report.evidence:
                if not each.piece.settled:
                    clean = replace(each.piece, state=PieceState.RELEASED, pages=1)
                    look = partial(self.region.bureau.screen, ref, clean)
                    self._alone(f"end:screen {ref.locator}", look, self.expect)

    def _adopt(self) -> None:
        """Somebody else than the proposer adopts what is compared, the first one of them."""
        for ref, proposal in sorted(self.aws.proposals.items(), key=lambda each: each[0].locator):
            if proposal.stage is Stage.COMPARED:
                actor = next(each for each in adoption_deeds.ADMINS if each != proposal.proposer)
                work = partial(self.region.adopt, ref.locator, actor)
                self._alone(f"end:adopt {ref.locator}", work, self._refused_at_most)
                self._quiet()

    def _refused_at_most(self, run: Run) -> None:
        self.expect(run, WrongState)

    def _something_is_due(self) -> bool:
        """Whether a term of a dispute has passed, so that a sweep hands it on or upwards."""
        return any(0 < there.due <= self.aws.now for there in self.aws.disputes.values())

    def _something_waits(self) -> bool:
        waits = any(proposal.stage in DRIVEN for proposal in self.aws.proposals.values())
        waits |= any(dispute_deeds.stuck(self, there) for there in self.aws.disputes.values())
        now = self.aws.now
        waits |= any(report_deeds.waits(there, now) for there in self.aws.reports.values())
        return waits or any(
            case.state in FOR_MACHINES
            or (case.waiting is not None and case.waiting.work is Work.CHECK)
            for case in self.aws.cases.values()
        )

    def _quiet(self) -> None:
        """Relay and work until nothing is left; bounded, so that a loop cannot hide."""
        region, stream = self.region, self.aws.stream
        for _ in range(ROUNDS):
            changes = stream[region.position :]
            region.position = len(stream)
            if changes:
                self._alone("end:relay", lambda: region.relay(changes), self.expect)  # noqa: B023 - runs at once
            for name in QUEUES:
                letters = list(region.post[name].letters.values())
                for start in range(0, len(letters), 10):
                    self._deliver(name, letters[start : start + 10])
            # Letters of a proposal wait until what was begun before it must have ended.
            self.aws.now += SETTLED_MS if region.post[ADOPTION].letters else 1_000
            if region.position == len(stream) and not any(
                region.post[name].letters for name in QUEUES
            ):
                return

    def _deliver(self, name: str, batch: list[Letter]) -> None:
        queue = self.region.post[name]

        def end(run: Run) -> None:
            failed = run.answer if self.expect(run) else set()
            for letter in batch:
                if letter.number not in failed:
                    queue.letters.pop(letter.number, None)

        self._alone(f"end:{name}", lambda: self.region.work(name, batch), end)

    def _repeat_everything(self) -> None:
        """Every message that ever was, once more: nothing may be done twice."""
        region = self.region
        aws = self.aws
        before = dict(aws.cases), dict(aws.events), dict(aws.proposals), dict(aws.parts)
        disputes, reports = dict(aws.disputes), dict(aws.reports)
        adoptions = len(aws.adoptions)
        region.relay(self.aws.stream)
        for name in QUEUES:
            queue = region.post[name]
            batch = [Letter(-number, body) for number, body in enumerate(queue.bodies, start=1)]
            for start in range(0, len(batch), 10):
                region.work(name, batch[start : start + 10])
            if not self._something_waits():
                queue.letters.clear()  # what the relay has just sent again
        after = aws.cases, aws.events, aws.proposals, aws.parts
        same = (before, disputes, adoptions) == (after, aws.disputes, len(aws.adoptions))
        same &= reports == aws.reports
        self.told.changed_by_repeats = not same


def _held_by(case: Registration) -> set[Ref]:
    """The cases that held a number of this one, whose release it may have to wait for."""
    codes = (code.partition(":") for code in case.concerns)
    return {Ref(case.ref.village, locator) for kind, _, locator in codes if kind == "nik_held"}


def _shown(run: Run) -> str:
    if run.failure is not None:
        return f"{type(run.failure).__name__} {run.failure}"
    paper = getattr(run.outcome, "receipt", None)
    state = getattr(run.outcome, "state", None)
    return f"receipt {paper.locator}" if paper is not None else str(state or run.outcome)[:60]
