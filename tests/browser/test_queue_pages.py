"""A supervisor at the list of all disputes, by keyboard alone: filter, keep, file, draw anew."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_screen import SIZE, both, tab_to
from playwright.sync_api import Browser, Page, expect
from staff_front import StaffFront

from chalicelib import wiring
from tests.court import STAFF
from tests.desk import Desk, reads
from tests.integration.conftest import (
    answer_pages,
    desk,
    environment,
    nobody_is_met,
    public_api,
    resources,
)
from tests.queueing import maker, now

__all__ = ["answer_pages", "desk", "environment", "nobody_is_met", "public_api", "resources"]
pytestmark = pytest.mark.browser

SUPERVISOR = STAFF[8].sub


@pytest.fixture
def supervisor(
    desk: Desk, answer_pages: Path, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Page]:
    """A browser at a desk, with a supervisor signed in."""

    class Known:
        def of_region(self, _region: str) -> object:
            return STAFF

    monkeypatch.setattr(wiring, "officers", Known)
    front = StaffFront(desk.client, answer_pages.parent / "site").start()
    desk.login.subject = SUPERVISOR
    front.signed_in = desk.sign_in("supervisor").jar
    monkeypatch.setenv("TEPAT_STAFF_ORIGIN", front.base)
    context = chromium.new_context(viewport=SIZE, base_url=front.base)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/masuk")
    yield page
    context.close()
    front.shutdown()
    front.server_close()


def test_a_supervisor_works_through_the_list_with_the_keyboard_alone(supervisor: Page) -> None:
    make, page = maker(), supervisor
    late, nobodys = make("officer-1", days=30), make(days=20, level=2)
    fresh = make("officer-2", concerns=("no_evidence",))
    page.goto("/staff/oversight")
    expect(page.locator(".counts .bad dd")).to_have_text("2")
    expect(page.locator("script")).to_have_count(0)  # so it all works without
    both(page)

    tab_to(page, ".filters summary")
    page.keyboard.press("Enter")
    tab_to(page, "#due")
    page.keyboard.press("ArrowDown")
    tab_to(page, ".filters .btn")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_text("2 dari 3 sanggah")).to_be_visible()
    expect(page.get_by_text(fresh.ref.locator)).to_have_count(0)
    both(page)

    tab_to(page, "#view-name")
    page.keyboard.type("Terlambat")
    page.keyboard.press("Enter")
    expect(page.locator(".tabs a[aria-current]")).to_have_text("Terlambat")
    both(page)

    tab_to(page, "form.export .btn")
    with page.expect_download() as coming:
        page.keyboard.press("Enter")
    ((number, reason),) = reads()
    assert reason == "export_2"
    assert coming.value.suggested_filename.endswith(f"-{number}-officer.csv")
    with Path(coming.value.path()).open(encoding="utf-8-sig", newline="") as file:
        mark, header, *rows = csv.reader(file, delimiter=";")
    assert number in mark[0]
    assert {row[0] for row in rows} == {late.ref.locator, nobodys.ref.locator}
    assert {row[header.index("ekspor")] for row in rows} == {number}

    for there in (late, nobodys):
        tab_to(page, f"#pick-{there.ref.locator}")
        page.keyboard.press("Space")
    tab_to(page, "#redraw-reason")
    page.keyboard.press("ArrowDown")
    tab_to(page, ".redraw .btn")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hasil undian ulang")
    expect(page.get_by_text("2 dari 2 sanggah sudah diundi ulang.")).to_be_visible()
    both(page)
    for there in (late, nobodys):
        assert now(there).officer not in ("", there.officer, SUPERVISOR)
    tab_to(page, "main a")
    page.keyboard.press("Enter")
    expect(page.locator(".tabs a[aria-current]")).to_have_text("Terlambat")
