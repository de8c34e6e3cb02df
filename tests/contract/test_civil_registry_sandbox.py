"""The sandbox registry's own door: what it refuses, and what it says when it cannot start."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.sandboxes.civil_registry import main
from tests.civil_registry_parts import (
    SITI,
    TOKEN,
    SandboxProcess,
    running_sandbox,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@pytest.fixture(scope="module")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with running_sandbox(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> SandboxProcess:
    sandbox_process.be("ok")
    return sandbox_process


def ask(people: Sequence[object], request: object = "r") -> dict[str, object]:
    return {"request": request, "people": list(people)}


PERSON = {"ref": "0", "nik": SITI.nik, "name": "n", "birth_date": "d", "sex": "L", "kk": None}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/control", {"mode": "sleepy"}),
        ("/control", {"mode": "slow", "seconds": -1}),
        ("/control", {"mode": "down", "times": 0}),
        ("/control", {"mode": "wrong", "how": "503"}),
        ("/control", ["ok"]),
        ("/control", {"mode": "ok", "until": 1}),
    ],
)
def test_the_sandbox_refuses_moods_it_does_not_know(
    sandbox: SandboxProcess, path: str, body: object
) -> None:
    assert sandbox.call("POST", path, body)[0] == 400
    assert sandbox.call("GET", "/health")[1]["mode"] == "ok"


def test_the_sandbox_asks_for_the_token(sandbox: SandboxProcess) -> None:
    assert sandbox.call("POST", "/check", ask([PERSON]))[0] == 401


@pytest.mark.parametrize(
    "body",
    [
        [],
        ask([]),
        ask([PERSON] * 101),
        ask([PERSON | {"more": "x"}]),
        ask([PERSON | {"nik": 1}]),
        ask([PERSON | {"nik": "351015490385990"}]),
        ask([PERSON], request=1),
    ],
)
def test_the_sandbox_refuses_what_is_not_a_question(sandbox: SandboxProcess, body: object) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    connection.request("POST", "/check", json.dumps(body), {"Authorization": f"Bearer {TOKEN}"})
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == 400


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        '{"nik": "1"}',
        '{"nik":"1","name":"a","birth_date":"d","sex":"L","kk":null,"deceased":false,"x":1}',
    ],
)
def test_a_bad_population_file_is_told_in_words_without_its_content(
    tmp_path: Path, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "people.jsonl"
    file.write_text(line + "\n", encoding="utf-8")
    assert main(["--port", "0", "--population", str(file)]) == 1
    assert capsys.readouterr().err.endswith("line 1 is not a person\n")


def test_a_missing_population_file_is_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", "0", "--population", str(tmp_path / "none.jsonl")]) == 1
    assert "No such file" in capsys.readouterr().err
