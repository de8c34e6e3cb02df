"""Photograph every page at 360 px: `python -m frontend.screens --base http://127.0.0.1:8080`.

Needs a running stack (`make run`) and Chromium. The family on the pictures is invented: its
numbers have serials that the civil registry never gives (9901 and above).
"""

from __future__ import annotations

import json
import secrets
import shutil
from io import BytesIO
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from frontend.content import read_questions

OUT = Path(__file__).resolve().parents[1] / "docs" / "screens"
WIDTH, HEIGHT = 360, 740
DESK_WIDTH = 1280
COLOURS = 16  # enough for flat colours and the edges of letters
PLAIN = ("/", "/data/", "/usul/", "/status/", "/perbaiki/", "/tarik/", "/offline/", "/tidak-ada")
STEPS = (
    *("persetujuan", "alamat", "kontak", "anggota", "anggota-0", "anggota-0-keadaan"),
    *("rumah", "sarana", "barang", "periksa"),
)
DECIDE_MS = 40_000


def draft() -> dict[str, object]:
    """Make a filled-in form as the page keeps it: two people, every question answered."""
    serial = 9901 + secrets.randbelow(99)
    mother = {
        "name": "Siti Aminah",
        "nik": f"351015490385{serial}",
        "birth_date.d": "9",
        "birth_date.m": "3",
        "birth_date.y": "1985",
        "sex": "P",
        "schooling": "primary",
        "occupation": "labourer",
        "disability": "none",
        "pregnant": "false",
    }
    son = {
        "name": "Budi Santoso",
        "nik": f"351015020216{serial}",
        "birth_date.d": "2",
        "birth_date.m": "2",
        "birth_date.y": "2016",
        "sex": "L",
        "relation": "child",
        "attending": "primary",
        "schooling": "primary_unfinished",
        "occupation": "student",
        "disability": "none",
    }
    values = {
        "consent.agreed": "true",
        "village": "3510152004",
        "address.line": "Dusun Krajan",
        "address.rt": "3",
        "address.rw": "1",
        "phone": "081200000000",
    }
    for question in read_questions():
        answer = {"count": "3", "yes_no": "0"}.get(question["kind"])
        values[f"answers.{question['code']}"] = answer or question["options"][-1]["code"]
    key = secrets.token_hex(16)
    return {"key": key, "v": values, "m": [mother, son], "seen": True, "body": ""}


def photograph(page: Page, out: Path, name: str) -> None:
    """Write the whole page as a small PNG."""
    picture = Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB")
    small = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    out.mkdir(parents=True, exist_ok=True)
    small.save(out / f"{name}.png", optimize=True)


def scripted(browser: Browser, base: str, out: Path) -> None:
    """Photograph the pages, each step of the form, the receipt and the answer."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, base_url=base)
    for address in PLAIN:
        page.goto(address)
        photograph(page, out, address.strip("/") or "beranda")
    page.goto("/daftar/")
    photograph(page, out, "daftar")
    page.evaluate("text => sessionStorage.setItem('tepat.isian', text)", json.dumps(draft()))
    for number, step in enumerate(STEPS, start=1):
        page.goto(f"/daftar/#{step}")
        page.reload()
        page.locator("main form h1").wait_for()
        page.evaluate("document.activeElement.blur()")
        photograph(page, out, f"daftar-{number:02d}-{step}")
    page.goto("/daftar/#alamat")
    page.get_by_label("Dusun").fill("")
    page.locator("main form > button").click()
    photograph(page, out, "daftar-salah-isi")
    page.get_by_label("Dusun").fill("Dusun Krajan")
    page.goto("/daftar/#periksa")
    page.reload()
    page.route("**/v1/registrations", lambda route: route.abort())
    page.locator("main form > button").click()
    page.locator(".unsent").wait_for()
    photograph(page, out, "daftar-sinyal-putus")
    page.unroute("**/v1/registrations")
    page.locator("main form > button").click()
    page.locator(".number").wait_for()
    photograph(page, out, "bukti")
    page.locator(".decision").first.wait_for(timeout=DECIDE_MS)
    photograph(page, out, "bukti-hasil")


def plain(browser: Browser, base: str, out: Path) -> None:
    """Photograph the form for phones without JavaScript."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, base_url=base, java_script_enabled=False
    )
    page = context.new_page()
    page.goto("/v1/form?members=1")
    photograph(page, out, "tanpa-javascript")
    context.close()


def staff(browser: Browser, base: str, out: Path, password: str) -> None:
    """Photograph the staff pages on a phone and on a desk; opening a case is logged as always."""
    for name, width in (("hp", WIDTH), ("meja", DESK_WIDTH)):
        page = browser.new_page(viewport={"width": width, "height": HEIGHT}, base_url=base)
        page.goto("/staff/")
        page.fill("#username", "petugas")
        page.fill("#password", password)
        page.click("button[type=submit]")
        page.locator("h1").wait_for()
        page.wait_for_url("**/staff/")
        photograph(page, out, f"petugas-{name}-daftar-tunggu")
        page.locator("tbody a").first.click()
        page.locator(".timeline").wait_for()
        photograph(page, out, f"petugas-{name}-pendaftaran")
        page.goto("/staff/reissue")
        photograph(page, out, f"petugas-{name}-nomor-baru")
        page.close()


@click.command()
@click.option("--base", required=True, help="Address of a running stack.")
@click.option("--out", type=click.Path(path_type=Path), default=OUT, help="Folder for pictures.")
@click.option("--staff-password", help="Of `petugas`, as make run prints it: the staff pages too.")
def main(base: str, out: Path, staff_password: str | None) -> None:
    """Photograph every page of the public site at 360 px, and the staff pages."""
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if not found:
        raise click.ClickException(
            "no Chromium: apt-get install -y --no-install-recommends chromium-headless-shell"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        scripted(browser, base, out)
        plain(browser, base, out)
        if staff_password:
            staff(browser, base, out, staff_password)
        browser.close()
    print(f"{len(list(out.glob('*.png')))} pictures in {out}")


if __name__ == "__main__":
    main()
