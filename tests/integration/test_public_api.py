"""Families over HTTP, on the real adapters and the real artefacts."""

from __future__ import annotations

import io
import json
from urllib.parse import urlencode

import pytest

from chalicelib import wiring
from chalicelib.domain.identity import IdentityAnswer, Outcome
from tests.integration.conftest import Api
from tests.integration.form_fields import as_fields
from tests.world import artefact, child, form, member

KEY = "k" * 24


def test_a_family_registers_and_reads_its_answer(public_api: Api) -> None:
    status, body, headers = public_api.post("/v1/registrations", form(artefact()), key=KEY)
    assert status == 201
    assert body["title"] == "Pendaftaran diterima"
    assert body["expect_by"]
    assert body["qr_svg"].startswith("<svg")
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    public_api.settle()
    status, shown, _ = public_api.post("/v1/status", {"receipt": body["receipt"]})
    assert status == 200
    assert shown["state"] == "decided"
    assert len(shown["decisions"]) == 3


def test_a_repeat_gets_the_same_receipt_and_another_body_422(public_api: Api) -> None:
    body = form(artefact())
    first = public_api.post("/v1/registrations", body, key=KEY)
    assert public_api.post("/v1/registrations", body, key=KEY)[1] == first[1]
    status, refused, _ = public_api.post("/v1/registrations", body | {"phone": None}, key=KEY)
    assert status == 422
    assert refused["errors"][0]["code"] == "key_reused"


def test_a_held_nik_looks_the_same_to_the_sender(public_api: Api) -> None:
    one = public_api.post("/v1/registrations", form(artefact()), key=KEY)
    two = public_api.post("/v1/registrations", form(artefact(), phone=None), key="o" * 24)
    assert one[0] == two[0] == 201
    different = {name for name in one[1] if one[1][name] != two[1][name]}
    assert different == {"receipt", "qr_svg"}


def test_correcting_and_withdrawing(public_api: Api) -> None:
    public_api.registry.said["3510154903859901"] = IdentityAnswer(Outcome.MISMATCH, ("name",))
    paper = public_api.post("/v1/registrations", form(artefact()), key=KEY)[1]["receipt"]
    public_api.settle()
    _, asked, _ = public_api.post("/v1/status", {"receipt": paper})
    assert asked["state"] == "needs_correction"
    assert asked["corrections"][0]["field"] == "members.0.name"
    public_api.registry.said.clear()
    change = {"receipt": paper, "members": [{"index": 0, "name": "Nama Benar"}]}
    status, corrected, _ = public_api.post("/v1/corrections", change, key="c" * 24)
    assert (status, corrected["state"]) == (200, "received")
    public_api.settle()
    assert public_api.post("/v1/status", {"receipt": paper})[1]["state"] == "decided"
    status, again, _ = public_api.post("/v1/corrections", change, key="d" * 24)
    assert (status, again["errors"][0]["code"]) == (409, "nothing_to_correct")
    leave = {"receipt": paper, "agreed": True}
    assert public_api.post("/v1/withdrawals", leave, key="w" * 24)[1]["state"] == "withdrawn"
    public_api.settle()
    assert public_api.post("/v1/registrations", form(artefact()), key="a" * 24)[0] == 201


def test_a_proposal_tells_only_that_it_was_received(public_api: Api) -> None:
    body = {"name": "Contoh", "village": "3510152004", "place": "RT 3", "reason": "sakit"}
    assert public_api.post("/v1/proposals", body, key=KEY)[:2] == (201, {"received": True})


def test_everything_works_as_forms_and_pages(public_api: Api) -> None:
    html = "text/html,application/xhtml+xml"
    kind = "application/x-www-form-urlencoded"
    status, page = public_api.get("/v1/form?members=2", html)
    assert status == 200
    assert page.count('name="members.1.nik"') == 1
    fields = as_fields(form(artefact())) | {"key": KEY}
    body = urlencode(fields).encode()
    status, page, _ = public_api.post("/v1/check", body, accept=html, content_type=kind)
    assert status == 200, page
    assert f'name="key" value="{KEY}"' in page
    status, page, _ = public_api.post("/v1/registrations", body, accept=html, content_type=kind)
    assert status == 201, page
    paper = public_api.post("/v1/registrations", body, content_type=kind)[1]["receipt"]
    assert paper.split("-")[0] in page
    public_api.settle()
    sent = urlencode({"receipt": paper}).encode()
    status, page, _ = public_api.post("/v1/status", sent, accept=html, content_type=kind)
    assert status == 200
    assert "LAYAK" in page
    sent = urlencode({"receipt": paper, "agreed": "true", "key": "w" * 24}).encode()
    status, page, _ = public_api.post("/v1/withdrawals", sent, accept=html, content_type=kind)
    assert status == 200
    assert "ditarik" in page


def test_a_form_with_faults_comes_back_as_it_was_filled_in(public_api: Api) -> None:
    fields = as_fields(form(artefact(), member(9901, nik="123"))) | {"key": KEY, "village": ""}
    body = urlencode(fields).encode()
    kind = "application/x-www-form-urlencoded"
    status, page, _ = public_api.post("/v1/check", body, accept="text/html", content_type=kind)
    assert status == 422
    assert "NIK harus 16 angka" in page
    assert 'value="123"' in page
    assert 'href="#village"' in page


def test_the_openapi_document_is_served(public_api: Api) -> None:
    status, document = public_api.get("/v1/openapi.json")
    assert status == 200
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) >= {"/v1/registrations", "/v1/status", "/v1/corrections"}


