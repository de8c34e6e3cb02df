"""Finds people in bytes, in whatever form they leaked.

What is looked for is named once, as text. What is looked at is taken apart until nothing more
comes out: escapes, base64, base32, hex, compression, one inside the other. In each layer three
things are sought: the text without regard to case, spaces and marks, forwards and backwards;
unkeyed digests of it; and its digits as packed numbers. Whoever finds a leak tells what and how,
and never repeats it.
"""

from __future__ import annotations

import base64
import bz2
import hashlib
import hmac
import html
import lzma
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations
from urllib.parse import unquote_to_bytes

import brotli
import numpy as np
from numpy.typing import NDArray

from chalicelib.adapters.household_items import _DICTIONARIES
from chalicelib.adapters.packing import pack_numbers

DEPTH = 4  # layers in layers: base64 of gzip of JSON with escapes, and one more
MOST = 4_000_000  # bytes that one compressed value may become
_WINDOW = 250_000  # bytes
_DIGEST_BYTES = 8  # of a digest: also one that was cut short is found
_WALL = b"\0" * 8  # between layers that are searched in one go
_PLACES = 20  # bits of a place among starts that are likely
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 by the golden ratio: Knuth, TAOCP 3, 6.4
_SHORTEST_TEXT = 8  # squeezed letters and digits; shorter ones would be met by chance
_SHORTEST_NUMBER = _START = 6  # bytes
_DIGESTS = (
    "md5", "sha1", "sha224", "sha256", "sha384", "sha512",
    "sha3_256", "sha3_512", "blake2b", "blake2s",
)  # fmt: skip
_SEPARATORS = ("", "|", ":", "-", ",", " ", "#", "/", "\n")
_RUNS = (
    ("base64", re.compile(rb"[A-Za-z0-9+/_-]{15,}"), 4),
    ("base32", re.compile(rb"[A-Z2-7]{16,}|[a-z2-7]{16,}"), 8),
    ("hex", re.compile(rb"[0-9A-Fa-f]{14,}"), 2),
)
_MAGIC = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]|BZh[1-9]|\xfd7zXZ\x00")
_ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")
_ESCAPES = re.compile(rb"[%&+\\]")
_NOT_PLAIN = re.compile(rb"[^a-z0-9]")


class Kind(StrEnum):
    """What a canary is of a person."""

    NUMBER = "number"  # NIK, family card
    PHONE = "phone"
    WORDS = "words"  # name, address, what somebody wrote


@dataclass(frozen=True, order=True)
class Canary:
    """One thing of an invented person that must not be met elsewhere."""

    kind: Kind
    what: str
    text: str


@dataclass(frozen=True, order=True)
class Leak:
    """A canary that was met: what of whom, and in which form. Never the thing itself."""

    what: str
    form: str
    kind: Kind


@dataclass(frozen=True)
class Needles:
    """What is sought: squeezed texts, and bytes."""

    texts: tuple[tuple[bytes, Leak], ...]
    binary: Mapping[int, Sequence[tuple[bytes, Leak]]]  # by their first bytes, as a number
    likely: NDArray[np.bool_]  # by the places of those


def needles(*families: Iterable[Canary]) -> Needles:
    """Work out every form in which canaries are sought; numbers of a family also in pairs."""
    groups = [sorted(set(canaries)) for canaries in families]
    given = sorted({canary for group in groups for canary in group})
    texts: list[tuple[bytes, Leak]] = []
    binary: dict[bytes, Leak] = {}
    for canary in given:
        plain = squeezed(canary.text.encode())
        if len(plain) < _SHORTEST_TEXT:
            raise ValueError("a canary this short would be met by chance")
        texts.append((plain, Leak(canary.what, "plain", canary.kind)))
        if canary.kind is not Kind.WORDS:
            texts.append((plain[::-1], Leak(canary.what, "backwards", canary.kind)))
            for form, packed in packed_digits(plain):
                binary.setdefault(packed, Leak(canary.what, form, canary.kind))
        for text in _spellings(canary):
            _add_digests(binary, text, canary.what, canary.kind)
    for one, other in (pair for group in groups for pair in permutations(_numbers(group), 2)):
        for separator in _SEPARATORS:
            both = f"{one.text}{separator}{other.text}".encode()
            _add_digests(binary, both, f"{one.what} with {other.what}", Kind.NUMBER)
    by_start: dict[int, list[tuple[bytes, Leak]]] = {}
    for packed, leak in binary.items():
        by_start.setdefault(int.from_bytes(packed[:_START]), []).append((packed, leak))
    likely = np.zeros(1 << _PLACES, np.bool_)
    likely[_places(np.array([*by_start], np.uint64))] = True
    return Needles(tuple(texts), by_start, likely)


