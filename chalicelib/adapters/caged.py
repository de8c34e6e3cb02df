"""Runs a program that reads what strangers sent, where it can do no harm to us.

A process of its own with little memory, time and room for its answer, and nothing of our
environment: no credentials. Its limits stand before it is given the first byte.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_KEPT: Final = (
    "LD_LIBRARY_PATH",
    "PATH",
    "TMPDIR",
)  # without them a function's Python does not start
_MIB: Final = 1024 * 1024


class BrokeError(RuntimeError):
    """The program was killed, took too long, or ended with a fault."""


@dataclass(frozen=True, slots=True)
class Cage:
    """What a program may use.

    Attributes:
        memory_mib: of address space.
        processor_s: of processor time; `patience_s` of any time.
        answer_mib: of each file that it writes, its answer among them.
    """

    memory_mib: int
    processor_s: int
    patience_s: int
    answer_mib: int


def run(
    command: Sequence[str], content: bytes, cage: Cage, environment: Mapping[str, str]
) -> tuple[int, bytes]:
    """Run a program on some content.

    Returns:
        How it ended (0 for well) and what it wrote.

    Raises:
        FileNotFoundError: there is no such program.
        BrokeError: it was killed, by a limit or by its own fault, or took too long.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    with (
        tempfile.TemporaryFile() as answer,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env={**kept, **environment},
            cwd=tempfile.gettempdir(),
            start_new_session=True,
        ) as child,
    ):
        try:
            for limit, most in _limits(cage):
                resource.prlimit(child.pid, limit, (most, most))
            child.communicate(content, timeout=cage.patience_s)
        except BaseException as error:
            os.killpg(child.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise BrokeError("took too long") from None
            raise
        if child.returncode < 0:
            raise BrokeError(f"was ended by signal {-child.returncode}")
        answer.seek(0)
        return child.returncode, answer.read()


def _limits(cage: Cage) -> tuple[tuple[int, int], ...]:
    return (
        (resource.RLIMIT_AS, cage.memory_mib * _MIB),
        (resource.RLIMIT_CPU, cage.processor_s),
        (resource.RLIMIT_FSIZE, cage.answer_mib * _MIB),
        (resource.RLIMIT_CORE, 0),
    )
