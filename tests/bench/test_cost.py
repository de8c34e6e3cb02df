"""The price of a registration rests on counts; here they are counted again."""

from __future__ import annotations

import pytest

from infra.cost import Work, per_thousand, prices
from tests.bench.registration import Counted, count

MOST_USD = 0.0275  # for a thousand registrations; the budget is 0.026, docs/budgets.md says why not
LOG_BUDGET = 500  # bytes of one line


@pytest.fixture(scope="module")
def counted() -> Counted:
    return count()


def test_units_are_those_that_are_metered(counted: Counted) -> None:
    assert Work().write_units == counted.writes == 24
    assert Work().read_units == counted.reads_in_batch == 6.2
    assert counted.reads_check + counted.reads_score == 7


def test_one_call_in_the_request_and_one_to_the_key_service(counted: Counted) -> None:
    assert counted.calls == Work().api_requests == 1
    assert counted.decrypts == Work().key_requests == 1


def test_log_bytes_are_no_more_than_stated_and_not_much_less(counted: Counted) -> None:
    said = counted.log_bytes(Work())
    assert said <= Work().log_bytes <= 1.2 * said
    assert max(counted.log_request, counted.log_worker) <= LOG_BUDGET


def test_the_bill_follows_the_counts_and_stays_in_its_budget() -> None:
    bill = per_thousand(Work())
    assert 0.02 < bill.total <= MOST_USD
    more = per_thousand(Work(write_units=Work().write_units + 1))
    assert more.total - bill.total == pytest.approx(prices()["ddb_wru"] * 1000)
    assert all(price > 0 for price in prices().values())
