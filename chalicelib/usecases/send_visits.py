"""What a clock does for ground checks: ask for those that nobody asks for, and draw who goes.

A family that cannot be scored is visited as soon as somebody may be drawn; where nobody may, a
supervisor is told at once, and the region when the visit is long overdue. Of a day's decisions
some that a small correction would turn are visited, of a month's a random sample. All of it can
run twice or end halfway: a need has one check, and what is missing is made by the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from chalicelib.domain import assignment, audit, check_sample, ground_check, lottery, receipt
from chalicelib.domain.assignment import Drawn, Interests, Officer, Role
from chalicelib.domain.check_rules import CheckRules
from chalicelib.domain.check_sample import Sample
from chalicelib.domain.errors import Fault, TryAgain
from chalicelib.domain.ground_check import Check, Purpose
from chalicelib.domain.registration import (
    ENDED_STATES,
    Ref,
    Registration,
    Stamp,
    State,
    Work,
)
from chalicelib.usecases.ask_check import Need, new_check
from chalicelib.usecases.ask_check import Ports as AskPorts
from chalicelib.usecases.check_ports import FirstEvents, Samples
from chalicelib.usecases.interests import contacts_of, decided_of_late, decided_since, digests
from chalicelib.usecases.ports import InForce, Loaded
from chalicelib.usecases.score import basis_of

ACTOR: Final = "system:send_visits"
AT_MOST: Final = 3_000  # families or checks that one run looks at, for each of its works
DRAW_HOUR: Final = 2  # UTC: no decision of the day before is still on its way
DRAW_DAYS: Final = 3  # of a month on which the last one's sample is drawn, or its checks completed
SAMPLE_PLACE: Final = 600_000
"""Instead of a village's place in the locator of a sample: nothing else has it."""
_READ: Final = 30  # cases in one call
_FAR: Final = 10**13 - 1


class Days(FirstEvents, Protocol):
    """The ledger by days."""

    def last_states(self, day: str) -> Iterator[tuple[str, State, int]]:
        """Where each case that moved on a day ended that day: (locator, state, at in ms)."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What sending somebody needs.

    Attributes:
        officers: all who may be drawn for anything in the region.
        day_key: the key of a UTC day's draws, yyyymmdd (`assignment.day_key`).
        rules_of_checks: the region's numbers of ground checks, today.
        village_of: the village that a locator carries; None when it is not of this region.
    """

    ask: AskPorts
    days: Days
    samples: Samples
    officers: Callable[[], Sequence[Officer]]
    day_key: Callable[[str], bytes]
    rules_of_checks: Callable[[], CheckRules]
    village_of: Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Done:
    """What a run has done: checks asked for, and checks for which somebody was drawn."""

    asked: int
    assigned: int


def send_visits(ports: Ports) -> Done:
    """Ask for checks that are needed and draw who goes; conflicts wait for the next run.

    Raises:
        TryAgain: the store or the ledger refused for now; what was done stays.
        NotCarriedError: what the region has adopted is not in this package.
    """
    now = ports.ask.clock.now_ms()
    asked = _unscored(ports)
    hour = now // 3_600_000 % 24
    if hour == DRAW_HOUR:
        asked += _near(audit.day_of(now - audit.DAY_MS), ports)
        asked += _sample(now, ports)
    return Done(asked, _assign(ports))


def sample_ref(occasion: str, ports: AskPorts) -> Ref:
    """Where the draw of an occasion is kept."""
    locator = receipt.derive(ports.index.mac, f"sample|{occasion}", SAMPLE_PLACE).locator
    return Ref(ports.region, locator)


def _unscored(ports: Ports) -> int:
    """A check for each family that cannot be scored; proposals are for officers to visit."""
    waiting = ports.ask.store.waiting(Work.VISIT, ports.ask.region, _FAR, AT_MOST)
    asked = 0
    for cases, in_force in _loaded(waiting, ports):
        needs = [
            (case, Need(Purpose.CANNOT_SCORE, f"cannot_score {case.ref.locator} {at}"))
            for case in cases
            if case.state is State.NEEDS_GROUND_CHECK
            for at in (case.steps[-1].at,)
        ]
        asked += _ask(needs, in_force, ports)
    return asked


