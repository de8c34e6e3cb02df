"""Photos as a phone takes them: 12 megapixels, held in any way, with a place and a maker inside."""

from __future__ import annotations

import hashlib
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageChops, ImageDraw, ImageFilter

_FOLDER = TemporaryDirectory()
CANARY = "KANARI-KAMERA-9901"
WIDE, TALL = 3000, 4000
RED, BLUE = (200, 30, 30), (30, 60, 200)
SOME = 60  # how far a colour may move in a JPEG
# How a picture is laid down so that a camera held in one of EXIF's eight ways would have taken it.
_LAID = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@cache
def scene(*, dark: bool = False, blurred: bool = False) -> Image.Image:
    """A tall picture with writing and noise: red at its top left, blue at its bottom right."""
    w, h = WIDE // 2, TALL // 2
    picture = Image.radial_gradient("L").resize((w, h)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for line in range(60):
        draw.text((300, 200 + line * 28), "SURAT KETERANGAN RT 003 RW 001 " * 3, fill=(20, 20, 20))
        draw.rectangle((20 + line * 20, 1500, 32 + line * 20, 1700), fill=(250, 250, 250))
    noise = Image.effect_noise((w, h), 14).convert("RGB")
    picture = ImageChops.add(picture, noise, offset=-128)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, w // 5, h // 8), fill=RED)
    draw.rectangle((w - w // 5, h - h // 8, w, h), fill=BLUE)
    if blurred:
        picture = picture.filter(ImageFilter.GaussianBlur(14))
    if dark:
        picture = picture.point(lambda value: value // 12)
    return picture


@cache
def photo(held: int = 1, size: tuple[int, int] = (WIDE, TALL), quality: int = 92) -> bytes:
    """A JPEG of the scene, held in one of EXIF's ways (1 to 8).

    Args:
        size: of the upright picture.
    """
    return jpeg(scene().resize(size), held, quality)


def jpeg(upright: Image.Image, held: int = 1, quality: int = 92) -> bytes:
    """Lay a picture down as the camera was held, and write into it what cameras write."""
    laid = upright.transpose(_LAID[held]) if held in _LAID else upright
    exif = Image.Exif()
    exif[0x010F], exif[0x010E], exif[0x0112] = CANARY, CANARY, held
    exif.get_ifd(0x8825).update({1: "S", 2: (8.0, 13.0, 9.0), 3: "E", 4: (114.0, 22.0, 1.0)})
    out = BytesIO()
    laid.save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()


def on_disk(content: bytes, name: str = "IMG.jpg") -> Path:
    """A file to choose; handing megabytes over the browser's own line takes seconds."""
    path = Path(_FOLDER.name) / f"{hashlib.sha256(content).hexdigest()[:12]}-{name}"
    path.write_bytes(content)
    return path


def is_clean(content: bytes) -> bool:
    """Whether nothing is in it that a camera wrote."""
    return not any(word in content for word in (b"Exif", CANARY.encode(), b"GPS"))


def is_upright(content: bytes) -> bool:
    """Whether red is at the top left and blue at the bottom right, without help of EXIF."""
    picture = Image.open(BytesIO(content)).convert("RGB")
    w, h = picture.size
    corners = ((w // 12, h // 20), (w - w // 12, h - h // 20))
    found = [picture.getpixel(corner) for corner in corners]
    return h > w and all(
        abs(seen - meant) < SOME
        for colour, wanted in zip(found, (RED, BLUE), strict=True)
        for seen, meant in zip(colour, wanted, strict=True)  # type: ignore[arg-type]
    )
