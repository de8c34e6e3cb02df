"""Recommending and deciding through the staff pages and the deployed handlers, on moto's tables."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chalicelib import dispute_wiring, wiring
from chalicelib.domain import dispute
from chalicelib.domain.dispute import Dispute, Stage
from chalicelib.domain.registration import Ref, Stamp, State
from chalicelib.usecases import file_appeal
from tests.court import TEXT
from tests.desk import Desk, ledger
from tests.fakes_evidence import FakeGrants
from tests.world import CALLER, artefact, form

ONE, OTHER, THIRD = "officer-1", "officer-2", "officer-3"


@pytest.fixture
def appeal(public_api: Any, monkeypatch: pytest.MonkeyPatch) -> Dispute:
    """A family's appeal that the first officer was drawn for."""
    monkeypatch.setattr(wiring, "grants", FakeGrants)
    sent = public_api.post("/v1/registrations", form(artefact()), key="family-0000000000000001")
    public_api.settle()
    command = file_appeal.Appeal(
        key="appeal-000000000000001",
        receipt=sent[1]["receipt"],
        reason="data_wrong",
        text=TEXT,
        photos=(),
        form={"text": TEXT},
        caller=CALLER,
    )
    filed = file_appeal.file_appeal(command, dispute_wiring.appeal_ports("")).dispute
    moved, event = dispute.to_review(filed, stamp(filed), due=filed.due)
    assert wiring.disputes().change(moved, event) is None
    return drawn(moved, ONE)


def stamp(there: Dispute) -> Stamp:
    return Stamp(wiring.clock.now_ms(), "system:tests", there.salt)


def drawn(there: Dispute, officer: str) -> Dispute:
    moved, event = dispute.assign(there, officer, stamp(there), level=0)
    assert wiring.disputes().change(moved, event) is None
    return moved


def now(there: Dispute) -> Dispute:
    return wiring.disputes().load([there.ref])[there.ref]


def as_officer(desk: Desk, subject: str, *groups: str) -> Desk:
    desk.jar.clear()
    desk.login.subject = subject
    return desk.sign_in(*(groups or ("reviewer",)))


def voting(there: Dispute, step: str, vote: str = "upheld:claim_confirmed") -> dict[str, str]:
    return {"vote": vote, "step": step, "kind": "appeal", "seen": str(there.version)}


def test_one_recommends_another_decides_and_the_family_is_taken_up_again(
    desk: Desk, appeal: Dispute
) -> None:
    number = appeal.ref.locator
    as_officer(desk, ONE)
    code, body, _ = desk.get("/staff/disputes")
    assert (code, number in body) == (200, True)
    body = desk.get(f"/staff/disputes/{number}")[1]
    assert TEXT in body
    assert "Beri saran" in body
    code, body, _ = desk.post(f"/staff/disputes/{number}/letter", **voting(appeal, "recommend"))
    assert code == 200
    assert "Sanggah Anda diterima. Alasan: isi sanggah terbukti." in body
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', body))
    assert desk.post(f"/staff/disputes/{number}/vote", **fields)[0] == 303
    assert now(appeal).stage is Stage.RECOMMENDED
    second = drawn(now(appeal), OTHER)

    as_officer(desk, OTHER)
    assert "Putuskan" in desk.get(f"/staff/disputes/{number}")[1]
    assert desk.post(f"/staff/disputes/{number}/vote", **voting(second, "decide"))[0] == 303
    assert now(appeal).stage is Stage.DECIDED
    case = wiring.store().load([Ref(appeal.ref.village, appeal.about)])
    assert next(iter(case.values())).case.state is State.NEEDS_OFFICER
    acts = [entry["act"]["S"] for entry in ledger() if entry["sk"]["S"].startswith(number)]
    assert acts.count("recommended") == acts.count("dispute_decided") == 1


def test_who_was_not_drawn_opens_nothing_and_votes_nothing(desk: Desk, appeal: Dispute) -> None:
    number = appeal.ref.locator
    as_officer(desk, OTHER)
    assert number not in desk.get("/staff/disputes")[1]
    assert desk.get(f"/staff/disputes/{number}")[0] == 404
    sent = voting(appeal, "recommend")
    assert desk.post(f"/staff/disputes/{number}/vote", **sent)[0] == 403
    assert desk.post(f"/staff/disputes/{number}/visit", seen=str(appeal.version))[0] == 403
    assert desk.post(f"/staff/disputes/{number}/family", number=appeal.about)[0] == 403
    assert now(appeal) == appeal
    as_officer(desk, "admin-1", "region_admin")
    assert desk.get("/staff/disputes")[0] == 403


def test_a_vote_on_what_has_changed_is_refused_and_what_stands_is_shown(
    desk: Desk, appeal: Dispute
) -> None:
    number = appeal.ref.locator
    as_officer(desk, ONE)
    old = voting(appeal, "recommend") | {"seen": str(appeal.version - 1)}
    code, _, headers = desk.post(f"/staff/disputes/{number}/vote", **old)
    assert code == 303
    assert "berubah sejak Anda membukanya" in desk.get(headers["Location"])[1]
    assert now(appeal) == appeal


def test_nothing_is_chosen_by_chance(desk: Desk, appeal: Dispute) -> None:
    number = appeal.ref.locator
    as_officer(desk, ONE)
    sent = voting(appeal, "recommend", vote="")
    code, _, headers = desk.post(f"/staff/disputes/{number}/letter", **sent)
    assert code == 303
    assert "belum diisi" in desk.get(headers["Location"])[1]
    sent["vote"] = "upheld:nothing_such"
    code, _, headers = desk.post(f"/staff/disputes/{number}/vote", **sent)
    assert (code, "told=field_not_an_option" in headers["Location"]) == (303, True)
    assert now(appeal) == appeal


def test_a_number_that_is_none_is_not_found(desk: Desk, appeal: Dispute) -> None:
    as_officer(desk, ONE)
    for number in (appeal.about, "0000000000", "2222222222"):
        assert desk.get(f"/staff/disputes/{number}")[0] == 404
