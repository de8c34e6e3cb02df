"""What has moved goes to the queue of its kind, though kinds share words for where they stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.adapters import dynamo, proposal_items, registry_items
from chalicelib.adapters.dispute_items import dispute_to_item
from chalicelib.adapters.ground_check_items import check_to_item
from chalicelib.adapters.stream_records import state_change
from chalicelib.domain import adjudication, adoption, dispute, ground_check, hearing, visit
from chalicelib.domain.dispute import Dispute, Kind
from chalicelib.domain.ground_check import Check
from chalicelib.domain.registration import Ref, State
from chalicelib.usecases.ports import Message
from chalicelib.usecases.relay import (
    ADOPTION,
    CHECK,
    DISPUTE,
    RELEASE,
    SCORE,
    Moved,
    queue_of,
    relay,
)
from tests import builders, checking
from tests.adopting import example
from tests.disputing import OFFICER, at, filed, piece
from tests.fakes import START, FakeQueue

REF = Ref("3510152004", "9K3GZZZZZZ")
QUEUES = (CHECK, SCORE, RELEASE, ADOPTION, DISPUTE)


def test_each_kind_has_its_own_queues() -> None:
    fed = {moved: queue_of(moved) for moved in State}
    assert {moved: name for moved, name in fed.items() if name} == {
        State.RECEIVED: CHECK,
        State.MATCHED: SCORE,
        State.WITHDRAWN: RELEASE,
    }
    assert {queue_of(stage) for stage in adoption.DRIVEN} == {ADOPTION}
    assert {queue_of(stage) for stage in set(adoption.Stage) - adoption.DRIVEN} == {None}
    assert {queue_of(stage) for stage in set(dispute.Stage) - dispute.ENDED} == {DISPUTE}
    assert {queue_of(stage) for stage in dispute.ENDED} == {None}


@pytest.mark.parametrize(
    ("moved", "queue"),
    [
        (State.WITHDRAWN, RELEASE),
        (dispute.Stage.WITHDRAWN, None),
        (adoption.Stage.PROPOSED, ADOPTION),
        (State.PROPOSED, None),
    ],
)
def test_equal_words_of_two_kinds_are_told_apart(moved: Moved, queue: str | None) -> None:
    queues = {name: FakeQueue() for name in QUEUES}
    message = Message(REF, 1)
    assert relay([(moved, message)], queues) == (queue is not None)
    assert [name for name, kept in queues.items() if kept.sent] == ([queue] if queue else [])


def told(before: Dispute | None, after: Dispute) -> tuple[Moved, Message] | None:
    old = None if before is None else dynamo.encode(dispute_to_item(before))
    return state_change(old, dynamo.encode(dispute_to_item(after)))


def test_each_step_of_a_dispute_is_told_whether_or_not_its_stage_changes() -> None:
    made, _ = filed(Kind.APPEAL, "3M3GAAAAAA")
    steps = [made]
    screened = hearing.screened(made, replace(piece(0), tries=1), at(START))
    assert screened is not None
    steps.append(screened[0])
    steps.append(hearing.to_review(steps[-1], at(START), due=START)[0])
    steps.append(adjudication.assign(steps[-1], OFFICER, at(START), level=0)[0])
    steps.append(hearing.withdraw(steps[-1], b"w" * 16, at(START))[0])
    for before, after in zip([None, *steps], steps, strict=False):
        assert told(before, after) == (after.stage, Message(after.ref, after.version))
        assert told(before, after)[0].__class__ is dispute.Stage  # type: ignore[index]


def test_what_has_no_chain_tells_nothing() -> None:
    guard = registry_items.guard_to_item("N#v1#abc", REF, b"r" * 16)
    assert state_change(None, dynamo.encode(guard)) is None
    assert state_change(dynamo.encode(guard), None) is None


def test_cases_and_proposals_are_told_as_their_own_kind() -> None:
    case = builders.build().case
    item = dynamo.encode(registry_items.to_item(case))
    assert state_change(None, item) == (State.RECEIVED, Message(case.ref, 1))
    assert state_change(item, item) is None
    proposal = example("ZZZZAAAAAA", "staff:admin-1", START, adoption.Stage.PROPOSED)
    item = dynamo.encode(proposal_items.proposal_to_item(proposal))
    found = state_change(None, item)
    assert found == (adoption.Stage.PROPOSED, Message(proposal.ref, proposal.version))
    assert found[0].__class__ is adoption.Stage  # type: ignore[index]


def test_a_ground_check_tells_the_dispute_that_asked_for_it_once_it_has_ended() -> None:
    drawn = replace(checking.assigned()[0], dispute="DDDDAAAAAA")
    ended = checking.found(drawn)[0]
    said = visit.remark(ended, b"m" * 16, checking.at(95), {})[0]

    def told_of(before: Check | None, after: Check) -> object:
        old = None if before is None else dynamo.encode(check_to_item(before))
        return state_change(old, dynamo.encode(check_to_item(after)))

    dispute_told = dispute.Stage.VISIT, Message(Ref(drawn.ref.village, "DDDDAAAAAA"), 0)
    assert told_of(None, drawn) is None
    assert told_of(drawn, ended) == dispute_told
    assert told_of(ended, said) is None
    for nobody in ("", "DDDDAAAAAA"):
        gone = ground_check.cancel(replace(drawn, dispute=nobody), "withdrawn", checking.at(5))[0]
        assert told_of(drawn, gone) == (dispute_told if nobody else None)
