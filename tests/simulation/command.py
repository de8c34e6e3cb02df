"""`make simulate`: run schedules of faults, and tell the first that breaks something, shrunk.

python -m tests.simulation.command 0:5000          these seeds
python -m tests.simulation.command 674             one seed, with all that happened in it
python -m tests.simulation.command --on 20000      as many more as were never run on this code

With TEPAT_PROCESSES=1 in one process; else in as many as there are processors. What comes of a
seed is the same.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.simulation.many import Piece, pieces
from tests.simulation.plans import plan_of
from tests.simulation.schedule import Schedule
from tests.simulation.shrinking import shrink, story
from tests.simulation.sources import ROOT, code_digest

STATE = ROOT / ".local" / "simulation.json"
ENOUGH = 1_000_000
TELL_EVERY_S = 30.0


@dataclass
class Figures:
    """What was run on one state of the code.

    Attributes:
        code: digest of the sources that are simulated and that simulate.
        seeds: all from 0 up to this one were run.
        cpu_s: seconds of one processor.
    """

    code: str
    seeds: int = 0
    calls: int = 0
    faults: int = 0
    cpu_s: float = 0.0

    def __str__(self) -> str:
        rate = f", {self.seeds / self.cpu_s:.0f} a second of one processor" if self.cpu_s else ""
        return f"{self.seeds:,} schedules, {self.calls:,} calls, {self.faults:,} faults{rate}"

    def add(self, piece: Piece) -> None:
        """Count a piece of work."""
        self.seeds += piece.seeds
        self.calls += piece.calls
        self.faults += piece.faults
        self.cpu_s += piece.cpu_s


def run(seeds: range, figures: Figures, keep: Callable[[], object] = lambda: None) -> str:
    """Run these seeds; the story of the first that breaks something, "" when none does.

    Args:
        keep: called after each piece of work, whose seeds all hold.
    """
    began, told, first = time.monotonic(), 0.0, figures.seeds
    for piece in pieces(seeds.start, seeds.stop, processes()):
        figures.add(piece)
        if piece.broken is not None:
            return story(shrink(plan_of(piece.broken)))
        keep()
        wall_s = time.monotonic() - began
        if wall_s - told > TELL_EVERY_S:
            told = wall_s
            rate = (figures.seeds - first) / wall_s
            sys.stderr.write(f"{figures}; {rate:.0f} a second of the clock\n")
            sys.stderr.flush()
    return ""


def processes() -> int:
    """How many schedules run at once."""
    return int(os.environ.get("TEPAT_PROCESSES", "0")) or os.cpu_count() or 1


def go_on(count: int, state: Path = STATE) -> tuple[Figures, str]:
    """Run the next seeds that were never run on this code, and remember how far it got."""
    code = code_digest()
    figures = Figures(code)
    if state.is_file():
        kept = Figures(**json.loads(state.read_text()))
        figures = kept if kept.code == code else figures
    state.parent.mkdir(exist_ok=True)

    def keep() -> None:
        fresh = state.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(figures)))
        fresh.replace(state)

    told = run(range(figures.seeds, min(figures.seeds + count, ENOUGH)), figures, keep)
    return figures, told


def main(arguments: list[str]) -> int:
    """Carry out the command; 1 when a schedule breaks something."""
    if arguments[:1] == ["--on"]:
        figures, told = go_on(int(arguments[1]))
    elif arguments and ":" in arguments[0]:
        first, _, last = arguments[0].partition(":")
        figures = Figures("")
        told = run(range(int(first), int(last)), figures)
    elif arguments:
        plan = plan_of(int(arguments[0]))
        broken = bool(Schedule(plan).go().violations)
        sys.stdout.write(story(shrink(plan) if broken else plan) + "\n")
        return int(broken)
    else:
        sys.stdout.write(f"{__doc__}\n")
        return 2
    sys.stdout.write(f"{told}\n" if told else "")
    sys.stdout.write(f"{figures}: {'one is broken' if told else 'all invariants hold'}\n")
    return int(bool(told))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
