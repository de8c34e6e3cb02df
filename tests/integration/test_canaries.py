"""Canary families go every way there is; then nobody may be met (see `tests/canaries`).

What is searched stands in no test here: the fixture `nobody_is_met` searches every answer and all
that is stored when a test ends, and the hooks of `tests/canaries/watch.py` whatever was written.
"""

from __future__ import annotations

import contextlib
import io
import json
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import botocore.client
import pytest
from botocore.exceptions import ClientError

from chalicelib import report_wiring, sign_in_wiring, wiring
from chalicelib.domain.identity import MATCHED_FIELDS, IdentityAnswer, Outcome
from chalicelib.domain.registration import Ref
from chalicelib.usecases.conduct_report import conduct_reports
from chalicelib.usecases.ports import Message
from infra import audit_export
from infra.account import Account
from infra.chaos.stack import TICK
from tests import minted
from tests.canaries import places
from tests.canaries.people import Family, family
from tests.canaries.watch import found_in, told
from tests.desk import Desk, locator
from tests.integration.conftest import Api
from tests.integration.test_public_api import flat
from tests.world import REGION

A, B = family(0), family(1)
HTML = "text/html,application/xhtml+xml"
FORM = "application/x-www-form-urlencoded"
ROUTES = ("registrations", "status", "corrections", "withdrawals", "proposals", "form", "check")


def key() -> str:
    return secrets.token_urlsafe(24)


def register(api: Api, who: Family = A) -> str:
    status, body, _ = api.post("/v1/registrations", who.form, key=key())
    assert status == 201
    receipt: str = body["receipt"]
    return receipt


def as_form(body: object) -> bytes:
    return urlencode(flat(body)).encode()


# --- the ways of a family -------------------------------------------------------------------------


def test_registering_being_corrected_decided_and_withdrawn(public_api: Api) -> None:
    said = {A.nik: IdentityAnswer(Outcome.MISMATCH, ("name", "birth_date"))}
    public_api.registry.said |= said
    paper = register(public_api)
    public_api.post("/v1/registrations", A.form, key=key())  # held: an officer's work
    public_api.settle()
    assert public_api.post("/v1/status", {"receipt": paper})[1]["state"] == "needs_correction"
    public_api.registry.said.clear()
    member = {"index": 0, "name": B.name, "nik": B.nik}
    change = {"receipt": paper, "members": [member], "kk": B.name}
    assert public_api.post("/v1/corrections", change, key=key())[0] == 422
    change = {"receipt": paper, "members": [member], "kk": B.form["kk"]}
    assert public_api.post("/v1/corrections", change, key=key())[0] == 200
    assert public_api.post("/v1/corrections", change, key=key())[0] in {200, 409}
    public_api.settle()
    assert public_api.post("/v1/status", {"receipt": paper})[1]["state"] == "decided"
    wrong = paper[:-6] + "2222-2"
    for route in ("status", "corrections", "withdrawals"):
        sent = change | {"receipt": wrong, "agreed": True}
        assert public_api.post(f"/v1/{route}", sent, key=key())[0] in {404, 422}
    leave = {"receipt": paper, "agreed": True}
    assert public_api.post("/v1/withdrawals", leave, key=key())[0] == 200
    public_api.settle()
    register(public_api)


def test_pages_without_scripts(public_api: Api) -> None:
    for route in ("form", "check", "registrations"):
        fields = as_form(A.form | {"key": key()})
        public_api.post(f"/v1/{route}", fields, accept=HTML, content_type=FORM)
        faulty = as_form(A.form | {"key": key(), "village": A.nik, "kk": A.name})
        status, _, _ = public_api.post(f"/v1/{route}", faulty, accept=HTML, content_type=FORM)
        assert status in {200, 422}
    for route in ("status", "withdrawals", "proposals", "corrections"):
        for text in A.texts():
            sent = urlencode({"receipt": text, "name": text, "agreed": text, text: text}).encode()
            status, _, _ = public_api.post(f"/v1/{route}", sent, accept=HTML, content_type=FORM)
            assert status in {400, 404, 422}
            status, _, _ = public_api.post(f"/v1/{route}", sent, content_type=FORM)
            assert status in {400, 404, 422}