def _near(day: str, ports: Ports) -> int:
    """Checks of families decided on a day whose decision a small correction would turn."""
    from chalicelib.usecases.near_cutoff import is_near  # noqa: PLC0415 - once a day

    rules = ports.rules_of_checks()
    if not rules.near_most_a_day:
        return 0
    decided = [each for each, state, _ in ports.days.last_states(day) if state is State.DECIDED]
    near: list[Registration] = []
    in_force: InForce | None = None
    for cases, adopted in _loaded(_refs(decided, ports)[:AT_MOST], ports):
        in_force = adopted
        basis = basis_of(adopted, ports.ask.artefact, ports.ask.rules)
        near += [
            case
            for case in cases
            if case.state is State.DECIDED and is_near(case, basis, rules.near_percent)
        ]
    occasion = f"near {ports.ask.region} {day}"
    key = ports.ask.index.mac("near_cutoff", occasion.encode())
    order = sorted(near, key=lambda case: lottery.draw(key, case.ref.locator))
    chosen = order[: rules.near_most_a_day]
    chance = (len(chosen), len(near))
    needs = [(case, _drawn_need(Purpose.NEAR_CUTOFF, occasion, case, chance)) for case in chosen]
    return _ask(needs, in_force, ports)


def _sample(now: int, ports: Ports) -> int:
    """Commit to this month's seed; draw the last month's sample, if that was committed to."""
    today = date.fromisoformat(audit.day_of(now))
    occasion = f"{ports.ask.region} {today:%Y-%m}"
    this = ports.samples.sample(sample_ref(occasion, ports.ask))
    if this is None:
        stamp = Stamp(now, ACTOR, ports.ask.random.take(audit.SALT_BYTES))
        seed = _seed(occasion, ports)
        ports.samples.keep_sample(
            *check_sample.begin(sample_ref(occasion, ports.ask), occasion, seed, stamp)
        )
    if today.day > DRAW_DAYS:
        return 0
    last = today.replace(day=1) - timedelta(days=1)
    sample = ports.samples.sample(sample_ref(f"{ports.ask.region} {last:%Y-%m}", ports.ask))
    return _draw(sample, last, now, ports) if sample is not None else 0


def _draw(sample: Sample, last: date, now: int, ports: Ports) -> int:
    """Draw a month's sample, or complete the checks of one that was drawn."""
    families = _decided_in(last, ports)
    if sample.at:
        chosen = check_sample.again(sample, families)
    else:
        count = ports.rules_of_checks().sample_of(len(families))
        stamp = Stamp(now, ACTOR, sample.salt)
        seed = _seed(sample.occasion, ports)
        sample, event, chosen = check_sample.draw(sample, seed, families, count, stamp)
        if ports.samples.keep_sample(sample, event) is not None:
            raise TryAgain(Fault("busy"))
    occasion, chance = f"sample {sample.occasion}", (sample.drawn, sample.families)
    asked = 0
    for cases, in_force in _loaded(_refs(chosen, ports), ports):
        needs = [
            (case, _drawn_need(Purpose.SAMPLE, occasion, case, chance))
            for case in cases
            if case.state is State.DECIDED
        ]
        asked += _ask(needs, in_force, ports)
    return asked


def _decided_in(last: date, ports: Ports) -> list[str]:
    """Families whose last state of a month, in the ledger, is that they were decided."""
    states: dict[str, State] = {}
    for number in range(1, last.day + 1):
        day = f"{last.replace(day=number):%Y%m%d}"
        states |= {locator: state for locator, state, _ in ports.days.last_states(day)}
    decided = (locator for locator, state in states.items() if state is State.DECIDED)
    return [locator for locator in decided if ports.village_of(locator) is not None]


def _drawn_need(
    purpose: Purpose, occasion: str, case: Registration, chance: tuple[int, int]
) -> Need:
    name = f"{occasion} {case.ref.locator}"
    return Need(purpose, name, occasion=occasion, chance=chance)


def _ask(needs: Sequence[tuple[Registration, Need]], in_force: InForce | None, ports: Ports) -> int:
    """Store a check for each need that has none."""
    mac = ports.ask.index.mac
    refs = {
        Ref(case.ref.village, ground_check.locator_of(mac, need.name, case.ref.locator)): (
            case,
            need,
        )
        for case, need in needs
    }
    there = _checks(list(refs), ports)
    asked = 0
    for ref, (case, need) in refs.items():
        if ref in there or case.household is None:
            continue
        check, event = new_check(case, need, in_force, ACTOR, ports.ask)
        asked += ports.ask.checks.create(check, event) is None
    return asked


