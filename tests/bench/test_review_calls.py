"""What officers of a dispute do costs at most three calls to the tables, each of it."""

from __future__ import annotations

from chalicelib.domain.dispute import Stage as At
from chalicelib.domain.registration import State
from tests.bench import reviewing
from tests.bench.stage import Stage


def test_opening_is_three_calls_where_the_address_names_the_case(stage: Stage) -> None:
    there = reviewing.visited(stage)
    stage.meter.reset()
    opened = reviewing.open_it(stage, there, there.about)
    assert opened.case is not None
    assert opened.checked is not None
    assert stage.meter.calls == {"BatchGetItem": 1, "Query": 1, "PutItem": 1}


def test_opening_by_a_typed_or_a_wrong_address_is_one_more(stage: Stage) -> None:
    there = reviewing.visited(stage)
    for about in ("", "2222222222"):
        stage.meter.reset()
        opened = reviewing.open_it(stage, there, about)
        assert opened.case is not None
        assert opened.case.ref == there.case
        assert opened.checked is not None
        assert stage.meter.calls == {"BatchGetItem": 2, "Query": 1, "PutItem": 1}


def test_recommending_is_three_calls(stage: Stage) -> None:
    there = reviewing.recommend(stage, reviewing.visited(stage))
    assert there.stage is At.RECOMMENDED
    assert stage.meter.calls == {"BatchGetItem": 2, "TransactWriteItems": 1}


def test_upholding_is_three_calls_and_takes_the_family_up_again(stage: Stage) -> None:
    there = reviewing.decide(stage, reviewing.recommended(stage))
    assert there.stage is At.DECIDED
    assert stage.meter.calls == {"BatchGetItem": 2, "TransactWriteItems": 1}
    assert there.case is not None
    assert stage.store.load([there.case])[there.case].case.state is State.MATCHED
