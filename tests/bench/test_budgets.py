"""The budgets, counted and not timed: calls, units and bytes of what the system does."""

from __future__ import annotations

import pytest

from chalicelib.domain.audit import DAY_MS
from chalicelib.domain.errors import NotFound
from chalicelib.domain.registration import State
from chalicelib.usecases import check_identity
from chalicelib.usecases.ports import Message
from tests.bench.budgets import KILOBYTE
from tests.bench.stage import OwnOpener, Stage, family


class TestRegister:
    @pytest.mark.parametrize(("count", "units"), [(1, 10), (4, 16), (6, 20), (10, 28)])
    def test_one_call_and_its_units(self, stage: Stage, count: int, units: int) -> None:
        stage.register("k" * 20, *family(count))
        assert stage.meter.calls == {"TransactWriteItems": 1}
        assert stage.meter.writes == units
        assert stage.meter.index_writes == 0

    def test_no_item_of_six_is_larger_than_a_kilobyte(self, stage: Stage) -> None:
        line = "Dusun Contoh, jalan Kenanga belakang pasar, rumah nomor 12"
        address = {"line": line, "rt": "003", "rw": "001"}
        stage.register("k" * 20, *family(6), address=address)
        assert max(stage.meter.items) <= KILOBYTE

    def test_two_calls_when_a_nik_is_held(self, stage: Stage) -> None:
        stage.register("k" * 20, *family(4))
        stage.meter.reset()
        stage.register("l" * 20, *family(4))
        assert stage.meter.calls == {"TransactWriteItems": 2}

    def test_a_repeat_is_one_call(self, stage: Stage) -> None:
        first = stage.register("k" * 20, *family(4))
        stage.meter.reset()
        stage.world.clock.advance(1000)
        assert stage.register("k" * 20, *family(4)).receipt == first.receipt
        assert stage.meter.calls == {"TransactWriteItems": 1}


class TestStatus:
    def test_one_call_with_no_write(self, stage: Stage) -> None:
        accepted = stage.register("k" * 20, *family(4))
        stage.meter.reset()
        assert stage.find(accepted.receipt.text).state is State.RECEIVED
        assert stage.meter.calls == {"BatchGetItem": 1}
        assert stage.meter.writes == 0
        assert (
            stage.meter.half_reads == 2 + 2 + 1 + 1
        )  # case and cut-offs consistently, buckets not

    def test_the_same_call_for_a_case_that_is_not_there(self, stage: Stage) -> None:
        accepted = stage.register("k" * 20, *family(4))
        stage.meter.reset()
        stage.find(accepted.receipt.text)
        known = stage.meter.requests[-1]
        stage.backend.clean()
        stage.meter.reset()
        with pytest.raises(NotFound):
            stage.find(accepted.receipt.text)
        assert stage.meter.requests[0] == known

    def test_a_wrong_try_costs_one_write_for_receipt_and_caller_each(self, stage: Stage) -> None:
        accepted = stage.register("k" * 20, *family(4))
        stage.backend.clean()
        stage.meter.reset()
        with pytest.raises(NotFound):
            stage.find(accepted.receipt.text)
        assert stage.meter.calls == {"BatchGetItem": 1, "UpdateItem": 2}
        assert stage.meter.writes == 2


class TestDecide:
    @pytest.mark.parametrize("count", [4, 6, 8])
    def test_check_and_score_cost_eight_units(self, stage: Stage, count: int) -> None:
        accepted = stage.register("k" * 20, *family(count))
        case = stage.find(accepted.receipt.text)
        stage.meter.reset()
        decided = stage.decide(case)
        assert decided.state is State.DECIDED
        assert stage.meter.calls["TransactWriteItems"] == 2
        assert stage.meter.writes == 8
        assert stage.meter.index_writes == 0
        assert max(stage.meter.items) <= 900

    def test_days_without_the_civil_registry_add_nothing_to_the_item(self, stage: Stage) -> None:
        accepted = stage.register("k" * 20, *family(6))
        case = stage.find(accepted.receipt.text)
        stage.world.registry.down = True
        ports = check_identity.Ports(
            stage.world.clock, OwnOpener(), stage.store, stage.world.registry
        )
        for _ in range(24):
            stage.world.clock.advance(DAY_MS // 24)
            version = stage.store.load([case.ref])[case.ref].case.version
            check_identity.check_identities([Message(case.ref, version)], ports)
        stage.world.registry.down = False
        decided = stage.decide(case)
        assert decided.state is State.DECIDED
        assert [step.state for step in decided.steps].count(State.IDENTITY_CHECKING) == 1
        assert max(stage.meter.items) <= KILOBYTE
