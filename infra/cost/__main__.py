"""`python -m infra.cost --families 95000000`: the bill of a year, as text and as a page."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from infra.cost import grown, inputs, page, text
from infra.cost.inputs import Inputs

BUILD = Path(__file__).parents[2] / "build" / "cost"
MOST = 1_000_000_000


class WrongError(ValueError):
    """What was asked for cannot be; the message is one sentence."""


def number(told: str, name: str) -> int:
    """A whole number above zero.

    Raises:
        WrongError: it is none.
    """
    try:
        found = int(told.replace("_", "").replace(",", ""))
    except ValueError:
        raise WrongError(
            f"{name} must be a whole number, such as 95000000; not {told!r}."
        ) from None
    if not 0 < found <= MOST:
        raise WrongError(f"{name} must be between 1 and {MOST:,}; not {told}.")
    return found


def regions(given: Inputs, families: int) -> int:
    """How many stages so many families need as it is built: one for each region."""
    return math.ceil(families / given["region_families"])


def main() -> int:
    """Print the bill and write its page.

    Returns:
        0; 1 when a count has grown by too much since it was committed; 2 for wrong input.
    """
    parser = argparse.ArgumentParser(prog="python -m infra.cost", description=__doc__)
    parser.add_argument("--families", default="95000000")
    parser.add_argument(
        "--stages", default="", help="deployments; one for each region if not given"
    )
    parser.add_argument("--profile", type=Path, default=inputs.PROFILE)
    parser.add_argument("--since", default="HEAD", help="commit whose counts are agreed on")
    parser.add_argument("--out", type=Path, default=BUILD)
    asked = parser.parse_args()
    try:
        families = number(asked.families, "FAMILIES")
        given = inputs.read(asked.profile)
        stages = number(asked.stages, "STAGES") if asked.stages else regions(given, families)
        told = text.tell(given, families, stages)
    except (WrongError, inputs.InputError) as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(text.lines(told)))
    asked.out.mkdir(parents=True, exist_ok=True)
    written = asked.out / "index.html"
    written.write_text(page.page(told), "utf-8")
    print(
        f"\nWith charts: {written}. Other assumptions: change infra/profile.yaml and run it again."
    )
    more = grown.grown(given.counts, grown.committed(asked.since), given.targets["grown_percent"])
    if more:
        most = given.targets["grown_percent"]
        print(
            f"\nGrown by {most:g} % or more since {asked.since}:",
            *more,
            sep="\n  ",
            file=sys.stderr,
        )
    return 1 if more else 0


if __name__ == "__main__":
    raise SystemExit(main())
