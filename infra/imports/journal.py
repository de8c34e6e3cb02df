"""How far an import has come, in a file beside the list; a process may end at any instruction.

The first line says what is imported; each other one says that a batch of families is stored for
good. It is written after the batch, so that a batch may be stored and not be in the journal: it is
stored again, and meets itself. Half a line at the end is what an end in the middle of writing
leaves; it is taken off. The journal holds line numbers and codes, and nobody's number or name.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

FORMAT = 1


class JournalError(ValueError):
    """The journal is of another import, or another process is writing it; it says which."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some families.

    Attributes:
        until: how many families of the list are done with, from its beginning.
        stored: stored now; `again` were there from an earlier try.
        told: (line, code) of families that the tables did not take.
    """

    until: int
    stored: int
    again: int
    told: tuple[tuple[int, str], ...] = ()


@dataclass
class Journal:
    """An open journal.

    Attributes:
        until: how many families of the list are done with.
        stored, again: sums over all batches.
    """

    out: BinaryIO
    until: int = 0
    stored: int = 0
    again: int = 0
    told: list[tuple[int, str]] = field(default_factory=list)

    def add(self, batch: Batch) -> None:
        """Write that a batch is stored for good."""
        self._count(batch)
        self.out.write(_line(asdict(batch)))
        self.out.flush()
        os.fsync(self.out.fileno())

    def _count(self, batch: Batch) -> None:
        self.until = batch.until
        self.stored += batch.stored
        self.again += batch.again
        self.told += batch.told

    def read(self, lines: Iterator[bytes]) -> None:
        """Take up what an earlier process has written."""
        for line in lines:
            fields = json.loads(line)
            told = tuple((int(at), str(code)) for at, code in fields.pop("told"))
            self._count(Batch(told=told, **fields))


@contextmanager
def opened(path: Path, about: Mapping[str, Any]) -> Iterator[Journal]:
    """Open the journal of an import, or begin it.

    Args:
        path: beside the list.
        about: what is imported: the file's SHA-256, the stage, the list's name and day.

    Raises:
        JournalError: it is another import's, or another process has it open.
    """
    header = {"format": FORMAT, **about}
    with path.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalError("another process is importing this file") from None
        file.seek(0)
        whole = file.read()
        kept = whole[: whole.rfind(b"\n") + 1]
        file.truncate(len(kept))
        lines = iter(kept.splitlines())
        journal = Journal(file)
        try:
            begun = next(lines, None)
            if begun is not None and (differs := _differs(json.loads(begun), header)):
                raise JournalError(
                    f"{path.name} is of another import: it differs in {', '.join(differs)}."
                    " Move it away to begin anew; what is stored already is not stored twice"
                )
            journal.read(lines)
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise JournalError(f"{path.name} is no journal of an import; move it away") from error
        if begun is None:
            file.write(_line(header))
            file.flush()
            os.fsync(file.fileno())
        yield journal


def _differs(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    names = {**found, **wanted}
    return sorted(name for name in names if found.get(name) != wanted.get(name))


def _line(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"
