"""Appeals and objections on a phone that runs no JavaScript: plain forms, and the bucket's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from healthy_pages import RULES, SMALL, WIDTH
from phone_photos import on_disk, photo
from playwright.sync_api import Browser, Locator, Page, expect
from pretend_api import PretendApi
from pretend_bucket import Upload
from pretend_disputes import CLAIM, Filed

pytestmark = pytest.mark.browser
TEXT = "Motor itu milik tetangga."


@pytest.fixture
def base(pretend: PretendApi) -> str:
    return pretend.base


@pytest.fixture
def healthy(chromium: Browser, base: str) -> Iterator[Callable[[Page], None]]:
    """Looks at an answer page as it came: axe itself needs scripts, so it is laid into a page."""
    context = chromium.new_context(viewport={"width": 320, "height": 640}, base_url=base)
    page = context.new_page()

    def look(answered: Page) -> None:
        document = answered.content()
        page.route(
            "**/v1/status", lambda route: route.fulfill(body=document, content_type="text/html")
        )
        page.goto("/v1/status")
        for opened in (False, True):
            page.evaluate(
                "on => document.querySelectorAll('details').forEach(d => { d.open = on })", opened
            )
            assert page.evaluate(WIDTH) == 0
            assert page.evaluate(SMALL) == []
            found = Axe().run(page, options={"runOnly": RULES}).response
            assert [fault["id"] for fault in found["violations"]] == []
            assert [fault["id"] for fault in found["incomplete"]] == []

    yield look
    context.close()


def look_up(page: Page, receipt: str) -> None:
    page.goto("/status/")
    page.get_by_label("Nomor pendaftaran").fill(receipt)
    page.get_by_role("button", name="Lihat status").click()
    expect(page.get_by_role("button", name="Perbarui")).to_be_visible()


def upload(page: Page, n: int, content: bytes) -> None:
    """Choose a photo, and press its button; the answer comes in a tab of its own."""
    page.get_by_label(f"Bukti {n}").set_input_files(on_disk(content))
    with page.context.expect_page() as opened:
        page.get_by_role("button", name=f"Kirim bukti {n}").click()
    expect(opened.value.locator("h1")).to_have_text("Cek status")
    opened.value.close()


def part(page: Page, name: str) -> Locator:
    """Open a part of the page."""
    page.locator("summary").filter(has_text=name).click()
    return page.locator("details").filter(has_text=name)


def test_a_refused_family_appeals_with_two_photos(
    plain_page: Page,
    pretend: PretendApi,
    arrived: Callable[[], list[Upload]],
    healthy: Callable[[Page], None],
) -> None:
    page = plain_page
    receipt = pretend.refused_family()
    look_up(page, receipt)
    healthy(page)
    form = part(page, "Sanggah hasil ini")
    form.get_by_label("Jawaban yang tercatat keliru").check()
    form.get_by_label("Ceritakan keadaan").fill(TEXT)
    form.get_by_label("Bukti 1").select_option("jpeg")
    form.get_by_label("Bukti 2").select_option("jpeg")
    form.get_by_role("button", name="Kirim sanggahan").click()
    expect(page.locator("h1")).to_have_text("Sanggahan Anda sudah kami terima")
    healthy(page)
    taken = [photo(6, (600, 800)), photo(8, (600, 800))]
    upload(page, 1, taken[0])
    upload(page, 2, taken[1])
    assert [one.content for one in arrived()] == taken
    assert len({one.key for one in arrived()}) == 2
    number = page.locator("main b").first.inner_text()
    assert pretend.disputes.filed[number].body["reason"] == "data_wrong"
    page.get_by_role("button", name="Lihat status").click()
    expect(page.get_by_text(number)).to_be_visible()
    expect(page.get_by_text("Bukti 2: sedang diperiksa")).to_be_visible()
    expect(page.locator("summary").filter(has_text="Sanggah hasil ini")).to_have_count(0)
    assert receipt not in page.url
    healthy(page)


def test_the_static_page_takes_an_appeal_and_brings_a_faulty_one_back(
    plain_page: Page, pretend: PretendApi, healthy: Callable[[Page], None]
) -> None:
    page = plain_page
    page.goto("/sanggah/hasil/")
    page.get_by_label("Nomor pendaftaran").fill(pretend.refused_family())
    page.get_by_label("Keadaan rumah berubah").check()
    page.get_by_label("Bukti 1").select_option("pdf")
    page.get_by_role("button", name="Kirim sanggahan").click()
    expect(page.get_by_role("alert")).to_contain_text("belum diisi")
    expect(page.get_by_label("Keadaan rumah berubah")).to_be_checked()
    expect(page.get_by_label("Bukti 1")).to_have_value("pdf")
    healthy(page)
    page.get_by_label("Ceritakan keadaan").fill(TEXT)
    page.get_by_role("button", name="Kirim sanggahan").click()
    expect(page.locator("h1")).to_have_text("Sanggahan Anda sudah kami terima")


def test_a_neighbour_signs_in_and_objects(
    plain_page: Page,
    pretend: PretendApi,
    arrived: Callable[[], list[Upload]],
    healthy: Callable[[Page], None],
) -> None:
    page = plain_page

    def fill() -> None:
        page.get_by_label("Desa atau kelurahan").select_option("3510152004")
        page.get_by_label("Nama kepala keluarga itu").fill("Pak Invented")
        page.get_by_label("Di mana rumahnya?").fill("Dusun Krajan")
        page.get_by_label("Keluarga ini sudah pindah").check()
        page.get_by_label("Apa yang Anda lihat sendiri?").fill("Rumahnya kosong.")
        page.get_by_label("Saya menyatakan").check()

    page.goto("/sanggah/")
    expect(page.get_by_label("Bukti 1")).to_have_value("jpeg")  # one is needed
    fill()
    page.get_by_role("button", name="Kirim sanggahan").click()
    expect(page.get_by_role("alert")).to_contain_text("Masuk dulu dengan IKD")
    healthy(page)
    page.goto("/sanggah/")
    page.get_by_role("link", name="Masuk dengan IKD").click()
    fill()
    page.get_by_role("button", name="Kirim sanggahan").click()
    expect(page.locator("h1")).to_have_text("Sanggahan Anda sudah kami terima")
    upload(page, 1, photo(6, (600, 800)))
    assert len(arrived()) == 1
    number = page.locator("main b").first.inner_text()
    page.get_by_role("link", name="Lihat status").click()
    expect(page.locator("h1")).to_have_text("Sanggahan saya")
    healthy(page)
    mine = page.locator(".decision").filter(has_text=number)
    mine.locator("summary").filter(has_text="Cabut sanggahan").click()
    mine.get_by_role("button", name="Ya, cabut sanggahan").click()
    expect(page.locator("h1")).to_have_text("Sanggah dicabut")
    page.get_by_role("link", name="Lihat status").click()
    expect(mine.get_by_text("Sanggah dicabut")).to_be_visible()


def test_the_family_answers_and_adds_to_it(
    plain_page: Page,
    pretend: PretendApi,
    arrived: Callable[[], list[Upload]],
    healthy: Callable[[Page], None],
) -> None:
    page = plain_page
    receipt = pretend.refused_family()
    one = Filed("KZ00000001", "objection", receipt, {"name": "Pak Invented"}, stage="hearing")
    pretend.disputes.filed[one.number] = one
    look_up(page, receipt)
    expect(page.locator(".letter")).to_contain_text(CLAIM)
    expect(page.locator(".letter")).to_contain_text("Diam tidak berarti mengaku.")
    expect(page.locator("main")).not_to_contain_text("Pak Invented")
    healthy(page)
    form = part(page, "Beri jawaban")
    form.get_by_label("Apa yang sebenarnya terjadi?").fill("Kami merawat ibu.")
    form.get_by_role("button", name="Kirim jawaban").click()
    expect(page.locator("h1")).to_have_text("Jawaban Anda sudah kami terima")
    assert one.answer is not None
    assert one.answer["text"] == "Kami merawat ibu."
    page.get_by_role("button", name="Lihat status").click()
    form = part(page, "Tambah bukti")
    form.get_by_role("button", name="Kirim bukti").click()
    upload(page, 1, photo(8, (600, 800)))
    assert [each.key.rpartition("/")[2] for each in arrived()] == one.pieces


def test_a_family_withdraws_its_appeal(plain_page: Page, pretend: PretendApi) -> None:
    page = plain_page
    receipt = pretend.refused_family()
    pretend.disputes.filed["KZ00000002"] = Filed("KZ00000002", "appeal", receipt, {})
    look_up(page, receipt)
    form = part(page, "Cabut sanggahan")
    form.get_by_role("button", name="Ya, cabut sanggahan").click()
    expect(page.locator("h1")).to_have_text("Sanggah dicabut")
    page.get_by_role("button", name="Lihat status").click()
    expect(page.get_by_text("Sanggah dicabut")).to_be_visible()


def test_who_looked_is_told(
    plain_page: Page, pretend: PretendApi, healthy: Callable[[Page], None]
) -> None:
    plain_page.goto("/siapa/")
    plain_page.get_by_label("Nomor pendaftaran").fill(pretend.refused_family())
    plain_page.get_by_role("button", name="Lihat catatan").click()
    expect(plain_page.get_by_text("Memeriksa sanggahan")).to_be_visible()
    healthy(plain_page)
