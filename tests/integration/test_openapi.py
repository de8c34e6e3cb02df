"""The API's own document: it says what is checked, in words that any client can read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chalice.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from chalicelib.entrypoints import openapi, schemas
from tests.integration.conftest import Api
from tests.world import artefact, form


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(openapi.document()))
    return found


def routes(client: Client) -> set[tuple[str, str]]:
    """Method and path of everything that the app answers."""
    return {
        (method.lower(), path) for path, methods in client._app.routes.items() for method in methods
    }


def test_every_route_is_documented_and_nothing_else(
    public_api: Api, document: dict[str, Any]
) -> None:
    assert public_api.get("/v1/openapi.json") == (200, document)
    told = {(method, path) for path, item in document["paths"].items() for method in item}
    assert told == routes(public_api.client)
    names = [each["operationId"] for item in document["paths"].values() for each in item.values()]
    assert len(names) == len(set(names)) == len(told)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) == known, "a schema is missing, or one is left over"


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [each for inner in value.values() for each in references(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in references(inner)]
    return []


def test_schemas_are_those_of_json_schema_and_take_a_good_form(document: dict[str, Any]) -> None:
    found = document["components"]["schemas"]
    assert found
    for schema in found.values():
        Draft202012Validator.check_schema(schema)  # patterns, too: they are ECMA's
    whole = {"$ref": "#/components/schemas/RegistrationBody", "components": {"schemas": found}}
    good = form(artefact())
    assert Draft202012Validator(whole).is_valid(good)
    assert not Draft202012Validator(whole).is_valid(good | {"more": 1})


@pytest.mark.parametrize("name", [n for n in vars(schemas) if n.endswith("Body")])
def test_bodies_that_are_sent_take_nothing_unknown(document: dict[str, Any], name: str) -> None:
    found = document["components"]["schemas"].get(name)
    if found is not None and issubclass(getattr(schemas, name), schemas.Strict):
        assert found["additionalProperties"] is False


def test_every_refusal_has_the_one_shape(document: dict[str, Any]) -> None:
    seen = 0
    for item in document["paths"].values():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/ErrorBody"}
                    seen += 1
    assert seen > 30
