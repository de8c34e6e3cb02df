"""The days that are simulated: who comes when, and what each uses, by this code's counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from infra.cost.inputs import InputError, Inputs
from infra.load.simulate import Behind, Crowd, Outcome, behind, simulate
from infra.load.walls import (
    ACCOUNT,
    FUNCTIONS,
    GATEWAY,
    TABLES,
    Flow,
    Given,
    Quotas,
    Walls,
    given_of,
    quotas_of,
)

LOAD: Final = Path(__file__).parent.parent / "load.yaml"
REGISTER, LOOK = "register", "look"
HOUR, DAY = 3600, 86_400
QUARTERS: Final = 24
"""Steps in which a crowd falls off within its time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that load.yaml says."""

    given: Given
    configurations: Mapping[str, Quotas]
    scenarios: Mapping[str, Mapping[str, Any]]
    waits: Sequence[int]
    look_after: int
    registry_seconds: float


@dataclass(frozen=True, slots=True)
class Day:
    """A scenario in a configuration, and what came of it.

    Attributes:
        queue: what waits for the civil registry; None where nobody registers.
    """

    name: str
    title: str
    configuration: str
    outcome: Outcome
    queue: Behind | None


def read(path: Path = LOAD) -> Plan:
    """Read what is simulated.

    Raises:
        InputError: the file is not there, or says what cannot be.
    """
    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
        people = raw["people"]
        return Plan(
            given_of(raw["of_aws"]),
            {name: quotas_of(told, name) for name, told in raw["configurations"].items()},
            raw["scenarios"],
            [int(wait) for wait in people["waits"]],
            int(people["look_after"]),
            float(raw["registry_seconds"]),
        )
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path.name} is no YAML: {str(error).splitlines()[0]}") from error
    except KeyError as error:
        raise InputError(f"{path.name} does not say {error}") from error
    except (TypeError, AttributeError) as error:
        raise InputError(f"{path.name} says something that cannot be: {error}") from error


def flows(inputs: Inputs) -> dict[str, Flow]:
    """What registering and looking use, by the counts."""
    register, look = (_units(inputs, step) for step in ("register, 4 members", "status"))
    return {
        REGISTER: Flow(REGISTER, inputs["api_ms"], register[0], register[1]),
        # Case and cut-offs are read as last written, a unit each; the cut-offs are one item.
        LOOK: Flow(LOOK, inputs["look_ms"], look[0], look[1], hot_rru=look[1]["registry"] / 2),
    }


def behind_units(inputs: Inputs) -> dict[str, float]:
    """Write units of each table that checking, scoring and deciding one family takes."""
    check, score = (_units(inputs, step)[0] for step in ("check", "score"))
    return {table: check[table] + score[table] for table in TABLES}


def crowds(told: Mapping[str, Any], look_after: int) -> list[Crowd]:
    """Who comes when."""
    if "looks" in told:
        return [Crowd(LOOK, list(_shaped(told["looks"], told)))]
    coming = list(_shaped(told["families"], told))
    later = [(second + look_after, people) for second, people in coming]
    return [Crowd(REGISTER, coming), Crowd(LOOK, later)]


RAISED: Final = {
    GATEWAY: ("gateway_rate", "gateway_burst"),
    ACCOUNT: ("account_rate", "account_burst"),
    FUNCTIONS: ("concurrency",),
    "writes": ("table_wru",),
    "reads": ("table_rru",),
}
"""How walls begin, and the quotas that raise them."""


def carry_out(name: str, configuration: str, plan: Plan, inputs: Inputs) -> Day:
    """Simulate a scenario in a configuration of the plan."""
    return simulated(name, configuration, plan.configurations[configuration], plan, inputs)


def raised_in_turn(name: str, plan: Plan, inputs: Inputs) -> Iterator[Day]:
    """Raise, from default to recommended, the wall that refuses most, until nobody is lost.

    Each wall stands behind the one before it: whoever raises the first alone meets the next.
    """
    quotas, most = (plan.configurations[each] for each in ("default", "recommended"))
    day, left = simulated(name, "default", quotas, plan, inputs), list(RAISED)
    while day.outcome.lost and left:
        refused = day.outcome.refused
        worst = max(left, key=lambda each: sum(n for w, n in refused.items() if w.startswith(each)))
        left.remove(worst)
        quotas = replace(quotas, **{field: getattr(most, field) for field in RAISED[worst]})
        day = simulated(name, f"+ {RAISED[worst][0]}", quotas, plan, inputs)
        yield day


def simulated(name: str, called: str, quotas: Quotas, plan: Plan, inputs: Inputs) -> Day:
    """Simulate a scenario under any quotas."""
    told = plan.scenarios[name]
    pace = quotas.registry_concurrency * plan.given.batch / plan.registry_seconds * told["spread"]
    units = behind_units(inputs)
    working = {table: pace * units[table] for table in TABLES} if "families" in told else {}
    walls = Walls(quotas, plan.given, flows(inputs), told["spread"], working)
    outcome = simulate(crowds(told, plan.look_after), walls, plan.waits)
    queue = None
    if "families" in told:
        first, grows = plan.given.pollers_first, plan.given.pollers_a_minute / 60
        spread = told["spread"]
        queue = behind(
            outcome.through[REGISTER], pace, first * spread, grows * spread, plan.given.batch
        )
    return Day(name, told["title"], called, outcome, queue)


def _units(inputs: Inputs, step: str) -> tuple[dict[str, float], dict[str, float]]:
    writes, reads = dict.fromkeys(TABLES, 0.0), dict.fromkeys(TABLES, 0.0)
    for row, counted in inputs.counts["steps"][step].items():
        table = row.rpartition(" ")[2]
        if table in TABLES:
            writes[table] += counted.get("write units", 0)
            reads[table] += counted.get("half read units", 0) / 2
    return writes, reads


def _shaped(people: int, told: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """People by second: even, falling off, or a day with its busiest hour."""
    if "days" in told:
        yield from _day(people // int(told["days"]), int(told["peak"]))
    elif "falling" in told:
        yield from _falling(people, int(told["seconds"]), float(told["falling"]))
    else:
        yield from _even(people, 0, int(told["seconds"]))


def _even(people: int, start: int, seconds: int) -> Iterator[tuple[int, int]]:
    for second in range(seconds):
        count = people * (second + 1) // seconds - people * second // seconds
        if count:
            yield start + second, count


def _falling(people: int, seconds: int, first: float) -> Iterator[tuple[int, int]]:
    """Falls off in equal ratios, from so many times the mean."""
    weights = _ratios(first)
    step, done, so_far = seconds // QUARTERS, 0, 0.0
    for number, weight in enumerate(weights):
        so_far += weight
        upto = round(people * so_far) if number < QUARTERS - 1 else people
        yield from _even(upto - done, number * step, step)
        done = upto


def _ratios(first: float) -> list[float]:
    """Shares that fall off in equal ratios and begin with so many times the mean."""
    low, high = 0.0, 1.0
    for _ in range(60):
        ratio = (low + high) / 2
        total = sum(ratio**n for n in range(QUARTERS))
        low, high = (ratio, high) if QUARTERS / total > first else (low, ratio)
    total = sum(ratio**n for n in range(QUARTERS))
    return [ratio**n / total for n in range(QUARTERS)]


def _day(people: int, peak: int) -> Iterator[tuple[int, int]]:
    """A day of twelve hours: the busiest is so many times the mean, the others share the rest."""
    busiest = people * peak // 24
    others = (people - busiest) // 11
    for hour in range(12):
        count = busiest if hour == 3 else others  # noqa: PLR2004 - the fourth, nine o'clock
        yield from _even(count, hour * HOUR, HOUR)
