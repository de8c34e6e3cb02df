"""A release is put over the one before it with data in place, and taken back again.

The one before is built from its own commit, with its own build and templates, as it was then.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from infra import audit_export, stacks, table_files
from infra.build import Package
from infra.layer import REPO
from infra.templates import read
from modelling.audit_verify import verify
from tests import local_aws
from tests.local_aws import STAGE, Tepat

BEFORE = "d15e2d7babe99454baeaf627c52ec1fa2b17f00c"  # the last commit of the release before
pytestmark = [pytest.mark.local_aws, pytest.mark.prove]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The package of the release before, for this machine."""
    folder = tmp_path_factory.mktemp("before")
    tree, out = folder / "tree", folder / "package"
    archive = subprocess.run(["git", "archive", BEFORE], cwd=REPO, capture_output=True, check=False)
    assert archive.returncode == 0, "this clone lacks the history: git fetch --unshallow"
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(tree, filter="data")
    cache = REPO / "build" / "cache"
    if cache.is_dir():  # packages by hash, which need not be fetched again
        (tree / "build").mkdir()
        (tree / "build" / "cache").symlink_to(cache)
    command = [sys.executable, "-m", "infra.build", "--stage", STAGE, "--out", str(out)]
    built = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    package = Package(out)
    resources = read(tree / "infra" / "resources.yaml")
    package.resources.write_text(json.dumps(resources))
    return package


def held(pilot: Tepat) -> dict[str, Any]:
    """What the tables hold: how many items, and a digest of what they are."""
    client = pilot.aws.account().client("dynamodb")
    names = ("registry", "vault", "ledger")
    return {name: table_files.rows_of(client, f"tepat-{STAGE}-{name}") for name in names}


def sound(pilot: Tepat) -> bool:
    out = BytesIO()
    now = time.time_ns() // 1_000_000
    audit_export.write(pilot.aws.account(), pilot.deployed.parameters, now, out)
    return verify(out.getvalue().splitlines(keepends=True)).sound


def test_an_upgrade_keeps_what_is_there_and_can_be_taken_back(
    tmp_path: Path, before: Package, package: Package
) -> None:
    """Each release is served anew: an API whose routes changed has another address locally."""
    with local_aws.running(tmp_path, before) as pilot:
        family = pilot.walk(0)
        told, there = pilot.status(family), held(pilot)
        assert there["registry"].items > 3

    changed: list[stacks.Change] = []
    with local_aws.running(tmp_path, package, lambda _, what: not changed.extend(what)) as pilot:
        assert held(pilot) == there  # an upgrade writes nothing by itself
        assert any(each.kind == "AWS::Lambda::Function" for each in changed)
        assert [each for each in changed if each.loses_data] == []
        assert pilot.status(family)["decisions"] == told["decisions"]
        later = pilot.walk(60)
        assert sound(pilot)

    with local_aws.running(tmp_path, before) as pilot:
        for receipt in (family, later):
            assert pilot.status(receipt)["state"] == "decided"
        pilot.walk(120)
        assert sound(pilot)
