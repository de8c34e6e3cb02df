"""What must be true of reports about agents whatever happened, by name."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.domain import receipt
from chalicelib.domain.audit import Act, Event
from chalicelib.domain.misconduct import HIGHEST_LEVEL, Stage
from chalicelib.usecases import file_report
from chalicelib.usecases.dispute_ports import CLAIM
from tests.fakes import FakeBlindIndex, FakeOpener
from tests.simulation.bureau import REPORTER, may_be_drawn
from tests.simulation.region import INDEX_KEY
from tests.simulation.report_deeds import unanswered, waits

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

MAC = lru_cache(maxsize=10_000)(FakeBlindIndex(key=INDEX_KEY).mac)
HOUR = 3_600_000


def what_was_reported_is_there(run: Schedule) -> Iterator[str]:
    """Whoever was shown a number has a report that it opens, with all that was sent (1)."""
    aws = run.aws
    stored = {ref.locator: there for ref, there in aws.reports.items()}
    for told in run.told.reported:
        locator = told.paper.locator
        there = stored.get(locator)
        if there is None or there.secret_mac != receipt.secret_mac(MAC, told.paper):
            yield f"{locator} was acknowledged and its number opens nothing"
            continue
        sealed = aws.statements.get((locator, CLAIM))
        plain = FakeOpener().open(sealed, f"{locator}|{CLAIM}") if sealed else b"{}"
        if json.loads(plain).get("text") != told.text or len(there.evidence) != told.photos:
            yield f"{locator} was acknowledged and lost what was written or shown"
    papers = {(told.key, told.paper.text) for told in run.told.reported}
    if len(papers) > len({key for key, _ in papers}):
        yield "one report got two numbers"
    requests = Counter(there.request_id for there in aws.reports.values())
    if any(count > 1 for count in requests.values()):
        yield "one request has two reports"


def whoever_reports_is_answered(run: Schedule) -> Iterator[str]:
    """Whoever sends one thing again after the faults is told its number."""
    for number in unanswered(run):
        yield f"report {number} never got its number"


def a_report_is_closed_once_by_who_was_drawn(run: Schedule) -> Iterator[str]:
    """By one supervisor who has it, and never by a machine; what was closed stays so (4, 8)."""
    for there in run.aws.reports.values():
        number = there.ref.locator
        ends = [each for each in _of(run, number) if each.act is Act.REPORT_CLOSED]
        if len(ends) != (there.stage is Stage.CLOSED):
            yield f"{number} is {there.stage} after {len(ends)} ends"
        if any(each.actor != f"staff:{there.officer}" for each in ends):
            yield f"{number} was closed by {ends[0].actor}, {there.officer or 'nobody'} has it"
        if there.outcome != "".join(str(each.reason) for each in ends):
            yield f"{number} has the outcome {there.outcome or 'none'}"
    for ref, actor, outcome in run.told.closed:
        kept = run.aws.reports[ref]
        if (f"staff:{kept.officer}", kept.outcome) != (actor, outcome):
            yield f"{ref.locator}: {actor} closed it as {outcome}, and it is {kept.outcome}"


def who_is_drawn_for_a_report_is_from_elsewhere(run: Schedule) -> Iterator[str]:
    """Nobody of the district of whoever was reported, or who may be above them; nobody twice."""
    for there in run.aws.reports.values():
        whole = may_be_drawn(there) | set(there.passed)
        drawn = [*there.passed, *([there.officer] if there.officer else [])]
        if len(set(drawn)) != len(drawn) or not set(drawn) <= whole:
            yield f"{there.ref.locator} was drawn for {drawn}"


def a_passed_term_hands_a_report_on(run: Schedule) -> Iterator[str]:
    """Each term that passed is one step of the chain, and took it from one supervisor."""
    for there in run.aws.reports.values():
        acts = Counter(each.act for each in _of(run, there.ref.locator))
        passed = len(there.passed)
        if acts[Act.ESCALATED] != passed or there.level != min(passed, HIGHEST_LEVEL):
            yield f"{there.ref.locator} was handed on {acts[Act.ESCALATED]} times by {passed}"
        if acts[Act.ASSIGNED] != passed + bool(there.officer):
            yield f"{there.ref.locator} was drawn {acts[Act.ASSIGNED]} times"


def no_open_report_is_forgotten(run: Schedule) -> Iterator[str]:
    """No term passes unseen, and none waits for a supervisor while one may be drawn (8)."""
    for there in run.aws.reports.values():
        if waits(there, run.aws.now):
            yield f"{there.ref.locator} is {there.stage}, drawn: {there.officer or 'nobody'}"


def photos_of_reports_stay_settled(run: Schedule) -> Iterator[str]:
    """A photo is settled once: one event of screening ends it."""
    for there in run.aws.reports.values():
        done = sum(each.piece.settled for each in there.evidence)
        acts = [each.act for each in _of(run, there.ref.locator)]
        if acts.count(Act.SCREENED) != done:
            yield f"{there.ref.locator}: {done} photos were settled by another number of events"


def who_reports_is_known_to_nobody(run: Schedule) -> Iterator[str]:
    """No event names more than "a citizen", no case knows of it, and nothing says what it says."""
    reports = run.aws.reports
    numbers = {ref.locator for ref in reports}
    if any(numbers & set(case.disputes) for case in run.aws.cases.values()):
        yield "a family's case knows of a report"
    filed = [e for e in run.aws.events.values() if e.act is Act.REPORTED]
    if any(event.actor != "citizen" for event in filed):
        yield "the ledger names who reported"
    letters = (body for queue in run.region.post.values() for body in queue.bodies)
    stored = "\n".join((repr(tuple(reports.values())), *letters, *run.told.logged))
    if reports and any(word in stored for word in ("Namapalsu", REPORTER.address)):
        yield "who reported, or what was written, stands in the open"


def an_address_reports_seldom(run: Schedule) -> Iterator[str]:
    """However many come at once, so many of an hour are taken."""
    hours = Counter(
        event.at // HOUR for event in run.aws.events.values() if event.act is Act.REPORTED
    )
    if any(count > file_report.PER_HOUR for count in hours.values()):
        yield f"{max(hours.values())} reports came from one address in one hour"


def _of(run: Schedule, locator: str) -> list[Event]:
    return [event for event in run.aws.events.values() if event.chain == locator]
