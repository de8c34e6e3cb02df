"""Photos as phones make them, invented: a wall with a door, a roof and a marked corner."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw, ImageOps

from chalicelib.domain.evidence import FileKind
from tests.evidence.samples import CANARY, RELEASED, Sample, chance

SIZE = (480, 360)
CORNER = 60  # pixels of the red square in the upright photo's upper left
ORIENTATION, GPS, MAKER_NOTE = 0x0112, 0x8825, 0x927C


def scene(seed: int = 1, size: tuple[int, int] = SIZE) -> Image.Image:
    """A photo of a house, another one for each seed, with the noise that every camera adds."""
    drawn, (width, height) = chance(seed), size
    house = Image.new("RGB", size, (170, 190, 210))
    draw = ImageDraw.Draw(house)
    for _ in range(40):
        x, y = drawn.randrange(width), drawn.randrange(height)
        edge = drawn.randrange(width // 20, width // 5)
        colour = tuple(drawn.randrange(30, 230) for _ in range(3))
        draw.rectangle((x, y, x + edge, y + edge // 2), fill=colour)
    draw.rectangle((0, 0, CORNER, CORNER), fill=(220, 20, 20))
    grain = Image.frombytes("L", size, drawn.randbytes(width * height)).convert("RGB")
    return Image.blend(house, grain, 0.08)


def saved(photo: Image.Image, form: str = "JPEG", **more: Any) -> bytes:
    file = BytesIO()
    photo.save(file, form, **more)
    return file.getvalue()


def jpeg(seed: int = 1, **more: Any) -> bytes:
    return saved(scene(seed), quality=75, **more)


def with_exif(orientation: int = 1) -> Image.Exif:
    """What a phone writes: where, when and with what, each with the canary."""
    found = Image.Exif()
    found[ORIENTATION] = orientation
    found[0x010E] = found[0x013B] = found[0x8298] = CANARY.decode()  # description, artist, rights
    found[0x9286] = CANARY  # the user's comment
    found.get_ifd(GPS).update({1: "S", 2: (8.0, 13.0, 7.0), 29: CANARY.decode()})
    return found


def turned(orientation: int) -> bytes:
    """The scene as a phone keeps it that was held so that `orientation` makes it upright."""
    undo = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}  # what `orientation` is undone by
    marked = Image.Exif()
    marked[ORIENTATION] = undo.get(orientation, 1)
    file = Image.open(BytesIO(saved(scene(), "PNG", exif=marked)))
    lying = ImageOps.exif_transpose(file)
    return saved(lying, quality=90, exif=with_exif(orientation))


def chunk(name: bytes, content: bytes, *, wrong: bool = False) -> bytes:
    """A chunk of a PNG file."""
    sum_ = zlib.crc32(name + content) ^ wrong
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", sum_)


def png(
    width: int = 8, height: int = 8, *more: bytes, depth: int = 8, colour: int = 2,
    interlaced: bool = False, data: bytes | None = None,
) -> bytes:  # fmt: skip
    """A PNG file made by hand, so that anything can be wrong with it."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = 1 + (width * samples * depth + 7) // 8  # each with the byte that names its filter
    body = swelling(row * height) if data is None else data
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            *more,
            *((chunk(b"IDAT", body),) if body else ()),
            chunk(b"IEND", b""),
        )
    )


