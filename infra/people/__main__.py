"""Write the population of the civil registry sandbox from the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.adapters.area_files import region_villages
from infra.people import DEFAULT_FAMILIES, write_population

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Write a population file from the command line.

    Returns:
        Exit code: 0, or 1 when the region is unknown or the file cannot be written.
    """
    parser = argparse.ArgumentParser(
        prog="python -m infra.people",
        description="Write the population of the civil registry sandbox: invented people only, "
        "every NIK with a serial of 9901 or above. The same seed gives the same file.",
    )
    parser.add_argument("--population", type=Path, required=True, help="the file to write")
    parser.add_argument(
        "--families", type=int, default=DEFAULT_FAMILIES, help=f"how many ({DEFAULT_FAMILIES})"
    )
    parser.add_argument("--seed", type=int, default=3510, help="whole number (3510)")
    parser.add_argument("--region", default="3510", help="Kemendagri code, four digits (3510)")
    options = parser.parse_args(argv)
    try:
        region_villages(options.region)
        written = write_population(
            options.population, options.seed, options.families, region=options.region
        )
    except (OSError, LookupError) as fault:
        print(f"No population was written: {fault}", file=sys.stderr)
        return 1
    print(f"{written} people of {options.families} families in {options.population}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
