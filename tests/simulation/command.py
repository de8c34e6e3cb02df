"""`make simulate`: run schedules of faults, and tell the first that breaks something, shrunk.

python -m tests.simulation.command 0:5000          these seeds
python -m tests.simulation.command 674             one seed, with all that happened in it
python -m tests.simulation.command --on 20000      as many more as were never run on this code
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.simulation.plans import plan_of
from tests.simulation.schedule import Schedule
from tests.simulation.shrinking import shrink, story

ROOT = Path(__file__).parent.parent.parent
STATE = ROOT / ".local" / "simulation.json"
ENOUGH = 1_000_000
SAVE_EVERY = 500


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


def code_digest() -> str:
    """SHA-256 of every source that a schedule runs."""
    sources = [*(ROOT / "chalicelib").rglob("*.py"), *(ROOT / "tests" / "simulation").glob("*.py")]
    sources += [ROOT / "tests" / "fakes.py", ROOT / "tests" / "world.py"]
    digest = hashlib.sha256()
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def run(seeds: range, figures: Figures) -> str:
    """Run these seeds; the story of the first that breaks something, "" when none does."""
    for seed in seeds:
        began = time.process_time()
        result = Schedule(plan_of(seed)).go()
        figures.cpu_s += time.process_time() - began
        figures.seeds += 1
        figures.calls += result.region.aws.made
        figures.faults += len(result.region.aws.fired)
        if result.violations:
            return story(shrink(result.plan))
    return ""


def go_on(count: int, state: Path = STATE) -> tuple[Figures, str]:
    """Run the next seeds that were never run on this code, and remember how far it got."""
    code = code_digest()
    figures = Figures(code)
    if state.is_file():
        kept = Figures(**json.loads(state.read_text()))
        figures = kept if kept.code == code else figures
    until = min(figures.seeds + count, ENOUGH)
    while figures.seeds < until:
        told = run(range(figures.seeds, min(figures.seeds + SAVE_EVERY, until)), figures)
        if told:
            return figures, told
        state.parent.mkdir(exist_ok=True)
        state.write_text(json.dumps(asdict(figures)))
    return figures, ""


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
