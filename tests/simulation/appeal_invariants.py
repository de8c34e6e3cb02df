"""What must be true of appeals of every kind and of second looks, by name (product: invariants)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.domain import misused
from chalicelib.domain.audit import Act, Event
from chalicelib.domain.dispute import BY_AGENT, Kind, Outcome, Stage
from chalicelib.domain.registration import Ref, Registration, State

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

ANSWERS_FROM = frozenset({Act.RECEIVED, Act.CORRECTED, Act.CHECKED, Act.REOPENED})
"""Events after which a family's answers may be others."""


def who_is_not_the_head_finds_nothing(run: Schedule) -> Iterator[str]:
    """Somebody with a head's name, a member or who names another village gets at no case (5)."""
    for ref in run.told.no_heads:
        about = run.aws.disputes[ref].about
        if about:
            yield f"{ref.locator} was linked to {about} for somebody who is not its head"


def an_agent_appeals_in_its_own_name(run: Schedule) -> Iterator[str]:
    """What an agent sends for a family says so to officers, and the ledger names the agent (8)."""
    filed = {event.chain: event for event in run.aws.events.values() if event.act is Act.FILED}
    for ref, there in run.aws.disputes.items():
        if not there.body_digest:
            continue  # forgotten with its erased family
        shown = BY_AGENT in there.concerns
        named = filed[ref.locator].actor.startswith("agent:")
        if shown is not named or (ref in run.told.by_agents and not named):
            yield f"{ref.locator}: officers see an agent: {shown}, the ledger names one: {named}"


def an_objection_is_looked_at_again_once(run: Schedule) -> Iterator[str]:
    """After two have decided against it, for who made it, and a second look by nobody (4)."""
    again: dict[Ref, str] = {}
    for ref, there in run.aws.disputes.items():
        if there.kind is not Kind.OBJECTION or not there.follows:
            continue
        first = run.aws.disputes[Ref(ref.village, there.follows)]
        if first.ref in again:
            yield f"{first.ref.locator} is looked at again by {ref.locator} and {again[first.ref]}"
        again[first.ref] = ref.locator
        if first.stage is not Stage.DECIDED or first.outcome is Outcome.UPHELD or first.follows:
            yield f"{ref.locator} looks again at {first.ref.locator}, {first.outcome}"
        if first.person != there.person or there.about not in ("", first.about):
            yield f"{ref.locator} is of another person or family than {first.ref.locator}"


def who_decided_does_not_look_again(run: Schedule) -> Iterator[str]:
    """The appeal of an outcome goes to people who had no part in it (4)."""
    for ref, there in run.aws.disputes.items():
        first = run.aws.disputes.get(Ref(ref.village, there.follows)) if there.follows else None
        if first is not None:
            both = {vote.actor for vote in first.votes} & {vote.actor for vote in there.votes}
            if both:
                yield f"{sorted(both)} voted on {ref.locator} and on {there.follows} before"


def what_is_not_theirs_counts_for_nothing(run: Schedule) -> Iterator[str]:
    """Once it is upheld that something is somebody else's, the family is scored without it (6)."""
    questions = run.region.model.questions
    for case in run.aws.cases.values():
        last = _answers_from(run, case)
        if case.household is None or last is None or last.reason != "misuse_upheld":
            continue
        for number in case.disputes:
            there = run.aws.disputes[Ref(case.ref.village, number)]
            if (
                there.attribute
                and there.outcome is Outcome.UPHELD
                and there.steps[-1].at == last.at
            ):
                without = misused.set_apart(case.household, there.attribute, questions)
                if last.to_state == State.MATCHED and without != case.household:
                    yield f"{case.ref.locator} still has what {number} says is not its own"


def _answers_from(run: Schedule, case: Registration) -> Event | None:
    """The event that the answers of a case come from."""
    own = [
        event
        for event in run.aws.events.values()
        if event.chain == case.ref.locator and event.act in ANSWERS_FROM
    ]
    return max(own, key=lambda event: event.seq, default=None)
