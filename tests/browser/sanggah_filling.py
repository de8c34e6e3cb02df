"""Fills the forms of sanggah with photos as a person would, and reads what they send."""

from __future__ import annotations

from phone_photos import on_disk
from playwright.sync_api import Page, expect

SMALL = (600, 800)
TEXT = "Motor itu milik tetangga.\nSaya hanya meminjam."
SENT = "Semua foto sudah terkirim."


def add(page: Page, n: int, content: bytes) -> None:
    page.locator(f"#foto-{n}").set_input_files(on_disk(content))
    expect(page.locator(f"#foto-{n}-kata")).to_contain_text("Siap dikirim", timeout=60_000)


def look_up(page: Page, receipt: str) -> None:
    page.goto("/status/")
    page.get_by_label("Nomor pendaftaran").fill(receipt)
    page.get_by_role("button", name="Lihat status").click()
    expect(page.get_by_role("button", name="Perbarui")).to_be_visible()


def scripted(page: Page) -> None:
    """Wait for the script of the form: before it there are no places for photos to step on to."""
    expect(page.locator("form[novalidate]")).to_be_visible()


def to_appeal(page: Page, receipt: str) -> None:
    look_up(page, receipt)
    page.get_by_role("link", name="Sanggah hasil ini").click()
    expect(page.locator("h1")).to_have_text("Sanggah hasil keluarga Anda")
    scripted(page)


def fill_appeal(page: Page, photos: list[bytes]) -> None:
    page.get_by_label("Jawaban yang tercatat keliru").check()
    page.get_by_label("Ceritakan keadaan").fill(TEXT)
    for n, content in enumerate(photos, start=1):
        add(page, n, content)


def send(page: Page) -> None:
    page.get_by_role("button", name="Kirim sanggahan").click(no_wait_after=True)


def number_of(page: Page) -> str:
    expect(page.locator("h1")).to_have_text("Sanggahan Anda sudah kami terima")
    return page.locator("main b").first.inner_text()


def posts(page: Page, path: str) -> list[tuple[str, str]]:
    """Key and body of each POST to a path, as they leave."""
    sent: list[tuple[str, str]] = []
    page.on(
        "request",
        lambda request: (
            sent.append((request.headers.get("idempotency-key", ""), request.post_data or ""))
            if request.url.endswith(path) and request.method == "POST"
            else None
        ),
    )
    return sent
