"""Second looks, and appeals without a receipt or by an agent, through the deployed handlers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from chalicelib import sign_in_wiring, wiring
from chalicelib.domain import adjudication, hearing
from chalicelib.domain.dispute import Outcome, Vote
from chalicelib.domain.registration import Ref, Stamp
from tests import minted
from tests.desk import ledger
from tests.ikd import JSON, NAME, Browser
from tests.integration.agent_phone import bearer
from tests.integration.conftest import Api
from tests.integration.ikd_phone import ikd, phone
from tests.integration.region_at_work import stored
from tests.integration.sanggah_sending import (
    KEY,
    OBJECTION,
    OTHER_KEY,
    PHOTOS,
    TEXT,
    codes,
    receipt,
    send,
    settings_of_the_stage,
    status,
    submit,
)
from tests.world import VILLAGE, artefact, child, form, member

__all__ = ["ikd", "phone", "receipt", "settings_of_the_stage"]  # fixtures
OWN = {"village": VILLAGE, "reason": "data_wrong", "text": TEXT}


def rejected(number: str) -> None:
    """Decide an objection as two officers who agree do."""
    ref = Ref(VILLAGE, number)
    there = wiring.disputes().load([ref])[ref]
    now = wiring.clock.now_ms()
    there, event = hearing.to_review(there, Stamp(now, "system:tests", there.salt), due=now)
    assert wiring.disputes().change(there, event) is None
    for officer in ("officer-1", "officer-2"):
        stamp = Stamp(now, f"staff:{officer}", there.salt)
        there, event = adjudication.assign(there, officer, stamp, level=0)
        assert wiring.disputes().change(there, event) is None
        vote = Vote(stamp.actor, Outcome.REJECTED, "claim_unproven", now)
        act = adjudication.decide if there.votes else adjudication.recommend
        there, event = act(there, vote, stamp, due=now)
        assert wiring.disputes().change(there, event) is None


def mine(phone: Browser) -> list[dict[str, Any]]:
    """One's own objections and appeal, as a script is told of them."""
    found: list[dict[str, Any]] = json.loads(phone.get("/v1/objections", JSON)[1])["objections"]
    return found


def test_whoever_objected_asks_once_for_a_second_look(phone: Browser, receipt: str) -> None:
    phone.sign_in()
    number = send(phone, "/v1/objections", OBJECTION, KEY)[1]["dispute"]
    wish = {"dispute": number, "text": "Mobilnya masih ada."}
    code, told = send(phone, "/v1/disputes/appeals", wish, OTHER_KEY)
    assert (code, codes(told)) == (409, ["outcome_none"])
    rejected(number)
    (shown,) = mine(phone)
    assert (shown["can"], shown["letter"]) == (["second_look"], None)
    code, told = send(phone, "/v1/disputes/appeals", wish | {"photos": PHOTOS[:1]}, OTHER_KEY)
    assert (code, len(told["uploads"])) == (201, 1)
    assert send(phone, "/v1/disputes/appeals", wish, KEY)[0] == 409
    second, first = mine(phone)
    assert (first["can"], second["dispute"]) == ([], told["dispute"])
    assert "ditinjau sekali lagi" in second["notes"][0]


@pytest.mark.usefixtures("desk")  # its pages are built
def test_without_a_script_the_page_of_one_s_objections_holds_the_form(
    phone: Browser, receipt: str
) -> None:
    phone.sign_in()
    number = send(phone, "/v1/objections", OBJECTION, KEY)[1]["dispute"]
    rejected(number)
    page = phone.get("/v1/objections")[1]
    assert 'action="/v1/disputes/appeals"' in page
    code, body = submit(phone, "/v1/disputes/appeals", dispute=number, key=OTHER_KEY)
    assert (code, f'value="{number}"' in body) == (422, True)
    sent = {"dispute": number, "key": OTHER_KEY, "text": "Masih ada."}
    code, body = submit(phone, "/v1/disputes/appeals", **sent)
    assert (code, "Nomor sanggahan" in body) == (201, True)
    code, body = submit(phone, "/v1/appeals/own", village=VILLAGE, text=TEXT)
    assert (code, "Belum" in body or "belum" in body) == (422, True)
    sent = {"village": VILLAGE, "reason": "data_wrong", "text": TEXT}
    code, body = submit(phone, "/v1/appeals/own", **sent)
    assert (code, re.search(r"<b>\w{10}</b>", body) is not None) == (201, True)


def test_an_appeal_without_a_receipt_is_answered_alike_and_found_afterwards(
    phone: Browser, public_api: Api
) -> None:
    people = member(9901, name=NAME), child(9902)
    _, told, _ = public_api.post("/v1/registrations", form(artefact(), *people), key="f" * 24)
    public_api.settle()
    receipt = str(told["receipt"])
    assert public_api.post("/v1/appeals/own", OWN, key=KEY)[0] == 401
    phone.sign_in()  # with the NIK and name of that family's head
    code, told = send(phone, "/v1/appeals/own", OWN, KEY)
    assert (code, set(told), told["uploads"]) == (201, {"dispute", "uploads"}, [])
    assert send(phone, "/v1/appeals/own", OWN, KEY)[1] == told
    code, faults = send(phone, "/v1/appeals/own", OWN, OTHER_KEY)
    assert (code, codes(faults)) == (409, ["appeal_open"])
    public_api.settle()
    assert stored(told["dispute"]).about == receipt.replace("-", "")[:10]
    assert status(public_api, receipt)["disputes"][0]["dispute"] == told["dispute"]
    (shown,) = mine(phone)
    assert (shown["kind"], shown["dispute"]) == ("appeal", told["dispute"])
    code, _ = send(
        phone, "/v1/disputes/withdrawals", {"dispute": shown["dispute"], "agreed": True}, "w" * 24
    )
    assert code == 200
    assert send(phone, "/v1/appeals/own", OWN, OTHER_KEY)[0] == 201


def test_an_agent_appeals_for_a_family_that_has_agreed(
    public_api: Api, receipt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_wiring, "token_keys", lambda: minted.keys)
    body = {"receipt": receipt, "reason": "data_wrong", "text": TEXT, "photos": PHOTOS[:1]}
    headers = bearer("agent")
    code, told, _ = public_api.post("/v1/agent/appeals", body, key=KEY, **headers)
    assert (code, codes(told)) == (422, ["field_missing"])
    assert public_api.post("/v1/agent/appeals", body | {"agreed": True}, key=KEY)[0] == 401
    code, told, _ = public_api.post(
        "/v1/agent/appeals", body | {"agreed": True}, key=KEY, **headers
    )
    assert (code, len(told["uploads"])) == (201, 1)
    (shown,) = status(public_api, receipt)["disputes"]
    assert "atas persetujuan keluarga" in shown["notes"][0]
    filed = [entry["actor"]["S"] for entry in ledger() if entry["act"]["S"] == "filed"]
    assert [actor.partition(":")[0] for actor in filed] == ["agent"]
