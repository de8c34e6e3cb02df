"""The search for people finds a planted one in every form, and nobody where there is nobody."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import hmac
import json
import lzma
import os
import random
import struct
import zlib
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import brotli
import pytest

from chalicelib.adapters.packing import deflate, pack_numbers
from tests.canaries.people import everyday, family
from tests.canaries.search import Canary, Kind, needles, search

SOMEBODY = family(0)
SOUGHT = needles(SOMEBODY.canaries)
NIK = SOMEBODY.nik
NAME = SOMEBODY.name
KK = SOMEBODY.form["kk"]
PHONE = SOMEBODY.form["phone"]


def url_escaped(text: str) -> bytes:
    return "".join(f"%{byte:02X}" for byte in text.encode()).encode()


PLAIN: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "capitals": lambda t: t.upper().encode(),
    "small": lambda t: t.lower().encode(),
    "in groups": lambda t: " ".join(t[n : n + 4] for n in range(0, len(t), 4)).encode(),
    "with dots": lambda t: ".".join(t).encode(),
    "over lines": lambda t: "\n".join(t).encode(),
    "as a list": lambda t: json.dumps(list(t)).encode(),
    "quoted": lambda t: quote(t).encode(),
    "quoted with plus": lambda t: quote_plus(t).encode(),
    "quoted all": url_escaped,
    "quoted twice": lambda t: quote(url_escaped(t).decode()).encode(),
    "JSON escapes": lambda t: "".join(f"\\u{ord(c):04x}" for c in t).encode(),
    "JSON in JSON": lambda t: json.dumps(json.dumps({"a": t})).encode(),
    "HTML escapes": lambda t: "".join(f"&#{ord(c)};" for c in t).encode(),
    "UTF-16": lambda t: t.encode("utf-16"),
    "repr of bytes": lambda t: repr(b"\xff" + t.encode()).encode(),
    "hex": lambda t: t.encode().hex().encode(),
    "hex capitals": lambda t: t.encode().hex().upper().encode(),
    "base32": lambda t: base64.b32encode(t.encode()),
    "base64 in lines": lambda t: base64.encodebytes(b"x" * 50 + t.encode()),
    "base64 twice": lambda t: base64.b64encode(base64.b64encode(t.encode())),
    "gzip": lambda t: gzip.compress(t.encode()),
    "zlib": lambda t: zlib.compress(t.encode()),
    "deflate": lambda t: deflate(t.encode()),
    "deflate after a mark": lambda t: b"\x01" + deflate(t.encode()),
    "brotli": lambda t: brotli.compress(t.encode()),
    "bzip2": lambda t: bz2.compress(t.encode()),
    "xz": lambda t: lzma.compress(t.encode()),
    "gzip in base64": lambda t: base64.b64encode(gzip.compress(t.encode())),
    "deflate in base64": lambda t: base64.b64encode(deflate(t.encode())),
    "gzip amid bytes": lambda t: b"\0\1\2" + gzip.compress(t.encode()) + b"after",
}  # fmt: skip
ALIGNED: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "base64url": lambda b: base64.urlsafe_b64encode(b).rstrip(b"="),
    "base32": base64.b32encode,
    "base32 small": lambda b: base64.b32encode(b).lower(),
    "hex": lambda b: b.hex().encode(),
}
NUMBERS: dict[str, Callable[[str], bytes]] = {
    "backwards with dots": lambda t: ".".join(reversed(t)).encode(),
    "big endian": lambda t: int(t).to_bytes(8, "big"),
    "little endian": lambda t: int(t).to_bytes(8, "little"),
    "seven bytes": lambda t: int(t).to_bytes(7, "big"),
    "msgpack": lambda t: b"\x81\xa3nik\xcf" + struct.pack(">Q", int(t)),
    "protobuf": lambda t: b"\x08" + varint(int(t)),
    "our numbers": lambda t: pack_numbers([7, int(t), 7]),
    "float": lambda t: struct.pack("<d", int(t)),
    "BCD": bytes.fromhex,
    "BCD turned": lambda t: bytes.fromhex("".join(t[n + 1] + t[n] for n in range(0, len(t), 2))),
    "JSON number": lambda t: json.dumps({"n": int(t)}).encode(),
    "JSON float": lambda t: json.dumps({"n": float(t) / 10}).encode(),
    "big endian in base64": lambda t: base64.b64encode(int(t).to_bytes(8, "big") * 2),
}
DIGESTS = ("md5", "sha1", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s")
WRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "raw": bytes,
    "hex": lambda d: d.hex().encode(),
    "hex capitals": lambda d: d.hex().upper().encode(),
    "base64": base64.b64encode,
    "base64url": lambda d: base64.urlsafe_b64encode(d).rstrip(b"="),
    "base32": base64.b32encode,
    "cut short": lambda d: d[:8],
    "hex cut short": lambda d: d.hex()[:16].encode(),
}
AROUND = (b'{"level":"INFO","message":"', b'","request":"9f1c"}\n')


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number % 128 + 128)
        number //= 128
    return bytes([*out, number])


def found(data: bytes) -> set[str]:
    return {leak.what for leak in search(data, SOUGHT)}


@pytest.mark.parametrize("form", PLAIN)
@pytest.mark.parametrize("text", [NIK, NAME, KK, PHONE], ids=["NIK", "name", "card", "phone"])
def test_a_text_is_found_in_each_form(form: str, text: str) -> None:
    whole = form in {"deflate", "deflate after a mark", "brotli"}  # nothing tells where they begin
    planted = PLAIN[form](text)
    assert found(planted if whole else planted.join(AROUND))


@pytest.mark.parametrize("form", ALIGNED)
@pytest.mark.parametrize("before", range(6))
def test_a_text_is_found_wherever_it_begins(form: str, before: int) -> None:
    inner = os.urandom(before) + NIK.encode() + b" and more"
    assert "NIK of member 0" in found(b'"' + ALIGNED[form](inner) + b'"')


@pytest.mark.parametrize("before", range(4))
def test_base64_is_found_behind_letters_that_are_not_of_it(before: int) -> None:
    glued = b"abc"[:before] + base64.b64encode(NAME.encode())
    assert found(b" " + glued + b" ")


@pytest.mark.parametrize("form", NUMBERS)
def test_a_number_is_found_packed(form: str) -> None:
    assert "NIK of member 0" in found(NUMBERS[form](NIK))
    assert "NIK of member 0" in found(b"\x93" + NUMBERS[form](NIK) + b"\x01")


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("written", WRITTEN)
def test_a_digest_without_key_is_found(digest: str, written: str) -> None:
    for text in (NIK, KK, PHONE, NAME, NAME.lower(), f"{NIK}{KK}", f"{KK}|{NIK}", f"nik:{NIK}"):
        made = hashlib.new(digest, text.encode()).digest()
        assert found(WRITTEN[written](made).join(AROUND)), text


def test_a_keyed_digest_is_not_found() -> None:
    for text in (NIK, KK, NAME):
        made = hmac.digest(os.urandom(32), text.encode(), "sha256")
        assert not found(made + made.hex().encode() + base64.b64encode(made))


def test_nobody_is_found_where_nobody_is() -> None:
    noise = random.Random(9901).randbytes(3_000)  # noqa: S311 - noise
    assert not found(noise + base64.b64encode(noise) + noise.hex().encode())
    assert not found(b'{"route":"GET /v1/form","status":200,"ms":12}\n' * 1000)
    other = family(1)
    assert not found(json.dumps(other.form).encode())
    assert not search(json.dumps(SOMEBODY.form).encode(), needles(*([one] for one in everyday())))


def test_families_share_nothing_and_have_real_codes_and_serials_that_are_never_given() -> None:
    texts = [text for number in range(29) for text in family(number).texts()]
    assert len(texts) == len(set(texts))
    numbers = [c for n in range(29) for c in family(n).canaries if c.kind is Kind.NUMBER]
    assert all(int(canary.text[-4:]) > 9900 for canary in numbers)


def test_what_is_told_does_not_repeat_it() -> None:
    told = repr(search(json.dumps(SOMEBODY.form).encode(), SOUGHT))
    assert "NIK of member 0" in told
    assert not found(told.encode())


def test_a_canary_that_chance_would_meet_is_refused() -> None:
    with pytest.raises(ValueError, match="chance"):
        needles([Canary(Kind.WORDS, "name", "Siti")])
