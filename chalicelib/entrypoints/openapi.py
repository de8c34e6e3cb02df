"""The OpenAPI 3.1 document, made from the schemas that the requests are checked with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib.entrypoints import answer_schemas, openapi_checks, schemas
from chalicelib.entrypoints.http import FORM, JSON

HTML = "text/html"
_PAGE = {HTML: {"schema": {"type": "string"}}}

_REFUSALS = {
    400: "The body cannot be read",
    413: "The body is too large",
    415: "The body is neither JSON nor a form",
    422: "The body has faults; all of them are told",
    503: "Refused for now; send the same request with the same key again",
}
_OPENING = {404: "No such receipt, or its secret is wrong", 429: "Too many wrong tries"}
_CHANGING = {409: "The case is not in a state that allows this"}
_SIGNED_IN = {401: "No valid access token", 403: "The token gives no right to this"}
_PERSON = {401: "Nobody is signed in", 403: "The form comes from elsewhere"}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Made when the form opens; a repeat under one key meets itself",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"},
}

Operation = tuple[str, str, type[BaseModel], int, type[BaseModel], bool, dict[int, str]]
_OPERATIONS: tuple[Operation, ...] = (
    ("/v1/registrations", "Register a family", schemas.RegistrationBody, 201,
     answer_schemas.ReceivedBody, True, {}),
    ("/v1/status", "Where a case stands, and why", schemas.StatusBody, 200,
     answer_schemas.CaseBody, False, _OPENING),
    ("/v1/corrections", "Correct what the civil registry found to differ, once",
     schemas.CorrectionBody, 200, answer_schemas.CaseBody, True, _OPENING | _CHANGING),
    ("/v1/withdrawals", "End a case at the family's wish", schemas.WithdrawalBody, 200,
     answer_schemas.CaseBody, True, _OPENING),
    ("/v1/proposals", "Propose a neighbour's family", schemas.ProposalBody, 201,
     answer_schemas.ProposedBody, True, {}),
    ("/v1/appeals", "Appeal one's own result", schemas.AppealBody, 201,
     answer_schemas.FiledBody, True, _OPENING | _CHANGING),
    ("/v1/appeals/own", "Appeal one's own result without a receipt, signed in",
     schemas.OwnAppealBody, 201, answer_schemas.FiledBody, True,
     _CHANGING | _PERSON | {429: "Too many appeals"}),
    ("/v1/disputes/appeals", "Ask that the outcome of one's own objection is looked at again",
     schemas.SecondLookBody, 201, answer_schemas.FiledBody, True, _OPENING | _CHANGING | _PERSON),
    ("/v1/agent/appeals", "Appeal for a family that has agreed to it", schemas.AgentAppealBody,
     201, answer_schemas.FiledBody, True, _SIGNED_IN | _OPENING | _CHANGING),
    ("/v1/disputes/answers", "Answer an objection", schemas.AnswerBody, 201,
     answer_schemas.FiledBody, True, _OPENING | _CHANGING),
    ("/v1/disputes/uploads", "Send more files for a dispute", schemas.MoreEvidenceBody, 201,
     answer_schemas.FiledBody, True, _OPENING | _CHANGING | _PERSON),
    ("/v1/disputes/withdrawals", "Withdraw a dispute that one has filed",
     schemas.DisputeWithdrawalBody, 200, answer_schemas.DisputeBody, True,
     _OPENING | _CHANGING | _PERSON),
    ("/v1/looked", "Who has looked at a case", schemas.LookedBody, 200,
     answer_schemas.LooksBody, False, _OPENING),
    ("/v1/objections", "Object to somebody else's eligibility", schemas.ObjectionBody, 201,
     answer_schemas.FiledBody, True, _CHANGING | _PERSON | {429: "Too many objections"}),
    ("/v1/reports", "Report an agent or an officer, by nobody in particular", schemas.ReportBody,
     201, answer_schemas.ReportedBody, True, {429: "Too many reports"}),
    ("/v1/reports/status", "Where a report stands", schemas.LookedBody, 200,
     answer_schemas.ReportStatusBody, False, _OPENING),
    ("/v1/agent/registrations", "Register a family for an agent", schemas.RegistrationBody, 201,
     answer_schemas.ReceivedBody, True, _SIGNED_IN),
)  # fmt: skip


@cache
def document() -> dict[str, Any]:
    """The document of the public API; made once in a process, since that takes long."""
    bodies = {operation[2] for operation in _OPERATIONS} | {*openapi_checks.SENT}
    answers = {operation[4] for operation in _OPERATIONS}
    answers |= {answer_schemas.ErrorBody, answer_schemas.ObjectionsBody, answer_schemas.PersonBody}
    answers |= {*openapi_checks.ANSWERED}
    _, definitions = models_json_schema(
        [(model, "validation") for model in sorted(bodies, key=_name)]
        + [(model, "serialization") for model in sorted(answers, key=_name)],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tepat",
            "version": "1",
            "description": "Registration for social assistance. Errors have one shape; the same "
            "content is answered as a page when the client accepts text/html.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _together(
            {operation[0]: {"post": _operation(operation)} for operation in _OPERATIONS},
            _disputes(),
        )
        | _pages()
        | _person()
        | openapi_checks.paths(_KEY, _refused),
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"agent": {"type": "http", "scheme": "bearer"}},
        },
    }


def _together(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Paths whose methods stand in several parts."""
    paths: dict[str, Any] = {}
    for part in parts:
        for path, methods in part.items():
            paths[path] = paths.get(path, {}) | methods
    return paths


