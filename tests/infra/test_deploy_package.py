"""What is deployed is what was built: a package that lacks something or was changed is refused."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra import packages, stages
from infra.build import SURFACES, Package
from infra.layer import REPO, BuildError
from infra.templates import RESOURCES, read

ARM = {"Architectures": ["arm64"], "CodeUri": "./public.zip"}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder with a package, as small as can be."""
    package = Package(tmp_path / "mataram")
    package.site.mkdir(parents=True)
    (package.site / "index.html").write_text("a page")
    for surface in SURFACES:
        package.code(surface).write_bytes(b"code of " + surface.encode())
        package.layer(surface).write_bytes(b"machine code")
        functions = {"Api": {"Properties": ARM}, "Table": {"Properties": {}}}
        package.template(surface).write_text(json.dumps({"Resources": functions}))
    package.resources.write_text(json.dumps(read(RESOURCES)))
    files = [path for path in package.folder.iterdir() if path.is_file()]
    report = {path.name: {"sha256": _hash(path)} for path in files}
    (package.folder / packages.REPORT).write_text(json.dumps(report))
    return tmp_path


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_package_is_taken_as_it_was_built(built: Path) -> None:
    assert packages.opened("mataram", built).folder == built / "mataram"


def test_without_a_package_the_way_to_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="First: make package STAGE=mataram"):
        packages.opened("mataram", tmp_path)


@pytest.mark.parametrize(
    "name", ["public.json", "staff.zip", "screening-layer.zip", "resources.json"]
)
def test_a_file_that_was_changed_by_hand_is_refused(built: Path, name: str) -> None:
    path = built / "mataram" / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(BuildError, match=f"{name} is not what was built"):
        packages.opened("mataram", built)


def test_a_file_that_is_gone_or_in_no_report_is_refused(built: Path) -> None:
    (built / "mataram/staff.json").unlink()
    with pytest.raises(BuildError, match=r"staff\.json is not what was built"):
        packages.opened("mataram", built)
    report = built / "mataram" / packages.REPORT
    told = json.loads(report.read_text())
    del told["staff.json"]
    report.write_text(json.dumps(told))
    with pytest.raises(BuildError, match=r"lacks staff\.json"):
        packages.opened("mataram", built)
    report.write_text(report.read_text()[:-9])
    with pytest.raises(BuildError, match="cannot be read"):
        packages.opened("mataram", built)


def test_an_account_gets_nothing_made_up_and_nothing_that_no_commit_holds(built: Path) -> None:
    package, stage = packages.opened("mataram", built), stages.read("mataram")
    origin = package.folder / "origin.json"
    origin.write_text(json.dumps({"commit": "f" * 40}))
    with pytest.raises(BuildError, match=r"made up: origin, contacts\.phone, civil_registry\.url"):
        packages.refuse_a_trial(package, stage)
    filled = {
        "origin": "https://bansos.mataramkota.go.id",
        "contacts": {**stage["contacts"], "phone": "0370-631631"},
        "civil_registry": {**stage["civil_registry"], "url": "https://dukcapil.go.id/check"},
        "alarms": {"address": "alarm@mataramkota.go.id"},
    }
    packages.refuse_a_trial(package, stage | filled)
    origin.write_text(json.dumps({"commit": "f" * 40 + "-dirty"}))
    with pytest.raises(BuildError, match="changes that no commit holds"):
        packages.refuse_a_trial(package, stage | filled)


def test_another_processor_gets_the_same_code_and_its_own_layers(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = tmp_path / "native.zip"
    layer.write_bytes(b"other machine code")
    monkeypatch.setattr(packages, "build_layer", lambda *_: layer)
    package = packages.opened("mataram", built)
    here = packages.for_machine(package, "x86_64", tmp_path / "here")
    for surface in SURFACES:
        assert here.code(surface).read_bytes() == package.code(surface).read_bytes()
        assert here.layer(surface).read_bytes() == b"other machine code"
        told = here.template(surface).read_text()
        assert told == package.template(surface).read_text().replace("arm64", "x86_64")
    assert here.resources.read_bytes() == package.resources.read_bytes()
    assert (here.site / "index.html").read_text() == "a page"


def test_only_what_a_commit_holds_goes_where_people_are_served(built: Path) -> None:
    package = Package(built / "mataram")
    for commit, well in (("7e0e901c5acb", True), ("7e0e901c5acb-dirty", False), ("", False)):
        (package.folder / "origin.json").write_text(json.dumps({"commit": commit}))
        assert packages.origin(package) == commit
        if well:
            packages.refuse_uncommitted(package)
        else:
            with pytest.raises(BuildError, match="of no commit"):
                packages.refuse_uncommitted(package)
    (package.folder / "origin.json").unlink()
    with pytest.raises(BuildError, match="of no commit"):
        packages.refuse_uncommitted(package)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["--stage", "nowhere", "--endpoint", "local"], "no pilot 'nowhere'"),
        (["--stage", "banyuwangi"], "Set TEPAT_CIVIL_REGISTRY_TOKEN"),
    ],
)
def test_the_command_says_what_is_missing(asked: list[str], told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.deploy", *asked],
        cwd=REPO,
        env={"PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert told in done.stderr
