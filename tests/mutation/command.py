"""Break the core and the access rules on purpose, and see whether a test notices.

`make mutate` goes on where it stopped. It fails below the share asked for, with a survivor that
`equivalent.toml` does not explain, and with an explanation of something that does not survive.
"""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import get_module_from_key, orig_function_and_class_names_from_key

LEAST_KILLED = 0.95
EXPLAINED = Path(__file__).parent / "equivalent.toml"
MUTANTS = Path("mutants")
KILLED = frozenset({"killed", "timeout"})
"""A mutant that never ends is noticed too: the test that runs it does not pass."""
OPEN = "not checked"
QUIET = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # their loading is half the time of a mutant


@dataclass(frozen=True, slots=True)
class Change:
    """What a mutant changes, which stays the same when mutants are numbered anew.

    Attributes:
        place: module and function.
        before: the lines taken out, without indentation.
        after: the lines put in their place.
    """

    place: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mutant as it was tried."""

    name: str
    path: str
    status: str


def tried() -> Iterator[Mutant]:
    """All mutants that were made, file by file."""
    for path in sorted(walk_mutatable_files()):
        kept = SourceFileMutationData(path=path)
        kept.load()
        for name, code in kept.exit_code_by_key.items():
            yield Mutant(name, str(path), status_by_exit_code[code])


def change_of(name: str, diff: str) -> Change:
    """Read what a mutant changes from its difference to the original."""
    function, class_name = orig_function_and_class_names_from_key(name)
    module = get_module_from_key(name)
    place = ".".join(part for part in (module, class_name, function) if part)
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "@@"))]
    before = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    after = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return Change(place, before, after)


def explained(text: str) -> dict[Change, str]:
    """The mutants that change nothing anybody can see, with the reason.

    Raises:
        ValueError: one has no reason, or stands there twice.
    """
    found: dict[Change, str] = {}
    for entry in tomllib.loads(text).get("equivalent", []):
        change = Change(entry["place"], entry["before"], entry["after"])
        if change in found or not entry["why"].strip():
            raise ValueError(f"{change.place}: twice, or without a reason")
        found[change] = entry["why"]
    return found


def score(states: Counter[str]) -> float:
    """The share of the mutants tried that a test noticed, from 0 to 1."""
    done = states.total() - states[OPEN]
    return sum(states[state] for state in KILLED) / done if done else 0.0


def table(mutants: Iterable[Mutant], equivalent: Mapping[str, int]) -> Iterator[str]:
    """The lines of the report: a file each, and all of them together.

    Args:
        equivalent: explained survivors by path.
    """
    by_path: dict[str, Counter[str]] = {}
    for mutant in mutants:
        by_path.setdefault(mutant.path, Counter())[mutant.status] += 1
    yield (
        f"{'':44}{'made':>7}{'killed':>8}{'endless':>9}{'survived':>10}{'explained':>11}{'score':>9}"
    )
    total = Counter[str]()
    for path, states in by_path.items():
        yield _line(path, states, equivalent.get(path, 0))
        total += states
    yield _line("all", total, sum(equivalent.values()))


def _line(name: str, states: Counter[str], equivalent: int) -> str:
    survived = states.total() - sum(states[state] for state in (*KILLED, OPEN))
    rest = f", {states[OPEN]} not tried" if states[OPEN] else ""
    return (
        f"{name:44}{states.total():7,}{states['killed']:8,}{states['timeout']:9,}{survived:10,}"
        f"{equivalent:11,}{100 * score(states):8.1f}%{rest}"
    )


def judge(survivors: Mapping[Change, str], known: Mapping[Change, str], share: float) -> list[str]:
    """What is wrong with a complete run; nothing when it is as asked.

    Args:
        survivors: mutant's name by what it changes.
        known: the explained ones.
        share: killed of all, from 0 to 1.
    """
    unexplained = survivors.keys() - known.keys()
    wrong = [f"survives unexplained: {survivors[change]}" for change in unexplained]
    wrong += [
        f"explained, but does not survive: {change.place}: {change.before} -> {change.after}"
        for change in known.keys() - survivors.keys()
    ]
    if share < LEAST_KILLED:
        wrong.append(f"{100 * share:.1f} % killed, and {100 * LEAST_KILLED:.0f} % are asked for")
    return sorted(wrong)


def _prepare() -> None:
    """Take the tests and data of now.

    Another configuration makes other mutants, so all begins anew. Another test may notice what
    survived, so that is tried again, once it is known anew which test reaches which function.
    """
    settings = repr(tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["tool"]["mutmut"])
    if _changed("configured", settings):
        shutil.rmtree(MUTANTS, ignore_errors=True)
    for old in MUTANTS.glob("*"):
        if old.is_dir() and old.name != "chalicelib":
            shutil.rmtree(old)
    shutil.rmtree(MUTANTS / "chalicelib" / "data", ignore_errors=True)
    tests = "".join(path.read_text("utf-8") for path in sorted(Path("tests").rglob("*.py")))
    if _changed("tested-with", tests):
        _forget_survivors()
        (MUTANTS / "mutmut-stats.json").unlink(missing_ok=True)
    MUTANTS.mkdir(exist_ok=True)
    for mark, text in (("configured", settings), ("tested-with", tests)):
        (MUTANTS / mark).write_text(_digest(text))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _changed(mark: str, text: str) -> bool:
    kept = MUTANTS / mark
    return not kept.is_file() or kept.read_text() != _digest(text)


def _forget_survivors() -> None:
    for path in walk_mutatable_files():
        kept = SourceFileMutationData(path=path)
        kept.load()
        codes = kept.exit_code_by_key
        survived = {name for name, code in codes.items() if status_by_exit_code[code] not in KILLED}
        if survived:
            codes |= dict.fromkeys(survived)
            kept.save()


def _try_mutants(names: Iterable[str], processes: int) -> None:
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    command = [mutmut, "run", "--max-children", str(processes), *names]
    done = subprocess.run(command, env=os.environ | QUIET, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    click.echo(f"{(used.ru_utime + used.ru_stime) / 60:.1f} minutes of processor time")


@click.command()
@click.argument("names", nargs=-1)
@click.option("--processes", default=2, show_default=True)
@click.option("--report", "only_report", is_flag=True, help="tell what is known, try nothing")
def main(names: tuple[str, ...], processes: int, *, only_report: bool) -> None:
    """Try the mutants that were not tried yet, or those of the names given (with *)."""
    if not only_report:
        _prepare()
        _try_mutants(names, processes)
    mutants = list(tried())
    known = explained(EXPLAINED.read_text("utf-8"))
    survivors: dict[Change, str] = {}
    equivalent = Counter[str]()
    for mutant in mutants:
        if mutant.status in KILLED or mutant.status == OPEN:
            continue
        diff = get_diff_for_mutant(mutant.name, path=mutant.path)
        change = change_of(mutant.name, diff)
        survivors[change] = mutant.name
        equivalent[mutant.path] += change in known
        if change not in known:
            click.echo(f"\n{mutant.name}: {mutant.status}\n{diff}")
    click.echo("\n" + "\n".join(table(mutants, equivalent)))
    states = Counter(mutant.status for mutant in mutants)
    if states[OPEN]:
        raise SystemExit(f"{states[OPEN]:,} mutants are not tried yet: run it again")
    if wrong := judge(survivors, known, score(states)):
        raise SystemExit("\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
