"""Files that say they are photos and mean harm, or are broken; all made here, none can harm."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

from PIL import Image

from chalicelib.domain.evidence import FileKind, Why
from tests.evidence.photos import (
    chunk,
    jpeg,
    png,
    saved,
    scene,
    segment,
    swelling,
    with_segments,
)
from tests.evidence.samples import CANARY, EICAR, EITHER, Sample, chance

PAGE = b"<html><script>alert('" + CANARY + b"')</script></html>"
LIMIT = 5 * 1024 * 1024
HUGE = 2**31 - 1


def archive(name: str = "a.txt") -> bytes:
    """A zip archive; with "META-INF/MANIFEST.MF" it is a Java program."""
    file = BytesIO()
    with ZipFile(file, "w") as made:
        made.writestr(name, CANARY)
    return file.getvalue()


def resized(
    photo: bytes, width: int, height: int, *, precision: int = 8, parts: int = 3, frame: int = 0xC0
) -> bytes:
    """A JPEG file whose head tells other measures than it has; 0xC2 is that of one in passes."""
    at = photo.index(bytes([0xFF, frame]))
    head = struct.pack(">BHHB", precision, height, width, parts)
    return photo[: at + 4] + head + photo[at + 10 :]


def hostile() -> Iterator[tuple[str, Sample]]:
    """Everything of this file."""
    yield from foreign()
    yield from jpegs()
    yield from pngs()


def foreign() -> Iterator[tuple[str, Sample]]:
    """Files that are not what their sender says."""
    others = {
        "nothing": b"",
        "one byte": b"\xff",
        "two bytes": b"\xff\xd8",
        "zeros": bytes(1_000),
        "a page": PAGE,
        "a drawing": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "a gif": saved(scene(), "GIF"),
        "a gif that is a program": saved(scene(), "GIF") + archive("META-INF/MANIFEST.MF"),
        "a bitmap": saved(scene(), "BMP"),
        "a tiff": saved(scene(), "TIFF"),
        "a webp": saved(scene(), "WEBP"),
        "a heic": b"\0\0\0\x18ftypheic" + bytes(100),
        "an archive": archive(),
        "an archive with a photo behind": archive() + jpeg(),
        "a windows program": b"MZ" + bytes(200),
        "a linux program": b"\x7fELF" + bytes(200),
        "a script": b"#!/bin/sh\necho",
        "postscript": b"%!PS-Adobe-3.0\n",
        "a page, then a photo": PAGE + jpeg(),
        "a space, then a photo": b" " + jpeg(),
    }
    for name, content in others.items():
        yield f"jpeg: {name}", Sample(FileKind.JPEG, content, Why.WRONG_TYPE)
    yield "jpeg: a png", Sample(FileKind.JPEG, saved(scene(), "PNG"), Why.WRONG_TYPE)
    yield "png: a jpeg", Sample(FileKind.PNG, jpeg(), Why.WRONG_TYPE)
    yield "pdf: a jpeg", Sample(FileKind.PDF, jpeg(4), Why.WRONG_TYPE)
    yield "jpeg: a paper", Sample(FileKind.JPEG, b"%PDF-1.7\n", Why.WRONG_TYPE)
    yield "jpeg: too large", Sample(FileKind.JPEG, jpeg() + bytes(LIMIT), Why.TOO_LARGE)


def jpegs() -> Iterator[tuple[str, Sample]]:
    """JPEG files."""
    photo = jpeg()
    broken = {
        "only a beginning": b"\xff\xd8\xff",
        "a beginning and chance": b"\xff\xd8\xff" + chance(1).randbytes(9_000),
        "twelve bits": resized(photo, 480, 360, precision=12),
        "no parts": resized(photo, 480, 360, parts=0),
        "no height": resized(photo, 480, 0),
        "without loss": photo.replace(b"\xff\xc0", b"\xff\xc3", 1),
        "a segment past the end": photo[:2] + b"\xff\xe1\xff\xff" + photo[2:20],
        "no tables": photo.replace(b"\xff\xdb", b"\xff\xfe"),
    }
    for part in (4, 20, 100, 300, 600):
        broken[f"cut at byte {part}"] = photo[:part]
    for part in (30, 50, 70, 90, 99):
        broken[f"cut at {part} %"] = photo[: len(photo) * part // 100]
    for name, content in broken.items():
        yield f"jpeg: {name}", Sample(FileKind.JPEG, content, Why.BROKEN)
    large = {
        "huge measures": resized(photo, 65_500, 65_500),
        "one row too many": resized(photo, 8_000, 5_001),
        "sixty million pixels": saved(Image.new("L", (10_000, 6_001))),
    }
    for name, content in large.items():
        yield f"jpeg: {name}", Sample(FileKind.JPEG, content, Why.TOO_MANY_PIXELS)
    found = {
        "an archive behind": photo + archive(),
        "a program behind": photo + archive("META-INF/MANIFEST.MF"),
        "a page behind": photo + PAGE,
        "a page within": with_segments(segment(0xFE, PAGE)),
        "a script in capitals": photo + b"<SCRIPT>1</SCRIPT>",
        "php within": with_segments(segment(0xE1, b"Exif\0\0<?php system($_GET[0]); ?>")),
        "a paper behind": photo + b"%PDF-1.4\n1 0 obj<<>>endobj\nstartxref\n0\n%%EOF",
        "a virus behind": photo + EICAR,
        "a virus within": with_segments(segment(0xFE, EICAR)),
    }
    for name, content in found.items():
        yield f"jpeg: {name}", Sample(FileKind.JPEG, content, Why.VIRUS)
    loop = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0\x01\0\0\0\x08\0\0\0"
    odd = {
        "exif in a circle": with_segments(segment(0xE1, loop + CANARY)),
        "exif of nothing": with_segments(segment(0xE1, b"Exif\0\0" + CANARY)),
        "a profile in parts that lack": with_segments(
            segment(0xE2, b"ICC_PROFILE\0\x01\xff" + CANARY)
        ),
        "frames that are not there": with_segments(segment(0xE2, b"MPF\0II*\0\x08\0\0\0" + CANARY)),
        "a segment of no length": photo[:2] + b"\xff\xe1\0\0" + photo[2:],
        "arithmetic": photo.replace(b"\xff\xc0", b"\xff\xc9", 1),
        "more parts than there are": resized(photo, 480, 360, parts=4),
        "other measures": resized(photo, 4_000, 3_000),
        "forty million in passes": resized(jpeg(3, progressive=True), 8_000, 5_000, frame=0xC2),
    }
    luck = chance(7)
    for number in range(8):
        shaken = bytearray(photo)
        for _ in range(20):
            shaken[luck.randrange(3, len(shaken))] = luck.randrange(256)
        odd[f"shaken {number}"] = bytes(shaken)
    for name, content in odd.items():
        yield f"jpeg: {name}", Sample(FileKind.JPEG, content, EITHER)


def pngs() -> Iterator[tuple[str, Sample]]:
    """PNG files."""
    good = saved(scene(), "PNG")
    bomb = swelling(100_000_000)
    large = {
        "a bomb": png(30_000, 30_000, data=zlib.compress(bytes(10_000_000))),
        "huge measures": png(HUGE, HUGE, data=b"x"),
        "one row too many": png(8_000, 5_001, colour=0),
    }
    for name, content in large.items():
        yield f"png: {name}", Sample(FileKind.PNG, content, Why.TOO_MANY_PIXELS)
    broken = {
        "only a beginning": good[:8],
        "no data": png(data=b""),
        "no width": png(0, 8),
        "a depth that is not": png(depth=3, data=zlib.compress(bytes(999))),
        "no palette": png(colour=3, depth=8, data=zlib.compress(bytes(10))),
        "chance for data": png(data=chance(2).randbytes(500)),
        "a wrong sum": good[:60] + bytes([good[60] ^ 1]) + good[61:],
        "text that swells": png(8, 8, chunk(b"zTXt", b"a\0\0" + bomb)),
        "more text that swells": png(8, 8, chunk(b"iTXt", b"a\0\x01\0\0\0" + bomb)),
        "too little data": png(4_000, 4_000, data=zlib.compress(bytes(4_000))),
    }
    for part in (12, 20, 33, 60):
        broken[f"cut at byte {part}"] = good[:part]
    for part in (30, 60, 90):
        broken[f"cut at {part} %"] = good[: len(good) * part // 100]
    for name, content in broken.items():
        yield (
            f"png: {name}",
            Sample(FileKind.PNG, content, EITHER if "palette" in name else Why.BROKEN),
        )
    found = {
        "an archive behind": good + archive(),
        "a page behind": good + PAGE,
        "a page within": png(8, 8, chunk(b"tEXt", b"a\0" + PAGE)),
        "a virus within": png(8, 8, chunk(b"tEXt", b"a\0" + EICAR)),
    }
    for name, content in found.items():
        yield f"png: {name}", Sample(FileKind.PNG, content, Why.VIRUS)
    odd = {
        "data that swells": png(8, 8, data=bomb),
        "a profile that swells": png(8, 8, chunk(b"iCCP", b"a\0\0" + bomb)),
        "no end": good[:-12],
        "frames that are not there": png(8, 8, chunk(b"acTL", struct.pack(">II", HUGE, 0))),
        "a thousand texts": png(8, 8, *[chunk(b"tEXt", b"a\0" + CANARY)] * 5_000),
        "an exif of chance": png(8, 8, chunk(b"eXIf", CANARY + chance(3).randbytes(99))),
    }
    for name, content in odd.items():
        yield f"png: {name}", Sample(FileKind.PNG, content, EITHER)
