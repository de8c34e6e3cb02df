"""The staff pages as an officer uses them: real sign-in, the deployed function and its role."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.local_aws import Tepat
from tests.world import artefact, child, form, member

pytestmark = [pytest.mark.browser, pytest.mark.local_aws]


@pytest.fixture(scope="module")
def receipt(tepat: Tepat) -> str:
    """A family without a NIK for its head: work for an officer, and erased at the end."""
    return registered(tepat, form(artefact(), member(9930, nik=None), child(9932), kk=None))


@pytest.fixture(params=[1280, 360])
def officer(tepat: Tepat, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Somebody at the desk, signed in."""
    size = {"width": request.param, "height": 800}
    context = chromium.new_context(viewport=size, base_url=tepat.site)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/staff/")
    page.fill("#username", "petugas")
    page.fill("#password", tepat.passwords["petugas"])
    page.click("button[type=submit]")
    page.wait_for_url(f"{tepat.site}/staff/")
    yield page
    context.close()


def registered(tepat: Tepat, body: dict[str, object]) -> str:
    answer = tepat.post("/v1/registrations", body, **{"Idempotency-Key": secrets.token_urlsafe(24)})
    assert answer.status_code == 201, answer.text
    paper: str = answer.json()["receipt"]
    tepat.wait_for(paper, "needs_officer", "needs_correction", "decided")
    return paper


def fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, page.url


def test_an_officer_signs_in_opens_a_case_and_signs_out(
    officer: Page, tepat: Tepat, receipt: str
) -> None:
    kept = {cookie["name"]: cookie for cookie in officer.context.cookies(tepat.site)}
    for name in ("__Host-tepat_session", "__Host-tepat_renewal"):
        assert kept[name]["secure"]
        assert kept[name]["httpOnly"]
        assert kept[name]["sameSite"] == "Strict"
    number = receipt.replace("-", "")[:10]
    fits(officer)
    officer.get_by_role("link", name=number).click()
    expect(officer.get_by_role("heading", level=1)).to_contain_text(number)
    expect(officer.get_by_text("Contoh Sumarni 9930")).to_be_visible()
    expect(officer.get_by_text("Anda. Dari daftar tunggu").first).to_be_visible()
    fits(officer)
    officer.get_by_role("button", name="Keluar").click()
    officer.wait_for_url(re.compile("/oauth2/authorize|/login"))
    officer.goto("/staff/")
    assert not officer.url.startswith(f"{tepat.site}/staff/")


def test_a_receipt_is_given_anew(officer: Page, tepat: Tepat) -> None:
    wide = officer.viewport_size and officer.viewport_size["width"] > 400
    nik = "3510154101809931" if wide else "3510154101809932"  # once for each officer
    old = registered(tepat, form(artefact(), member(9930, nik=nik), kk=None))
    officer.goto("/staff/reissue")
    officer.get_by_role("button", name="Beri nomor baru").click()
    expect(officer.get_by_role("alert")).to_be_visible()
    fits(officer)
    officer.fill("#nik", nik)
    officer.get_by_text("Hilang").click()
    officer.get_by_text("Orangnya ada di depan saya").click()
    officer.get_by_role("button", name="Beri nomor baru").click()
    new = "-".join(officer.locator(".number").inner_text().split())
    fits(officer)
    assert tepat.post("/v1/status", {"receipt": new}).status_code == 200
    assert tepat.post("/v1/status", {"receipt": old}).status_code == 404
    assert nik not in officer.url


def test_a_supervisor_erases_a_family(officer: Page, tepat: Tepat) -> None:
    paper = registered(tepat, form(artefact(), member(9930, nik=None), kk=None))
    officer.fill("#number", paper.lower())
    officer.get_by_role("button", name="Buka").click()
    expect(officer.get_by_role("heading", level=1)).to_contain_text("Pendaftaran")
    assert paper.replace("-", "")[10:].lower() not in officer.url.lower()
    officer.select_option("#reason", "family_request")
    officer.get_by_text("Saya yakin").click()
    officer.get_by_role("button", name="Hapus data").click()
    expect(officer.get_by_role("heading", level=1)).to_have_text("Data sudah dihapus")
    fits(officer)
    assert tepat.post("/v1/status", {"receipt": paper}).status_code == 404