def search(data: bytes, sought: Needles, depth: int = DEPTH) -> set[Leak]:
    """Every canary in some bytes, in any form; a depth of 1 takes nothing apart."""
    found = list(layers(data, depth))
    if not any(_in_layer(_WALL.join(found), sought)):  # whatever one of them has, this has
        return set()
    return {leak for layer in found for leak in _in_layer(layer, sought)}


def search_all(pieces: Iterable[bytes], sought: Needles) -> set[Leak]:
    """Every canary in any of many pieces: as searching each, without telling where."""
    given = list(dict.fromkeys(pieces))
    inner = [plain for piece in given for plain in _decompressed(piece)]
    return search(b"\0".join(given), sought) | search(b"\0".join(inner), sought)


def squeezed(data: bytes) -> bytes:
    """Letters and digits alone, in small letters: spaces, marks and NULs of UTF-16 fall away."""
    return _NOT_PLAIN.sub(b"", data.lower())


def packed_digits(digits: bytes) -> Iterator[tuple[str, bytes]]:
    """A number as programs pack it: big and little endian, BCD, varint, float."""
    number = int(digits)
    size = (number.bit_length() + 7) // 8
    if size >= _SHORTEST_NUMBER:
        yield "binary number", number.to_bytes(size, "big")
        yield "binary number", number.to_bytes(size, "little")
        yield "varint", _varint(number)
        yield "varint", pack_numbers([number])
        yield "float", struct.pack(">d", number)
        yield "float", struct.pack("<d", number)
    even = digits if len(digits) % 2 == 0 else b"0" + digits
    yield "BCD", bytes.fromhex(even.decode())
    yield "BCD", bytes.fromhex("".join(a + b for b, a in _pairs(even.decode())))


def layers(data: bytes, depth: int = DEPTH) -> Iterator[bytes]:
    """The bytes, and all that comes out when they are taken apart, each layer once."""
    seen: set[bytes] = set()
    found = [data]
    for _ in range(depth):
        found = [layer for layer in dict.fromkeys(found) if layer and layer not in seen]
        seen.update(found)
        yield from found
        found = [inner for layer in found for inner in _taken_apart(layer)]


def _taken_apart(data: bytes) -> Iterator[bytes]:
    plain = _unescaped(data)
    if plain != data:
        yield plain
    yield from _decompressed(data)
    ways = {data, data.replace(b"\n", b"").replace(b"\r", b"")}  # base64 comes in lines of 76
    for name, runs, places in _RUNS:
        pieces = list(dict.fromkeys(piece for way in ways for piece in runs.findall(way)))
        for place in range(places):
            decoded = [_decoded(name, piece[place:]) for piece in pieces]
            yield b"\0".join(decoded)
            for piece in decoded:
                yield from _decompressed(piece)


