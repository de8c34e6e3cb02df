"""A photo before it leaves the phone: small, upright, without what the camera wrote into it."""

from __future__ import annotations

import base64
from io import BytesIO

import phone_photos as phones
import pytest
from phone_photos import CANARY, is_clean, is_upright, photo, scene
from PIL import Image
from playwright.sync_api import Page, expect
from pretend_api import PretendApi

pytestmark = pytest.mark.browser
MOST = 300_000  # bytes
LONGEST = 1280  # px
READ = """async () => {
  const file = document.querySelector('#foto-1').files[0];
  const bytes = new Uint8Array(await new Response(file).arrayBuffer());
  let text = '';
  bytes.forEach(byte => { text += String.fromCharCode(byte); });
  return [file.name, file.type, btoa(text)];
}"""


@pytest.fixture
def base(pretend: PretendApi) -> str:
    return pretend.base


def choose(page: Page, content: bytes, name: str) -> None:
    page.locator("#foto-1").set_input_files(phones.on_disk(content, name))


def made_of(page: Page, content: bytes, name: str = "IMG.jpg") -> tuple[str, str, bytes]:
    """What the phone would send for a photo: the field holds it."""
    page.goto("/sanggah/hasil/")
    choose(page, content, name)
    expect(page.locator("#foto-1-kata")).to_contain_text("Siap dikirim", timeout=60_000)
    name, media, encoded = page.evaluate(READ)
    return name, media, base64.b64decode(encoded)


def test_the_photos_of_these_tests_are_what_they_should_be() -> None:
    taken = photo(6)
    assert not is_clean(taken)
    assert not is_upright(taken)
    assert Image.open(BytesIO(taken)).size == (4000, 3000)
    assert is_upright(photo(1))


def test_a_photo_of_12_megapixels_becomes_small_upright_and_anonymous(page: Page) -> None:
    name, media, sent = made_of(page, photo(6))
    picture = Image.open(BytesIO(sent))
    assert (name, media, picture.format) == ("foto-1.jpg", "image/jpeg", "JPEG")
    assert len(sent) <= MOST
    assert max(picture.size) <= LONGEST
    assert is_clean(sent)
    assert is_upright(sent)


def test_it_is_upright_however_the_phone_was_held(page: Page) -> None:
    for held in range(1, 9):
        sent = made_of(page, photo(held, (300, 400)))[2]
        assert is_upright(sent), held
        assert Image.open(BytesIO(sent)).size == (300, 400)  # never made larger
        assert is_clean(sent)


def big_endian(content: bytes) -> bytes:
    exif = Image.Exif()
    exif.endian = ">"
    exif[0x0112], exif[0x010F] = 8, CANARY
    out = BytesIO()
    Image.open(BytesIO(content)).save(out, "JPEG", quality=92, exif=exif.tobytes())
    return out.getvalue()


def test_exif_of_the_other_byte_order_is_read_too(page: Page) -> None:
    taken = big_endian(photo(8, (300, 400)))
    assert b"MM\x00*" in taken
    assert is_upright(made_of(page, taken)[2])


def test_a_noisy_photo_goes_down_the_ladder_until_it_is_small_enough(page: Page) -> None:
    noise = Image.effect_noise((1500, 2000), 120).convert("RGB")
    out = BytesIO()
    noise.save(out, "JPEG", quality=95)
    sent = made_of(page, out.getvalue())[2]
    assert len(sent) <= 200_000
    assert max(Image.open(BytesIO(sent)).size) < LONGEST


def test_a_png_becomes_a_jpeg_on_white(page: Page) -> None:
    out = BytesIO()
    Image.new("RGBA", (300, 400), (0, 0, 0, 0)).save(out, "PNG")
    _, media, sent = made_of(page, out.getvalue(), "layar.png")
    assert media == "image/jpeg"
    assert min(Image.open(BytesIO(sent)).convert("RGB").getpixel((5, 5))) > 250  # type: ignore[arg-type,type-var]


@pytest.mark.parametrize(
    ("dark", "blurred", "told"),
    [(True, False, "Foto terlalu gelap"), (False, True, "Foto buram"), (False, False, "")],
)
def test_a_bad_photo_is_told_at_once_and_kept_all_the_same(
    page: Page, dark: bool, blurred: bool, told: str
) -> None:
    taken = phones.jpeg(scene(dark=dark, blurred=blurred).resize((1500, 2000)))
    sent = made_of(page, taken)[2]
    said = page.locator("#foto-1-kata")
    if told:
        expect(said).to_contain_text(told)
    else:
        expect(said).not_to_contain_text("Foto")
    assert len(sent) <= MOST


def test_a_broken_photo_is_sent_as_it_is(page: Page) -> None:
    cut = photo(6, (300, 400))[:600]
    assert made_of(page, cut)[2] == cut


def test_a_paper_is_sent_as_it_is_and_other_files_are_not_taken(page: Page) -> None:
    paper = b"%PDF-1.4 invented"
    assert made_of(page, paper, "surat.pdf")[2] == paper
    page.goto("/sanggah/hasil/")
    choose(page, b"hello", "catatan.txt")
    expect(page.locator("#foto-1-kata")).to_contain_text("tidak bisa dipakai")
    choose(page, b"%PDF" + bytes(6_000_000), "besar.pdf")
    expect(page.locator("#foto-1-kata")).to_contain_text("terlalu besar")
    assert page.evaluate("document.querySelector('#foto-1').files.length") == 0


def test_places_open_one_after_another_and_a_photo_can_be_taken_back(page: Page) -> None:
    made_of(page, photo(1, (300, 400)))
    expect(page.locator("#foto-2")).to_be_visible()
    expect(page.locator("#foto-3")).to_be_hidden()
    page.get_by_role("button", name="Hapus Foto 1").click()
    expect(page.locator("#foto-1-kata")).to_have_text("Foto dihapus.")
    expect(page.locator("#foto-1")).to_be_focused()
    expect(page.locator("#foto-2")).to_be_hidden()
    assert page.evaluate("document.querySelector('#foto-1').files.length") == 0