def test_no_canary_stands_in_logs_tables_or_queues(public_api: Api, log_lines: io.StringIO) -> None:
    family = form(
        artefact(),
        member(9907, name="Kenari Canarywati"),
        child(9908, name="Putra Canarywan"),
        address={"line": "Jalan Kenari Canary", "rt": "009", "rw": "008"},
    )
    public_api.registry.said["3510150506149908"] = IdentityAnswer(Outcome.NOT_FOUND)
    paper = public_api.post("/v1/registrations", family, key=KEY)[1]["receipt"]
    public_api.settle()
    public_api.post("/v1/registrations", family | {"members": [{}]}, key="b" * 24)
    public_api.post(
        "/v1/corrections",
        {"receipt": paper, "members": [{"index": 0, "nik": "3510154903859907x"}]},
        key="c" * 24,
    )
    stored = ""
    for name in ("registry_table", "vault_table", "ledger_table", "ops_table"):
        table = getattr(wiring.settings(), name)
        stored += repr(wiring.client("dynamodb").scan(TableName=table)["Items"])
    said = log_lines.getvalue()
    assert '"route"' in said or "request" in said
    for canary in ("Canary", "3510154903859907", "3510150506149908", "080000009901"):
        assert canary not in stored
        assert canary not in said
    assert paper not in said


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "body_unreadable"),
        (b"\xff\xfe", 400, "body_unreadable"),
        (b"[]", 400, "body_unreadable"),
        (b'"text"', 400, "body_unreadable"),
        (b"{}", 422, "field_missing"),
        (b" " * (11 * 1024 * 1024), 413, "body_too_large"),
        (b"[" * 60_000, 400, "body_unreadable"),
    ],
)
def test_what_cannot_be_read_is_refused(
    public_api: Api, body: bytes, status: int, code: str
) -> None:
    for path in ("/v1/registrations", "/v1/status", "/v1/corrections", "/v1/proposals"):
        got, refused, _ = public_api.post(path, body, key=KEY)
        assert got == status, path
        assert refused["errors"][0]["code"] == code
        assert refused["errors"][0]["message"]


def test_a_body_of_no_type_or_another_is_415(public_api: Api) -> None:
    body = json.dumps(form(artefact())).encode()
    for kind in (None, "text/plain", "multipart/form-data; boundary=x", "application/xml"):
        status, refused, _ = public_api.post("/v1/registrations", body, key=KEY, content_type=kind)
        assert (status, refused["errors"][0]["code"]) == (415, "content_type")


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"village": 3510152004},
        {"village": "3510152004\n"},
        {"village": "1101012001"},
        {"address": None},
        {"address": {"line": "x" * 121, "rt": "1", "rw": "1"}},
        {"address": {"line": "a\nb", "rt": "1", "rw": "1"}},
        {"address": {"line": "a", "rt": "1234", "rw": "१"}},
        {"phone": 8},
        {"phone": "telepon"},
        {"kk": "1"},
        {"kk": 3510150101209901},
        {"members": []},
        {"members": [member(9901)] * 2},
        {"members": [member(9901)] + [child(9902 + n) for n in range(20)]},
        {"members": "all"},
        {"members": [None]},
        {"members": [member(9901, nik="3510154903859901\n")]},
        {"members": [member(9901, nik=3510154903859901)]},
        {"members": [member(9901, birth_date="2021-02-29")]},
        {"members": [member(9901, birth_date="1985-3-9")]},
        {"members": [member(9901, birth_date="1985-03-09T00:00")]},
        {"members": [member(9901, birth_date=19850309)]},
        {"members": [member(9901, name="")]},
        {"members": [member(9901, name=" \t ")]},
        {"members": [member(9901, name="n" * 81)]},
        {"members": [member(9901, sex="X")]},
        {"members": [member(9901, relation="boss")]},
        {"members": [member(9901, pregnant="yes")]},
        {"members": [member(9901, extra=True)]},
        {"answers": []},
        {"answers": {"rooms": "many"}},
        {"answers": {"rooms": 1.5}},
        {"answers": {"rooms": True}},
        {"answers": {"rooms": -1}},
        {"answers": {"rooms": 10**30}},
        {"answers": {f"q{n}": 1 for n in range(101)}},
        {"consent": {"version": "x", "agreed": True}},
        {"consent": {"version": 1, "agreed": "yes"}},
        {"consent": None},
        {"way_in": "agent"},
        {"way_in": "proposal"},
    ],
    ids=lambda change: json.dumps(change)[:60],
)
def test_a_fault_in_any_field_is_told_and_nothing_is_stored(
    public_api: Api, change: dict[str, object], log_lines: io.StringIO
) -> None:
    status, refused, _ = public_api.post("/v1/registrations", form(artefact()) | change, key=KEY)
    assert status == 422
    for error in refused["errors"]:
        assert error["code"]
        assert error["message"]
        assert "3510154903859901" not in json.dumps(error)
    assert not wiring.client("dynamodb").scan(TableName=wiring.settings().registry_table)["Items"]
    assert "3510154903859901" not in log_lines.getvalue()


@pytest.mark.parametrize("key", ["", "short", "k" * 65, "kunci yang berspasi", "ü" * 20])
def test_a_key_is_needed(public_api: Api, key: str) -> None:
    status, refused, _ = public_api.post("/v1/registrations", form(artefact()), key=key)
    assert status == 422
    assert refused["errors"][0]["field"] == "key"
