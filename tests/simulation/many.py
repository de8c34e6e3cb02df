"""Many schedules, one after another or in several processes: what came of each is the same."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import starmap
from multiprocessing import get_context
from time import process_time

from tests.simulation.plans import plan_of
from tests.simulation.schedule import Schedule
from tests.simulation.told import Result

AT_ONCE = 250  # seeds of one piece of work
COLLECT_EVERY = 60


@dataclass(frozen=True)
class Piece:
    """What came of some seeds that follow each other.

    Attributes:
        seeds: how many were run; fewer than were asked for when one broke something.
        broken: the seed that did, or None.
        cpu_s: seconds of one processor.
    """

    seeds: int
    calls: int
    faults: int
    cpu_s: float
    broken: int | None


def results(seeds: Iterable[int]) -> Iterator[Result]:
    """Run the schedules of seeds, one after another.

    Nearly all that a schedule makes lives until its end, so Python's search for cycles finds
    nothing meanwhile and takes a tenth of the time. It rests, and is done after every sixty.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        for number, seed in enumerate(seeds, start=1):
            yield Schedule(plan_of(seed)).go()
            if number % COLLECT_EVERY == 0:
                gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()


def piece(first: int, last: int) -> Piece:
    """Run the seeds from the first to before the last, until one breaks something."""
    began, count, calls, faults = process_time(), 0, 0, 0
    broken: int | None = None
    for result in results(range(first, last)):
        count += 1
        calls += result.region.aws.made
        faults += len(result.region.aws.fired)
        if result.violations:
            broken = result.plan.seed
            break
    return Piece(count, calls, faults, process_time() - began, broken)


def pieces(first: int, last: int, processes: int) -> Iterator[Piece]:
    """Run seeds in pieces, in several processes; the pieces come in the order of the seeds."""
    starts = range(first, last, AT_ONCE)
    ranges = [(start, min(start + AT_ONCE, last)) for start in starts]
    if processes == 1:
        yield from starmap(piece, ranges)
        return
    with get_context("fork").Pool(processes) as pool:
        yield from pool.imap(_piece, ranges)


def _piece(ends: tuple[int, int]) -> Piece:
    return piece(*ends)