def _assign(ports: Ports) -> int:
    """Draw a field officer for each check that has none; cancel what nobody needs any more."""
    refs = ports.ask.checks.unassigned(ports.ask.region, AT_MOST)
    if not refs:
        return 0
    officers = ports.officers()
    assigned = 0
    for start in range(0, len(refs), _READ):
        checks = _checks(refs[start : start + _READ], ports)
        cases = ports.ask.store.load(list({check.case: None for check in checks.values()}))
        for check in checks.values():
            assigned += _assign_one(check, cases.get(check.case), officers, ports)
    return assigned


def _assign_one(
    check: Check, found: Loaded | None, officers: Sequence[Officer], ports: Ports
) -> bool:
    if check.stage is not ground_check.Stage.ASKED:
        return False
    stamp = Stamp(ports.ask.clock.now_ms(), ACTOR, check.salt)
    if found is None or found.case.state in ENDED_STATES:
        ports.ask.checks.change(*ground_check.cancel(check, "case_ended", stamp))
        return False
    key = ports.day_key(audit.day_of(check.asked_at))
    interests = _interests(check, found, ports)
    drawn = assignment.draw(key, check.ref.locator, officers, interests, Role.FIELD)
    if not isinstance(drawn, Drawn) or drawn.level or drawn.sub in check.not_by:
        _call_for(check, officers, interests, stamp, ports)
        return False
    moved, event = ground_check.assign(check, drawn.sub, stamp, due=check.due)
    return ports.ask.checks.change(moved, event) is None


def _call_for(
    check: Check, officers: Sequence[Officer], interests: Interests, stamp: Stamp, ports: Ports
) -> None:
    """Tell the supervisor that nobody may go, and the region when it is long overdue."""
    terms = ports.ask.terms.today(stamp.at).terms
    overdue = ports.ask.terms.calendar.term(check.asked_at, terms.visit, terms).level(stamp.at)
    level = max(1, overdue)
    if level > check.level:
        field = [each for each in officers if each.roles & assignment.GROUPS[Role.FIELD]]
        why = assignment.why_nobody(field, interests, Role.FIELD)
        ports.ask.checks.change(*ground_check.escalate(check, level, why, stamp))


def _interests(check: Check, found: Loaded, ports: Ports) -> Interests:
    village, now = check.ref.village, ports.ask.clock.now_ms()
    numbers = {*found.case.disputes, check.dispute} - {""}
    others = ports.ask.disputes.load([Ref(village, each) for each in sorted(numbers)])
    there = others.get(Ref(village, check.dispute))
    acted = set(check.not_by)
    if there is not None:
        acted |= {vote.actor.partition(":")[2] for vote in there.votes}
    return Interests(
        village=check.ref.village,
        people=digests(found.guards, "N#"),
        kks=digests(found.guards, "K#"),
        contacts=contacts_of(found),
        agent=check.agent,
        objector=there.person if there else b"",
        decided=decided_of_late(others.values(), decided_since(now, ports.ask.terms.today(now))),
        acted=frozenset(acted),
    )


def _seed(occasion: str, ports: Ports) -> bytes:
    return ports.ask.index.mac("sample", occasion.encode())


def _refs(locators: Iterable[str], ports: Ports) -> list[Ref]:
    villages = ((locator, ports.village_of(locator)) for locator in locators)
    return [Ref(village, locator) for locator, village in villages if village is not None]


def _loaded(
    refs: Sequence[Ref], ports: Ports
) -> Iterator[tuple[list[Registration], InForce | None]]:
    """Cases as last written, some at a time, with what the region has adopted."""
    for start in range(0, len(refs), _READ):
        found, in_force = ports.ask.store.load_for_scoring(
            refs[start : start + _READ], ports.ask.region
        )
        yield [each.case for each in found.values()], in_force


def _checks(refs: Sequence[Ref], ports: Ports) -> Mapping[Ref, Check]:
    found: dict[Ref, Check] = {}
    for start in range(0, len(refs), _READ):
        found |= ports.ask.checks.load(refs[start : start + _READ])
    return found