def test_a_proposal_for_a_neighbour(public_api: Api, desk: Desk) -> None:
    body = {
        "name": A.name,
        "village": A.form["village"],
        "place": A.form["address"]["line"],
        "reason": f"{B.name} {B.nik} {B.form['phone']}",
    }
    assert public_api.post("/v1/proposals", body, key=key())[0] in {201, 422}
    assert public_api.post("/v1/proposals", body | {"reason": B.name}, key=key())[0] == 201
    desk.sign_in("reviewer").get("/staff?kind=visit")


def test_a_report_about_an_agent(public_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEPAT_SITE_ORIGIN", "https://bansos.example.go.id")
    story = f"{B.name} {B.nik} {B.form['phone']} {A.form['address']['line']}"
    body = {"reason": "money_asked", "village": A.form["village"], "text": story}
    status, told, _ = public_api.post("/v1/reports", body, key=key())
    assert status == 201
    number = told["report"].replace("-", "")[:10]
    ref = Ref(A.form["village"], number)
    assert conduct_reports([Message(ref, 0)], report_wiring.conduct_ports()) == []
    assert public_api.post("/v1/reports/status", {"receipt": told["report"]})[0] == 200
    for text in A.texts():
        odd = dict.fromkeys(("reason", "village", "day", "photos", text), text)
        assert public_api.post("/v1/reports", body | odd, key=key())[0] in {400, 422}
        assert public_api.post("/v1/reports/status", {"receipt": text})[0] in {404, 422}
        for route in ("appeals/own", "disputes/appeals", "agent/appeals"):
            assert public_api.post(f"/v1/{route}", {"village": text, text: text})[0] == 401


def test_an_agent(public_api: Api, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_wiring, "token_keys", lambda: minted.keys)
    now = wiring.clock.now_ms() // 1000
    token = minted.sign(minted.access(now, sign_in_wiring.pool(), **{"cognito:groups": ["agent"]}))
    body = A.form | {"way_in": "agent"}
    path = "/v1/agent/registrations"
    status, _, _ = public_api.post(path, body, key=key(), Authorization=f"Bearer {token}")
    assert status == 201
    for odd in (f"Bearer {A.nik}", f"Bearer {token}{A.nik}", A.nik, f"Basic {quote(A.name)}"):
        status, _, _ = public_api.post(path, body, key=key(), Authorization=odd)
        assert status in {401, 403}


# --- what nobody should send ----------------------------------------------------------------------


def everywhere(body: Any, text: Any) -> Iterator[Any]:
    """A body with the text in each of its places in turn, and as a name in each of its objects."""
    yield text
    if isinstance(body, dict):
        yield body | {str(text): text}
        for name, value in body.items():
            for inner in everywhere(value, text):
                yield body | {name: inner}
    elif isinstance(body, list):
        for place, value in enumerate(body):
            for inner in everywhere(value, text):
                yield [*body[:place], inner, *body[place + 1 :]]


def test_data_in_every_place_of_a_body(public_api: Api) -> None:
    small = A.form | {"members": A.form["members"][:1]}
    texts: tuple[Any, ...] = (A.nik, int(A.nik), f"{A.name} {A.nik}\n")
    answered = [
        public_api.post("/v1/registrations", body, key=key())[0]
        for text in texts
        for body in everywhere(small, text)
    ]
    assert len(answered) > 100
    assert set(answered) <= {201, 400, 422}
    others = {"receipt": A.nik, "members": [{"index": 0, "name": A.name}], "agreed": True}
    for route in ROUTES:
        for body in everywhere(others, A.nik):
            assert public_api.post(f"/v1/{route}", body, key=key())[0] in {200, 400, 404, 422, 429}


def broken_bodies(who: Family) -> Iterator[bytes]:
    raw = json.dumps(who.form).encode()
    yield raw[:-3]
    yield raw + raw
    yield b"\xff" + raw
    yield raw.replace(b'"', b"'")
    yield json.dumps([who.texts()] * 3).encode()
    yield who.nik.encode()
    yield b"[" * 5_000 + raw
    yield json.dumps(who.form | {"address": {"line": who.name * 5_000}}).encode()
    yield json.dumps(who.form | {"kk": who.nik * 5_000}).encode()
    yield (json.dumps(who.form) + " " * (11 * 1024 * 1024)).encode()
    yield as_form(who.form) + b"&%zz=" + who.nik.encode()
    yield b"&".join(urlencode({text: text}).encode() for text in who.texts() * 60)


def test_bodies_that_cannot_be_read(public_api: Api) -> None:
    for body in broken_bodies(A):
        for kind in ("application/json", FORM, "text/plain", f"text/{A.nik}", None):
            for accept in ("application/json", HTML):
                route = "/v1/registrations"
                status, _, _ = public_api.post(route, body, accept=accept, content_type=kind)
                assert status in {400, 413, 415, 422}


def test_data_around_the_body(public_api: Api, desk: Desk) -> None:
    for text in A.texts():
        odd = quote(text)
        headers = {
            "X-Forwarded-For": text,
            "User-Agent": text,
            "Referer": f"https://example.org/{odd}",
            "Cookie": f"nik={odd}; {odd}={odd}; __Host-tepat_session={odd}",
            "Origin": f"https://{odd}",
            "If-None-Match": text,
            f"X-{odd}": text,
        }
        public_api.post("/v1/status", {"receipt": text}, key=text, **headers)
        public_api.post("/v1/registrations", A.form, key=text, accept=text, **headers)
        for path in (f"/v1/form?members={odd}&{odd}=1", f"/v1/openapi.json?{odd}", f"/v1/{odd}"):
            public_api.get(path)
            public_api.get(path, HTML)
        desk.jar = {"__Host-tepat_session": odd, "__Host-tepat_renewal": odd, odd: odd}
        for path in (
            f"/staff/cases/{odd}",
            f"/staff?page={odd}&kind={odd}",
            f"/staff/callback?code={odd}&state={odd}",
            f"/staff/{odd}",
        ):
            assert desk.get(path)[0] in {302, 400, 401, 403, 404}


# --- faults of others -----------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", Outcome)
def test_every_answer_of_the_civil_registry(public_api: Api, outcome: Outcome) -> None:
    fields = MATCHED_FIELDS if outcome is Outcome.MISMATCH else ()
    for person in A.form["members"]:
        public_api.registry.said[person["nik"]] = IdentityAnswer(outcome, fields)
    paper = register(public_api)
    public_api.settle()
    assert public_api.post("/v1/status", {"receipt": paper})[0] == 200


def test_a_civil_registry_that_repeats_what_it_was_asked(
    public_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def repeat(claims: Any) -> Any:
        raise RuntimeError(f"cannot find {claims}")

    monkeypatch.setattr(public_api.registry, "check", repeat)
    paper = register(public_api)
    park(public_api)
    told_of = public_api.post("/v1/status", {"receipt": paper})[1]
    assert told_of["state"] in {"received", "identity_checking"}


def park(api: Api) -> None:
    """Let the workers fail until their messages park; then there must be some that are parked."""
    api._relay()
    url = wiring.needed("TEPAT_CHECK_QUEUE_URL")
    sqs = wiring.client("sqs")
    for _ in range(7):
        found = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, WaitTimeSeconds=0)
        for message in found.get("Messages", []):
            record = {"messageId": message["MessageId"], "body": message["Body"]}
            api.invoke("check_identity", {"Records": [record]})
    parked = [place for place, _ in places.queues(sqs) if "dead" in place]
    assert parked
    sqs.purge_queue(QueueUrl=url)


def test_parked_messages_hold_nobody_and_strange_ones_are_not_repeated(public_api: Api) -> None:
    """What somebody else puts into a queue: the workers' log says nothing of it."""
    bodies = [A.nik, json.dumps(A.form), json.dumps({"village": A.nik, "locator": A.name})]
    bodies += [json.dumps({"village": A.name, "locator": A.nik, "version": 1})]
    records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
    for function in ("check_identity", "score_household", "release_guards"):
        answer = public_api.invoke(function, {"Records": records})
        assert {one["itemIdentifier"] for one in answer["batchItemFailures"]} >= {"0", "1", "2"}


OPERATIONS = (
    "TransactWriteItems", "BatchGetItem", "GetItem", "PutItem", "UpdateItem", "Query",
    "SendMessageBatch", "GenerateMac",
)  # fmt: skip
REFUSALS = {
    "InternalServerError": 500,
    "ThrottlingException": 400,
    "ValidationException": 400,
    "AccessDeniedException": 400,
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_aws_refuses_and_repeats_what_it_was_sent(
    public_api: Api, desk: Desk, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    paper = register(public_api)
    desk.sign_in("supervisor")
    real = botocore.client.BaseClient._make_api_call
    refused = []
    code = ""

    def refuse(client: Any, name: str, given: Any) -> Any:
        if name != operation:
            return real(client, name, given)
        refused.append(code)
        error = {"Code": code, "Message": f"{A.texts()} in {given}"}
        answer = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": REFUSALS[code]}}
        raise ClientError(answer, name)  # type: ignore[arg-type]

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuse)
    for code in REFUSALS:  # noqa: B007 - `refuse` reads it
        wiring.index.cache_clear()
        every_way(public_api, desk, paper)
    monkeypatch.undo()
    assert set(refused) == set(REFUSALS)


def every_way(api: Api, desk: Desk, paper: str) -> None:
    """Each thing that can be asked, once, whatever comes of it."""
    with contextlib.suppress(Exception):  # its batch comes again
        api._relay()
    for accept in ("application/json", HTML):
        api.post("/v1/registrations", B.form, key=key(), accept=accept)
        api.post("/v1/status", {"receipt": paper}, accept=accept)
        change = {"receipt": paper, "members": [{"index": 0, "name": B.name}]}
        api.post("/v1/corrections", change, key=key(), accept=accept)
        api.post("/v1/withdrawals", {"receipt": paper, "agreed": True}, key=key(), accept=accept)
    place = locator(paper)
    desk.get("/staff")
    desk.get(f"/staff/cases/{place}")
    desk.post("/staff/cases", number=A.nik)
    desk.post("/staff/reissue", key=key(), nik=A.nik, reason="lost", person_present="true")
    desk.post(f"/staff/cases/{place}/erase", reason="family_request", sure="true")
    village = A.form["village"]
    record = {
        "messageId": "1",
        "body": json.dumps({"village": village, "locator": place, "version": 1}),
    }
    for function in ("check_identity", "score_household", "release_guards"):
        api.invoke(function, {"Records": [record]})


# --- the desk -------------------------------------------------------------------------------------


def test_everything_at_the_desk(public_api: Api, desk: Desk) -> None:
    place = locator(register(public_api))
    register(public_api)
    public_api.settle()
    for group in ("auditor", "reviewer", "supervisor", "region_admin", "agent"):
        desk.sign_in(group)
        for path in ("/staff", "/staff?kind=visit", f"/staff/cases/{place}?reason=desk"):
            assert desk.get(path)[0] in {200, 403}
        for text in A.texts():
            assert desk.post("/staff/cases", number=text)[0] in {403, 404, 422}
    desk.sign_in("supervisor")
    fields = {"nik": A.nik, "reason": "lost", "person_present": "true"}
    for more in ({}, {"reason": A.name}, {"nik": A.nik[:15] + " x"}, {A.nik: A.name}):
        code, _, _ = desk.post("/staff/reissue", **{"key": key(), **fields, **more})
        assert code in {201, 422}
    assert desk.post("/staff/reissue", key=key(), **fields | {"nik": B.nik})[0] == 404
    assert desk.post(f"/staff/cases/{place}/erase", reason=A.nik, sure=A.name)[0] == 422
    code, _, _ = desk.post(f"/staff/cases/{place}/erase", reason="no_consent", sure="true")
    assert code == 200
    assert desk.get(f"/staff/cases/{place}")[0] == 200
    desk.post("/staff/sign-out")


# --- what goes out by itself ----------------------------------------------------------------------


class Here(Account):
    """The account of the test."""

    def __init__(self) -> None:
        """Nothing to set up."""

    def client(self, service: str) -> Any:
        return wiring.client(service)


def exported() -> bytes:
    """The ledger as auditors get it."""
    names = wiring.settings()
    given = {
        "Region": REGION,
        "RegistryTable": names.registry_table,
        "VaultTable": names.vault_table,
        "LedgerTable": names.ledger_table,
        "OpsTable": names.ops_table,
    }
    out = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit_export, "UNSEALED_DAYS", 2)  # there are no older ones here
        assert audit_export.write(Here(), given, wiring.clock.now_ms() + 1, out)
    return out.getvalue()


def test_sweep_seal_and_export(
    public_api: Api, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = locator(register(public_api))
    public_api.settle()
    desk.sign_in("reviewer").get(f"/staff/cases/{place}")
    later = wiring.clock.now_ms() + 2 * 86_400_000
    monkeypatch.setattr(wiring.SystemClock, "now_ms", lambda _: later)
    public_api.invoke("sweep", TICK)
    public_api.invoke("seal_day", TICK)
    found = list(places.buckets(wiring.client("s3")))
    assert any("audit/" in place for place, _ in found), "nothing was published"
    lines = exported()
    assert lines.count(b"\n") > 5
    assert told(found_in([("export of the ledger", lines)])) == ""
