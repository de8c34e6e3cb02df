"""The price of a registration rests on counts; here they are counted again."""

from __future__ import annotations

import pytest

from infra.cost import bill, inputs
from tests.bench import pins
from tests.bench.budgets import LOG_BUDGET, MOST_USD
from tests.bench.registration import BATCH, Counted, count


@pytest.fixture(scope="module")
def counted() -> Counted:
    return count()


def test_units_are_those_that_are_metered(counted: Counted) -> None:
    shipped = inputs.read().counts["registration"]
    assert counted.writes == 24
    assert shipped["write units, register"] == counted.writes_register
    assert shipped["write units, check and score"] == counted.writes_decide
    assert shipped["read units, in a batch of five"] == counted.reads_in_batch == 6.2
    assert counted.reads_check + counted.reads_score == 7
    assert inputs.read()["batch"] == BATCH


def test_one_call_in_the_request_and_one_to_the_key_service(counted: Counted) -> None:
    assert counted.calls == 1
    assert counted.decrypts == 1


def test_a_line_of_the_log_is_short(counted: Counted) -> None:
    shipped = inputs.read().counts["registration"]
    assert shipped["log, a request"] == pytest.approx(counted.log_request, abs=3)
    assert shipped["log, a worker's batch"] == pytest.approx(counted.log_worker, abs=3)
    assert max(counted.log_request, counted.log_worker) <= LOG_BUDGET


def test_the_bill_follows_the_counts_and_stays_in_its_budget() -> None:
    given = inputs.read()
    of_now = bill.per_thousand(given)
    assert 0.02 < of_now.total <= MOST_USD
    used = {unit: sum(line.units.get(unit, 0) for line in of_now.lines) for unit in bill.SERVICES}
    assert used["ddb_wru"] == 24_000
    assert used["ddb_rru"] == pytest.approx(6_200)
    assert used["apigw_rest"] == used["waf_request"] == 1_000
    dearer = bill.per_thousand(given.priced(ddb_wru=given.prices["ddb_wru"] * 2))
    assert dearer.total - of_now.total == pytest.approx(24_000 * given.prices["ddb_wru"])


def test_what_is_shipped_is_what_is_pinned() -> None:
    assert inputs.read().counts == pins.priced(pins.pinned()), pins.TO_PIN
