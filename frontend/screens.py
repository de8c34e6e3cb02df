"""Photograph every page at 360 px: `python -m frontend.screens --base http://127.0.0.1:8080`.

Needs a running stack (`make run`) and Chromium. The family on the pictures is invented, and one
that the sandbox registry knows; its numbers have serials that are never given (9901 and above).
"""

from __future__ import annotations

import json
import secrets
import shutil
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, cast

import click
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from frontend.content import DATA, read_questions
from infra.people.forms import families

OUT = Path(__file__).resolve().parents[1] / "docs" / "screens"
WIDTH, HEIGHT = 360, 740
DESK_WIDTH = 1280
COLOURS = 24  # enough for flat colours and the edges of letters
TALLEST = 3000
PLAIN = (
    *("/", "/data/", "/model/", "/usul/", "/status/", "/perbaiki/"),
    *("/tarik/", "/sanggah/", "/sanggah/hasil/", "/sanggah/saya/", "/siapa/"),
    *("/offline/", "/tidak-ada"),
)
STEPS = (
    *("persetujuan", "alamat", "kontak", "anggota", "anggota-0", "anggota-0-keadaan"),
    *("rumah", "sarana", "barang", "periksa"),
)
REGION, SEED, WORLD = "3510", 3510, 300  # the sandbox registry's people
DECIDE_MS = 40_000
PIN = "204719"


def draft(family: int) -> dict[str, object]:
    """Make a filled-in form as the page keeps it.

    Args:
        family: which family of the sandbox registry's world registers; each can do so once.

    Raises:
        LookupError: there is no such family without slips and with an NIK for everyone.
    """
    version = json.loads((DATA / "consent.id.json").read_text("utf-8"))["version"]
    sent = (d for d in families(SEED, WORLD, region=REGION, consent=version) if d.form == d.mended)
    whole = (d.form for d in sent if all(m.get("nik") for m in d.form["members"]))
    form = next(islice(whole, family, None), None)
    if form is None:
        raise LookupError(f"no family {family}")
    values = {"consent.agreed": "true", "village": form["village"], "kk": form["kk"] or ""}
    values |= {f"address.{name}": text for name, text in form["address"].items()}
    values |= {f"answers.{code}": str(answer) for code, answer in form["answers"].items()}
    for question in read_questions():
        values.setdefault(f"answers.{question['code']}", "")
    values["phone"] = "081200000000"
    members = [_member(member) for member in form["members"]]
    return {"key": secrets.token_hex(16), "v": values, "m": members, "seen": True, "body": ""}


def _member(sent: dict[str, Any]) -> dict[str, str]:
    year, month, day = sent["birth_date"].split("-")
    born = {"birth_date.d": day, "birth_date.m": month, "birth_date.y": year}
    kept = {name: str(value) for name, value in sent.items() if name != "birth_date"}
    return kept | born | {"pregnant": str(sent["pregnant"]).lower()}


def photograph(page: Page, out: Path, name: str) -> None:
    """Write the page as a small PNG; the end of a very long one is left out."""
    picture = Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, TALLEST)))
    counted = picture.getcolors(picture.width * picture.height)
    commonest = sorted(cast("list[tuple[int, tuple[int, int, int]]]", counted), reverse=True)
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _, colour in commonest[:COLOURS] for part in colour])
    small = picture.quantize(palette=palette, dither=Image.Dither.NONE)
    out.mkdir(parents=True, exist_ok=True)
    small.save(out / f"{name}.png", optimize=True)


def scripted(browser: Browser, base: str, family: int, out: Path) -> None:
    """Photograph the pages, each step of the form, the receipt and the answer."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, base_url=base)
    for address in PLAIN:
        page.goto(address)
        photograph(page, out, address.strip("/").replace("/", "-") or "beranda")
    page.goto("/daftar/")
    photograph(page, out, "daftar")
    page.evaluate("text => sessionStorage.setItem('tepat.isian', text)", json.dumps(draft(family)))
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


def agents(browser: Browser, base: str, out: Path, password: str) -> None:
    """Photograph an agent's first visit of the list, halfway without a network; it is sent."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, base_url=base)
    page = context.new_page()

    def shot(name: str) -> None:
        page.evaluate("document.activeElement.blur()")
        photograph(page, out, f"pendamping-{name}")

    page.goto("/petugas/")
    page.get_by_label("Tulis PIN sekali lagi").fill(PIN)
    shot("pin")
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_role("button", name="Simpan PIN").click()
    page.get_by_role("link", name="Masuk").click()
    page.fill("#username", "pendamping")
    page.fill("#password", password)
    page.click("button[type=submit]")
    page.wait_for_url("**/petugas/")
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_role("button", name="Buka").click()
    visit = page.locator(".visits a").first
    visit.wait_for()
    shot("daftar")
    visit.click()
    page.get_by_role("button", name="Buka nama dan alamat").click()
    page.locator("dd", has_text="RW ").wait_for()
    context.set_offline(True)
    page.get_by_label("Ya, bertemu").check()
    page.get_by_label("Ada berapa ruangan").fill("4")
    page.get_by_label("Kontrak atau sewa").check()
    shot("kunjungan")
    page.get_by_role("button", name="Selesai, siap dikirim").click()
    page.get_by_text("Tidak ada sambungan").wait_for()
    shot("menunggu")
    context.set_offline(False)
    page.get_by_role("button", name="Selesai, hapus dari HP ini").wait_for(timeout=DECIDE_MS)
    shot("hasil")
    context.close()


@click.command()
@click.option("--base", required=True, help="Address of a running stack.")
@click.option("--family", default=4, show_default=True, help="Which one registers; each can once.")
@click.option("--out", type=click.Path(path_type=Path), default=OUT, help="Folder for pictures.")
@click.option("--staff-password", help="Of `petugas`, as make run prints it: the staff pages too.")
@click.option("--agent-password", help="Of `pendamping`, who has a visit to make: that page too.")
def main(
    base: str, family: int, out: Path, staff_password: str | None, agent_password: str | None
) -> None:
    """Photograph every page of the public site at 360 px, the staff's and the agents'."""
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if not found:
        raise click.ClickException(
            "no Chromium: apt-get install -y --no-install-recommends chromium-headless-shell"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        scripted(browser, base, family, out)
        plain(browser, base, out)
        if staff_password:
            staff(browser, base, out, staff_password)
        if agent_password:
            agents(browser, base, out, agent_password)
        browser.close()
    print(f"{len(list(out.glob('*.png')))} pictures in {out}")


if __name__ == "__main__":
    main()
