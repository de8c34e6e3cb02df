"""Canary families go every way there is; then nobody may be met (see `tests/canaries`).

What is searched stands in no test here: the fixture `nobody_is_met` searches every answer and all
that is stored when a test ends, and the hooks of `tests/canaries/watch.py` whatever was written.
"""

from __future__ import annotations

import contextlib
import json
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
from infra.chaos.stack import TICK
from tests import minted
from tests.canaries import places
from tests.canaries.watch import found_in, told
from tests.desk import Desk, locator
from tests.integration.canary_families import FORM, HTML, A, B, as_form, key, register
from tests.integration.conftest import Api
from tests.integration.ledger_export import exported

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
