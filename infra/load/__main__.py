"""`python -m infra.load`: simulate the days of infra/load.yaml, then load a real stack."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from infra import local, stacks, stages
from infra.cost import inputs
from infra.cost.inputs import InputError, Inputs
from infra.layer import BuildError
from infra.load import real, scenarios, text
from infra.load.real import Compared
from infra.load.scenarios import Plan
from infra.local_aws.server import LocalRunError

LEAST, MOST = 20, 2000
LOST, BROKE_OFF = 1, 2


def simulated(plan: Plan, given: Inputs) -> Iterator[scenarios.Day]:
    """Every scenario as it is by default, with one wall raised after another, as recommended."""
    for name in plan.scenarios:
        day = scenarios.carry_out(name, "default", plan, given)
        yield day
        if day.outcome.lost:
            yield from scenarios.raised_in_turn(name, plan, given)
        yield scenarios.carry_out(name, "recommended", plan, given)


def compared(rows: Sequence[Compared]) -> Iterator[str]:
    """What was predicted and measured, as a table."""
    yield f"  {'':<36}{'predicted':>11}{'measured':>11}{'apart':>9}"
    for row in rows:
        said = "" if row.agrees else "  MORE THAN 5 %"
        figures = f"{row.predicted:>11,.0f}{row.measured:>11,.0f}{row.apart:>+9.1%}"
        yield f"  {row.name:<36}{figures}{said}"


def main() -> int:
    """Simulate, then load.

    Returns:
        0; 1 when the recommended configuration loses anybody or prediction and measurement are
        apart; 2 for wrong input or when it cannot run here.
    """
    parser = argparse.ArgumentParser(prog="python -m infra.load", description=__doc__)
    parser.add_argument("--families", default="300", help="of the real load (300)")
    parser.add_argument("--port", type=int, default=4880, help="first of four ports (4880)")
    parser.add_argument("--simulate", action="store_true", help="no real load")
    asked = parser.parse_args()
    if not asked.families.isdigit() or not LEAST <= int(asked.families) <= MOST:
        print(f"N must be a whole number from {LEAST} to {MOST}; not {asked.families!r}.",
              file=sys.stderr)  # fmt: skip
        return BROKE_OFF
    try:
        plan, given = scenarios.read(), inputs.read()
        bad = _simulate(plan, given)
        if not asked.simulate:
            bad |= _load(int(asked.families), asked.port, given)
    except InputError as error:
        print(error, file=sys.stderr)
        return BROKE_OFF
    except (LocalRunError, BuildError, stages.StageError, stacks.StackError) as error:
        print(f"\nThe load broke off: {error}", file=sys.stderr)
        return BROKE_OFF
    except KeyboardInterrupt:
        print("\nStopped; nothing was compared.", file=sys.stderr)
        return BROKE_OFF
    print("\nWhat to raise, warm and stage before such a day: docs/load.md.")
    return LOST if bad else 0


def _simulate(plan: Plan, given: Inputs) -> bool:
    """Print what each day would be; whether the recommended configuration loses somebody."""
    days = list(simulated(plan, given))
    print("Simulated with this code's counts and AWS's quotas; in whole people and requests.")
    print("\n".join(text.lines(days)))
    return any(day.outcome.lost for day in days if day.configuration == "recommended")


def _load(families: int, port: int, given: Inputs) -> bool:
    """Load a stack of its own; whether anything is further apart than it may be."""
    print("\nA real load, on a Tepat of its own:")
    folder = local.KEPT / "load" / str(port)
    rows = real.run(families, port, folder, given, lambda told: print(f"  {told}", flush=True))
    print("\n".join(compared(rows)))
    return not all(row.agrees for row in rows)


if __name__ == "__main__":
    raise SystemExit(main())
