"""What hostile requests once found, each as the smallest request that shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import pytest

from tests.fuzz.hostile import FORM, HTML, JSON, MARK, Sent
from tests.fuzz.judge import Fuzzed, fuzzed
from tests.world import artefact, form

NIK = "3510154903859901"


@pytest.fixture(scope="module")
def surface() -> Iterator[Fuzzed]:
    with fuzzed() as found:
        yield found


def post(
    surface: Fuzzed, path: str, body: bytes, kind: str = JSON, accept: str = JSON
) -> tuple[int, str]:
    headers = {"content-type": kind, "accept": accept, "idempotency-key": "k" * 20}
    answer = surface.call(Sent(path, headers, body))
    return answer["statusCode"], str(answer["body"])


def errors(text: str) -> list[tuple[str, str]]:
    return [(error["code"], error["field"]) for error in json.loads(text)["errors"]]


@pytest.mark.parametrize(
    "body",
    [b'{"members":7,"x":' + b"[" * 400 + b"]" * 400 + b"}", b'{"members":7,"x":"\\ud800"}'],
    ids=["deep", "half a letter"],
)
def test_what_only_one_of_two_readers_reads_is_unreadable(surface: Fuzzed, body: bytes) -> None:
    status, text = post(surface, "/v1/registrations", body)
    assert (status, errors(text)) == (400, [("body_unreadable", "")])


@pytest.mark.parametrize("name", [NIK, MARK, "__class__", "Siti Aminah"])
def test_the_name_of_an_unknown_field_is_not_repeated(surface: Fuzzed, name: str) -> None:
    body: dict[str, Any] = form(artefact()) | {name: 1}
    status, text = post(surface, "/v1/registrations", json.dumps(body).encode())
    assert (status, errors(text)) == (422, [("field_unknown", "")])
    assert name not in text


@pytest.mark.parametrize("name", [NIK, "Siti Aminah", "siti"])
def test_nor_is_that_of_an_unknown_question_in_answer_or_log(surface: Fuzzed, name: str) -> None:
    surface.lines.truncate(0)
    body = form(artefact(), answers={name: "X X"})
    status, text = post(surface, "/v1/registrations", json.dumps(body).encode())
    assert status == 422
    assert errors(text) == [
        ("answer_wrong_type", "answers"),
        ("answer_unknown_question", "answers"),
    ]
    assert name not in text + surface.lines.getvalue()


def test_a_wrong_answer_is_one_fault_with_words(surface: Fuzzed) -> None:
    body = form(artefact(), answers={"rooms": "Many!"})
    _, text = post(surface, "/v1/registrations", json.dumps(body).encode())
    assert errors(text) == [("answer_wrong_type", "answers.rooms")]


def test_what_stands_behind_the_two_hundredth_fault_is_not_used_either(surface: Fuzzed) -> None:
    body = form(artefact(), answers={f"Q{n}": {} for n in range(300)}, consent=[], village=[])
    status, _ = post(surface, "/v1/registrations", json.dumps(body).encode())
    assert status == 422


@pytest.mark.parametrize("place", ["9" * 5_000, "1x", "²", "१", ""])
@pytest.mark.parametrize("path", ["/v1/registrations", "/v1/check", "/v1/form"])
def test_a_place_that_is_no_place(surface: Fuzzed, path: str, place: str) -> None:
    body = f"members.{quote_plus(place)}.name=x&key={'k' * 20}".encode()
    status, _ = post(surface, path, body, FORM, HTML)
    assert status == (200 if path == "/v1/form" else 422)


def test_patterns_of_the_document_are_those_of_json_schema(surface: Fuzzed) -> None:
    assert "\\\\z" not in json.dumps(surface.document)
    assert surface.document["components"]["schemas"]["AddressBody"]["properties"]["rt"] == {
        "pattern": "^[0-9]{1,3}$",
        "title": "Rt",
        "type": "string",
    }
