"""What a person is told when the local run cannot start, and what it keeps."""

from __future__ import annotations

import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from infra import bootstrap, local
from infra.local_aws.server import LocalAws, LocalRunError, port_is_free
from tests.local_aws import free_port


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        for name in ("site", "aws", "registry", "ikd"):
            free = {each: free_port() for each in ("site", "aws", "registry", "ikd")}
            ports = local.Ports(**free | {name: taken})
            told = rf"Port {taken} is taken.*\n.*already in another"
            with pytest.raises(LocalRunError, match=told):
                local.run("banyuwangi", ports, tmp_path / "kept")
        assert not port_is_free(taken)
    assert not (tmp_path / "kept").exists()


def test_a_local_aws_that_is_not_installed_is_told(tmp_path: Path) -> None:
    aws = LocalAws(tmp_path / "nothing/python", free_port(), tmp_path)
    with pytest.raises(LocalRunError, match="make run"):
        aws.start()


def test_a_local_aws_that_dies_tells_its_last_words(tmp_path: Path) -> None:
    """Our own interpreter has no ministack, so it ends at once."""
    aws = LocalAws(Path(sys.executable), free_port(), tmp_path)
    with pytest.raises(LocalRunError, match=r"(?s)stopped at its start.*ministack.*aws\.log"):
        aws.start()


def test_a_secret_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "token"
    first = local.kept_secret(path)
    assert local.kept_secret(path) == first
    assert len(first) >= 24
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_old_python_is_told_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    with pytest.raises(SystemExit, match="too old"):
        bootstrap.check_tools()


def test_missing_git_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SystemExit, match="apt-get install git"):
        bootstrap.check_tools()


def test_missing_venv_is_told() -> None:
    """As on Debian without python3-venv, where `ensurepip` is left out."""
    code = "import sys; sys.modules['ensurepip'] = None\nfrom infra import bootstrap as b\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}b.check_tools()"],
        cwd=bootstrap.REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr


def test_no_chromium_is_told_with_the_one_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("TEPAT_CHROMIUM", raising=False)
    with pytest.raises(SystemExit, match="sudo apt-get install -y --no-install-recommends"):
        bootstrap.chromium()


def test_no_scanner_is_told_with_the_one_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without it the tests end; the local run goes on, and says what that means."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SystemExit, match="recommends clamav"):
        bootstrap.clamav(needed=True)
    bootstrap.clamav(needed=False)
    assert "every photo that is sent is refused" in capsys.readouterr().out
