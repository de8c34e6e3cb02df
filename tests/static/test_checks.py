"""Each check of `make check` finds what it is for: a violation is planted, and must be told."""

from __future__ import annotations

import gc
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.sbom import (
    REPO,
    PinError,
    document,
    faults_of,
    installed,
    licence_of,
    read_pins,
    shipped,
)
from tests.static import arrows, check, dependencies, templates, tracked_files
from tests.static.check import CHECKS, Check, run

PIN = f"click==8.5.1 --hash=sha256:{'a' * 64}\n"
# Put together here, so that this file is not a finding itself.
SECRETS = {
    "a number that may be a person's": "NIK 351015490385" + "0007",
    "a number that may be a person's, in groups": "3510-1549-0385-" + "1234",
    "an AWS key": "AKIA" + "ABCDEFGHIJKLMNOP",
    "an AWS secret": 'aws_secret_access_key = "' + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" + '"',
    "a private key": "-----BEGIN PRIVATE " + "KEY-----\nMIIEvQIBADANBgkqhkiG9w0B",
    "a token": f"eyJ{'a' * 20}.eyJ{'b' * 20}.{'c' * 20}",
    "a token of a service": "ghp_" + "a1b2c3d4e5f6" * 3,
    "a password": 'password = "' + "correct1horse2battery3staple" + '"',
    "a password in an address": "postgres://" + "tepat:hunter2hunter2@db/tepat",
}
HARMLESS = (
    "3510154903859901",  # invented: registries give out no such serial
    "351015490385" + "0000",  # numbers that nobody has, so that the tree holds none below 9901
    "1" * 16,
    "9007199254740991",
    "6281234567890123",
    "a1b2351015490385000712",
    'token = "testing"',
    'password: "{{resolve:ssm:name}}"',
    "https://example.org/a:b",
)


class TestTrackedFiles:
    def test_nothing_is_found_here(self) -> None:
        found, looked = tracked_files.scan(REPO)
        assert found == []
        assert looked.files >= tracked_files.FEWEST_FILES
        assert looked.numbers > 50

    @pytest.mark.parametrize("kind", SECRETS)
    def test_a_planted_one_is_found_and_not_repeated(self, kind: str, tmp_path: Path) -> None:
        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
        (tmp_path / "notes.md").write_text(f"first line\n{SECRETS[kind]}\n")
        found, looked = tracked_files.scan(tmp_path)
        assert [finding.partition(": ")[0] for finding in found] == ["notes.md:2"]
        assert found[0].endswith(kind.partition(",")[0])
        assert SECRETS[kind][-8:] not in found[0]
        assert looked.files == 1

    @pytest.mark.parametrize("text", HARMLESS)
    def test_what_is_harmless_is_left(self, text: str) -> None:
        assert list(tracked_files.findings("notes.md", text, tracked_files.Looked())) == []


class TestDependencies:
    def test_all_are_pinned_and_allowed(self) -> None:
        found, pinned, read = dependencies.faults(REPO)
        assert found == []
        assert pinned > 80
        assert read > pinned * 0.8

    @pytest.mark.parametrize(
        "line",
        [
            "click==8.5.1\n",
            "click\n",
            f"click>=8 --hash=sha256:{'a' * 64}\n",
            "click==8.5.1 --hash=md5:abc\n",
            f"click==8.5.1 --hash=sha256:{'a' * 63}\n",
            "--index-url https://example.org/simple\n",
            "git+https://example.org/click.git\n",
            "-e .\n",
            "",
            "# click\n",
        ],
    )
    def test_a_line_without_version_or_hash_is_told(self, line: str) -> None:
        assert read_pins(PIN)[0].version == "8.5.1"
        with pytest.raises(PinError):
            read_pins(line if not line or line.startswith("#") else PIN + line)

    def test_a_planted_pin_is_told_with_its_file(self, tmp_path: Path) -> None:
        for name in dependencies.FILES:
            (tmp_path / name).write_text(PIN)
        assert dependencies.faults(tmp_path)[0] == []
        (tmp_path / "requirements.txt").write_text("requests==2.0\n")
        assert "requirements.txt" in dependencies.faults(tmp_path)[0][0]

    @pytest.mark.parametrize(
        ("told", "allowed"),
        [
            ({"License-Expression": ["MIT"]}, True),
            ({"License-Expression": ["Apache-2.0 OR GPL-3.0-only"]}, True),
            ({"License-Expression": ["MIT AND GPL-3.0-only"]}, False),
            ({"License-Expression": ["AGPL-3.0-or-later"]}, False),
            ({"Classifier": ["License :: OSI Approved :: MIT License"]}, True),
            ({"Classifier": ["License :: OSI Approved :: GNU General Public License"]}, False),
            ({"License": ["BSD License"]}, True),
            ({"License": ["Business Source License 1.1"]}, False),
            ({}, False),
        ],
    )  # fmt: skip
    def test_a_licence_is_allowed_by_its_name(
        self, told: dict[str, list[str]], allowed: bool
    ) -> None:
        pins = {pin.name: pin for pin in read_pins(PIN)}
        assert list(dependencies.licence_faults(pins, {"click": told})) == [] or not allowed
        assert dependencies.may_use(licence_of("click", told)) is allowed