def swelling(size: int) -> bytes:
    """So many zeros, compressed: a thousandth of it."""
    packing, part = zlib.compressobj(9), bytes(1_000_000)
    made = [packing.compress(part) for _ in range(size // len(part))]
    return b"".join((*made, packing.compress(part[: size % len(part)]), packing.flush()))


def interlaced() -> bytes:
    """An Adam7 PNG of 8 x 8 grey pixels: seven passes (W3C PNG, 8.2)."""
    passes = ((1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4))
    rows = b"".join((b"\0" + bytes(range(width))) * height for width, height in passes)
    return png(8, 8, colour=0, interlaced=True, data=zlib.compress(rows))


def segment(marker: int, content: bytes) -> bytes:
    """A segment of a JPEG file."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content


def with_segments(*segments: bytes, seed: int = 1) -> bytes:
    """A photo with more segments behind its beginning."""
    photo = jpeg(seed)
    return photo[:2] + b"".join(segments) + photo[2:]


def good() -> Iterator[tuple[str, Sample]]:
    """What must be released: photos as they come, odd forms, and much that must not be copied."""

    def photo(content: bytes, kind: FileKind = FileKind.JPEG) -> Sample:
        return Sample(kind, content, RELEASED)

    def drawn(content: bytes) -> Sample:
        return photo(content, FileKind.PNG)

    base = scene()
    for orientation in range(1, 9):
        yield f"turned {orientation}", photo(turned(orientation))
    for odd in (0, 9, 65_535):
        yield f"orientation {odd}", photo(jpeg(exif=with_exif(odd)))
    yield "jpeg of a browser", photo(jpeg(2))
    yield "jpeg progressive", photo(jpeg(3, progressive=True))
    yield "jpeg grey", photo(saved(base.convert("L")))
    yield "jpeg cmyk", photo(saved(base.convert("CMYK")))
    yield "jpeg of one pixel", photo(saved(base.resize((1, 1))))
    yield "jpeg strip", photo(saved(Image.new("RGB", (65_500, 1))))
    yield "jpeg comment", photo(jpeg(comment=CANARY))
    yield "jpeg comments", photo(with_segments(*[segment(0xFE, CANARY * 999)] * 50))
    yield (
        "jpeg xmp",
        photo(with_segments(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + CANARY))),
    )
    yield "jpeg iptc", photo(with_segments(segment(0xED, b"Photoshop 3.0\08BIM" + CANARY)))
    yield "jpeg profile", photo(jpeg(icc_profile=CANARY * 99_999))
    yield "jpeg thumbnail", photo(with_segments(segment(0xE0, b"JFXX\0\x10" + CANARY)))
    yield (
        "jpeg odd segments",
        photo(with_segments(*(segment(0xE3 + n, CANARY * 4_000) for n in range(9)))),
    )
    yield "jpeg and text behind", photo(jpeg() + CANARY * 9_999)
    yield "jpeg and another behind", photo(jpeg() + saved(scene(9), comment=CANARY))
    yield (
        "jpeg of two frames",
        photo(saved(base, "MPO", save_all=True, append_images=[scene(5)], comment=CANARY)),
    )
    yield "png", drawn(saved(base, "PNG"))
    yield "png in sixteen bits", drawn(saved(base.convert("L").convert("I;16"), "PNG"))
    yield "png in one bit", drawn(saved(base.convert("1"), "PNG"))
    yield "png of a palette", drawn(saved(base.convert("P"), "PNG"))
    yield "png palette see-through", drawn(saved(base.convert("P"), "PNG", transparency=3))
    yield "png see-through", drawn(saved(base.convert("RGBA"), "PNG"))
    yield "png grey see-through", drawn(saved(base.convert("LA"), "PNG"))
    yield "png in 48 bits", drawn(png(depth=16))
    yield "png interlaced", drawn(interlaced())
    yield (
        "png in motion",
        drawn(saved(base, "PNG", save_all=True, append_images=[scene(n) for n in range(2, 6)])),
    )
    yield "png text", drawn(png(8, 8, chunk(b"tEXt", b"Comment\0" + CANARY)))
    yield "png own chunk", drawn(png(8, 8, chunk(b"kaNA", CANARY * 9_999)))
    yield "png exif", drawn(saved(base, "PNG", exif=with_exif(6)))
    yield "png and text behind", drawn(saved(base, "PNG") + CANARY)
    yield "png of forty million", drawn(png(8_000, 5_000))
