"""Cold starts: what each function loads and asks of AWS at its first use, within its budget."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest

from infra.build import SURFACES, Package
from tests.bench import cold, pins
from tests.bench.budgets import COLD, NEVER
from tests.bench.cold import Loaded
from tests.bench.functions import HANDLERS


@pytest.mark.parametrize("function", COLD)
def test_a_cold_start_loads_no_more_than_its_budget(function: str) -> None:
    told = cold.loaded(function)
    most, never = COLD[function]
    assert not told.packages & set(f"{NEVER} {never}".split())
    assert len(told.asked_by) <= most


@pytest.mark.parametrize("function", COLD)
def test_nothing_is_loaded_that_was_not_pinned(function: str) -> None:
    new = pins.newly_loaded(function, cold.loaded(function), pins.pinned())
    assert not new, f"{function} now loads:\n" + "\n".join(new) + f"\n{pins.TO_PIN}"


@pytest.mark.parametrize("function", COLD)
def test_a_first_use_asks_no_more_of_aws_than_was_pinned(function: str) -> None:
    now = {function: cold.loaded(function).calls}
    more = pins.risen(now, pins.pinned()["first use"])
    assert not more, "\n".join((*more, pins.TO_PIN))


def test_the_functions_are_those_that_are_packaged(package: Package) -> None:
    """Lambda imports the module of the handler, so that is what is measured."""
    packaged = set()
    for surface in SURFACES:
        template = json.loads(package.template(surface).read_text("utf-8"))
        packaged |= {
            resource["Properties"]["Handler"]
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::Serverless::Function"
        }
    assert packaged == set(HANDLERS.values())


def test_a_new_module_is_named_with_the_chain_that_brought_it() -> None:
    told = cold.loaded("relay")
    brought = {"mailer.smtp": "mailer", "mailer": "chalicelib.entrypoints.workers"}
    more = replace(told, asked_by={**told.asked_by, **brought})
    new = pins.newly_loaded("relay", more, pins.pinned())
    assert new[-1].startswith("mailer.smtp < mailer < chalicelib.entrypoints.workers < ")


def test_a_module_of_one_function_is_new_to_another() -> None:
    counts = {"loaded": {"segno": "staff_api"}}
    drawing = Loaded({"segno": "app", "json": "app"}, {})
    assert pins.newly_loaded("staff_api", drawing, counts) == []
    assert pins.newly_loaded("relay", drawing, counts) == ["segno < app"]


def test_a_risen_count_is_named_by_operation_and_table() -> None:
    before = {"register": {"TransactWriteItems ledger": {"write units": 2}}}
    now = {"register": {"TransactWriteItems ledger": {"write units": 4}, "PutItem": {"calls": 1}}}
    assert pins.risen(now, before) == [
        "register: TransactWriteItems ledger: write units: 4 instead of 2",
        "register: PutItem: calls: 1 instead of 0",
    ]
    assert pins.risen(before, now) == []


def test_instructions_see_one_more_import() -> None:
    command = [sys.executable, "-S", "-I", "-c"]
    bare = cold.counted([*command, "pass"], {})
    more = cold.counted([*command, "import json"], {})
    again = cold.counted([*command, "pass"], {"PYTHONHASHSEED": "0"})
    if bare is None or more is None or again is None:
        assert cold.instructions("relay") is None  # not there: nothing is told, nothing invented
        return
    assert more > bare * 1.05
    assert abs(again - bare) < bare * 0.01
