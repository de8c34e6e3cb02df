"""Appealing, objecting and taking part through the deployed handlers, on moto's tables."""

from __future__ import annotations

import json
from typing import Any

from chalicelib import wiring
from chalicelib.domain import hearing, reopening
from chalicelib.domain.registration import Ref, Stamp
from tests.ikd import JSON, SITE, Browser
from tests.integration.conftest import Api
from tests.integration.ikd_phone import ikd, phone
from tests.integration.sanggah_sending import (
    KEY,
    OBJECTION,
    OTHER_KEY,
    PHOTOS,
    TEXT,
    appeal,
    codes,
    receipt,
    send,
    settings_of_the_stage,
    status,
    submit,
)
from tests.world import VILLAGE, artefact, form, member

__all__ = ["ikd", "phone", "receipt", "settings_of_the_stage"]  # fixtures


def heard(number: str, about: str) -> None:
    """Tell the family of an objection, as the machine does."""
    ref = Ref(VILLAGE, number)
    disputes = wiring.disputes()
    there = disputes.load([ref])[ref]
    now = wiring.clock.now_ms()
    stamp = Stamp(now, "system:tests", there.salt)
    case = wiring.store().load([Ref(VILLAGE, about)])[Ref(VILLAGE, about)].case

    linked, event = hearing.link(there, about, stamp, due=stamp.at)
    assert disputes.change(linked, event, case=reopening.disputed(case, number, stamp)) is None
    told, event = hearing.hear(linked, stamp, answer_by=now + 86_400_000)
    assert disputes.change(told, event) is None


def test_a_family_appeals_from_its_status_and_sees_each_step(public_api: Api, receipt: str) -> None:
    assert status(public_api, receipt)["can"] == ["appeal"]
    code, filed = appeal(public_api, receipt)
    assert code == 201
    assert [upload["fields"]["Content-Type"] for upload in filed["uploads"]] == ["image/jpeg"] * 3
    assert appeal(public_api, receipt) == (201, filed)
    told = status(public_api, receipt)
    assert told["can"] == []
    (shown,) = told["disputes"]
    assert shown["dispute"] == filed["dispute"]
    assert shown["stage"] == "filed"
    assert shown["next"]["by"]
    assert shown["can"] == ["add_evidence", "withdraw"]
    assert {piece["state"] for piece in shown["evidence"]} == {"granted"}


def test_an_appeal_that_cannot_be_is_refused_in_words_and_changes_nothing(
    public_api: Api, receipt: str
) -> None:
    code, told = appeal(public_api, receipt, reason="because", photos=PHOTOS * 2, text="x" * 2001)
    assert (code, codes(told)) == (422, ["field_too_long"])
    code, told = appeal(public_api, receipt, reason="because", photos=PHOTOS * 2)
    assert code == 422
    assert set(codes(told)) == {"field_not_an_option", "evidence_too_many"}
    assert appeal(public_api, "2222-2222-2222-2222-2222-2222")[0] == 404
    assert appeal(public_api, receipt)[0] == 201
    code, told = appeal(public_api, receipt, key=OTHER_KEY)
    assert (code, codes(told)) == (409, ["appeal_open"])
    assert len(status(public_api, receipt)["disputes"]) == 1


def test_more_photos_and_second_thoughts(public_api: Api, receipt: str) -> None:
    number = appeal(public_api, receipt)[1]["dispute"]
    more = {"receipt": receipt, "dispute": number, "photos": PHOTOS[:2]}
    code, told, _ = public_api.post("/v1/disputes/uploads", more, key="m" * 24)
    assert (code, len(told["uploads"])) == (201, 2)
    assert public_api.post("/v1/disputes/uploads", more, key="m" * 24)[1] == told
    assert len(status(public_api, receipt)["disputes"][0]["evidence"]) == 5
    ended = {"receipt": receipt, "dispute": number, "agreed": True}
    code, told, _ = public_api.post("/v1/disputes/withdrawals", ended, key="w" * 24)
    assert (code, told["stage"], told["can"]) == (200, "withdrawn", [])
    assert public_api.post("/v1/disputes/uploads", more, key="n" * 24)[0] == 409
    assert status(public_api, receipt)["can"] == ["appeal"]


