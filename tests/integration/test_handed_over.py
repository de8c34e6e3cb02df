"""What decisions leave for others, on moto: written with the step, listed for the region."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib import staff_wiring, wiring
from chalicelib.domain import audit
from chalicelib.domain.audit import Act
from chalicelib.domain.handover import Kind
from chalicelib.domain.registration import Earlier, Ref
from tests.desk import Desk
from tests.integration.conftest import Api
from tests.integration.region_at_work import AtWork, region, stored, uploads
from tests.integration.sanggah_sending import (
    KEY,
    TEXT,
    appeal,
    codes,
    receipt,
    settings_of_the_stage,
    status,
)
from tests.world import VILLAGE

__all__ = ["receipt", "region", "settings_of_the_stage", "uploads"]  # fixtures
MISUSE: dict[str, Any] = {"reason": "asset_not_mine", "attribute": "laptop", "stated": True}


def test_what_is_somebody_else_s_is_set_apart_and_shown_to_whoever_watches_the_region(
    region: AtWork, desk: Desk, public_api: Api, receipt: str
) -> None:
    code, told = appeal(public_api, receipt, photos=[], **MISUSE | {"stated": None})
    assert (code, codes(told)) == (422, ["field_missing"])
    code, told = appeal(public_api, receipt, photos=[], **MISUSE)
    assert (code, told["uploads"]) == (201, [])
    public_api.settle()
    region.decide(told["dispute"], "upheld:identity_misused")
    there = stored(told["dispute"])
    shown = status(public_api, receipt)
    assert (shown["state"], "diterima" in shown["disputes"][0]["outcome"]) == ("decided", True)
    assert any("bukan kesalahan" in line for line in shown["notes"])
    (left,) = staff_wiring.handovers().of_region(VILLAGE[:4], 9)
    assert (left.kind, left.codes, left.why) == (Kind.REGISTER, ("laptop",), there.ref.locator)
    desk.login.subject = "admin-1"
    desk.sign_in("region_admin")
    code, body, _ = desk.get("/staff/handovers")
    assert code == 200
    for text in ("Instansi yang menyimpan data", "laptop", there.about, there.ref.locator):
        assert text in body
    assert TEXT.splitlines()[0] not in body
    desk.jar.clear()
    desk.sign_in("reviewer")
    assert desk.get("/staff/handovers")[0] == 403


def test_a_place_that_falls_free_is_one_item_more_of_the_decision_s_own_write(
    desk: Desk, public_api: Api, receipt: str
) -> None:
    ref = Ref(VILLAGE, receipt.replace("-", "")[:10])
    case = wiring.store().load([ref])[ref].case
    had = tuple(replace(each, eligible=True) for each in case.decisions)
    earlier = Earlier(case.steps[-1].at, "a" * 64, "b" * 64, had, "objection_upheld")
    event, head = audit.append(
        case.head,
        chain=ref.locator,
        at=wiring.clock.now_ms(),
        actor="system:score_household",
        act=Act.DECIDED,
        commitment=bytes(32),
    )
    moved = replace(case, version=case.version + 1, earlier=earlier, head=head)
    for _ in range(2):  # the same once more, as after a lost answer
        assert wiring.store().change(moved, event) is None
    (left,) = staff_wiring.handovers().of_region(VILLAGE[:4], 9)
    assert (left.kind, left.ref, left.why) == (Kind.PLACE, ref, "objection_upheld")
    assert left.codes == tuple(each.programme for each in had)
    desk.sign_in("supervisor")
    body = desk.get("/staff/handovers")[1]
    for text in ("daftar tunggu", "Keberatan diterima", *left.codes):
        assert text in body


def test_the_page_of_it_takes_the_form_without_a_script(
    desk: Desk, public_api: Api, receipt: str
) -> None:
    def post(form: str) -> tuple[int, str]:
        kind = "application/x-www-form-urlencoded"
        sent = f"receipt={receipt}&reason=asset_not_mine&text=Bukan.&key={KEY}&{form}"
        code, body, _ = public_api.post(
            "/v1/appeals", sent.encode(), accept="text/html", content_type=kind
        )
        return code, body

    code, body = post("attribute=")
    assert (code, "Bukan milik keluarga saya" in body) == (422, True)
    assert post("attribute=laptop&stated=true")[0] == 201