def _decoded(name: str, run: bytes) -> bytes:
    """A run of letters as the bytes that it may stand for; what is left at its end is dropped."""
    if name == "base64":
        return base64.urlsafe_b64decode(
            run[: len(run) // 4 * 4].translate(bytes.maketrans(b"+/", b"-_"))
            + _tail(run[len(run) // 4 * 4 :])
        )
    if name == "base32":
        upper = run.upper()
        rest = len(upper) % 8
        kept = upper[: len(upper) - rest] + {2: 1, 4: 1, 5: 1, 7: 1}.get(rest, 0) * (
            upper[len(upper) - rest :] + b"=" * (8 - rest)
        )
        return base64.b32decode(kept)
    return bytes.fromhex(run[: len(run) // 2 * 2].decode())


def _tail(rest: bytes) -> bytes:
    """The last two or three letters of base64 with their padding; one alone says nothing."""
    if len(rest) < 2:
        return b""
    return rest.translate(bytes.maketrans(b"+/", b"-_")) + b"=" * (4 - len(rest))


def _decompressed(data: bytes) -> Iterator[bytes]:
    """What comes out of compressed bytes: with a mark anywhere in them, or whole without one."""
    for found in _MAGIC.finditer(data):
        for reader in (zlib.decompressobj(47), bz2.BZ2Decompressor(), lzma.LZMADecompressor()):
            yield from _tried(reader.decompress, data[found.start() :], MOST)
    if len(data) < MOST:
        for dictionary in (b"", *_DICTIONARIES.values()):
            for start in (0, 1):  # our own packing has a mark of one byte before it
                reader = zlib.decompressobj(-zlib.MAX_WBITS, dictionary)
                yield from _tried(reader.decompress, data[start:], MOST)
        yield from _tried(brotli.decompress, data)


def _tried(work: Callable[..., bytes], *given: object) -> Iterator[bytes]:
    try:
        yield work(*given)
    except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError, brotli.error):
        return


def _unescaped(data: bytes) -> bytes:
    r"""Without %41, &#65; and \u0041, also when one is in another."""
    text = data
    if not _ESCAPES.search(text):
        return text
    for _ in range(2):
        latin = unquote_to_bytes(text.replace(b"+", b" ")).decode("latin-1")
        latin = _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), latin)
        text = html.unescape(latin).encode("latin-1", "replace")
    return text


def _in_layer(layer: bytes, sought: Needles) -> Iterator[Leak]:
    plain = squeezed(layer)
    for text, leak in sought.texts:
        if text in plain:
            yield leak
    for start in _starts(layer, sought):
        for packed, leak in sought.binary[start]:
            if packed in layer:
                yield leak


def _starts(layer: bytes, sought: Needles) -> set[int]:
    """With which numbers something begins that may be sought: those of any six bytes in a row."""
    found: set[int] = set()
    for at in range(0, len(layer) - _START + 1, _WINDOW):  # all at once would fill the memory
        window = layer[at : at + _WINDOW + _START - 1]
        each = np.frombuffer(window, np.uint8).astype(np.uint64)
        count = len(window) - _START + 1
        numbers = np.zeros(count, np.uint64)
        for place in range(_START):
            numbers = numbers << np.uint64(8) | each[place : place + count]
        found.update(numbers[sought.likely[_places(numbers)]].tolist())
    return found & sought.binary.keys()


def _places(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return numbers * _SPREAD >> np.uint64(64 - _PLACES)


def _numbers(canaries: Iterable[Canary]) -> list[Canary]:
    return [canary for canary in canaries if canary.kind is Kind.NUMBER]


def _spellings(canary: Canary) -> Iterator[bytes]:
    """The text as somebody might hash it."""
    spellings = {
        canary.text,
        canary.text.lower(),
        canary.text.upper(),
        canary.text.replace(" ", ""),
    }
    for text in sorted(spellings):
        for before in ("", "nik", "nik:", "NIK", "kk:", "N#", "K#"):
            yield f"{before}{text}".encode()
        yield f"{text}\n".encode()
    if canary.kind is not Kind.WORDS:
        for _, packed in packed_digits(canary.text.encode()):
            yield packed


def _add_digests(binary: dict[bytes, Leak], text: bytes, what: str, kind: Kind) -> None:
    for name in _DIGESTS:
        digest = hashlib.new(name, text).digest()
        binary.setdefault(digest[:_DIGEST_BYTES], Leak(what, name, kind))
    short = hashlib.blake2b(text, digest_size=32).digest()
    binary.setdefault(short[:_DIGEST_BYTES], Leak(what, "blake2b", kind))
    unkeyed = hmac.digest(b"\0", text, "sha256")  # as with an empty key
    binary.setdefault(unkeyed[:_DIGEST_BYTES], Leak(what, "hmac without key", kind))


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    return zip(text[::2], text[1::2], strict=True)