def _operation(operation: Operation) -> dict[str, Any]:
    path, summary, body, status, answer, keyed, refusals = operation
    told: dict[str, Any] = {
        "summary": summary,
        "operationId": path.removeprefix("/v1/").replace("/", "_"),
        "requestBody": _sent(body),
        "responses": {str(status): {"description": summary, "content": _ref(answer) | _PAGE}}
        | _refused(_REFUSALS | refusals),
    }
    if keyed:
        told["parameters"] = [_KEY]
    if refusals.items() >= _SIGNED_IN.items():
        told["security"] = [{"agent": []}]
    return told


def _pages() -> dict[str, Any]:
    """What browsers without JavaScript need besides, and this document."""
    unread = _refused({code: _REFUSALS[code] for code in (400, 413, 415)})
    members = {"name": "members", "in": "query", "schema": {"type": "integer", "minimum": 1}}
    body = _sent(schemas.RegistrationBody)
    shown = {"200": {"description": "The form", "content": _PAGE}}
    checked = {"200": {"description": "What was filled in, to be read again", "content": _PAGE}}
    itself = {"200": {"description": "This document", "content": {JSON: {"schema": {}}}}}
    return {
        "/v1/form": {
            "get": {
                "summary": "The form of a registration as a page",
                "operationId": "form",
                "parameters": [members],
                "responses": shown,
            },
            "post": {
                "summary": "The form as it was filled in so far",
                "operationId": "form_again",
                "requestBody": body,
                "responses": shown | unread,
            },
        },
        "/v1/check": {
            "post": {
                "summary": "Check a registration without sending it",
                "operationId": "check",
                "parameters": [_KEY],
                "requestBody": body,
                "responses": checked | unread | _refused({422: _REFUSALS[422]}),
            },
        },
        "/v1/openapi.json": {
            "get": {"summary": "This document", "operationId": "openapi", "responses": itself}
        },
    }


def _person() -> dict[str, Any]:
    """A citizen's sign-in: a browser's way there and back, and what it is told of it."""
    shown = _ref(answer_schemas.PersonBody) | _PAGE
    told = {"200": {"description": "Whether it is signed in", "content": shown}}
    later = _refused({503: _REFUSALS[503]})
    none = _refused({404: "This region has no sign-in by IKD"})
    stopped = _refused({401: "The sign-in was not begun here, or not finished"})
    elsewhere = _refused({403: "The form comes from another site"})
    there = {"302": {"description": "To IKD, which asks who it is", "content": _PAGE}}
    return {
        "/v1/person": {
            "get": _plain("person", "Whether this browser is signed in", (), told | later),
        },
        "/v1/person/sign-in": {
            "get": _plain("person_sign_in", "Sign in by IKD", ("to",), there | none | later),
        },
        "/v1/person/callback": {
            "get": _plain(
                "person_callback",
                "Where IKD sends the browser back to",
                ("code", "state", "iss", "error"),
                told | stopped | none | later,
            ),
        },
        "/v1/person/sign-out": {
            "post": _plain(
                "person_sign_out", "End the sign-in of this browser", (), told | elsewhere | later
            ),
        },
    }


def _disputes() -> dict[str, Any]:
    """What of disputes is read, or is for browsers without JavaScript."""
    mine = {
        "200": {
            "description": "Own objections",
            "content": _ref(answer_schemas.ObjectionsBody) | _PAGE,
        }
    }
    shown = {"200": {"description": "The form", "content": _PAGE}}
    nobody = _refused({401: "Nobody is signed in", 503: _REFUSALS[503]})
    unread = _refused({code: _REFUSALS[code] for code in (400, 413, 415)})
    form = _plain("appeal_form", "The form of an appeal as a page", (), shown | unread)
    return {
        "/v1/appeals/form": {"post": form | {"requestBody": _sent(schemas.LookedBody)}},
        "/v1/objections": {
            "get": _plain("objections_mine", "One's own objections", (), mine | nobody)
        },
    }


def _plain(
    name: str, summary: str, query: tuple[str, ...], responses: Mapping[str, Any]
) -> dict[str, Any]:
    """An operation without a body."""
    asked = [{"name": each, "in": "query", "schema": {"type": "string"}} for each in query]
    told = {"summary": summary, "operationId": name, "responses": dict(responses)}
    return told | ({"parameters": asked} if asked else {})


def _sent(body: type[BaseModel]) -> dict[str, Any]:
    return {"required": True, "content": _ref(body) | {FORM: {"schema": {"type": "object"}}}}


def _refused(why: Mapping[int, str]) -> dict[str, Any]:
    content = _ref(answer_schemas.ErrorBody) | _PAGE
    return {str(code): {"description": text, "content": content} for code, text in why.items()}


def _ref(model: type[BaseModel]) -> dict[str, Any]:
    return {JSON: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


def _name(model: type[BaseModel]) -> str:
    return model.__name__
