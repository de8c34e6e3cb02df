"""The bill of a year adds up, follows its three files, and says what is wrong with them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from infra.cost import __main__ as command
from infra.cost import bill, fixed, floor, grown, inputs, moves, operations, text
from infra.cost.operations import Part
from infra.templates import HERE, read

MILLION = 1_000_000


@pytest.fixture(scope="module")
def given() -> inputs.Inputs:
    return inputs.read()


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["cost", *arguments])
    return command.main()


@pytest.mark.parametrize("families", ["0", "-5", "many", "", "1.5", "9" * 12])
def test_what_is_no_number_of_families_is_one_sentence(
    families: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert run(monkeypatch, "--families", families, "--out", str(tmp_path / "out")) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert re.fullmatch(r"FAMILIES must be .+\.\n", told.err)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("look_ups: { value: -1, unit: x, from: y }", "look_ups is below zero"),
        ("look_ups: { value: six, unit: x, from: y }", "look_ups is no number"),
        ("look_ups: 6", "look_ups must have"),
        ("look_ups: [", "no YAML"),
        ("", "has no `targets`"),
    ],
)
def test_a_profile_that_cannot_be_is_one_sentence(
    line: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    profile = tmp_path / "profile.yaml"
    held = "targets: { usd_per_million_families: 90 }\n" if line else "some: thing\n"
    profile.write_text(f"{held}{line}\n", "utf-8")
    out = tmp_path / "out"
    assert run(monkeypatch, "--profile", str(profile), "--out", str(out)) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_profile_without_one_of_its_assumptions_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    profile = tmp_path / "profile.yaml"
    lines = inputs.PROFILE.read_text("utf-8").splitlines(keepends=True)
    profile.write_text("".join(line for line in lines if not line.startswith("photos:")), "utf-8")
    assert run(monkeypatch, "--profile", str(profile), "--out", str(tmp_path / "out")) == 2
    assert "profile.yaml has no `photos`" in capsys.readouterr().err


def test_the_year_is_told_and_drawn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "--families", "95_000_000", "--out", str(tmp_path)) == 0
    told = capsys.readouterr().out
    assert told.startswith("95,000,000 families in 514 stages")
    assert "target: use, a million families" in told
    page = (tmp_path / "index.html").read_text("utf-8")
    assert page.count("<svg") == page.count("<h2>") == 3
    assert "<script" not in page
    assert "src=" not in page


def test_a_bill_is_the_sum_of_its_parts_and_of_its_services(given: inputs.Inputs) -> None:
    year = bill.of_year(given, 10 * MILLION, 54)
    assert year.total == pytest.approx(sum(year.of(part) for part in Part))
    assert year.total == pytest.approx(sum(year.by_service().values()))
    assert year.of(Part.USE) == pytest.approx(sum(year.by_service(Part.USE).values()))


def test_twice_the_families_is_twice_the_use(given: inputs.Inputs) -> None:
    """Below the first tier of the gateway, and but for what a query reads at least."""
    one, two = (bill.of_year(given, n * MILLION, 1).of(Part.USE) for n in (2, 4))
    assert two == pytest.approx(2 * one, rel=0.001)
    none, one, three = (bill.of_year(given, MILLION, n).of(Part.STAGES) for n in (0.001, 1, 3))
    assert three - one == pytest.approx(2 * (one - none), rel=0.01)


def test_tiers_by_hand(given: inputs.Inputs) -> None:
    first, next_, most = 4.25e-6, 3.53e-6, 3e-6
    assert bill.tiered(given, bill.GATEWAY, 100e6) == pytest.approx(100e6 * first)
    assert bill.tiered(given, bill.GATEWAY, 400e6) == pytest.approx(333e6 * first + 67e6 * next_)
    assert bill.tiered(given, bill.GATEWAY, 1_200e6) == pytest.approx(
        333e6 * first + 667e6 * next_ + 200e6 * most
    )


def test_a_look_by_hand(given: inputs.Inputs) -> None:
    """A million looks: gateway, firewall, three units, an invocation, its time, its line."""
    year = bill.of_year(given, MILLION, 1)
    (look,) = [line for line in year.lines if line.operation.name == "look at the result"]
    seconds = 0.012 + 0.005 * 0.6
    line = given.counts["registration"]["log, a request"] / 1e9 * (0.7 + 3 * 0.03)
    one = 4.25e-6 + 0.6e-6 + 3 * 1.425e-7 + 0.2e-6 + seconds * 1.33334e-5 + line + 0.005 * 3e-6
    assert look.total == pytest.approx(6 * 0.98 * MILLION * one)


def test_every_price_is_above_zero_and_says_whence(given: inputs.Inputs) -> None:
    assert all(price > 0 for price in given.prices.values())
    entries = inputs._json(inputs.PRICES)["prices"].values()
    assert all(entry["source"] and entry["where"] and entry["unit"] for entry in entries)
    assert all(each.source and each.unit for each in given.profile.values())


def test_each_assumption_is_used(given: inputs.Inputs) -> None:
    """One that moves nothing would be a line that people change in vain."""
    now = bill.of_year(given, 95 * MILLION, 1).total
    for name, each in given.profile.items():
        then = bill.of_year(given.assuming(name, each.value * 1.5 + 0.01), 95 * MILLION, 1)
        assert then.total != now, name


def test_what_moves_the_bill_moves_it_the_right_way(given: inputs.Inputs) -> None:
    told = {move.name: move for move in moves.moves(given, 10 * MILLION, 54)}
    assert told["look_ups 12 instead of 6"].usd > 0 > told["look_ups 2 instead of 6"].usd
    assert told["all in one stage"].usd < 0
    assert told["HTTP API instead of REST (no firewall; Chalice makes none)"].usd < 0
    assert told["families as Cognito users, three active months"].usd > 10_000


def test_a_floor_is_of_something_there_is_and_below_it(given: inputs.Inputs) -> None:
    year = bill.of_year(given, MILLION, 1)
    shown = {(each.operation, each.unit) for each in floor.above(year)}
    told = {(name, unit) for name, units in floor.floors().items() for unit in units}
    assert shown == told
    assert all(each.usd > 0 and each.why for each in floor.above(year))
    reckoned = text.tell(given, MILLION, 1)
    assert 0 < reckoned.at_floor < reckoned.per_million


def test_a_stage_at_rest_is_what_its_templates_hold(given: inputs.Inputs) -> None:
    used = fixed.of_stage(given)
    keys = read(HERE / "resources.yaml")["Resources"].values()
    keys = [resource for resource in keys if resource["Type"] == "AWS::KMS::Key"]
    shared = [key for key in keys if key.get("Condition") == fixed.ALONE]
    assert used["kms_key_mo"] == 12 * (len(keys) - len(shared)) > 0
    assert fixed.of_account()["kms_key_mo"] == 12 * len(shared)
    assert "waf_acl_mo" not in used
    assert fixed.of_account()["waf_acl_mo"] == 12
    assert fixed.queues() == 6
    assert used["sqs_request"] == 365 * 6 * 5 * 4320


def test_no_method_is_billed_for_metrics_of_its_own() -> None:
    for surface in ("public", "staff"):
        resources = read(HERE / f"{surface}.merge.yaml")["Resources"]
        settings = resources["RestAPI"]["Properties"]["MethodSettings"]
        assert [each["MetricsEnabled"] for each in settings] == [False]


def test_memory_is_what_is_deployed() -> None:
    assert operations.memory("api_handler") == 1.0
    assert operations.memory("screen_evidence", "screening") == 0.5


COUNTED = {"steps": {"check": {"TransactWriteItems": {"calls": 20, "answer bytes": 50}}}}


@pytest.mark.parametrize(("calls", "said"), [(20, 0), (20.9, 0), (21, 1), (40, 1), (1, 0)])
def test_a_count_that_grows_by_a_twentieth_is_named(calls: float, said: int) -> None:
    now = {"steps": {"check": {"TransactWriteItems": {"calls": calls, "answer bytes": 500}}}}
    told = grown.grown(now, COUNTED, 5)
    assert len(told) == said
    assert all("check: TransactWriteItems: calls" in each for each in told)


def test_a_grown_count_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    agreed = inputs.read().counts
    less = {**agreed, "registration": {**agreed["registration"], "write units, register": 14}}
    monkeypatch.setattr(grown, "committed", lambda _revision: less)
    assert run(monkeypatch, "--families", "1000", "--out", str(tmp_path)) == 1
    assert "write units, register: 16 instead of 14" in capsys.readouterr().err
