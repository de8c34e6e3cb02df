"""Makes a clean copy of a photo: its pixels, upright, in a new file that holds nothing else.

Runs in the cage only. Position, camera, comments, colour profile and whatever hides behind or
between the pixels are not copied, because nothing is copied but pixels.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import Final

from PIL import Image

from chalicelib.adapters.photo_looks import looks_of
from chalicelib.domain.evidence import FileKind, Remade, Unfit, Why

LONGEST: Final = 2400  # pixels of a side of a copy: an A4 page at 200 dots an inch
_QUALITY: Final = 85
_ORIENTATION: Final = 0x0112  # the EXIF tag
_TURNS: Final = {  # its values (Exif 2.32, 4.6.4): what makes the photo upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def remake_photo(content: bytes, kind: FileKind, pixels: int) -> Remade:
    """Make a clean copy of a JPEG or PNG file.

    Args:
        pixels: most of them; asked of its head, before any is decoded.

    Raises:
        Unfit: it is too large.
        Exception: it cannot be opened whole; which one depends on where it is broken.
    """
    Image.MAX_IMAGE_PIXELS = pixels
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            photo = Image.open(BytesIO(content), formats=(kind.name,))
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise Unfit(Why.TOO_MANY_PIXELS) from error
        photo.load()
        turn = _turn(photo)
        clean = copy_pixels(photo)
    if turn is not None:
        clean = clean.transpose(turn)
    return Remade((written(clean),), *looks_of(clean))


def copy_pixels(photo: Image.Image) -> Image.Image:
    """Copy the first frame to a new image in RGB, on white, no side longer than `LONGEST`."""
    if photo.mode.startswith("I;16"):
        photo = photo.point(lambda value: value * (1 / 256)).convert("L")
    elif photo.mode in ("1", "P", "PA", "LA"):
        photo = photo.convert("RGBA" if photo.has_transparency_data else "RGB")
    photo = photo.reduce(max(1, max(photo.size) // LONGEST))
    photo.thumbnail((LONGEST, LONGEST))
    clean = Image.new("RGB", photo.size, "white")
    clean.paste(photo, mask=photo.getchannel("A") if photo.mode == "RGBA" else None)
    return clean


def written(clean: Image.Image) -> bytes:
    """The bytes of a clean copy."""
    file = BytesIO()
    clean.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def _turn(photo: Image.Image) -> Image.Transpose | None:
    """How a photo must be turned; as it lies where that is not told, or told in no known way."""
    try:
        return _TURNS.get(int(photo.getexif().get(_ORIENTATION, 1)))
    except Exception:  # noqa: BLE001 - what a camera wrote there is often broken, and is not copied
        return None
