"""What must be true of ground checks and officers whatever happened, by name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.domain import assignment, audit, check_sample, dispute, lottery
from chalicelib.domain.assignment import Interests
from chalicelib.domain.audit import Act, Event
from chalicelib.domain.check_review import outcome
from chalicelib.domain.ground_check import Check, Course, Purpose, Stage
from chalicelib.domain.registration import Registration, State
from chalicelib.usecases.interests import contacts_of, digests
from chalicelib.usecases.ports import Loaded
from tests.court import sanggah_rules

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

MOST = sanggah_rules().periods[0].terms.visit_attempts
AGREED = 2


def who_goes_has_no_interest(run: Schedule) -> Iterator[str]:
    """Nobody is drawn who registered the family, is kin, lives there, or went before (4)."""
    field = {each.sub: each for each in run.region.patrol.officers}
    for check in run.aws.checks.values():
        if not check.officer:
            continue
        case = run.aws.cases.get(check.case)
        if case is None or case.state is State.ERASED:
            continue
        first = next(
            each
            for each in run.aws.events.values()
            if each.chain == check.about and each.seq == 1 and each.ref is None
        )
        interests = interests_in(run, check, case, first.actor.partition("agent:")[2])
        wrong = assignment.conflicts(field[check.officer], interests)
        wrong |= {"not_by"} if check.officer in check.not_by else set()
        if wrong and not case.corrections:
            yield f"{check.officer} goes for {check.ref.locator}: {sorted(wrong)}"


def interests_in(run: Schedule, check: Check, case: Registration, agent: str) -> Interests:
    """Whom the visit of a family concerns, read from what is stored: kin, neighbours and agent.

    Args:
        case: the visited family's.
        agent: subject of the agent who registered it, "" when it came by itself.
    """
    sealed = [run.aws.vault.get((check.about, order)) for order in ("0", "1")]
    loaded = Loaded(case, tuple(item for item in sealed if item))
    return Interests(
        village=check.ref.village,
        people=digests(loaded.guards, "N#"),
        kks=digests(loaded.guards, "K#"),
        contacts=contacts_of(loaded),
        agent=agent,
    )


def a_finding_counts_once_and_stays(run: Schedule) -> Iterator[str]:
    """One finding, its event and its acknowledgement; an attempt is counted once (8)."""
    acts = _acts(run)
    for ref, check in run.aws.checks.items():
        found = acts[ref.locator].count(Act.CHECK_DONE)
        if found != (check.stage is Stage.DONE):
            yield f"{ref.locator} is {check.stage} after {found} findings"
        tried = acts[ref.locator].count(Act.ATTEMPTED)
        if tried != len(check.attempts) or tried > MOST:
            yield f"{ref.locator} has {len(check.attempts)} attempts and {tried} events of them"
        if check.stage is Stage.NOT_MET and tried != MOST:
            yield f"{ref.locator} was given up after {tried}"
    for ref, _, missed in run.told.visited:
        kept = run.aws.checks[ref]
        if missed is None and kept.stage is not Stage.DONE:
            yield f"{ref.locator}: a finding was acknowledged, and it is {kept.stage}"
        if missed is not None and not kept.attempts:
            yield f"{ref.locator}: an attempt was acknowledged and is not there"


def a_need_is_met_by_one_check(run: Schedule) -> Iterator[str]:
    """However often the clock runs, one time of not being scored is one visit (8)."""
    asked = Counter(
        check.about for check in run.aws.checks.values() if check.purpose is Purpose.CANNOT_SCORE
    )
    needed = Counter(
        event.chain
        for event in run.aws.events.values()
        if event.to_state is State.NEEDS_GROUND_CHECK
    )
    for about, count in asked.items():
        if count > needed[about]:
            yield f"{about} needed {needed[about]} visits and has {count}"


def a_visit_has_its_check(run: Schedule) -> Iterator[str]:
    """A dispute that waits for a visit has one, and none was asked for without its dispute (8)."""
    asked = Counter(check.dispute for check in run.aws.checks.values() if check.dispute)
    for there in run.aws.disputes.values():
        wanted = dispute.visits(there)
        if wanted != asked.pop(there.ref.locator, 0):
            yield f"{there.ref.locator} has asked for {wanted} visits, and others are there"
    for locator in asked:
        yield f"{locator} has a visit and is not there"


def a_finding_alone_changes_no_decision(run: Schedule) -> Iterator[str]:
    """A decision that stands falls by two who agree, or a third (4)."""
    for check in run.aws.checks.values():
        actors = [each.actor for each in check.opinions]
        if len(set(actors)) != len(actors):
            yield f"{check.ref.locator}: somebody judged twice"
        if check.purpose in (Purpose.SAMPLE, Purpose.NEAR_CUTOFF) and outcome(check) is not None:
            held = [each.course for each in check.opinions]
            two = len(held) == AGREED and held[0] is held[1]
            third = len(held) == AGREED + 1 and held[0] is not held[1]
            if not (two or third):
                yield f"{check.ref.locator} was settled by {held}"


def reopened_by_checks(run: Schedule) -> Counter[str]:
    """How often checks may have opened each case: by a visit it waited for, or two officers."""
    return Counter(
        check.about
        for check in run.aws.checks.values()
        if (check.purpose is Purpose.CANNOT_SCORE and check.ended)
        or outcome(check) is Course.REOPEN
    )


def a_sample_is_what_its_seed_says(run: Schedule) -> Iterator[str]:
    """Whoever has the ledger and the seed draws the same families, and none is visited besides."""
    for sample in run.aws.samples.values():
        own = {
            check.about
            for check in run.aws.checks.values()
            if check.occasion == f"sample {sample.occasion}"
        }
        if not sample.at:
            if own:
                yield f"{sample.occasion} is not drawn, and {own} are visited"
            continue
        if not lottery.opens(sample.commitment, sample.seed, sample.occasion):
            yield f"{sample.occasion}: another seed than the one committed to"
        population = _decided_in(run, sample.occasion.partition(" ")[2].replace("-", ""))
        try:
            drawn = set(check_sample.again(sample, population))
        except ValueError:
            if not (run.told.went_back or run.plan.skewed):
                yield f"{sample.occasion}: the ledger tells of another population"
            continue
        if not own <= drawn:
            yield f"{sample.occasion}: {own - drawn} are visited and were not drawn"


def _decided_in(run: Schedule, month: str) -> list[str]:
    """Families whose last state of a month is that they were decided, by its events."""
    last: dict[str, Event] = {}
    for event in run.aws.events.values():
        in_month = event.to_state is not None and audit.day_of(event.at).startswith(month)
        before = last.get(event.chain)
        if in_month and (before is None or event.seq > before.seq):
            last[event.chain] = event
    return [chain for chain, event in last.items() if event.to_state is State.DECIDED]


def roles_are_given_by_a_second_person(run: Schedule) -> Iterator[str]:
    """Whoever proposed roles has not given them, and what was given stays (4)."""
    proposed: dict[str, str] = {}
    chains: dict[str, list[Event]] = defaultdict(list)
    for event in run.aws.events.values():
        if event.act in (Act.ROLES_PROPOSED, Act.ROLES_GRANTED):
            chains[event.chain].append(event)
    for chain, events in chains.items():
        for event in sorted(events, key=lambda each: each.seq):
            if event.act is Act.ROLES_GRANTED and event.actor == proposed.get(chain):
                yield f"{chain}: {event.actor} gave what they had proposed"
            proposed[chain] = event.actor
    for ref, version, given in run.told.granted:
        profile = run.aws.officers[ref]
        if profile.version == version and profile.officer.roles != given:
            yield f"{ref.locator}: {sorted(given)} were given and are {profile.officer.roles}"


def _acts(run: Schedule) -> dict[str, list[Act]]:
    acts: dict[str, list[Act]] = defaultdict(list)
    for event in run.aws.events.values():
        if event.ref is None:
            acts[event.chain].append(event.act)
    return acts