@pytest.fixture(scope="module")
def text() -> str:
    """The list of what is shipped."""
    here, pins = installed(), shipped()
    return document(pins, {pin.name: licence_of(pin.name, here[pin.name]) for pin in pins})


class TestShipped:
    def test_it_lists_every_package_with_hashes_and_licence(self, text: str) -> None:
        made = json.loads(text)
        names = {one["name"] for one in made["components"]}
        assert names == {pin.name for pin in shipped()} >= {"cryptography", "pydantic", "chalice"}
        for one in made["components"]:
            assert one["licenses"][0]["expression"]
            assert one["externalReferences"][0]["hashes"]
        assert len(made["dependencies"]) == len(names) + 1

    def test_the_same_pins_give_the_same_bytes(self, text: str) -> None:
        here, pins = installed(), shipped()
        licences = {pin.name: licence_of(pin.name, here[pin.name]) for pin in pins}
        assert text == document(pins, licences)
        assert "timestamp" not in text

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ('"CycloneDX"', '"Cyclone"'),
            ('"SHA-256"', '"SHA-255"'),
            ('"library"', '"libary"'),
            ('"bomFormat"', '"bomform"'),
            ('"urn:uuid:', '"urn:x:'),
            ('"expression"', '"expresion"'),
        ],
    )
    def test_a_document_of_another_form_is_told(self, text: str, right: str, wrong: str) -> None:
        assert faults_of(text) == ""
        assert right in text
        assert faults_of(text.replace(right, wrong, 1)) != ""


# Ruff finds them under S (`select = ["ALL"]`), and bandit as another pair of eyes.
UNSAFE = {
    "S102": "exec(text)",
    "S105": 'password = "hunter2hunter2"',
    "S301": "pickle.loads(text)",
    "S307": "eval(text)",
    "S311": "random.random()",
    "S314": "ElementTree.fromstring(text)",
    "S324": "hashlib.md5(text)",
    "S501": "requests.get(text, verify=False, timeout=1)",
    "S506": "yaml.load(text)",
    "S602": "subprocess.run(text, shell=True)",
    "S608": "cursor.execute(\"SELECT * FROM a WHERE b = '%s'\" % text)",
    "S701": "jinja2.Environment()",
    "S110": "try:\n    work()\nexcept Exception:\n    pass",
}
IMPORTS = (
    "import hashlib, pickle, random, subprocess, jinja2, requests, yaml\n"
    "from xml.etree import ElementTree\n"
)


def ruff(code: str, path: str) -> set[str]:
    """Codes that ruff tells of a text, as if it stood at that path."""
    options = ["--output-format=json", "--no-cache", "--stdin-filename", path, "-"]
    command = [sys.executable, "-m", "ruff", "check", *options]
    ran = subprocess.run(command, cwd=REPO, input=code, capture_output=True, text=True, check=False)
    return {found["code"] for found in json.loads(ran.stdout)}


@pytest.mark.parametrize("room", ["chalicelib/adapters", "infra", "modelling", "frontend"])
def test_ruff_finds_unsafe_code_in_every_room(room: str) -> None:
    code = IMPORTS + "\n".join(UNSAFE.values()) + "\n"
    assert UNSAFE.keys() <= ruff(code, f"{room}/planted.py")


def test_ruff_finds_what_has_no_type_no_words_and_no_zone() -> None:
    code = "import datetime\ndef f(x):\n    print(datetime.datetime.now())\n"
    assert {"ANN001", "ANN201", "D103", "DTZ005", "T201"} <= ruff(code, "chalicelib/planted.py")


def test_mypy_finds_what_has_no_type(tmp_path: Path) -> None:
    planted = "def f(x): return x\n"
    path = tmp_path / "planted.py"
    path.write_text(planted)
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), str(path)]
    ran = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "no-untyped-def" in ran.stdout


BANDIT = {
    "B102", "B301", "B307", "B314", "B324", "B501", "B506", "B602", "B608", "B701", "B704",
}  # fmt: skip


