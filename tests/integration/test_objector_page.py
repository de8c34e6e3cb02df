"""Opening who objected through the staff page and the deployed handler, on moto's tables."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain import dispute, hearing, receipt
from chalicelib.domain.dispute import Dispute, Kind
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases.dispute_ports import CLAIM, FILER, Statement
from tests.court import officer
from tests.desk import Desk, ledger, reads, register
from tests.disputing import PERSON, blank

NAME, NIK = "Contoh Pelapor Kusuma", "3510152003809903"
ADMIN = officer(20, roles="region_admin")


class Officers:
    """Those of whom something is known."""

    def of_region(self, _region: str) -> Any:
        return [ADMIN]


@pytest.fixture
def objection(public_api: Any, monkeypatch: pytest.MonkeyPatch) -> Dispute:
    """An objection to a family, whose author is sealed."""
    monkeypatch.setattr(wiring, "officers", Officers)
    locator = register(public_api).replace("-", "")[:10]
    place = receipt.village_index(locator)
    own = dispute.locator_of(wiring.index().mac, "objection-0000000001", place)
    ref = Ref(wiring.village_of(locator) or "", own)
    made = replace(blank(Kind.OBJECTION, locator, pieces=0), ref=ref)
    made, event = hearing.file(made, Stamp(wiring.clock.now_ms(), "citizen", made.salt), due=1)
    filer = json.dumps({"name": NAME, "nik": NIK}).encode()
    claim = json.dumps({"name": "Contoh", "place": "Sana", "text": "Mampu."}).encode()
    sealed = [
        Statement(part, wiring.sealer().seal(told, f"{made.ref.locator}|{part}"))
        for part, told in ((FILER, filer), (CLAIM, claim))
    ]
    assert wiring.disputes().create(made, event, sealed) is None
    assert made.person == PERSON
    return made


def asking(there: Dispute, **changes: str) -> dict[str, str]:
    told = {
        "number": there.ref.locator,
        "reason": "court_order",
        "note": "Surat PN Contoh 12/2026",
        "sure": "true",
    }
    return told | changes


def signed_in(desk: Desk, *groups: str) -> Desk:
    desk.jar.clear()
    desk.login.subject = ADMIN.sub
    return desk.sign_in(*groups)


def test_an_administrator_opens_it_once_and_it_is_in_the_ledger(
    desk: Desk, objection: Dispute
) -> None:
    signed_in(desk, "region_admin")
    code, body, headers = desk.post("/staff/objector", **asking(objection))
    assert (code, headers["Cache-Control"]) == (200, "no-store")
    assert NAME in body
    assert NIK not in body
    assert "3510********9903" in body
    assert "Sudah dibuka 1 kali" in body
    assert "Penetapan pengadilan</b>. Surat PN Contoh 12/2026" in body
    assert reads() == [(objection.ref.locator, "objector_court_order")]
    acts = [entry["act"]["S"] for entry in ledger() if "commitment" in entry]
    assert acts.count("objector_opened") == 1
    assert NAME not in desk.get("/staff/objector")[1]


@pytest.mark.parametrize("groups", [("reviewer",), ("supervisor",), ("auditor",), ("agent",)])
def test_no_other_role_opens_anything(
    desk: Desk, objection: Dispute, groups: tuple[str, ...]
) -> None:
    signed_in(desk, *groups)
    code, body, _ = desk.post("/staff/objector", **asking(objection))
    assert (code, NAME in body) == (403, False)
    untouched(objection)


@pytest.mark.parametrize(
    "changes",
    [{"reason": ""}, {"reason": "curious"}, {"note": ""}, {"note": "   "}, {"sure": ""}],
    ids=str,
)
def test_without_a_reason_nothing_is_opened(
    desk: Desk, objection: Dispute, changes: dict[str, str]
) -> None:
    signed_in(desk, "region_admin")
    code, body, _ = desk.post("/staff/objector", **asking(objection, **changes))
    assert (code, NAME in body) == (422, False)
    untouched(objection)


def test_who_signed_in_long_ago_signs_in_again_first(
    desk: Desk, objection: Dispute, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(desk.login.told, "auth_time", wiring.clock.now_ms() // 1000 - 600)
    signed_in(desk, "region_admin")
    code, body, _ = desk.post("/staff/objector", **asking(objection))
    assert (code, NAME in body) == (403, False)
    untouched(objection)


@pytest.mark.parametrize("number", ["2222222222", "0", "case"])
def test_a_number_that_is_no_dispute_is_not_found(
    desk: Desk, objection: Dispute, number: str
) -> None:
    signed_in(desk, "region_admin")
    told = objection.about if number == "case" else number
    assert desk.post("/staff/objector", **asking(objection, number=told))[0] == 404
    untouched(objection)


def untouched(there: Dispute) -> None:
    """Nothing was opened, and nothing is counted."""
    assert wiring.disputes().load([Ref(there.ref.village, there.ref.locator)]) == {there.ref: there}
    assert reads() == []
