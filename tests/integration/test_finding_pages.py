"""What a visit found, judged through the staff pages by two officers, on moto's tables."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chalicelib import check_wiring, wiring
from chalicelib.domain import ground_check, visit
from chalicelib.domain.finding import Count, Finding
from chalicelib.domain.ground_check import Check, Course, Purpose, Verdict
from chalicelib.domain.registration import Ref, Registration, Stamp, State
from chalicelib.usecases.ask_check import Need, new_check
from tests.checking import MODEL, RULES
from tests.court import STAFF
from tests.desk import Desk, as_officer, ledger, reads, register
from tests.fakes_evidence import FakeGrants
from tests.visiting import RICH

REOPEN = "reopen:found_differs"


class Officers:
    """Those who may be drawn."""

    def of_region(self, _region: str) -> Any:
        return STAFF


@pytest.fixture
def receipt(public_api: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A decided family."""
    monkeypatch.setattr(wiring, "grants", FakeGrants)
    monkeypatch.setattr(wiring, "officers", Officers)
    return register(public_api)


@pytest.fixture
def check(receipt: str) -> Check:
    """A visit that chance asked for, whose finding would be decided otherwise."""
    locator = receipt.replace("-", "")[:10]
    ref = Ref(wiring.village_of(locator) or "", locator)
    case = wiring.store().load([ref])[ref].case
    need = Need(Purpose.SAMPLE, "sample x", occasion="sample 3510 2026-11", chance=(1, 9))
    stamp = Stamp(wiring.clock.now_ms(), "system:tests", b"c" * 16)
    made, event = new_check(case, need, None, stamp.actor, check_wiring.ask_check_ports())
    checks = wiring.ground_checks()
    assert checks.create(made, event) is None
    made, event = ground_check.assign(made, "agent-1", stamp, due=made.due)
    assert checks.change(made, event) is None
    by = Stamp(stamp.at, "agent:agent-1", made.salt)
    seen = Finding(stamp.at, RICH, {Count.PEOPLE: 5})
    told = Verdict(("XYZ",), MODEL, RULES)
    made, event = visit.find(made, seen, told, (), by, request=(b"q" * 16, b"d" * 16))
    assert checks.change(made, event) is None
    return made


def now(check: Check) -> Check:
    return wiring.ground_checks().load([check.ref])[check.ref]


def case_of(check: Check) -> Registration:
    return wiring.store().load([check.case])[check.case].case


def drawn(desk: Desk, check: Check) -> str:
    """Who alone finds it in the list."""
    number = check.ref.locator
    found = [
        each.sub for each in STAFF if number in as_officer(desk, each.sub).get("/staff/findings")[1]
    ]
    assert len(found) == 1
    return found[0]


def form_of(body: str) -> dict[str, str]:
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', body))


def test_two_officers_judge_and_the_family_reads_why_it_is_decided_anew(
    desk: Desk, public_api: Any, receipt: str, check: Check
) -> None:
    address = f"/staff/findings/{check.ref.locator}"
    first = drawn(desk, check)
    before = reads()
    as_officer(desk, first)
    code, body, headers = desk.get(address)
    assert (code, headers["Cache-Control"]) == (200, "no-store")
    assert reads() == [*before, (check.about, "finding")]
    rooms = re.search(
        r'<tr class="differs">\s*<th scope="row">[^<]*ruangan[^<]*<strong class="tag">Berbeda', body
    )
    assert rooms is not None
    assert "2 dari 2 cocok di Dukcapil" in body
    assert "dua petugas kantor setuju" in body.lower()
    sent = form_of(body) | {"opinion": REOPEN}
    assert desk.post(f"{address}/judge", **sent)[0] == 303
    assert case_of(check).state is State.DECIDED

    second = drawn(desk, check)
    assert second != first
    as_officer(desk, second)
    body = desk.get(address)[1]
    assert "Hitung ulang dengan temuan</b>. Temuan jelas" in body
    assert desk.post(f"{address}/judge", **form_of(body) | {"opinion": REOPEN})[0] == 303
    assert case_of(check).state is State.MATCHED
    told = public_api.post("/v1/status", {"receipt": receipt})[1]
    assert any("sedang dihitung ulang. Petugas yang datang" in note for note in told["notes"])
    public_api.settle()
    case = case_of(check)
    assert case.household is not None
    assert (case.state, case.household.answers["rooms"]) == (State.DECIDED, 9)
    told = public_api.post("/v1/status", {"receipt": receipt})[1]
    assert any("menemukan keadaan yang berbeda" in note for note in told["notes"])
    acts = [
        entry["act"]["S"] for entry in ledger() if entry["sk"]["S"].startswith(check.ref.locator)
    ]
    assert acts[-2:] == ["recommended", "check_settled"]
    looked = desk.get(f"{address}/looked")[1]
    assert "Temuan kunjungan" in looked
    assert "Anda" in looked


