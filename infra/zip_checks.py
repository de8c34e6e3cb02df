"""What the zips of a package must hold: byte code that is believed, fixed dates, one processor."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from importlib.util import source_hash
from pathlib import Path, PurePosixPath

from infra.layer import ELF_MACHINES, OLD_DATE, OUTSIDE

UNPACKED_LIMIT = 250 * 1024 * 1024  # bytes of code and layers together (AWS, Lambda quotas)
UNCHECKED = (1).to_bytes(4, "little")  # PEP 552: told by its source's hash, which nobody looks up
TAG = "cpython-311"


def faults(code: Path, layer: Path, machine: str) -> Iterator[str]:
    """Tell what is wrong with a surface's two zips.

    Args:
        code: the functions' own.
        layer: the packages'.
        machine: `x86_64` or `aarch64`.
    """
    unpacked = 0
    for path in (code, layer):
        with zipfile.ZipFile(path) as archive:
            unpacked += sum(entry.file_size for entry in archive.infolist())
            yield from (f"{path.name}: {fault}" for fault in _of_any(archive, machine))
    with zipfile.ZipFile(code) as archive:
        for name in archive.namelist():
            if name.endswith(".py"):
                yield f"{code.name}: {name} is a source; its byte code is enough"
    with zipfile.ZipFile(layer) as archive:
        yield from (f"{layer.name}: {fault}" for fault in _of_sources(archive))
    if unpacked > UNPACKED_LIMIT:
        yield f"{code.name} and its layer unpack to {unpacked:,} bytes, over {UNPACKED_LIMIT:,}"


def _of_any(archive: zipfile.ZipFile, machine: str) -> Iterator[str]:
    names = archive.namelist()
    if names != sorted(set(names), key=PurePosixPath):
        yield "its files are not in order, each once"
    for entry in archive.infolist():
        if entry.date_time != OLD_DATE:
            yield f"{entry.filename} has a date of its own"
        if entry.filename.endswith(".pyc"):
            with archive.open(entry) as file:
                if file.read(8)[4:] != UNCHECKED:
                    yield f"{entry.filename} is byte code that each start would compare"
        elif ".so" in PurePosixPath(entry.filename).suffixes:
            with archive.open(entry) as file:
                head = file.read(20)
            found = int.from_bytes(head[18:20], "little")
            if head[:4] == b"\x7fELF" and found != ELF_MACHINES[machine]:
                yield f"{entry.filename} is not for {machine}"


def _of_sources(archive: zipfile.ZipFile) -> Iterator[str]:
    """A source without byte code would be compiled at each start; of another one, never read."""
    names = set(archive.namelist())
    for name in names:
        path = PurePosixPath(name)
        if path.name == "RECORD" and OUTSIDE in archive.read(name).decode():
            yield f"{name} lists what is not in the layer, and differs from machine to machine"
        if path.suffix != ".py":
            continue
        compiled = str(path.parent / "__pycache__" / f"{path.stem}.{TAG}.pyc")
        if compiled not in names:
            yield f"{name} has no byte code"
        elif archive.read(compiled)[8:16] != source_hash(archive.read(name)):
            yield f"{name} has byte code of another source"
