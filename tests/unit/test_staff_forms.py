"""The staff's forms: each field is what it must be, every fault is told, nothing else comes in."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from chalice.app import Request

from chalicelib.domain.errors import Fault, InvalidRequest
from chalicelib.entrypoints import http, staff_forms

LOST = {"key": "k" * 20, "nik": "3510154903859901", "reason": "lost", "person_present": "true"}


def sent(body: str, kind: str = http.FORM) -> Any:
    return Request(
        {
            "requestContext": {"httpMethod": "POST", "resourcePath": "/staff/reissue"},
            "headers": {"content-type": kind},
            "multiValueQueryStringParameters": None,
            "pathParameters": None,
            "body": body,
            "isBase64Encoded": False,
            "stageVariables": None,
        }
    )


def faults(**changes: str) -> list[tuple[str, str]]:
    request = sent(urlencode(LOST | changes))
    found = staff_forms.read(request, staff_forms.REISSUE, keyed=True).faults
    return [(fault.code, fault.field) for fault in found]


def test_a_form_without_faults_is_read() -> None:
    read = staff_forms.read(sent(urlencode(LOST)), staff_forms.REISSUE, keyed=True)
    assert read.faults == ()
    assert read.key == LOST["key"]
    assert read.body == {"nik": LOST["nik"], "reason": "lost", "person_present": "true"}
    assert read.fields == {name: text for name, text in LOST.items() if name != "key"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"nik": " "}, ("field_missing", "nik")),
        ({"nik": "9" * 41}, ("field_too_long", "nik")),
        ({"reason": "bored"}, ("field_not_an_option", "reason")),
        ({"person_present": "false"}, ("field_not_an_option", "person_present")),
        ({"person_present": ""}, ("field_missing", "person_present")),
        ({"key": "short"}, ("key_malformed", "key")),
        ({"key": ""}, ("key_missing", "key")),
        ({"actor": "staff:another"}, ("field_unknown", "")),
    ],
)
def test_a_fault_is_told_at_its_field(changes: dict[str, str], expected: tuple[str, str]) -> None:
    assert faults(**changes) == [expected]


def test_all_faults_are_told_at_once() -> None:
    told = faults(nik="", reason="", person_present="", key="")
    assert {field for _, field in told} == {"nik", "reason", "person_present", "key"}


def test_an_empty_field_of_another_name_is_none() -> None:
    assert faults(actor=" ") == []


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (json.dumps(LOST), http.JSON, "content_type"),
        (urlencode(LOST), "text/plain", "content_type"),
        ("nik=%FF", http.FORM, "body_unreadable"),
        ("nik=" + "9" * http.MAX_BODY, http.FORM, "body_too_large"),
    ],
)
def test_what_is_no_form_is_refused_whole(body: str, kind: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        staff_forms.read(sent(body, kind), staff_forms.FIND)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_what_the_sender_named_is_not_repeated() -> None:
    request = sent(urlencode({"number": "ABCD", "3510154903859901": "x"}))
    assert staff_forms.read(request, staff_forms.FIND).faults == (Fault("field_unknown"),)