@pytest.mark.parametrize("planted", [True, False])
def test_bandit_finds_unsafe_code(planted: bool, tmp_path: Path) -> None:
    unsafe = IMPORTS + "\n".join(UNSAFE.values()) + "\nmarkupsafe.Markup(text)\n"
    path = tmp_path / "planted.py"
    path.write_text("import markupsafe\n" + unsafe if planted else "text = 1\n")
    (found,) = (one for one in CHECKS if one.command[2] == "bandit")
    places = found.command.index("-r") + 1
    command = [*found.command[:places], "-f", "json", str(path)]
    ran = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    codes = {one["test_id"] for one in json.loads(ran.stdout)["results"]}
    assert (ran.returncode, codes >= BANDIT) == ((1, True) if planted else (0, False))


def test_ruff_finds_what_is_not_formatted(tmp_path: Path) -> None:
    path = tmp_path / "planted.py"
    path.write_text("x = {'a':1}\n")
    command = [sys.executable, "-m", "ruff", "format", "--check", "--no-cache", str(path)]
    assert subprocess.run(command, cwd=REPO, capture_output=True, check=False).returncode == 1


def test_a_broken_arrow_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planted = tmp_path / "chalicelib" / "domain" / "planted.py"
    planted.parent.mkdir(parents=True)
    planted.write_text("from chalicelib.adapters import aws\nimport boto3\nimport random\n")
    assert {"domain -> boto3", "domain -> random"} < set(arrows.broken_arrows(planted, tmp_path))
    assert arrows.main() == 0
    assert "arrows: " in capsys.readouterr().out


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The templates of all surfaces before the transform, while threads are often interrupted.

    A library that looks on at the collection of garbage, as hypothesis does, lets another thread
    run in the middle of a parse; two that parse at once then fail now and then.
    """

    def interrupt(_phase: str, _info: dict[str, int]) -> None:
        time.sleep(0)

    often = gc.get_threshold()
    gc.callbacks.append(interrupt)
    gc.set_threshold(50)
    try:
        return templates.packaged(tmp_path_factory.mktemp("packaged"))
    finally:
        gc.set_threshold(*often)
        gc.callbacks.remove(interrupt)


class TestTemplates:
    @pytest.mark.parametrize(
        ("right", "wrong"), [("KeySchema", "KeySchem"), ("AWS::KMS::Key", "AWS::KMS::Ke")]
    )
    def test_a_wrong_name_in_ours_is_found(self, right: str, wrong: str, tmp_path: Path) -> None:
        planted = tmp_path / "planted.yaml"
        text = (REPO / "infra" / "resources.yaml").read_text("utf-8")
        planted.write_text(text.replace(right, wrong), "utf-8")
        assert wrong in templates.lint([planted])

    def test_a_wrong_name_is_found_before_the_transform(
        self, packaged: dict[str, Path], tmp_path: Path
    ) -> None:
        planted = tmp_path / "planted.json"
        planted.write_text(packaged["staff"].read_text().replace('"Handler"', '"Handlr"'))
        assert "Handlr" in templates.lint([planted])

    def test_a_wrong_name_is_found_after_the_transform(
        self, packaged: dict[str, Path], tmp_path: Path
    ) -> None:
        after = json.dumps(templates.transformed(packaged["public"]))
        assert "AWS::Serverless::Function" not in after
        planted = tmp_path / "planted.json"
        planted.write_text(after.replace('"AssumeRolePolicyDocument"', '"AsumeRolePolicyDocument"'))
        assert "AsumeRolePolicyDocument" in templates.lint([planted])


class TestMakeCheck:
    def test_it_runs_all_of_them(self) -> None:
        told = subprocess.run(
            ["make", "-n", "check"], cwd=REPO, capture_output=True, text=True, check=True
        ).stdout
        assert "tests.static.check" in told
        names = " ".join(one.name for one in CHECKS)
        for wanted in (
            "ruff", "mypy", "bandit", "arrows", "secrets", "numbers", "before and after",
            "licences", "hashes", "CycloneDX",
        ):  # fmt: skip
            assert wanted in names

    @pytest.mark.parametrize(
        ("said", "code", "passed"),
        [
            ("looked at 12", 0, True),
            ("looked at 12", 1, False),
            ("looked at 9", 0, False),
            ("", 0, False),
        ],
    )
    def test_a_check_that_looked_at_too_little_has_failed(
        self, said: str, code: int, passed: bool
    ) -> None:
        program = f"print({said!r}); raise SystemExit({code})"
        command = (sys.executable, "-c", program)
        one = Check("x", command, re.compile("looked at ([0-9]+)"), 10, "files")
        assert run(one).passed is passed
        if not passed and code == 0:
            assert "Fewer than 10 files" in check.shown(run(one))

    def test_a_name_that_is_none_of_ours_is_no_pass(self) -> None:
        assert check.main(["nothing"]) == 1
