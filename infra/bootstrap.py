"""Sets up what everything else needs: `python3 infra/bootstrap.py [dev] [aws] [chromium] [clamav]`.

Runs before anything is installed: standard library only, and nothing that an older Python would
trip over before it could say that it is too old.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
SCANNERS = ("clamscan",)
INSTALL = "apt-get install -y --no-install-recommends"


def check_tools() -> None:
    """Say in words which tool is missing."""
    if sys.version_info < OLDEST:
        sys.exit(
            f"\nPython {sys.version.split()[0]} is too old; 3.11 or later is needed.\n"
            "Debian 12: sudo apt-get install python3 python3-venv\n"
            "Another Python: make PYTHON=/path/to/python3.12 run\n"
        )
    try:
        import ensurepip  # noqa: F401 - only whether it is there
        import venv  # noqa: F401
    except ImportError:
        sys.exit("\npython3-venv is missing. On Debian: sudo apt-get install python3-venv\n")
    if shutil.which("git") is None:
        sys.exit("\ngit is missing. On Debian: sudo apt-get install git\n")


def environment(folder: Path, pins: Path, what: str, *, command: bool = False) -> None:
    """Make a virtual environment and install pinned packages in it, unless that was done.

    Args:
        folder: of the environment.
        pins: requirements file; every package has its hashes.
        what: what a person is told that it is for.
        command: also install this repository's own `tepat` command.
    """
    python, mark = folder / "bin" / "python", folder / ".installed"
    digest = hashlib.sha256(pins.read_bytes() + sys.version.encode())
    if command:
        digest.update((REPO / "pyproject.toml").read_bytes())
    if mark.is_file() and mark.read_text() == digest.hexdigest():
        return
    begun = time.monotonic()
    print(f"  installing {what} (once; a few minutes)", flush=True)
    if not python.exists():
        run([sys.executable, "-m", "venv", str(folder)], "The environment could not be made.")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(
        [*pip, "--require-hashes", "--no-deps", "--only-binary=:all:", "-r", str(pins)],
        f"The packages of {pins.name} could not be installed. Is there a network?",
    )
    if command:
        run(
            [*pip, "--no-deps", "--no-build-isolation", "--no-index", "--editable", str(REPO)],
            "The tepat command could not be installed.",
        )
    mark.write_text(digest.hexdigest())
    print(f"  done in {time.monotonic() - begun:.0f} s", flush=True)


def run(command: list[str], fault: str) -> None:
    """Run a command; when it fails, end with its output and a sentence."""
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"\n{done.stdout}{done.stderr}\n{fault}\n")


def chromium() -> None:
    """Find a Chromium for the browser tests, or install Debian's when that is allowed."""
    if os.environ.get("TEPAT_CHROMIUM"):
        return
    said = from_debian("chromium-headless-shell", BROWSERS, "Chromium for the browser tests")
    if said is not None:
        sys.exit(
            f"\n{said}The browser tests need Chromium, and it cannot be installed from here.\n"
            f"Debian: sudo apt-get update && sudo {INSTALL} chromium-headless-shell\n"
            "Another one: export TEPAT_CHROMIUM=/path/to/chromium\n"
        )


def clamav(*, needed: bool) -> None:
    """Find the virus scanner, or install Debian's when that is allowed.

    Args:
        needed: whether nothing can be done without it; the local run only refuses photos then.
    """
    said = from_debian("clamav", SCANNERS, "the virus scanner")
    if said is None:
        return
    how = f"Debian: sudo apt-get update && sudo {INSTALL} clamav\n"
    if needed:
        sys.exit(
            f"\n{said}The tests of evidence need ClamAV; it cannot be installed from here.\n{how}"
        )
    print(f"  Without a virus scanner every photo that is sent is refused. {how}", flush=True)


def from_debian(package: str, programs: tuple[str, ...], what: str) -> str | None:
    """Find one of some programs, or install Debian's package when that is allowed.

    Args:
        what: what a person is told that is being installed.

    Returns:
        None when it is there now; otherwise what the installation said, if it was tried.
    """
    if any(map(shutil.which, programs)):
        return None
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return ""
    print(f"  installing {what} (once)", flush=True)
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ("apt-get update", f"{INSTALL} {package}"):
        done = subprocess.run(
            command.split(), env=environ, capture_output=True, text=True, check=False
        )
    return None if done.returncode == 0 else done.stdout + done.stderr


def main(wanted: list[str]) -> None:
    """Set up the named parts."""
    check_tools()
    if "dev" in wanted:
        pins = REPO / "requirements-dev.txt"
        environment(REPO / ".venv", pins, "Tepat's packages", command=True)
    if "aws" in wanted:
        pins = REPO / "requirements-local.txt"
        environment(REPO / ".local" / "aws-venv", pins, "the local AWS")
    if "chromium" in wanted:
        chromium()
    if "clamav" in wanted or "clamav?" in wanted:
        clamav(needed="clamav" in wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
