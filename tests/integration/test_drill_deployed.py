"""The drill as `make drill` runs it, on a local AWS of its own."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from infra.layer import REPO
from tests.local_aws import free_port

pytestmark = [pytest.mark.prove, pytest.mark.local_aws]


def drilled(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra.drill", "--port", str(free_port()), *options]
    return subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)


def test_a_lost_pilot_is_restored_and_served() -> None:
    ran = drilled("--families", "60")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "no row differs but those of the erased" in ran.stdout
    untouched = re.findall(r"untouched: ([0-9a-f]{12}) = ([0-9a-f]{12})", ran.stdout)
    assert len(untouched) == 4
    assert all(now == before for now, before in untouched)
    assert "5 receipts from before stand as they stood" in ran.stdout
    assert "a family that comes now is registered" in ran.stdout


def test_too_few_families_are_refused_in_a_sentence() -> None:
    ran = drilled("--families", "9")
    assert ran.returncode == 2
    assert "at least 10 families" in ran.stderr
