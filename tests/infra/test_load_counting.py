"""What the real load counts at the wire and refuses, and what it says when counts do not agree."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any

import pytest

from infra.chaos.faults import Kind, Operation
from infra.cost import inputs
from infra.load import __main__ as command
from infra.load import real
from infra.load.counting import LOOK, REGISTER, TRANSACTION, Counted, Refusing, with_refusals

FIRST, AGAIN = ({"amz-sdk-request": f"attempt={n}; max=3"} for n in (1, 2))
PUT = {"Put": {"TableName": "tepat-x-ledger", "Item": {"pk": {"S": "a"}, "b": {"B": "AAAA"}}}}
REGISTERING = Operation("api", REGISTER)


def dynamodb(name: str) -> Operation:
    return Operation("dynamodb", name)


def watched(name: str, body: Any, answer: Any, headers: Any = FIRST, status: int = 200) -> Counted:
    counted = Counted()
    told = json.dumps(answer).encode()
    counted.watch(dynamodb(name), headers, json.dumps(body).encode(), status, told)
    return counted


def test_a_transaction_is_two_units_a_kilobyte() -> None:
    large = {"Put": {"TableName": "t", "Item": {"a": {"S": "x" * 1024}, "wk": {"S": "y"}}}}
    counted = watched(TRANSACTION, {"TransactItems": [PUT, large]}, {})
    assert counted.calls == {TRANSACTION: 1}
    assert counted.write_units == 2 + 4 + 1


def test_what_was_refused_has_used_no_unit_and_what_is_sent_again_is_counted() -> None:
    counted = watched(TRANSACTION, {"TransactItems": [PUT]}, {"__type": "x"}, AGAIN, 400)
    assert counted.write_units == 0
    assert counted.repeats == counted.calls == {TRANSACTION: 1}


@pytest.mark.parametrize(
    ("keys", "who"),
    [
        ({"tepat-x-registry": ["V#1"], "tepat-x-vault": ["R#1"]}, "check"),
        ({"tepat-x-registry": ["V#1", "CUTS"], "tepat-x-vault": ["R#1"]}, "score"),
        ({"tepat-x-registry": ["V#1", "CUTS"], "tepat-x-ops": ["B#1"]}, "status"),
    ],
)
def test_a_batch_of_reads_is_told_by_what_is_in_it(keys: dict[str, list[str]], who: str) -> None:
    asked = {
        table: {"Keys": [{"pk": {"S": pk}, "sk": {"S": "s"}} for pk in pks], "ConsistentRead": True}
        for table, pks in keys.items()
    }
    counted = watched("BatchGetItem", {"RequestItems": asked}, {"Responses": {}})
    assert counted.batches == {who: 1}
    assert counted.read_halves == 2 * sum(map(len, keys.values()))


def test_a_call_refused_twice_was_sent_again_twice() -> None:
    third = {"amz-sdk-request": "attempt=3; max=3"}
    assert watched(TRANSACTION, {"TransactItems": [PUT]}, {}, third).repeats[TRANSACTION] == 2
    assert watched(TRANSACTION, {"TransactItems": [PUT]}, {}).repeats.total() == 0


def test_calls_of_other_services_are_counted_and_not_read() -> None:
    counted = Counted()
    counted.watch(REGISTERING, {}, b"no JSON", 201, b"nor this")
    counted.watch(Operation("kms", "Decrypt"), FIRST, b"{}", 200, b"{}")
    assert counted.calls == {REGISTER: 1, "Decrypt": 1}


def test_every_seventh_registration_and_every_tenth_transaction_is_refused() -> None:
    refusing = Refusing(7, 10)
    assert refusing.draw(REGISTERING) is None  # until it begins, it counts nothing
    refusing.begin()
    drawn = [refusing.draw(REGISTERING) for _ in range(70)]
    assert [n for n, draw in enumerate(drawn, start=1) if draw] == [*range(7, 71, 7)]
    assert {draw.kind for draw in drawn if draw} == {Kind.THROTTLED}
    fails = [refusing.draw(dynamodb(TRANSACTION)) for _ in range(30)]
    assert [draw.kind for draw in fails if draw] == [Kind.FAILED] * 3
    assert refusing.draw(dynamodb("BatchGetItem")) is None
    assert refusing.refused == {REGISTER: 10, TRANSACTION: 3}


@pytest.mark.parametrize(("needed", "every"), [(0, 7), (1, 7), (6, 7), (7, 7), (300, 7), (900, 10)])
def test_how_many_are_refused_until_so_many_came_through(needed: int, every: int) -> None:
    refusing = Refusing(every, 2)
    refusing.begin()
    served = 0
    while served < needed:
        served += refusing.draw(REGISTERING) is None
    assert with_refusals(needed, every) == (refusing.asked[REGISTER], refusing.refused[REGISTER])


def as_predicted(count: int) -> tuple[list[Any], Counted, Refusing]:
    """What a run of families of four would count if the counts are right."""
    drafts = [(str(n), {"members": [{}] * 4}) for n in range(count)]
    refusing = Refusing(real.REFUSED_EVERY, real.FAILS_EVERY)
    asked, refused = with_refusals(count, real.REFUSED_EVERY)
    refusing.asked[REGISTER], refusing.refused[REGISTER] = asked, refused
    calls = Counter({REGISTER: count, LOOK: count, TRANSACTION: 3 * count, "Decrypt": count})
    counted = Counted(calls=calls, write_units=24 * count, batches=Counter(score=count // 4))
    counted.read_halves = 2 * (9 * count + count // 4)
    counted.repeats[TRANSACTION] = with_refusals(3 * count, real.FAILS_EVERY)[1]
    return drafts, counted, refusing


def test_counts_that_are_right_agree() -> None:
    rows = real.compare(*as_predicted(100), inputs.read())
    assert all(row.apart == 0 for row in rows), rows


@pytest.mark.parametrize("what", ["write_units", "read_halves", "repeats"])
def test_a_tenth_more_does_not_agree(what: str) -> None:
    drafts, counted, refusing = as_predicted(100)
    if what == "repeats":
        counted.repeats[TRANSACTION] += 4
    else:
        setattr(counted, what, round(1.1 * getattr(counted, what)))
    rows = real.compare(drafts, counted, refusing, inputs.read())
    assert sum(not row.agrees for row in rows) == 1
    assert any("MORE THAN 5 %" in line for line in command.compared(rows))


@pytest.mark.parametrize("families", ["0", "-5", "many", "19", "99999", ""])
def test_what_is_no_number_of_families_is_one_sentence(
    families: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["load", f"--families={families}"])
    assert command.main() == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert "N must be a whole number" in told.err


def test_losing_somebody_as_recommended_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = command.scenarios.read()
    small = plan.scenarios["opening_one"] | {"families": 200_000, "seconds": 10}
    narrow = command.scenarios.Plan(
        plan.given, plan.configurations, {"opening": small}, (2,), 6, plan.registry_seconds
    )
    monkeypatch.setattr(command.scenarios, "read", lambda: narrow)
    monkeypatch.setattr(sys, "argv", ["load", "--simulate"])
    assert command.main() == 1
    assert "first wall" in capsys.readouterr().out
