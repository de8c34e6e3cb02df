"""Each check of `make check` finds what it is for: a violation is planted, and must be told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.sbom import REPO, PinError, document, installed, licence_of, read_pins, shipped
from tests.infra.test_package import lint
from tests.static import dependencies, tracked_files

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
    "3510154903850000",
    "1111111111111111",
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

    def test_the_list_of_what_is_shipped(self) -> None:
        here, pins = installed(), shipped()
        made = document(pins, {pin.name: licence_of(pin.name, here[pin.name]) for pin in pins})
        assert {"cryptography", "pydantic", "chalice"} <= {
            one["name"] for one in made["components"]
        }
        for one in made["components"]:
            assert one["licenses"][0]["expression"]
            assert one["externalReferences"][0]["hashes"]
        assert made == document(pins, {p.name: licence_of(p.name, here[p.name]) for p in pins})


# What bandit looks for, ruff finds under S: `select = ["ALL"]` has them on.
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


def test_cfn_lint_finds_a_wrong_property(tmp_path: Path) -> None:
    template = (REPO / "infra" / "resources.yaml").read_text("utf-8")
    for planted, wrong in (("good", template), ("bad", template.replace("KeySchema", "KeySchem"))):
        path = tmp_path / f"{planted}.yaml"
        path.write_text(wrong, "utf-8")
        assert ("KeySchem'" in lint(path)) == (planted == "bad")
