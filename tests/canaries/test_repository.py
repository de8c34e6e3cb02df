"""No canary family stands in the repository: not in its files, not in its history."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.canaries.people import family
from tests.canaries.search import needles, search
from tests.static.tracked_files import tracked

REPO = Path(__file__).parents[2]
SOUGHT = needles(*(family(number).canaries for number in range(3)))
CHUNK = 4_000_000  # bytes searched at a time


def history() -> Iterator[bytes]:
    """Every version of every file that a commit ever held, a line at a time."""
    listed = subprocess.run(
        ["git", "rev-list", "--objects", "--all"], cwd=REPO, capture_output=True, check=True
    ).stdout
    names = b"\n".join(line.partition(b" ")[0] for line in listed.splitlines())
    command = ["git", "cat-file", "--batch", "--buffer"]
    told = subprocess.run(command, cwd=REPO, input=names, capture_output=True, check=True).stdout
    yield from told.split(b"\n")


def in_chunks(texts: Iterator[bytes]) -> Iterator[bytes]:
    """Texts put together, a few megabytes at a time."""
    held: list[bytes] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size > CHUNK:
            yield b"\n".join(held)
            held, size = [], 0
    yield b"\n".join(held)


def test_the_files_hold_no_canary() -> None:
    files = list(tracked(REPO))
    assert len(files) > 300
    for chunk in in_chunks(text.encode() for _, text in files):
        assert not search(chunk, SOUGHT, depth=2)


@pytest.mark.prove
def test_the_history_holds_no_canary() -> None:
    searched = 0
    for chunk in in_chunks(history()):
        searched += len(chunk)
        assert not search(chunk, SOUGHT, depth=1)
    assert searched > 1_000_000


def test_a_planted_one_is_found(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "dump.json").write_text(f'{{"n": "{family(0).nik}"}}')
    assert any(search(text.encode(), SOUGHT) for _, text in tracked(tmp_path))