def test_who_was_not_drawn_opens_nothing_and_judges_nothing(desk: Desk, check: Check) -> None:
    address = f"/staff/findings/{check.ref.locator}"
    seen = f"{check.version}.{case_of(check).version}"
    chosen = drawn(desk, check)
    before = reads()
    other = next(each.sub for each in STAFF if each.sub != chosen)
    as_officer(desk, other)
    assert desk.get(address)[0] == 404
    assert desk.get(f"{address}/looked")[0] == 404
    assert desk.post(f"{address}/judge", opinion=REOPEN, seen=seen)[0] == 403
    assert now(check) == check
    assert reads() == before


def test_a_judgement_on_what_has_changed_is_refused_with_what_has(desk: Desk, check: Check) -> None:
    address = f"/staff/findings/{check.ref.locator}"
    as_officer(desk, drawn(desk, check))
    old = form_of(desk.get(address)[1]) | {"opinion": REOPEN}
    by = Stamp(wiring.clock.now_ms(), "agent:agent-1", check.salt)
    moved, event = visit.remark(check, b"m" * 16, by, {"remark": "x"})
    assert wiring.ground_checks().change(moved, event) is None
    code, _, headers = desk.post(f"{address}/judge", **old)
    assert code == 303
    body = desk.get(headers["Location"])[1]
    changes = body.partition('id="changed"')[2].partition("</section>")[0]
    assert re.findall("<b>(.*?)</b>", changes) == ["Petugas lapangan menambah catatan"]
    assert now(check) == moved


@pytest.mark.parametrize("opinion", ["", "keep:found_differs", "keep:XYZ", "burn:found_differs"])
def test_nothing_is_judged_by_chance(desk: Desk, check: Check, opinion: str) -> None:
    address = f"/staff/findings/{check.ref.locator}"
    as_officer(desk, drawn(desk, check))
    sent = form_of(desk.get(address)[1]) | {"opinion": opinion}
    code, _, headers = desk.post(f"{address}/judge", **sent)
    assert (code, "told=field_" in headers["Location"]) == (303, True)
    assert now(check).opinions == ()


def test_one_s_own_recommendation_is_decided_by_somebody_else(desk: Desk, check: Check) -> None:
    address = f"/staff/findings/{check.ref.locator}"
    first = drawn(desk, check)
    as_officer(desk, first)
    assert (
        desk.post(f"{address}/judge", **form_of(desk.get(address)[1]) | {"opinion": REOPEN})[0]
        == 303
    )
    body = desk.get(address)[1]
    assert 'id="opinion"' not in body
    again = {
        "opinion": "keep:finding_doubtful",
        "seen": f"{now(check).version}.{case_of(check).version}",
    }
    code, body, _ = desk.post(f"{address}/judge", **again)
    assert (code, "Orang lain yang harus memutuskan" in body) == (403, True)
    assert [each.course for each in now(check).opinions] == [Course.REOPEN]
