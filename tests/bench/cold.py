"""Cold starts of the functions, each in a bare interpreter with what is deployed and no more.

`loaded` counts modules, `instructions` what the processor did, with valgrind where it is there.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from infra.build import requirements
from tests.bench.functions import SURFACE

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("cold_start.py")
RUNTIME = ("boto3", "botocore", "python-dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""What Lambda itself brings; Chalice is packaged with the code."""

_PIN = re.compile(r"^([a-z0-9-]+)==", re.MULTILINE)
_COUNTED = re.compile(r"I\s+refs:\s+([0-9,]+)")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a function's first use took.

    Attributes:
        asked_by: module -> the module that asked for it first ("" for the interpreter's own).
        calls: AWS operation -> how often it was called.
    """

    asked_by: Mapping[str, str]
    calls: Mapping[str, int]

    @property
    def packages(self) -> set[str]:
        """Names of the packages."""
        return {name.partition(".")[0] for name in self.asked_by}

    def chain(self, module: str) -> str:
        """Who brought a module, from it back to what Lambda imports: "a < b < app"."""
        steps = [module]
        while (asker := self.asked_by.get(steps[-1], "")) and asker not in steps:
            steps.append(asker)
        return " < ".join(steps)


@cache
def loaded(function: str) -> Loaded:
    """Use a function once in a fresh process."""
    ran = subprocess.run(
        _command(function),
        env=_environment(function),
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-3_000:]
    told = json.loads(ran.stdout.splitlines()[-1])
    return Loaded(told["asked_by"], told["calls"])


def instructions(function: str) -> int | None:
    """Instructions of a function's cold start with its first use; None where valgrind is not.

    Two runs differ by less than a thousandth (docs/budgets.md): hash seed and clock stand still,
    byte code is there, and only keys and nonces are new.
    """
    loaded(function)  # byte code of what was edited since is written now
    return counted([*_command(function), "plain"], _environment(function))


def counted(command: list[str], environment: Mapping[str, str]) -> int | None:
    """Instructions of a program; None where valgrind is not."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        return None
    tool = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    ran = subprocess.run(
        [valgrind, *tool, *command],
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    found = _COUNTED.search(ran.stderr)
    assert ran.returncode == 0 and found, ran.stderr[-3_000:]  # noqa: PT018 - both mean it did not run
    return int(found[1].replace(",", ""))


def _command(function: str) -> list[str]:
    return [sys.executable, "-S", "-P", str(PROGRAM), str(_kept()), function]


def _environment(function: str) -> dict[str, str]:
    """The function's settings and nothing of this machine's but where Python is."""
    settings: dict[str, str] = json.loads(_kept().read_text("utf-8"))[function]["environment"]
    pins = requirements(SURFACE.get(function, "public")).name
    path = os.pathsep.join((str(ROOT), str(_packages(pins))))
    return settings | {"PATH": os.environ["PATH"], "PYTHONPATH": path}


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="tepat-bench-")  # gone with this process


@cache
def _kept() -> Path:
    """The family's way, taken once for this process."""
    path = Path(_folder().name) / "kept.json"
    command = [sys.executable, "-m", "tests.bench.journey", str(path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
    assert ran.returncode == 0, ran.stderr[-3_000:]
    return path


@cache
def _packages(pins: str) -> Path:
    """A folder with the packages that a deployed function finds, and no other."""
    folder = Path(_folder().name) / f"packages of {pins}"
    folder.mkdir()
    installed = Path(sysconfig.get_path("purelib"))
    for name in sorted(set(_parts(pins))):
        (folder / name).symlink_to(installed / name)
    return folder


def _parts(pins: str) -> Iterator[str]:
    """Files and folders at the top of what is deployed."""
    pinned = _PIN.findall((ROOT / pins).read_text("utf-8"))
    for distribution in (*RUNTIME, "chalice", *pinned):
        for file in importlib.metadata.files(distribution) or ():
            if file.parts[0] not in ("..", "__pycache__"):
                yield file.parts[0]
