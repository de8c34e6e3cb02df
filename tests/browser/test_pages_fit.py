"""Every page on a narrow phone, with large text, for a screen reader, and within its budget."""

from __future__ import annotations

import brotli
import form_filling as fill
import pytest
from healthy_pages import healthy
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser
PAGES = (
    "/",
    "/data/",
    "/model/",
    "/daftar/",
    "/usul/",
    "/status/",
    "/perbaiki/",
    "/tarik/",
    "/sanggah/",
    "/sanggah/hasil/",
    "/sanggah/lanjut/",
    "/sanggah/saya/",
    "/sanggah/tanpa-nomor/",
    "/sanggah/bukan-milik/",
    "/siapa/",
    "/lapor/",
    "/petugas/",
    "/offline/",
    "/tidak-ada/",
    "/v1/form?members=2",
)
PAGE_BYTES, PAGE_REQUESTS = 14 * 1024 + 6 * 1024, 3
CRITICAL_BYTES = 14 * 1024
SCRIPT_BYTES = 10 * 1024
AGENTS_SCRIPT_BYTES = 14 * 1024  # kept on the phone by its worker, and loaded once


@pytest.fixture
def narrow(page: Page) -> Page:
    page.set_viewport_size({"width": 320, "height": 640})
    return page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_narrow_phone_and_a_screen_reader(narrow: Page, path: str) -> None:
    narrow.goto(path)
    assert narrow.locator("h1").count() == 1
    assert narrow.locator("html").get_attribute("lang") == "id"
    healthy(narrow)


def press(page: Page) -> None:
    page.locator("main form > button").click()


def test_every_step_of_the_form_fits_with_and_without_faults(narrow: Page) -> None:
    def with_faults() -> None:
        press(narrow)
        expect(narrow.get_by_role("alert")).to_be_focused()
        healthy(narrow)

    fill.start(narrow)
    with_faults()
    fill.agree(narrow)
    with_faults()
    fill.address(narrow)
    healthy(narrow)
    fill.contact(narrow)
    with_faults()
    fill.head(narrow, fill.invented_person())
    healthy(narrow)  # the list of members
    fill.next_page(narrow)
    for _ in fill.STEPS:
        with_faults()
        fill.answer_page(narrow)
    healthy(narrow)  # check answers
    narrow.route("**/v1/registrations", lambda route: route.abort())
    press(narrow)
    expect(narrow.get_by_role("alert")).to_contain_text("belum terkirim")
    healthy(narrow)
    narrow.unroute("**/v1/registrations")
    press(narrow)
    expect(narrow.locator(".decision").first).to_be_visible(timeout=30_000)
    healthy(narrow)


@pytest.mark.parametrize("path", PAGES[:-1])
def test_a_page_costs_little(chromium: Browser, base: str, path: str) -> None:
    """Bytes as a phone would load them: brotli, HTML and style sheet first."""
    context = chromium.new_context(base_url=base)
    page = context.new_page()
    loaded: dict[str, int] = {}

    def weigh(response: object) -> None:
        body = response.body()  # type: ignore[attr-defined]
        loaded[response.url] = len(brotli.compress(body, quality=11))  # type: ignore[attr-defined]

    page.on("requestfinished", lambda request: weigh(request.response()))
    page.goto(path)
    page.wait_for_load_state("networkidle")
    context.close()
    scripts = sum(size for url, size in loaded.items() if url.endswith(".js"))
    assert all(url.startswith(base) for url in loaded)
    assert len(loaded) <= PAGE_REQUESTS
    assert sum(loaded.values()) - scripts <= CRITICAL_BYTES
    assert sum(loaded.values()) <= PAGE_BYTES
    assert scripts <= (AGENTS_SCRIPT_BYTES if path == "/petugas/" else SCRIPT_BYTES)


def test_printed_receipt_is_one_page_on_a4_and_on_a_58_mm_roll(page: Page) -> None:
    fill.to_check_page(page)
    press(page)
    expect(page.locator(".number")).to_be_visible()
    a4 = page.pdf(format="A4")
    roll = page.pdf(width="58mm", height="297mm", margin={"left": "3mm", "right": "3mm"})
    assert a4.count(b"/Type /Page\n") == 1
    assert roll.count(b"/Type /Page\n") == 1