def test_a_stranger_gets_nowhere(public_api: Api, receipt: str) -> None:
    number = appeal(public_api, receipt)[1]["dispute"]
    body = form(artefact(), member(9955), kk=None)
    other = public_api.post("/v1/registrations", body, key="family-000000000002")[1]["receipt"]
    for path, more in (
        ("/v1/disputes/uploads", {"photos": PHOTOS[:1]}),
        ("/v1/disputes/withdrawals", {"agreed": True}),
        ("/v1/disputes/answers", {"text": "Bukan."}),
    ):
        sent = {"receipt": other, "dispute": number} | more
        code, told, _ = public_api.post(path, sent, key="s" * 24)
        assert (code, codes(told)) == (404, ["dispute_unknown"])
    without = {"dispute": number, "photos": PHOTOS[:1]}
    assert public_api.post("/v1/disputes/uploads", without, key="s" * 24)[0] == 401


def test_nobody_objects_without_signing_in(public_api: Api) -> None:
    assert public_api.post("/v1/objections", OBJECTION, key=KEY)[0] == 401
    assert public_api.get("/v1/objections")[0] == 401


def test_an_objector_signs_in_objects_and_follows_it(
    phone: Browser, public_api: Api, receipt: str
) -> None:
    phone.sign_in()
    code, filed = send(phone, "/v1/objections", OBJECTION, KEY)
    assert (code, len(filed["uploads"])) == (201, 1)
    unknown = OBJECTION | {"name": "Tidak Terdaftar"}
    code, other = send(phone, "/v1/objections", unknown, OTHER_KEY)
    assert (code, set(other), len(other["uploads"])) == (201, set(filed), 1)
    code, text, _ = phone.get("/v1/objections", JSON)
    mine = json.loads(text)
    assert code == 200
    assert {each["dispute"] for each in mine["objections"]} == {filed["dispute"], other["dispute"]}
    code, told = send(phone, "/v1/objections", OBJECTION, "x" * 24)
    assert (code, codes(told)) == (409, ["objection_open"])

    assert status(public_api, receipt)["disputes"] == []
    heard(filed["dispute"], receipt.replace("-", "")[:10])
    (shown,) = status(public_api, receipt)["disputes"]
    assert shown["can"] == ["answer", "add_evidence"]
    assert shown["evidence"] == []
    sent = {"receipt": receipt, "dispute": filed["dispute"], "text": "Milik majikan."}
    assert public_api.post("/v1/disputes/answers", sent, key="a" * 24)[0] == 201
    again = public_api.post("/v1/disputes/answers", sent, key="b" * 24)
    assert (again[0], codes(again[1])) == (409, ["dispute_answered"])
    sent = {"dispute": filed["dispute"], "agreed": True}
    assert send(phone, "/v1/disputes/withdrawals", sent, "w" * 24)[0] == 200


def test_a_form_from_elsewhere_files_nothing(phone: Browser) -> None:
    phone.sign_in()
    elsewhere = "https://elsewhere.example"
    assert send(phone, "/v1/objections", OBJECTION, KEY, elsewhere)[0] == 403


def test_a_family_learns_who_has_looked(public_api: Api, desk: Any, receipt: str) -> None:
    ask = {"receipt": receipt}
    assert public_api.post("/v1/looked", ask)[1] == {"looked": []}
    desk.sign_in("reviewer")
    desk.get(f"/staff/cases/{receipt.replace('-', '')[:10]}?reason=desk")
    ((look),) = public_api.post("/v1/looked", ask)[1]["looked"]
    assert look["who"] == "Petugas Dinas Sosial"
    assert look["reason"] == "Keluarga datang ke meja layanan"


def test_without_a_script_each_form_is_answered_by_a_page(
    phone: Browser, public_api: Api, receipt: str
) -> None:
    code, page = submit(phone, "/v1/appeals/form", receipt=receipt)
    assert (code, "Alasan" in page) == (200, True)
    fields = {"receipt": receipt, "reason": "data_wrong", "text": TEXT, "photos.0.type": "jpeg"}
    code, page = submit(phone, "/v1/appeals", key=KEY, **fields | {"reason": ""})
    assert (code, TEXT.split("\n", maxsplit=1)[0] in page) == (422, True)
    code, page = submit(phone, "/v1/appeals", key=KEY, **fields)
    assert code == 201
    assert 'action="https://quarantine.example/"' in page
    assert f"{SITE}/status/" in page
    code, page = submit(phone, "/v1/status", receipt=receipt)
    assert (code, "Sanggah masuk" in page) == (200, True)
    code, page = submit(phone, "/v1/looked", receipt=receipt)
    assert code == 200
    phone.sign_in()
    code, page, _ = phone.get("/v1/objections")
    assert code == 200
