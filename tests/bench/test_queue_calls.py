"""What the lists of disputes and drawing anew ask of the tables, however many wait."""

from __future__ import annotations

from chalicelib.usecases.list_disputes import MOST
from tests.bench import queueing
from tests.bench.stage import Stage

WAITING = 130


def test_a_list_is_one_query_and_a_read_for_each_sixty(stage: Stage) -> None:
    queueing.queued(stage, WAITING)
    assert len(queueing.mine(stage).found) == WAITING
    assert stage.meter.calls == {"Query": 1, "BatchGetItem": 3}
    stage.meter.reset()
    assert len(queueing.of_region(stage).found) == WAITING
    assert stage.meter.calls == {"Query": 1, "BatchGetItem": 3}
    assert MOST // 60 == 5  # so never more than five


def test_drawing_one_anew_is_six_calls(stage: Stage) -> None:
    """One of them asks who has judged a finding of the family within the year."""
    there = queueing.drawn(stage)
    assert queueing.redraw(stage, there).fault is None
    assert stage.meter.calls == {"BatchGetItem": 4, "GetItem": 1, "TransactWriteItems": 1}
