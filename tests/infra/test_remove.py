"""What a removal refuses: a name that was not typed, data that are not as they were written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra import remove
from infra.layer import REPO
from infra.remove import FILES, FILES_MANIFEST, LEDGER, RemovalError


@pytest.mark.parametrize(
    ("stage", "typed", "told"),
    [
        ("banyuwangi", "banyuwang", "'banyuwang' is not 'banyuwangi'; nothing was done"),
        ("nowhere", "nowhere", "no pilot 'nowhere'"),
    ],
)
def test_nothing_is_done_without_the_pilot_s_name(stage: str, typed: str, told: str) -> None:
    command = [sys.executable, "-m", "infra.remove", "--stage", stage, "--endpoint", "local"]
    done = subprocess.run(
        [*command, "--aws-port", "1"],
        cwd=REPO,
        input=f"{typed}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert told in done.stderr


def test_nobody_there_to_type_is_no_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    with pytest.raises(RemovalError, match="nothing was done"):
        remove._confirm("mataram", "", Path())
    remove._confirm("mataram", "mataram", Path())


def test_a_file_that_was_changed_since_it_was_written_stops_it(tmp_path: Path) -> None:
    (tmp_path / FILES / "released").mkdir(parents=True)
    (tmp_path / FILES / "released/x.jpg").write_bytes(b"other")
    (tmp_path / FILES_MANIFEST).write_text(json.dumps({"released/x.jpg": "0" * 64}))
    with pytest.raises(RemovalError, match=r"released/x\.jpg .* still there"):
        remove._check_files(tmp_path)


def test_a_ledger_that_does_not_verify_stops_it(tmp_path: Path) -> None:
    (tmp_path / LEDGER).write_text('{"type":"event"}\n')
    with pytest.raises(RemovalError, match=r"(?s)does not verify.*auditors"):
        remove._check_ledger(tmp_path)
