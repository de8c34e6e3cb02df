"""An officer reviews an appeal with the keyboard alone: opens it, looks at a photo, recommends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk_screen import SIZE, both, tab_to
from playwright.sync_api import Browser, Page, expect
from staff_front import StaffFront

from chalicelib import check_wiring, dispute_wiring, wiring
from chalicelib.domain import adjudication, ground_check, hearing, visit
from chalicelib.domain.dispute import Dispute, Exhibit, Side, Stage
from chalicelib.domain.evidence import FileKind, Piece, PieceState, page_key
from chalicelib.domain.finding import Count, Finding
from chalicelib.domain.ground_check import Check, Course, Purpose, Verdict
from chalicelib.domain.registration import Ref, Stamp
from chalicelib.usecases import ask_check, file_appeal
from chalicelib.usecases.ask_check import Need, new_check
from chalicelib.usecases.filing import Photo
from tests.checking import MODEL, RULES
from tests.court import TEXT
from tests.court import officer as officer_of
from tests.desk import Desk, register
from tests.evidence.photos import jpeg
from tests.fakes_evidence import FakeGrants
from tests.integration.conftest import (
    answer_pages,
    desk,
    environment,
    nobody_is_met,
    public_api,
    resources,
)
from tests.visiting import RICH
from tests.world import CALLER

__all__ = ["answer_pages", "desk", "environment", "nobody_is_met", "public_api", "resources"]
pytestmark = pytest.mark.browser

ONE = "officer-1"


@pytest.fixture
def front(desk: Desk, answer_pages: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StaffFront]:
    """The staff surface where a browser finds it, with an officer signed in."""
    front = StaffFront(desk.client, answer_pages.parent / "site").start()
    desk.login.subject = ONE
    front.signed_in = desk.sign_in("reviewer").jar
    monkeypatch.setenv("TEPAT_STAFF_ORIGIN", front.base)

    class Links(FakeGrants):
        def link(self, key: str, name: str) -> str:
            return f"{front.base}/bukti/{key}?name={name}"

    monkeypatch.setattr(wiring, "grants", Links)
    yield front
    front.shutdown()
    front.server_close()


@pytest.fixture
def appeal(front: StaffFront, public_api: Any) -> Dispute:
    """A visited family's appeal with two photos, drawn for the officer."""
    command = file_appeal.Appeal(
        key="appeal-000000000000001",
        receipt=register(public_api),
        reason="data_wrong",
        text=TEXT,
        photos=(Photo(FileKind.JPEG, 180_000),),
        form={"text": TEXT},
        caller=CALLER,
    )
    there = file_appeal.file_appeal(command, dispute_wiring.appeal_ports("")).dispute
    (mine,) = there.evidence
    kept = replace(mine.piece, state=PieceState.RELEASED, pages=1)
    step = hearing.screened(there, kept, stamp(there))
    assert step is not None
    there = stored(step)
    front.photos[f"/bukti/{page_key(there.ref, kept.id, 1)}"] = jpeg(1)
    there = drawn(stored(hearing.to_review(there, stamp(there), due=there.due)))
    ports = check_wiring.ask_check_ports()
    there = ask_check.ask_for_dispute(there.ref, f"staff:{ONE}", there.version, ports)
    visited(there, front)
    return drawn(stored(hearing.to_review(there, stamp(there), due=there.due)))


def visited(there: Dispute, front: StaffFront) -> None:
    """Somebody has been there, with a photo."""
    checks = wiring.ground_checks()
    check = ask_check.for_dispute(there, wiring.index().mac, checks)
    assert check is not None
    gone_to(check, front)


def gone_to(check: Check, front: StaffFront) -> Check:
    """The visit made by an agent who found a rich family, with a photo."""
    checks = wiring.ground_checks()
    at = wiring.clock.now_ms()
    by = Stamp(at, "agent:agent-1", check.salt)
    check, event = ground_check.assign(check, "agent-1", by, due=check.due)
    assert checks.change(check, event) is None
    photo = Piece("f" * 32, FileKind.JPEG, 200_000, PieceState.RELEASED, pages=1)
    front.photos[f"/bukti/{page_key(check.ref, photo.id, 1)}"] = jpeg(2)
    check, event = visit.find(
        check,
        Finding(at, RICH, {Count.PEOPLE: 5}),
        Verdict(("XYZ",), MODEL, RULES),
        (Exhibit(Side.FIELD, photo),),
        by,
        request=(b"q" * 16, b"d" * 16),
    )
    assert checks.change(check, event) is None
    return check


