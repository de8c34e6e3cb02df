"""The part of the OpenAPI document that tells of ground checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from chalicelib.entrypoints import check_schemas
from chalicelib.entrypoints.http import FORM, JSON

SENT: tuple[type[BaseModel], ...] = (check_schemas.VisitBody, check_schemas.RemarkBody)
ANSWERED: tuple[type[BaseModel], ...] = (check_schemas.VisitedBody, check_schemas.RemarkedBody)

Refused = Callable[[Mapping[int, str]], dict[str, Any]]

_REFUSALS = {
    400: "The body cannot be read",
    401: "No valid access token",
    403: "The token gives no right to this, or somebody else was drawn for it",
    404: "There is no such check",
    409: "It is over, or was answered otherwise",
    413: "The body is too large",
    415: "The body is neither JSON nor a form",
    422: "The body has faults; all of them are told",
    503: "Refused for now; send the same request with the same key again",
}


def paths(key: Mapping[str, Any], refused: Refused) -> dict[str, Any]:
    """Paths of the document.

    Args:
        key: the parameter that every write needs.
        refused: makes responses of statuses and their texts.
    """
    number = {
        "name": "locator",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
    }

    def operation(name: str, summary: str, place: int) -> dict[str, Any]:
        body = {JSON: {"schema": _ref(SENT[place])}, FORM: {"schema": {"type": "object"}}}
        answer = {JSON: {"schema": _ref(ANSWERED[place])}}
        return {
            "post": {
                "summary": summary,
                "operationId": name,
                "parameters": [key, number],
                "requestBody": {"required": True, "content": body},
                "responses": {"201": {"description": summary, "content": answer}}
                | refused(_REFUSALS),
                "security": [{"agent": []}],
            }
        }

    return {
        "/v1/agent/checks/{locator}": operation("agent_visit", "Send a visit to a family", 0),
        "/v1/agent/checks/{locator}/remarks": operation(
            "agent_remark", "Say something to the differences that a visit showed, once", 1
        ),
    }


def _ref(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
