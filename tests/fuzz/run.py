"""As many hostile requests as wanted: `python -m tests.fuzz.run 1000000` (`make fuzz N=...`).

Slices of a thousand requests, one process for each processor. A slice's number decides all its
requests, so a finding is made again with `python -m tests.fuzz.run --slice NUMBER`.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import click

from tests.fuzz.judge import SLICE, Found, Fuzzed, fuzzed

FIRST = 1_000  # the slices below are those of `make test`
AT_A_TIME = 5


def try_slices(numbers: list[int]) -> tuple[Counter[str], list[str]]:
    """Try some slices in this process.

    Returns:
        How often each answer was met, and what was found.
    """
    found: list[str] = []
    with fuzzed() as surface:
        for number in numbers:
            _try(surface, number, found)
        return surface.met, found


def try_staff(requests: int) -> str:
    """Try so many requests at the staff surface; gives what was found, "" for nothing."""
    from tests.fuzz.staff_surface import staff_surface

    with staff_surface() as surface:
        try:
            surface.try_all(requests)
        except Found as broken:
            return str(broken)
        for answer, count in sorted(surface.met.items()):
            click.echo(f"  {answer:<56}{count:>10,}")
    return ""


def _try(surface: Fuzzed, number: int, found: list[str]) -> None:
    try:
        surface.try_slice(number)
    except Found as broken:
        found.append(str(broken))


@click.command()
@click.argument("requests", type=click.IntRange(min=1), default=1_000_000)
@click.option("--slice", "only", type=int, help="only this slice")
@click.option("--staff", is_flag=True, help="to the staff surface, one process")
def main(requests: int, only: int | None, *, staff: bool) -> None:
    """Send hostile requests to the handlers, in process, and judge every answer."""
    if staff:
        if broken := try_staff(requests):
            raise SystemExit(broken)
        click.echo(f"{requests:,} requests to the staff surface, 0 found")
        return
    if only is not None:
        _, found = try_slices([only])
        if found:
            raise SystemExit("\n".join(found))
        click.echo(f"slice {only}: nothing found")
        return
    slices = list(range(FIRST, FIRST + -(-requests // SLICE)))
    packs = [slices[at : at + AT_A_TIME] for at in range(0, len(slices), AT_A_TIME)]
    began, met, findings = time.monotonic(), Counter[str](), list[str]()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for done, (answers, found) in enumerate(pool.map(try_slices, packs), 1):
            met += answers
            findings += found
            for each in found:
                click.echo(f"\n{each}")
            total, seconds = met.total(), time.monotonic() - began
            told = f"{total:,} requests, {total / seconds:,.0f} a second, {len(findings)} found"
            click.echo(f"\r{done * 100 // len(packs):3} %  {told}", nl=False)
    click.echo()
    for answer, count in sorted(met.items()):
        click.echo(f"  {answer:<40}{count:>10,}")
    raise SystemExit(1 if findings else 0)


if __name__ == "__main__":
    main()
