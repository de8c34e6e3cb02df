"""Recommending and deciding through the staff pages and the deployed handlers, on moto's tables."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chalicelib import dispute_wiring, wiring
from chalicelib.domain import adjudication, hearing, reasons, registration
from chalicelib.domain.dispute import Dispute, Exhibit, Side, Stage
from chalicelib.domain.registration import Ref, Stamp, State
from chalicelib.usecases import file_appeal
from tests.court import TEXT
from tests.desk import Desk, as_officer, ledger
from tests.disputing import piece
from tests.fakes_evidence import FakeGrants
from tests.integration.officer_votes import case_of, voting
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
    moved, event = hearing.to_review(filed, stamp(filed), due=filed.due)
    assert wiring.disputes().change(moved, event) is None
    return drawn(moved, ONE)


def stamp(there: Dispute) -> Stamp:
    return Stamp(wiring.clock.now_ms(), "system:tests", there.salt)


def drawn(there: Dispute, officer: str) -> Dispute:
    moved, event = adjudication.assign(there, officer, stamp(there), level=0)
    assert wiring.disputes().change(moved, event) is None
    return moved


def now(there: Dispute) -> Dispute:
    return wiring.disputes().load([there.ref])[there.ref]


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
    assert "2 dari 2 cocok di Dukcapil" in body
    assert "Belum ada hasil pengecekan lapangan" in body
    looked = desk.get(f"/staff/disputes/{number}/looked")[1]
    assert "Sanggah keluarga" in looked
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
    assert next(iter(case.values())).case.state is State.NEEDS_GROUND_CHECK
    acts = [entry["act"]["S"] for entry in ledger() if entry["sk"]["S"].startswith(number)]
    assert acts.count("recommended") == acts.count("dispute_decided") == 1


def test_what_is_late_tells_the_day_that_its_term_ended(desk: Desk, appeal: Dispute) -> None:
    """As the list and the family's own page do, and not when the next takes over."""
    at = wiring.clock.now_ms()
    terms = wiring.terms()
    rules = terms.today(at).terms
    ended = terms.calendar.term(appeal.steps[-1].at, rules.recommend, rules).day
    moved, event = adjudication.escalate(appeal, 1, stamp(appeal), due=at + 90 * 86_400_000)
    assert wiring.disputes().change(moved, event) is None
    drawn(moved, ONE)
    as_officer(desk, ONE)
    body = desk.get(f"/staff/disputes/{appeal.ref.locator}")[1]
    assert f"<dd>{reasons.format_date(ended)}</dd>" in body


def test_who_was_not_drawn_opens_nothing_and_votes_nothing(desk: Desk, appeal: Dispute) -> None:
    number = appeal.ref.locator
    as_officer(desk, OTHER)
    assert number not in desk.get("/staff/disputes")[1]
    assert desk.get(f"/staff/disputes/{number}")[0] == 404
    assert desk.get(f"/staff/disputes/{number}/looked")[0] == 404
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
    old = voting(appeal, "recommend")
    moved, event = hearing.add_evidence(
        appeal, (Exhibit(Side.FILER, piece(7)),), b"r" * 16, stamp(appeal)
    )
    assert wiring.disputes().change(moved, event) is None
    code, _, headers = desk.post(f"/staff/disputes/{number}/vote", **old)
    assert code == 303
    body = desk.get(headers["Location"])[1]
    assert "berubah sejak Anda membukanya. Baca lagi" in body
    changes = body.partition('id="changed"')[2].partition("</section>")[0]
    assert re.findall("<b>(.*?)</b>", changes) == ["Bukti baru akan dikirim"]
    assert now(appeal) == moved


def test_a_vote_on_a_case_that_has_changed_is_refused_and_told(desk: Desk, appeal: Dispute) -> None:
    number = appeal.ref.locator
    as_officer(desk, ONE)
    old = voting(appeal, "recommend")
    there = case_of(appeal)
    salt = wiring.store().load([there.ref])[there.ref].vault[0].salt
    by = Stamp(wiring.clock.now_ms(), f"staff:{OTHER}", salt)
    reissued = registration.reissue(there, b"m" * 32, b"q" * 16, "lost", by)
    assert wiring.store().change(*reissued) is None
    code, _, headers = desk.post(f"/staff/disputes/{number}/vote", **old)
    assert code == 303
    body = desk.get(headers["Location"])[1]
    changes = body.partition('id="changed"')[2].partition("</section>")[0]
    assert re.findall("<b>(.*?)</b>", changes) == ["Keluarga mendapat nomor pendaftaran baru"]
    assert "Petugas officer-" in changes
    assert now(appeal) == appeal
    assert 'id="changed"' not in desk.get(f"/staff/disputes/{number}")[1]


def test_nobody_decides_what_they_recommended(desk: Desk, appeal: Dispute) -> None:
    number = appeal.ref.locator
    as_officer(desk, ONE)
    assert desk.post(f"/staff/disputes/{number}/vote", **voting(appeal, "recommend"))[0] == 303
    again = drawn(now(appeal), ONE)  # as no drawing would
    for vote in ("upheld:claim_confirmed", "rejected:claim_unproven"):
        sent = voting(again, "decide", vote)
        code, body, _ = desk.post(f"/staff/disputes/{number}/vote", **sent)
        assert (code, "Orang lain yang harus memutuskan" in body) == (403, True)
    assert now(appeal) == again
    assert case_of(appeal).state is State.DECIDED


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
        code, body, _ = desk.get(f"/staff/disputes/{number}")
        assert (code, "Sanggah ini tidak ditemukan." in body) == (404, True)


def test_a_visit_to_what_has_changed_is_refused_and_tells_no_version(
    desk: Desk, appeal: Dispute
) -> None:
    number = appeal.ref.locator
    as_officer(desk, ONE)
    code, _, headers = desk.post(f"/staff/disputes/{number}/visit", seen=str(appeal.version + 1))
    assert code == 303
    assert headers["Location"] == f"/staff/disputes/{number}?told=dispute_changed"
    assert now(appeal) == appeal
