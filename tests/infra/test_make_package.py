"""`make package`: what it refuses, and that nothing half-made is ever left."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from importlib.util import source_hash
from pathlib import Path
from typing import Any

import pytest

from infra import make_package, stages, zip_checks
from infra.build import SURFACES, Package, requirements
from infra.layer import OLD_DATE, REPO, BuildError, build_layer, this_machine
from infra.make_package import commit, make, right_interpreter


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 12, 0), (3, 111, 0)])
def test_another_interpreter_than_the_functions_is_refused(version: tuple[int, ...]) -> None:
    with pytest.raises(BuildError, match=r"and the functions run on 3\.11"):
        right_interpreter(version)


def test_the_functions_own_interpreter_is_taken() -> None:
    right_interpreter((3, 11, 2))


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "app.py").write_text("a = 1\n")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for asked in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "one"]):
        subprocess.run(["git", *asked], cwd=folder, check=True)
    return folder


def test_a_clean_tree_is_named_by_its_commit(repo: Path) -> None:
    assert len(commit(repo, dirty=False)) == 40


@pytest.mark.parametrize("name", ["app.py", "new.py"])
def test_a_tree_with_changes_is_refused_unless_that_is_meant(repo: Path, name: str) -> None:
    (repo / name).write_text("a = 2\n")
    with pytest.raises(BuildError, match="changes that no commit holds") as caught:
        commit(repo, dirty=False)
    assert name in str(caught.value)
    assert "DIRTY=1" in str(caught.value)
    assert commit(repo, dirty=True).endswith("-dirty")


def test_a_folder_that_git_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="git says of"):
        commit(tmp_path, dirty=True)


# --- nothing half-made -------------------------------------------------------------------------


@pytest.fixture
def instead(package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the session's package in place of a new one."""

    def copied(_stage: str, out: Path, machine: str) -> Package:
        assert machine == "aarch64"
        out.mkdir(parents=True)
        for path in package.folder.iterdir():
            if path.is_dir():
                shutil.copytree(path, out / path.name)
            else:
                (out / path.name).symlink_to(path)
        (out / "report.json").unlink(missing_ok=True)
        return Package(out)

    monkeypatch.setattr(make_package, "build", copied)


@pytest.mark.usefixtures("instead")
def test_a_package_that_does_not_hold_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_package, "_lint", lambda *_: [])  # it is seen to fail elsewhere
    out = tmp_path / "banyuwangi"
    out.mkdir()
    (out / "old").touch()
    # It is for this machine and not for arm64, which is one of the faults.
    with pytest.raises(BuildError, match="the package does not hold:") as caught:
        make("banyuwangi", out, "0" * 40)
    assert ".so is not for aarch64" in str(caught.value)
    assert str(caught.value).splitlines()[-1].startswith("  and ")
    assert [path.name for path in tmp_path.iterdir()] == ["banyuwangi"]
    assert [path.name for path in out.iterdir()] == ["old"]


@pytest.mark.usefixtures("instead")
def test_a_package_that_holds_takes_the_old_one_s_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "banyuwangi"
    out.mkdir()
    (out / "old").touch()
    monkeypatch.setattr(make_package, "check", lambda *_: ["looked at"])
    package, checked = make("banyuwangi", out, "f" * 40)
    assert checked == ["looked at"]
    assert [path.name for path in tmp_path.iterdir()] == ["banyuwangi"]
    assert not (out / "old").exists()
    told = json.loads((out / "report.json").read_text())
    needed = {"sbom.json", "origin.json", "resources.json", "site/index.html"}
    needed |= {path.name for each in SURFACES for path in (package.code(each), package.layer(each))}
    assert needed <= told.keys()
    assert json.loads((out / "origin.json").read_text())["commit"] == "f" * 40
    assert json.loads((out / "sbom.json").read_text())["bomFormat"] == "CycloneDX"


def test_a_stage_that_nobody_knows_ends_the_command() -> None:
    command = [sys.executable, "-m", "infra.make_package", "--stage", "atlantis", "--dirty"]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No package was made: no pilot 'atlantis' in infra/stages; there are: " in done.stderr
    assert not (REPO / "build/atlantis").exists()
    assert "mataram" in stages.names()


# --- the zips ----------------------------------------------------------------------------------


def test_the_zips_of_this_package_hold(package: Package) -> None:
    for surface in SURFACES:
        code, layer = package.code(surface), package.layer(surface)
        assert list(zip_checks.faults(code, layer, this_machine())) == []


ELF = b"\x7fELF" + bytes(14) + (0x3E).to_bytes(2, "little")
SOURCE = b"a = 1\n"
BYTE_CODE = bytes(4) + zip_checks.UNCHECKED + source_hash(SOURCE)
CODE = {"app.pyc": BYTE_CODE}
LAYER = {"python/a/__pycache__/b.cpython-311.pyc": BYTE_CODE, "python/a/b.py": SOURCE}


def zipped(path: Path, files: dict[str, bytes], *dates: Any) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, *(dates or (OLD_DATE,))), data)
    return path


@pytest.mark.parametrize(
    ("code", "layer", "said"),
    [
        (CODE, LAYER, ""),
        ({**CODE, "b.py": SOURCE}, LAYER, "code.zip: b.py is a source"),
        ({"app.pyc": bytes(16)}, LAYER, "app.pyc is byte code that each start would compare"),
        ({"z.pyc": BYTE_CODE, **CODE}, LAYER, "code.zip: its files are not in order"),
        (CODE, {"python/a/b.py": SOURCE}, "python/a/b.py has no byte code"),
        (CODE, {**LAYER, "python/a/b.py": b"a = 2\n"}, "byte code of another source"),
        (CODE, {**LAYER, "python/c.so.1": ELF}, "python/c.so.1 is not for aarch64"),
        (CODE, {**LAYER, "python/d/RECORD": b"../../bin/d,sha256=x,9\n"}, "not in the layer"),
    ],
)
def test_a_fault_of_a_zip_is_told(
    tmp_path: Path, code: dict[str, bytes], layer: dict[str, bytes], said: str
) -> None:
    files = zipped(tmp_path / "code.zip", code), zipped(tmp_path / "layer.zip", layer)
    found = list(zip_checks.faults(*files, "aarch64"))
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_a_file_with_a_date_of_its_own_is_told(tmp_path: Path) -> None:
    code = zipped(tmp_path / "code.zip", CODE, (2026, 11, 22, 0, 0, 0))
    layer = zipped(tmp_path / "layer.zip", LAYER)
    (fault,) = zip_checks.faults(code, layer, "aarch64")
    assert fault == "code.zip: app.pyc has a date of its own"


def test_what_aws_would_not_unpack_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_checks, "UNPACKED_LIMIT", 10)
    files = zipped(tmp_path / "code.zip", CODE), zipped(tmp_path / "layer.zip", LAYER)
    (fault,) = zip_checks.faults(*files, "aarch64")
    assert fault == "code.zip and its layer unpack to 38 bytes, over 10"


# --- the same bytes ----------------------------------------------------------------------------


@pytest.mark.prove
def test_two_packages_of_one_tree_are_the_same_to_the_byte(tmp_path: Path) -> None:
    """All of it, layers fetched anew, by the command's own steps; origin and site included."""
    told = []
    for name in ("one", "two"):
        make("mataram", tmp_path / name, "0" * 40)
        told.append((tmp_path / name / "report.json").read_bytes())
        layers = [
            build_layer("aarch64", tmp_path / f"{name}-cache", requirements(surface))
            for surface in ("public", "screening")
        ]
        told.append(b"".join(layer.read_bytes() for layer in layers))
    assert told[:2] == told[2:]
