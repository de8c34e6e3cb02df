"""Take disputes as far as a machine may: evidence screened, family found and heard, officer drawn.

A machine decides nothing. Where a term has passed it hands the dispute on, to people or upwards;
it never closes one (product: silence never counts against the citizen).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.domain import adjudication, audit, dispute, hearing
from chalicelib.domain.assignment import Drawn, Officer
from chalicelib.domain.dispute import Dispute, Kind, Stage
from chalicelib.domain.errors import WrongState
from chalicelib.domain.receipt import Mac
from chalicelib.domain.registration import Ref, Registration, Stamp
from chalicelib.domain.sanggah_rules import SanggahRules
from chalicelib.usecases import filing
from chalicelib.usecases.batch import unsettled
from chalicelib.usecases.dispute_ports import Disputes, Traces
from chalicelib.usecases.draw_officer import FirstEvents, draw, interests_in
from chalicelib.usecases.link_dispute import Found, Step, linked
from chalicelib.usecases.ports import CaseStore, Clock, Message, Randomness

ACTOR: Final = "system:conduct_dispute"
MOST_STEPS: Final = 8  # of one dispute in one go; it comes again if there were more

ENDED: Final = "case_ended"


@dataclass(frozen=True, slots=True)
class Ports:
    """What conducting needs.

    Attributes:
        officers: of the region.
        day_key: the key of a UTC day's draws, yyyymmdd (`assignment.day_key`).
        guard: key of the guard of a NIK, by the digest that stands for the person.
        mac: makes keyed digests.
        visited: whether the visit that was asked for has brought its findings, or was given up.
    """

    clock: Clock
    random: Randomness
    disputes: Disputes
    store: CaseStore
    ledger: FirstEvents
    officers: Callable[[], Sequence[Officer]]
    day_key: Callable[[str], bytes]
    guard: Callable[[bytes], str]
    traces: Callable[[], Traces]
    mac: Mac
    visited: Callable[[Dispute], bool]
    terms: filing.Terms


def conduct(messages: Sequence[Message], ports: Ports) -> list[Message]:
    """Take the disputes of a batch as far as they go now.

    Returns:
        The messages that must come again: the store refused for now, or somebody wrote meanwhile.
    """
    found = ports.disputes.load(list({message.ref: None for message in messages}))

    def go_on(message: Message) -> bool:
        there = found.get(message.ref)
        return there is None or _go_on(there, ports)

    return unsettled(messages, go_on)


def _go_on(there: Dispute, ports: Ports) -> bool:
    """Step by step until nothing is to be done; False when somebody wrote it meanwhile."""
    for _ in range(MOST_STEPS):
        now = ports.clock.now_ms()
        step = _next(there, ports.terms.today(now), now, ports)
        if step is None:
            return True
        moved, event, case = step
        if ports.disputes.change(moved, event, case=case) is not None:
            return False
        there = moved
    return False


def _next(there: Dispute, rules: SanggahRules, now: int, ports: Ports) -> Step | None:
    stamp = Stamp(now, ACTOR, there.salt)
    if there.stage is Stage.FILED:
        return _filed(there, rules, stamp, ports)
    if there.stage is Stage.HEARING:
        heard = there.answered_at and dispute.is_screened(there)
        return _to_review(there, rules, stamp, ports) if heard or now >= there.due else None
    if dispute.is_heard_late(there):
        return _heard(there, rules, stamp, ports)
    if there.stage is Stage.VISIT and ports.visited(there):
        return _to_review(there, rules, stamp, ports)
    return _with_people(there, rules, stamp, ports)


def _with_people(there: Dispute, rules: SanggahRules, stamp: Stamp, ports: Ports) -> Step | None:
    """Hand upwards what is late, and draw who acts."""
    days = rules.terms.of_stage(there.stage)
    if days is None:
        return None
    own = ports.terms.calendar.term(there.steps[-1].at, days, rules.terms)
    level = own.level(stamp.at)
    if level > there.level:
        due = own.next(stamp.at) or stamp.at + audit.DAY_MS
        return *adjudication.escalate(there, level, stamp, due=due), None
    if there.stage in dispute.WITH_OFFICER and not there.officer:
        return _drawn(there, rules, stamp, ports)
    return None


def _filed(there: Dispute, rules: SanggahRules, stamp: Stamp, ports: Ports) -> Step | None:
    if not there.about and (there.names or there.follows):
        found = _family_of(there, rules, stamp, ports)
        if found is not None:
            return found
        flags = _flags(there, rules, stamp, ports)
        return _to_review(there, rules, stamp, ports, dispute.UNCLEAR, *flags)
    if not dispute.is_screened(there) and stamp.at < there.due:
        return None
    if there.kind is Kind.APPEAL:
        return _to_review(there, rules, stamp, ports)
    if not dispute.is_proven(there):
        first = _first_of(there, ports) if there.follows else None
        if first is None or not dispute.is_proven(first):
            flags = _flags(there, rules, stamp, ports)
            return _to_review(there, rules, stamp, ports, dispute.UNPROVEN, *flags)
    return _heard(there, rules, stamp, ports)


def _heard(there: Dispute, rules: SanggahRules, stamp: Stamp, ports: Ports) -> Step:
    flags = _flags(there, rules, stamp, ports)
    answer_by = ports.terms.calendar.term(stamp.at, rules.terms.answer, rules.terms).at
    return *hearing.hear(there, stamp, answer_by=answer_by, concerns=flags), None


def _flags(there: Dispute, rules: SanggahRules, stamp: Stamp, ports: Ports) -> tuple[str, ...]:
    if there.kind is not Kind.OBJECTION or there.follows:
        return ()
    from chalicelib.usecases import find_clusters  # noqa: PLC0415 - appeals load none of it

    beside = find_clusters.Ports(ports.disputes, ports.traces(), ports.mac)
    return find_clusters.flags_of(there, rules.clusters, stamp, beside)


def _first_of(there: Dispute, ports: Ports) -> Dispute | None:
    """The dispute whose outcome this one appeals."""
    ref = Ref(there.ref.village, there.follows)
    return ports.disputes.load([ref]).get(ref)


def _family_of(there: Dispute, rules: SanggahRules, stamp: Stamp, ports: Ports) -> Step | None:
    """Link a dispute to its family; None when somebody has to look."""
    if there.kind is Kind.APPEAL:
        return _own_family(there, rules, stamp, ports)
    if not there.follows:
        return _search(there, rules, stamp, ports)
    first = _first_of(there, ports)
    if first is None or not first.about:
        return None
    return linked(there, first.about, stamp, ports.store, ports.random, rules=rules)


def _own_family(there: Dispute, rules: SanggahRules, stamp: Stamp, ports: Ports) -> Step | None:
    """Link an appeal of who signed in to the case that holds the NIK, if it names them its head.

    Whether the result can still be appealed is the officers' to say, since a machine that refused
    it would tell that there is one.
    """
    holder = ports.store.holder(ports.guard(there.person))
    if holder is None or holder.ref.village != there.ref.village:
        return None

    from chalicelib.usecases.file_appeal import follows  # noqa: PLC0415 - few disputes need it

    def look(case: Registration) -> Found:
        refs = [Ref(case.ref.village, each) for each in case.disputes]
        others = {ref.locator: each for ref, each in ports.disputes.load(refs).items()}
        try:
            return Found(follows(case, others, rules, stamp.at, ports.terms))
        except WrongState as error:
            return Found(concerns=(error.faults[0].code,))

    from chalicelib.domain import name_tags  # noqa: PLC0415 - appeals by receipt have no name

    loaded = ports.store.load([holder.ref]).get(holder.ref)
    if loaded is None or not name_tags.is_whole(there.names, loaded.case.names):
        return None
    return linked(
        there, holder.ref.locator, stamp, ports.store, ports.random, rules=rules, look=look
    )


def _search(there: Dispute, rules: SanggahRules, stamp: Stamp, ports: Ports) -> Step | None:
    """Link an objection to the one family of its village that has all the words of the name.

    None when there is none or more than one: then somebody has to look.
    """
    from chalicelib.domain import name_tags  # noqa: PLC0415 - as for one's own family

    found = [
        each.locator
        for each in ports.disputes.candidates(there.ref.village)
        if name_tags.is_whole(there.names, each.names)
    ]
    if len(found) != 1:
        return None
    return linked(there, found[0], stamp, ports.store, ports.random, rules=rules)


def _to_review(
    there: Dispute, rules: SanggahRules, stamp: Stamp, ports: Ports, *concerns: str
) -> Step:
    due = ports.terms.calendar.term(stamp.at, rules.terms.recommend, rules.terms).at
    return *hearing.to_review(there, stamp, due=due, concerns=concerns), None


def _drawn(there: Dispute, rules: SanggahRules, stamp: Stamp, ports: Ports) -> Step | None:
    """Draw who acts, or hand it upwards at once when nobody here may."""
    officers = ports.officers()
    interests = interests_in(there, rules, stamp.at, ports)
    # Whoever let the term pass, or had it taken away, comes last.
    fresh = [each for each in officers if each.sub not in there.passed]
    drawn = draw(there, fresh, interests, ports)
    if there.passed and not isinstance(drawn, Drawn):
        drawn = draw(there, officers, interests, ports)
    if isinstance(drawn, Drawn):
        level = max(there.level, min(drawn.level, dispute.HIGHEST_LEVEL))
        return *adjudication.assign(there, drawn.sub, stamp, level=level), None
    if there.level == dispute.HIGHEST_LEVEL:
        return None  # the region has it; it is drawn as soon as somebody may be
    day = stamp.at + audit.DAY_MS
    return *adjudication.escalate(there, dispute.HIGHEST_LEVEL, stamp, due=day), None
