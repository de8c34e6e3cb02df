"""The simulation of a day: nobody is made or forgotten, it repeats itself, more loses no more."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from infra import stages
from infra.cost import inputs
from infra.load import scenarios
from infra.load.simulate import Crowd, Outcome, behind, simulate, steps, wait_of
from infra.load.walls import ACCOUNT, FUNCTIONS, GATEWAY, Flow, Given, Quotas, Walls

WAITS = (2, 5, 9)
FLOWS = {
    "register": Flow("register", 18, {"registry": 12.0, "ledger": 2.0}, {}),
    "look": Flow("look", 12, {}, {"registry": 2.0}, hot_rru=1.0),
}
AWS = Given(
    wru_partition=30,
    rru_partition=40,
    ledger_partitions=2,
    requests_each=10,
    processes_in_10_s=3,
    pollers_first=5,
    pollers_a_minute=300,
    batch=10,
    table_doubles_s=20,
)
QUOTAS = Quotas(5, 3, 8, 4, 12, 60, 40, 1)

RAISED = ("gateway_rate", "account_rate", "concurrency", "table_wru", "table_rru")

quotas = st.builds(
    Quotas,
    gateway_rate=st.integers(1, 30),
    gateway_burst=st.integers(1, 30),
    account_rate=st.integers(1, 30),
    account_burst=st.integers(1, 30),
    concurrency=st.integers(3, 12),
    table_wru=st.integers(1, 300),
    table_rru=st.integers(1, 100),
    registry_concurrency=st.just(1),
)
crowd = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 60)), max_size=12, unique_by=lambda each: each[0]
)
crowds = st.tuples(crowd, crowd).map(
    lambda two: [Crowd(name, tuple(coming)) for name, coming in zip(FLOWS, two, strict=True)]
)


def run(coming: list[Crowd], limits: Quotas) -> Outcome:
    return simulate(coming, Walls(limits, AWS, FLOWS, 1, {"registry": 4.0}), WAITS)


@settings(max_examples=60, deadline=None)
@given(crowds, quotas)
def test_everybody_is_somewhere_at_every_moment(coming: list[Crowd], limits: Quotas) -> None:
    came = sum(people for crowd in coming for _, people in crowd.coming)
    for outcome in steps(coming, Walls(limits, AWS, FLOWS, 1, {}), WAITS):
        assert outcome.whole
        assert min(outcome.served, outcome.waiting, outcome.lost) >= 0
    assert outcome.sent == came
    assert outcome.waiting == 0
    assert outcome.requests == outcome.served + sum(outcome.refused.values())
    assert outcome.served == sum(sum(by.values()) for by in outcome.through.values())


@settings(max_examples=30, deadline=None)
@given(crowds, quotas)
def test_a_run_repeats_itself(coming: list[Crowd], limits: Quotas) -> None:
    assert asdict(run(coming, limits)) == asdict(run(coming, limits))


@settings(max_examples=50, deadline=None)
@given(crowds, quotas, st.sampled_from(RAISED), st.integers(1, 40))
def test_a_higher_quota_never_loses_more(
    coming: list[Crowd], limits: Quotas, name: str, more: int
) -> None:
    """Where gates save nothing: what a burst is for stands below."""
    limits = replace(limits, gateway_burst=0, account_burst=0)
    higher = replace(limits, **{name: getattr(limits, name) + more})
    assert run(coming, higher).lost <= run(coming, limits).lost


@settings(max_examples=50, deadline=None)
@given(crowds, quotas, st.sampled_from(["gateway_rate", "gateway_burst"]), st.integers(1, 40))
def test_a_gate_that_lets_more_by_never_loses_more(
    coming: list[Crowd], limits: Quotas, name: str, more: int
) -> None:
    wide = Quotas(limits.gateway_rate, limits.gateway_burst, *[10_000] * 5, 1)
    higher = replace(wide, **{name: getattr(wide, name) + more})
    assert run(coming, higher).lost <= run(coming, wide).lost


def test_an_outer_gate_raised_alone_may_let_an_inner_burst_be_spent_in_vain() -> None:
    """The one way in which more loses more, found by the test above it before it was narrowed."""
    coming = [Crowd("register", [(20, 35), (27, 3)]), Crowd("look", [(19, 2)])]
    limits = Quotas(10, 4, 9, 6, 4, 1, 1, 1)
    assert run(coming, limits).lost == 38
    assert run(coming, replace(limits, gateway_rate=11)).lost == 39


def test_a_crowd_too_large_meets_the_gateway_first_and_some_give_up() -> None:
    outcome = run([Crowd("look", [(0, 500)])], QUOTAS)
    assert outcome.first == (GATEWAY, 0)
    assert outcome.lost > 0
    assert outcome.refused[GATEWAY] > outcome.refused[ACCOUNT] == 0


@pytest.mark.parametrize(
    ("changed", "flow", "wall"),
    [
        ({"gateway_rate": 900}, "look", ACCOUNT),
        ({"gateway_rate": 900, "account_rate": 900}, "look", FUNCTIONS),
        (
            {"gateway_rate": 900, "account_rate": 900, "concurrency": 900},
            "register",
            "writes to the table registry",
        ),
    ],
)
def test_the_next_wall_is_met_when_one_is_raised(
    changed: dict[str, int], flow: str, wall: str
) -> None:
    aws = replace(AWS, processes_in_10_s=900 if "concurrency" in changed else 1)
    walls = Walls(replace(QUOTAS, **changed), aws, FLOWS, 1, {})
    outcome = simulate([Crowd(flow, [(0, 500)])], walls, WAITS)
    assert outcome.first == (wall, 0)


def test_a_partition_is_a_wall_when_tables_are_warm() -> None:
    wide = replace(
        QUOTAS, gateway_rate=999, account_rate=999, concurrency=999, table_wru=9999, table_rru=9999
    )
    aws = replace(AWS, processes_in_10_s=999)
    looks = simulate([Crowd("look", [(0, 100)])], Walls(wide, aws, FLOWS, 1, {}), WAITS)
    assert looks.first == ("the one item with the cut-offs", 0)
    assert looks.through["look"][0] == 40
    forms = simulate([Crowd("register", [(0, 100)])], Walls(wide, aws, FLOWS, 1, {}), WAITS)
    assert forms.first == ("the ledger's partitions of a day", 0)
    assert forms.through["register"][0] == 30


def test_tokens_are_saved_up_to_the_burst() -> None:
    """At rest a gateway saves its burst and no more; then five a second."""
    outcome = run([Crowd("look", [(0, 1), (100, 500)])], QUOTAS)
    assert outcome.through["look"][100] == 5 + 3


def test_a_table_takes_twice_as_much_after_half_an_hour() -> None:
    wide = replace(QUOTAS, gateway_rate=999, account_rate=999, concurrency=999)
    aws = replace(AWS, processes_in_10_s=999, ledger_partitions=999)
    outcome = simulate(
        [Crowd("register", [(0, 50), (20, 50), (40, 50)])], Walls(wide, aws, FLOWS, 1, {}), (90,)
    )
    assert [outcome.through["register"][second] for second in (0, 20, 40)] == [5, 10, 20]


@pytest.mark.parametrize("refusals", range(1, 5))
def test_waits_are_spread_and_end(refusals: int) -> None:
    waits = Counter(wait_of((10, 20, 40), refusals, "look", who) for who in range(400))
    if refusals > 3:
        assert waits == {None: 400}
        return
    mean = 10 * 2 ** (refusals - 1)
    assert min(waits) >= mean // 2  # type: ignore[type-var]
    assert max(waits) <= mean * 1.5  # type: ignore[type-var, operator]
    assert len(waits) > mean // 2


def test_what_waits_behind_is_worked_off_at_the_registrys_pace() -> None:
    told = behind({0: 100, 1: 100}, pace=20, first=5, grows=5, batch=10)
    assert told.most == 160
    assert told.empty == 10
    assert told.longest == 8
    assert behind({}, 20, 5, 5, 10).empty == 0


@pytest.fixture(scope="module")
def plan() -> scenarios.Plan:
    return scenarios.read()


@pytest.mark.parametrize("name", ["pilot", "opening", "opening_one"])
def test_nobody_is_lost_as_recommended(name: str, plan: scenarios.Plan) -> None:
    day = scenarios.carry_out(name, "recommended", plan, inputs.read())
    assert day.outcome.lost == 0
    assert day.outcome.whole
    assert day.queue is not None
    assert day.queue.longest < 14 * 86_400  # what a queue keeps


def test_walls_stand_behind_one_another(plan: scenarios.Plan) -> None:
    (raised,) = scenarios.raised_in_turn("opening_one", plan, inputs.read())
    assert raised.configuration == "+ gateway_rate"
    assert raised.outcome.lost == 0
    assert raised.outcome.first == ("writes to the table registry", 0)


def test_an_opening_in_one_stage_loses_families_by_default(plan: scenarios.Plan) -> None:
    day = scenarios.carry_out("opening_one", "default", plan, inputs.read())
    assert day.outcome.lost > 40_000
    assert day.outcome.first is not None
    assert day.outcome.first[0] == GATEWAY


@pytest.mark.prove
@pytest.mark.parametrize("name", ["results", "results_staged"])
def test_nobody_is_lost_on_results_day_as_recommended(name: str, plan: scenarios.Plan) -> None:
    assert scenarios.carry_out(name, "recommended", plan, inputs.read()).outcome.lost == 0


@pytest.mark.prove
def test_staging_the_release_beats_any_quota(plan: scenarios.Plan) -> None:
    at_once, staged = (
        scenarios.carry_out(name, "default", plan, inputs.read()).outcome
        for name in ("results", "results_staged")
    )
    assert at_once.lost > 0.4 * at_once.sent
    assert staged.lost == 0


def test_by_default_is_as_a_pilots_file_says(plan: scenarios.Plan) -> None:
    told, default = stages.read("banyuwangi"), plan.configurations["default"]
    limits = told["limits"]["public"]
    assert (default.gateway_rate, default.gateway_burst) == (limits["rate"], limits["burst"])
    assert default.registry_concurrency == told["civil_registry"]["concurrency"]


def test_crowds_are_whole(plan: scenarios.Plan) -> None:
    for told in plan.scenarios.values():
        coming = scenarios.crowds(told, plan.look_after)
        for crowd in coming:
            people = sum(count for _, count in crowd.coming)
            most = told.get("looks", told.get("families", 0)) // int(told.get("days", 1))
            assert 0.99 * most <= people <= most


def test_what_a_family_uses_is_what_was_counted(plan: scenarios.Plan) -> None:
    flows = scenarios.flows(inputs.read())
    assert sum(flows["register"].wru.values()) == 16
    assert sum(flows["look"].rru.values()) == 3
    assert sum(scenarios.behind_units(inputs.read()).values()) == 8


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("configurations", "default", "account_rate"), 0, "account_rate must be a whole number"),
        (("configurations", "default", "account_rate"), "many", "account_rate must be"),
        (("configurations", "default", "account_rat"), 5, "there is no account_rat"),
        (("of_aws", "batch"), -1, "batch must be a whole number"),
    ],
)
def test_a_file_that_cannot_be_is_one_sentence(
    place: tuple[str, ...], value: object, said: str, tmp_path: Path
) -> None:
    told = yaml.safe_load(scenarios.LOAD.read_text("utf-8"))
    part = told
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    path = tmp_path / "load.yaml"
    path.write_text(yaml.safe_dump(told), "utf-8")
    with pytest.raises(inputs.InputError, match=said):
        scenarios.read(path)
