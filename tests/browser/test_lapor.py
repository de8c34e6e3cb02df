"""Reporting an agent, and appealing what is somebody else's, on a phone; and without a script."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from healthy_pages import healthy
from phone_photos import photo
from playwright.sync_api import Page, expect
from pretend_api import PretendApi
from pretend_bucket import Upload
from sanggah_filling import add, posts, send

pytestmark = pytest.mark.browser
STORY = "Agen itu meminta lima puluh ribu rupiah."


@pytest.fixture
def base(pretend: PretendApi) -> str:
    return pretend.base


def fill(page: Page) -> None:
    page.get_by_label("Meminta uang, barang, atau imbalan").check()
    page.get_by_label("Desa atau kelurahan").select_option(index=3)
    page.get_by_label("Ceritakan kejadiannya").fill(STORY)


def test_a_report_keeps_its_number_and_shows_its_steps(
    page: Page, arrived: Callable[[], list[Upload]]
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    filed = posts(page, "/v1/reports")
    page.goto("/lapor/")
    page.get_by_role("button", name="Kirim laporan").click()
    expect(page.locator(".summary li")).to_have_count(3)  # all that is missing, at once
    fill(page)
    add(page, 1, photo(6))
    page.get_by_role("button", name="Kirim laporan").click(no_wait_after=True)
    expect(page.locator("h1")).to_have_text("Laporan Anda sudah kami terima")
    expect(page.get_by_text("Hanya dengan nomor ini")).to_be_visible()
    expect(page.get_by_text("Semua foto sudah terkirim.")).to_be_visible(timeout=60_000)
    healthy(page)
    sent = json.loads(filed[0][1])
    assert set(sent) == {"reason", "village", "text", "photos"}  # the day was left empty
    assert (sent["reason"], sent["text"], len(arrived())) == ("money_asked", STORY, 1)
    assert page.evaluate("sessionStorage.length") == 0
    page.get_by_role("button", name="Lihat kelanjutan laporan").click()
    expect(page.locator("h1")).to_have_text("Pengawas memeriksa laporan")
    expect(page.get_by_text("Pengawas dari kecamatan lain", exact=True)).to_be_visible()
    healthy(page)


def test_without_a_script_it_is_sent_and_looked_up_by_plain_forms(
    plain_page: Page,
) -> None:
    page = plain_page
    page.goto("/lapor/")
    page.get_by_label("Meminta uang, barang, atau imbalan").check()
    page.get_by_role("button", name="Kirim laporan").click()
    expect(page.get_by_role("link", name="Isian ini belum diisi.")).to_be_visible()
    fill(page)
    page.get_by_role("button", name="Kirim laporan").click()
    expect(page.locator("h1")).to_have_text("Laporan Anda sudah kami terima")
    page.get_by_role("button", name="Lihat kelanjutan laporan").click()
    expect(page.locator("h1")).to_have_text("Pengawas memeriksa laporan")


def test_what_is_somebody_else_s_needs_a_statement_and_no_photo(
    page: Page, pretend: PretendApi
) -> None:
    receipt = pretend.refused_family()
    filed = posts(page, "/v1/appeals")
    page.goto("/sanggah/bukan-milik/")
    page.get_by_label("Nomor pendaftaran").fill(receipt)
    page.get_by_label("Apa yang bukan milik").select_option("laptop")
    page.get_by_label("Ceritakan yang Anda tahu").fill("Laptop itu milik sekolah.")
    send(page)
    expect(page.locator(".summary li")).to_have_count(1)
    page.get_by_label("Saya menyatakan").check()
    send(page)
    expect(page.locator("h1")).to_have_text("Sanggahan Anda sudah kami terima")
    sent = json.loads(filed[0][1])
    assert (sent["reason"], sent["attribute"]) == ("asset_not_mine", "laptop")
    assert (sent["stated"], sent["photos"], sent["receipt"]) == (True, [], receipt)
