"""`make faithful N=20000`: so many random calls into the fakes, moto and the local AWS.

python -m tests.faithful.run 20000             from the first seed on
python -m tests.faithful.run 20000 --first 50  from another one
"""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path

import click
from tqdm import tqdm

from tests import local_aws
from tests.faithful.comparing import Stage
from tests.faithful.differences import excused
from tests.faithful.playing import Differs, play_until
from tests.faithful.sides import both


@click.command()
@click.argument("calls", type=click.IntRange(min=1), default=20_000)
@click.option("--first", type=int, default=10_000, help="seed of the first ten examples")
def main(calls: int, first: int) -> None:
    """Make random calls on all three sides, and compare every answer and all that is stored."""
    stopped = ""
    with (
        tempfile.TemporaryDirectory() as folder,
        local_aws.bare(Path(folder)) as aws,
        both(aws.endpoint) as sides,
        tqdm(total=calls, unit=" calls", smoothing=0) as bar,
    ):
        stage = Stage(sides, excused)
        try:
            seed = play_until(stage, calls, first=first, told=lambda made: bar.update(made - bar.n))
        except Differs as differs:
            stopped = str(differs)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(each.ru_utime + each.ru_stime for each in used)
    if stopped:
        raise SystemExit(stopped)
    click.echo(
        f"{stage.calls:,} calls on each of the three, seeds {first} to {seed - 1}: no difference "
        f"but the named ones, met {stage.met} times; {cpu:,.0f} s of one processor"
    )


if __name__ == "__main__":
    main()
