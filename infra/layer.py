"""A layer: the packages of a requirements file, fetched once by hash and byte-compiled."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REPO = Path(__file__).parent.parent
ELF_MACHINES = {"x86_64": 0x3E, "aarch64": 0xB7}
OLD_DATE = (1985, 10, 26, 8, 15, 0)  # any fixed date: the same content gives the same bytes
OUTSIDE = "../"  # so a package's own list (RECORD, PEP 376) names commands and manual pages


class BuildError(RuntimeError):
    """The packages cannot be built; the message says why."""


def this_machine() -> str:
    """Return this machine's processor, `x86_64` or `aarch64`."""
    machine = platform.machine()
    return {"arm64": "aarch64", "amd64": "x86_64"}.get(machine.lower(), machine)


def build_layer(machine: str, cache: Path, requirements: Path) -> Path:
    """Build the layer for a processor, or take the one already built from the same pins.

    Args:
        machine: `x86_64` or `aarch64`.
        requirements: file of the pins.
        cache: folder that keeps layers between builds.

    Returns:
        The zip; its name carries the hash of the pins.

    Raises:
        BuildError: a package cannot be had as a wheel, its hash is wrong, or a native file in it
            is for another processor.
    """
    pins = requirements.read_bytes() + Path(__file__).read_bytes()  # and how it is built
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(pins + version.encode() + machine.encode()).hexdigest()[:16]
    layer = cache / f"layer-{machine}-{digest}.zip"
    if layer.is_file():
        return layer
    cache.mkdir(parents=True, exist_ok=True)
    print(f"  fetching the packages of {requirements.name} for {machine} (once)", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "python"
        _fetch(requirements, python, machine, version)
        _check_native(python, machine)
        _without_commands(python)
        byte_compile(python, "/opt/python")
        zip_fixed(Path(folder), layer)
    return layer


def _fetch(requirements: Path, target: Path, machine: str, version: str) -> None:
    """Install by hash; Lambda's Python 3.11 has glibc 2.26, later ones 2.34."""
    newest_glibc = 17 if version in {"3.10", "3.11"} else 34
    platforms = [f"manylinux2014_{machine}"]
    platforms += [f"manylinux_2_{minor}_{machine}" for minor in range(17, newest_glibc + 1)]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--only-binary=:all:", "--no-compile", "--no-deps"]
    command += ["--implementation=cp", f"--python-version={version}", f"--target={target}"]
    command += [f"--platform={name}" for name in platforms]
    done = subprocess.run(
        [*command, "-r", str(requirements)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"pip could not fetch the functions' packages:\n{done.stderr.strip()}")


def _without_commands(python: Path) -> None:
    """Leave commands out, and out of their packages' lists: their hash is of this clone's path."""
    shutil.rmtree(python / "bin", ignore_errors=True)
    for listed in python.glob("*.dist-info/RECORD"):
        lines = listed.read_text("utf-8").splitlines(keepends=True)
        listed.write_text("".join(each for each in lines if not each.startswith(OUTSIDE)), "utf-8")


def _check_native(folder: Path, machine: str) -> None:
    for path in folder.rglob("*.so*"):
        head = path.read_bytes()[:20]
        if (
            head[:4] == b"\x7fELF"
            and int.from_bytes(head[18:20], "little") != (ELF_MACHINES[machine])
        ):
            raise BuildError(f"{path.name} is not for {machine}")


def byte_compile(folder: Path, home: str, *options: str) -> None:
    """Byte-compile a folder, the same bytes from the same sources on any machine.

    `unchecked-hash` matters: zips carry old dates, so time-checked byte code would count as stale
    and every cold start would compile again (2.4 to 3 times the instructions). A process of its
    own with a fixed hash seed matters too: the order of a set and what is shared differ otherwise.
    Columns of tracebacks are left out, a fifth of the code zip: our log lines tell lines alone.

    Args:
        folder: the sources, or one file.
        home: where Lambda unpacks the folder; stands in tracebacks.
        options: more for `python -m compileall`.

    Raises:
        BuildError: some file does not compile.
    """
    root = folder if folder.is_dir() else folder.parent
    command = [sys.executable, "-P", "-m", "compileall", "-q", "-f", "-s", str(root), "-p", home]
    done = subprocess.run(
        [*command, "--invalidation-mode", "unchecked-hash", *options, str(folder)],
        env={"PYTHONHASHSEED": "0", "PYTHONNODEBUGRANGES": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"a file does not compile:\n{done.stdout}{done.stderr}")


def zip_fixed(folder: Path, target: Path) -> None:
    """Zip a folder in fixed order with fixed dates: the same content gives the same bytes.

    Args:
        folder: what is zipped.
        target: the zip, replaced in one step.
    """
    part = target.with_suffix(f".{os.getpid()}.part")  # two builds may run at once
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), OLD_DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes())
    part.replace(target)
