"""Reports about agents: filed by nobody, and closed by a supervisor drawn from elsewhere."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from chalicelib import report_wiring, wiring
from chalicelib.domain import misconduct
from chalicelib.domain.assignment import Officer
from chalicelib.domain.evidence import PieceState
from chalicelib.domain.misconduct import Report, Stage
from chalicelib.domain.registration import Work
from chalicelib.usecases import conduct_report
from chalicelib.usecases.ports import Message
from chalicelib.usecases.report_pieces import ReportPieces
from tests.court import DISTRICT, ELSEWHERE, officer
from tests.desk import Desk, ledger, reads
from tests.fakes_evidence import FakeGrants
from tests.integration.conftest import Api
from tests.integration.report_sending import TEXT, ref_of, send
from tests.world import VILLAGE

PHOTO = {"type": "jpeg", "size": 9_000}
NEAR = officer(9, roles="supervisor")
FAR = officer(10, district=ELSEWHERE, roles="supervisor")
AGENT = officer(11, roles="agent")


@pytest.fixture(autouse=True)
def stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEPAT_SITE_ORIGIN", "https://bansos.example.go.id")
    monkeypatch.setattr(wiring, "grants", FakeGrants)


def now(number: str) -> Report:
    ref = ref_of(number)
    return wiring.reports().load([ref])[ref]


def conduct(number: str, *officers: Officer) -> Report:
    ports = replace(report_wiring.conduct_ports(), officers=lambda: officers)
    assert conduct_report.conduct_reports([Message(ref_of(number), 0)], ports) == []
    return now(number)


def as_supervisor(desk: Desk, who: Officer, *groups: str) -> Desk:
    desk.jar.clear()
    desk.login.subject = who.sub
    return desk.sign_in(*(groups or ("supervisor",)))


def test_a_report_is_filed_by_nobody_and_its_number_opens_its_steps(public_api: Api) -> None:
    code, told = send(public_api, day="2026-11-20")
    assert code == 201
    assert send(public_api, day="2026-11-20")[1] == told
    assert send(public_api)[0] == 422  # the same key, another body
    number = told["report"]
    code, shown, _ = public_api.post("/v1/reports/status", {"receipt": number.lower()})
    assert (code, shown["stage"], shown["outcome"]) == (200, "filed", None)
    assert TEXT not in json.dumps(shown)
    wrong = number[:-1] + ("2" if number[-1] != "2" else "3")
    for paper in (wrong, "2222-2222-2222-2222-2222-2222"):
        assert public_api.post("/v1/reports/status", {"receipt": paper})[0] == 404
    assert public_api.post("/v1/status", {"receipt": number})[0] == 404
    acts = [(entry["act"]["S"], entry["actor"]["S"]) for entry in ledger()]
    assert ("reported", "citizen") in acts


def test_a_report_with_photos_is_two_calls_and_none_to_sign_their_uploads(
    public_api: Api,
) -> None:
    made: list[str] = []
    wiring.client("kms").meta.events.register(
        "before-call.*", lambda model, **_: made.append(model.name)
    )
    events = wiring.client("dynamodb").meta.events
    send(public_api)  # the first of a process asks the key service
    events.register("before-call.dynamodb", lambda model, **_: made.append(model.name))
    made.clear()
    code, told = send(public_api, key="report-0000000000000002", photos=[PHOTO] * 3)
    assert (code, len(told["uploads"])) == (201, 3)
    assert made == ["UpdateItem", "TransactWriteItems"]


def test_faults_are_told_at_once_and_nothing_is_stored(public_api: Api) -> None:
    code, told = send(public_api, reason="nothing_such", village="1101012001", day="2026-12-31")
    assert code == 422
    assert {each["code"] for each in told["errors"]} == {
        "field_not_an_option",
        "village_outside_region",
        "report_day",
    }
    assert ledger() == []


def test_one_address_sends_so_many_within_an_hour(
    public_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.usecases.file_report.PER_HOUR", 2)
    codes = [send(public_api, key=f"report-000000000000000{n}")[0] for n in range(3)]
    assert codes == [201, 201, 429]


def test_it_goes_to_a_supervisor_of_another_district_and_to_nobody_near(public_api: Api) -> None:
    number = send(public_api)[1]["report"]
    there = conduct(number, NEAR, AGENT, officer(1), officer(6, district=ELSEWHERE))
    assert there.officer == ""  # nobody who may: it waits, and the administrators see that
    assert conduct(number, NEAR, FAR, AGENT).officer == FAR.sub
    roaming = replace(AGENT, districts=frozenset({DISTRICT, ELSEWHERE}))
    other = send(public_api, key="report-0000000000000002")[1]["report"]
    assert conduct(other, NEAR, FAR, roaming).officer == ""  # FAR may be that agent's supervisor
    by_due = wiring.store().waiting(Work.REPORT, VILLAGE[:4], 10**13 - 1, 9)
    assert set(by_due) == {ref_of(number), ref_of(other)}


def test_a_passed_term_hands_it_on_and_closes_nothing(
    public_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = send(public_api)[1]["report"]
    third = officer(12, district=ELSEWHERE, roles="supervisor")
    first = conduct(number, FAR, third)
    late = first.due + 1
    monkeypatch.setattr(wiring.clock, "now_ms", lambda: late, raising=False)
    second = conduct(number, FAR, third)
    assert {first.officer, second.officer} == {FAR.sub, third.sub}
    assert (second.stage, second.level, second.passed) == (Stage.REVIEW, 1, (first.officer,))
    assert not misconduct.may_open(second, f"staff:{first.officer}")
    told = public_api.post("/v1/reports/status", {"receipt": number})[1]
    assert "melewati batas waktu" in told["notes"][0]


def test_who_was_drawn_opens_and_closes_it_and_nobody_else_does(
    desk: Desk, public_api: Api
) -> None:
    number = send(public_api, photos=[PHOTO])[1]["report"]
    locator = ref_of(number).locator
    piece = replace(now(number).evidence[0].piece, state=PieceState.RELEASED, pages=1)
    assert ReportPieces(wiring.clock, wiring.reports()).settle(ref_of(number), piece)
    conduct(number, FAR)
    as_supervisor(desk, NEAR)
    assert locator not in desk.get("/staff/reports")[1]
    assert desk.get(f"/staff/reports/{locator}")[0] == 404
    sent = {"outcome": "talked_to", "seen": str(now(number).version)}
    assert desk.post(f"/staff/reports/{locator}/close", **sent)[0] == 404
    as_supervisor(desk, NEAR, "region_admin")
    body = desk.get("/staff/reports")[1]
    assert (locator in body, TEXT in body, f"reports/{locator}" in body) == (True, False, False)

    as_supervisor(desk, FAR)
    assert f"/staff/reports/{locator}" in desk.get("/staff/reports")[1]
    before = len(reads())
    body = desk.get(f"/staff/reports/{locator}")[1]
    assert (TEXT in body, "Buka foto 1" in body, len(reads())) == (True, True, before + 1)
    code, _, headers = desk.post(f"/staff/reports/{locator}/close", outcome="", seen="1")
    assert (code, "told=field_missing" in headers["Location"]) == (303, True)
    old = sent | {"seen": "1"}
    assert (
        "told=report_changed" in desk.post(f"/staff/reports/{locator}/close", **old)[2]["Location"]
    )
    assert now(number).stage is Stage.REVIEW
    for _ in range(2):
        assert (
            desk.post(f"/staff/reports/{locator}/close", **sent)[2]["Location"] == "/staff/reports"
        )
    told = public_api.post("/v1/reports/status", {"receipt": number})[1]
    assert (told["stage"], "ditegur" in told["outcome"], told["next"]) == ("closed", True, None)
    acts = [entry["act"]["S"] for entry in ledger() if entry["sk"]["S"].startswith(locator)]
    assert acts == ["reported", "screened", "assigned", "report_closed"]
    assert wiring.store().waiting(Work.REPORT, VILLAGE[:4], 10**13 - 1, 9) == []


def test_it_is_closed_with_what_the_rules_of_that_day_name(
    desk: Desk, public_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with those of the day on which it was drawn: they would be refused."""
    number = send(public_api)[1]["report"]
    there = conduct(number, FAR)
    terms, drawn, later = wiring.terms(), there.steps[-1].at, there.due + 86_400_000
    before = terms.today(drawn)
    after = replace(before, report_outcomes=("not_shown",))
    changed = terms.calendar.day(later)
    dated = replace(terms, rules_on=lambda day: after if day >= changed else before)
    monkeypatch.setattr(wiring, "terms", lambda: dated)
    monkeypatch.setattr(wiring.clock, "now_ms", lambda: later, raising=False)
    as_supervisor(desk, FAR)
    address = f"/staff/reports/{ref_of(number).locator}"
    body = desk.get(address)[1]
    assert re.findall(r'<option value="(\w+)">', body) == ["not_shown"]
    sent = {"outcome": "not_shown", "seen": str(there.version)}
    assert desk.post(f"{address}/close", **sent)[2]["Location"] == "/staff/reports"


@pytest.mark.usefixtures("desk")  # its pages are built
def test_without_a_script_it_is_a_form_and_a_number_to_keep(public_api: Api) -> None:
    def post(path: str, form: str) -> tuple[int, str]:
        kind = "application/x-www-form-urlencoded"
        code, body, _ = public_api.post(path, form.encode(), accept="text/html", content_type=kind)
        return code, body

    filled = f"reason=threat&village={VILLAGE}&text=Diancam.&photos.0.type=jpeg"
    code, body = post("/v1/reports", filled)
    assert code == 201
    assert "Catat nomor ini" in body
    assert 'type="file"' in body
    number = re.search(r'name="receipt" value="([^"]+)"', body)
    assert number is not None
    code, body = post("/v1/reports/status", f"receipt={number[1]}")
    assert (code, "Laporan diterima" in body) == (200, True)
    code, body = post("/v1/reports", "reason=threat&text=Diancam.")
    assert (code, 'value="threat" checked' in body, "Diancam." in body) == (422, True, True)
    code, body = post("/v1/reports/status", "receipt=salah")
    assert (code, "tidak kami temukan" in body) == (404, True)
