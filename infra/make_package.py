"""A pilot's package for AWS: `python -m infra.make_package --stage mataram` (`make package`).

Built from a clean tree by the Python that the functions run on, for arm64, and checked for all that
Chalice lets pass without a word. What stood in build/<pilot> is replaced when everything holds, and
stays as it is otherwise. The same commit gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra import controls, sbom, stages, zip_checks
from infra.build import SURFACES, Package, build, layers_of, write_report
from infra.layer import REPO, BuildError
from infra.template_lint import lint, transformed
from infra.templates import RESOURCES, Template, read

MACHINE = "aarch64"
PYTHON = controls.RUNTIME.removeprefix("python")
SHOWN = 20  # faults that are told one by one


def right_interpreter(version: tuple[int, ...]) -> None:
    """Refuse any Python but the functions' own: Chalice takes whichever runs it.

    Args:
        version: of the running one, `sys.version_info`.

    Raises:
        BuildError: it is another.
    """
    if ".".join(map(str, version[:2])) != PYTHON:
        raise BuildError(
            f"this is Python {version[0]}.{version[1]}, and the functions run on {PYTHON}: byte "
            f"code and packages would be of the wrong one. Make .venv anew with Python {PYTHON}: "
            f"rm -r .venv && make PYTHON=python{PYTHON} package"
        )


def commit(repo: Path, *, dirty: bool) -> str:
    """Return the commit that a tree is, so that the package can be made again.

    Args:
        repo: of git.
        dirty: take it although it has changes; the name says so.

    Raises:
        BuildError: it has changes that no commit holds, or git does not know it.
    """
    changes = _git(repo, "status", "--porcelain")
    if changes and not dirty:
        few = "\n".join(changes.splitlines()[:SHOWN])
        raise BuildError(
            f"the tree has changes that no commit holds, so nobody could make this package again:\n"
            f"{few}\nCommit them, or add DIRTY=1 for a package to try here."
        )
    return _git(repo, "rev-parse", "HEAD").strip() + ("-dirty" if changes else "")


def _git(repo: Path, *asked: str) -> str:
    try:
        done = subprocess.run(
            ["git", *asked], cwd=repo, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise BuildError(f"git cannot be run: {error}") from error
    if done.returncode:
        raise BuildError(f"git says of {repo}: {done.stderr.strip()}")
    return done.stdout


def make(stage_name: str, out: Path, origin: str) -> tuple[Package, list[str]]:
    """Build a pilot's package, check it and put it in its place.

    Args:
        stage_name: the pilot.
        out: folder of the package; replaced at the end.
        origin: the commit that it is of.

    Returns:
        The package, and what was checked.

    Raises:
        BuildError: it could not be built, or does not hold; `out` is as it was.
        infra.stages.StageError: there is no such pilot, or its file is wrong.
    """
    stage = stages.read(stage_name)
    with _beside(out) as made:
        package = build(stage_name, made, MACHINE)
        (made / "origin.json").write_text(
            json.dumps({"stage": stage_name, "commit": origin, "python": PYTHON}) + "\n"
        )
        sbom.write(made / "sbom.json")
        write_report(package)
        checked = check(package, stage)
    return Package(out), checked


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """A folder that takes another's place if all goes well, and is gone if not."""
    made = out.with_name(f"{out.name}.new-{os.getpid()}")
    try:
        yield made
        shutil.rmtree(out, ignore_errors=True)
        made.rename(out)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def check(package: Package, stage: stages.Stage) -> list[str]:
    """Check a package; returns what was looked at, in words.

    Raises:
        BuildError: something does not hold; all of it is told.
    """
    found: list[str] = []
    said: list[str] = []
    for surface in SURFACES:
        found += zip_checks.faults(package.code(surface), package.layer(surface), MACHINE)
    said.append("byte code believed unread, dates fixed, native files for arm64")
    apps = {surface: read(package.template(surface)) for surface in SURFACES}
    after = {surface: transformed(package.template(surface)) for surface in SURFACES}
    found += _lint(package, after)
    said.append("cfn-lint, before and after SAM's transform")
    built = controls.Built(apps, after, read(RESOURCES), stage["retention"]["log_days"])
    for name, told in controls.faults(built).items():
        found += [f"{name}: {fault}" for fault in told]
        said.append(name)
    if found:
        more = f"\n  and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise BuildError("the package does not hold:\n  " + "\n  ".join(found[:SHOWN]) + more)
    return said


def _lint(package: Package, after: dict[str, Template]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        files = [RESOURCES, *map(package.template, SURFACES)]
        for surface, template in after.items():
            files.append(Path(folder) / f"{surface}.after.json")
            files[-1].write_text(json.dumps(template), "utf-8")
        return lint(files).splitlines()


def _tell(package: Package, checked: list[str], origin: str, seconds: float) -> None:
    told = json.loads((package.folder / "report.json").read_text())
    print(f"{package.folder.relative_to(REPO)}, of commit {origin[:12]}, in {seconds:.0f} s:\n")
    files = [*map(package.code, SURFACES), *layers_of(package), *map(package.template, SURFACES)]
    for name in [*(path.name for path in files), "resources.json", "sbom.json"]:
        print(f"  {told[name]['bytes']:>10,} bytes  sha256 {told[name]['sha256'][:16]}  {name}")
    pages = [about["bytes"] for name, about in told.items() if name.startswith("site/")]
    print(f"  {sum(pages):>10,} bytes  in {len(pages)} files  site/")
    print("\nEvery file's hash is in report.json. Checked:\n")
    for what in checked:
        print(f"  ok  {what}")
    print(f"\n{len(controls.EXCEPTIONS)} controls are left out, with reasons (infra/controls.py).")


def main() -> None:
    """Make a package from the command line; tell sizes, hashes, checks and what comes next."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m infra.make_package")
    parser.add_argument("--stage", required=True)
    parser.add_argument("--dirty", action="store_true", help="take a tree with changes")
    given = parser.parse_args()
    begun = time.monotonic()
    out = REPO / "build" / given.stage
    try:
        right_interpreter(sys.version_info[:3])
        stages.read(given.stage)
        origin = commit(REPO, dirty=given.dirty)
        package, checked = make(given.stage, out, origin)
    except (BuildError, stages.StageError) as error:
        sys.exit(f"No package was made: {error}")
    _tell(package, checked, origin, time.monotonic() - begun)
    if origin.endswith("-dirty"):
        print("It holds changes that no commit has: to try here, not to deploy to an account.")
    if blank := stages.unfilled(stages.read(given.stage)):
        print(f"No account gets it before infra/stages/{given.stage}.yaml says your own:")
        print(f"  {', '.join(blank)}")
    print(f"\nNext: make deploy STAGE={given.stage} ENDPOINT=local tries it here (docs/deploy.md).")


if __name__ == "__main__":
    main()
