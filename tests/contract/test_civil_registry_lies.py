"""The registry's answers are untrusted input: a lie passes nobody and harms no neighbour."""

from __future__ import annotations

import json
import re
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from chalicelib.adapters.registers import civil_registry
from infra.sandboxes.civil_registry_lies import LIES
from infra.sandboxes.civil_registry_records import answer, read_population
from tests.civil_registry_parts import (
    CONFIRMED,
    DECEASED,
    GONE,
    NOT_CHECKED,
    SITI,
    TONO,
    UNKNOWN,
    Client,
    SandboxProcess,
    changed,
    running_sandbox,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with running_sandbox(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> SandboxProcess:
    sandbox_process.be("ok")
    return sandbox_process


@pytest.fixture
def client(sandbox: SandboxProcess) -> Client:
    return Client(sandbox.url)


SPOILS_ONE = {"outcome", "not_checked", "type", "field", "extra", "contradiction", "unexplained"}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_passes_nobody(sandbox: SandboxProcess, client: Client, lie: str) -> None:
    sandbox.be("wrong", how=lie, times=1)
    before = sandbox.checks()
    answers = client.check(SITI, TONO, GONE)
    if lie in SPOILS_ONE:
        assert answers == [NOT_CHECKED, CONFIRMED, DECEASED]
    elif lie == "broken_off":  # a connection that breaks off is tried again
        assert answers == [CONFIRMED, CONFIRMED, DECEASED]
        assert client.counted == {civil_registry.UNREACHABLE: 1}
        return
    else:
        assert answers == [NOT_CHECKED] * 3
    assert client.counted[civil_registry.NONSENSE] == 1
    assert client.counted[civil_registry.PEOPLE_NOT_CHECKED] == answers.count(NOT_CHECKED)
    assert sandbox.checks() - before == 1


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_one_person_alone(sandbox: SandboxProcess, client: Client, lie: str) -> None:
    sandbox.be("wrong", how=lie, times=1)
    expected = CONFIRMED if lie == "broken_off" else NOT_CHECKED
    assert client.check(SITI) == [expected]


def test_a_lie_spoils_only_its_own_part(sandbox: SandboxProcess, client: Client) -> None:
    sandbox.be("wrong", how="html", times=1)
    assert client.check(*[SITI] * 150) == [NOT_CHECKED] * 100 + [CONFIRMED] * 50


@pytest.mark.parametrize("place", [0, 1, 57, 98, 99])
def test_one_person_the_registry_cannot_read_leaves_the_neighbours_unharmed(
    sandbox: SandboxProcess, place: int
) -> None:
    client = Client(sandbox.url, threshold=2)
    claims = [SITI] * 100
    claims[place] = changed(SITI, nik="unreadable")
    expected = [CONFIRMED] * 100
    expected[place] = NOT_CHECKED
    before = sandbox.checks()
    assert client.check(*claims) == expected
    assert sandbox.checks() - before <= 15
    assert client.counted[civil_registry.PEOPLE_NOT_CHECKED] == 1


def test_a_registry_that_reads_nothing_is_not_asked_for_ever(sandbox: SandboxProcess) -> None:
    client = Client(sandbox.url)
    before = sandbox.checks()
    assert client.check(*[changed(SITI, nik="x")] * 300) == [NOT_CHECKED] * 300
    assert sandbox.checks() - before <= 3 + 2 * 16


# The written contract.


@pytest.fixture(scope="module")
def schemas() -> list[dict[str, Any]]:
    """The schemas of the question and of the answer, as the documentation has them."""
    page = (Path(__file__).parents[2] / "docs" / "civil-registry.md").read_text("utf-8")
    blocks = re.findall(r"^### Schema .*?```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return [json.loads(block) for block in blocks]


def test_question_and_answer_are_as_documented(
    schemas: list[dict[str, Any]], sandbox: SandboxProcess
) -> None:
    heard: list[tuple[Any, Any]] = []

    class Listening(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            people = read_population(sandbox.population_file)
            answers = [answer(person, people) for person in question["people"]]
            told = {"request": question["request"], "answers": answers}
            heard.append((question, told))
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    claims = [SITI, GONE, UNKNOWN, changed(SITI, name="Rukmi", kk=None)]
    with serving(HTTPServer(("127.0.0.1", 0), Listening)) as port:
        assert NOT_CHECKED not in Client(f"http://127.0.0.1:{port}/").check(*claims)
    question_schema, answer_schema = schemas
    ((question, told),) = heard
    jsonschema.validate(question, question_schema)
    jsonschema.validate(told, answer_schema)


@pytest.mark.parametrize("lie", sorted(SPOILS_ONE))
def test_what_spoils_one_answer_breaks_the_documented_schema(
    schemas: list[dict[str, Any]], lie: str
) -> None:
    told = json.loads(LIES[lie]("r", [{"ref": "0", "outcome": "confirmed", "fields": []}]))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, schemas[1])