def stamp(there: Dispute) -> Stamp:
    return Stamp(wiring.clock.now_ms(), "system:tests", there.salt)


def stored(step: tuple[Dispute, Any]) -> Dispute:
    assert wiring.disputes().change(*step) is None
    return step[0]


def drawn(there: Dispute) -> Dispute:
    return stored(adjudication.assign(there, ONE, stamp(there), level=0))


@pytest.fixture
def officer(front: StaffFront, chromium: Browser) -> Iterator[Page]:
    """A browser at a desk, on whose pages nothing may be reported."""
    context = chromium.new_context(viewport=SIZE, base_url=front.base)  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto("/masuk")
    yield page
    context.close()
    assert complaints == []


def test_an_officer_reviews_an_appeal_with_the_keyboard_alone(
    officer: Page, appeal: Dispute
) -> None:
    page, number = officer, appeal.ref.locator
    page.goto("/staff/disputes")
    tab_to(page, f"a.code[href*='{number}']")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)
    assert page.url.endswith(f"?case={appeal.about}")  # so that opening is three calls
    expect(page.locator("tr.differs .tag").first).to_have_text("Berbeda")
    both(page)

    tab_to(page, "a.page")
    page.keyboard.press("Enter")
    status = page.locator("#viewer [role=status]")
    expect(status).to_have_text("Ukuran 100 persen, diputar 0 derajat")
    expect(page.locator("#viewer-name")).to_be_focused()
    size = "() => { const c = document.querySelector('canvas'); return [c.width, c.height]; }"
    wide, high = page.evaluate(size)
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.keyboard.press("-")
    expect(status).to_have_text("Ukuran 225 persen, diputar 0 derajat")
    page.keyboard.press("r")
    expect(status).to_have_text("Ukuran 225 persen, diputar 90 derajat")
    assert page.evaluate(size) == [high, wide]
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.getElementById('viewer-stage').scrollTop") > 0
    both(page)
    tab_to(page, "[data-act=next]")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer-name")).to_have_text("Bukti 2, Halaman 1")
    expect(status).to_have_text("Ukuran 100 persen, diputar 0 derajat")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page.locator("a.page").nth(1)).to_be_focused()

    tab_to(page, "#vote")
    page.keyboard.press("ArrowDown")
    tab_to(page, "form[action$=letter] button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Surat yang akan dibaca keluarga")
    expect(page.locator(".note")).to_contain_text("Sanggah Anda diterima.")
    both(page)
    tab_to(page, "form[action$=vote] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/disputes")
    now = wiring.disputes().load([appeal.ref])[appeal.ref]
    assert (now.stage, now.votes[0].actor) == (Stage.RECOMMENDED, f"staff:{ONE}")


@pytest.fixture
def found(front: StaffFront, public_api: Any, monkeypatch: pytest.MonkeyPatch) -> Check:
    """A visit that chance asked for, whose finding would be decided otherwise, drawn for him."""
    alone = type("Alone", (), {"of_region": lambda *_: [officer_of(1)]})
    monkeypatch.setattr(wiring, "officers", alone)
    locator = register(public_api).replace("-", "")[:10]
    ref = Ref(wiring.village_of(locator) or "", locator)
    case = wiring.store().load([ref])[ref].case
    need = Need(Purpose.SAMPLE, "sample x", occasion="sample 3510 2026-11", chance=(1, 9))
    check, event = new_check(case, need, None, "system:tests", check_wiring.ask_check_ports())
    assert wiring.ground_checks().create(check, event) is None
    return gone_to(check, front)


def test_a_finding_and_the_smaller_pages_are_for_everybody(
    officer: Page, found: Check, front: StaffFront, desk: Desk
) -> None:
    page, number = officer, found.ref.locator
    page.goto("/staff/findings")
    both(page)
    tab_to(page, f"a.code[href*='{number}']")
    page.keyboard.press("Enter")
    expect(page.locator("tr.differs .tag").first).to_have_text("Berbeda")
    both(page)
    tab_to(page, "#opinion")
    page.keyboard.press("ArrowDown")
    tab_to(page, "form[action$=judge] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/findings")
    now = wiring.ground_checks().load([found.ref])[found.ref]
    assert [each.course for each in now.opinions] == [Course.REOPEN]
    page.goto(f"/staff/findings/{number}/looked")
    both(page)
    front.signed_in = desk.sign_in("region_admin").jar
    page.goto("/masuk")
    page.goto("/staff/objector")
    both(page)
