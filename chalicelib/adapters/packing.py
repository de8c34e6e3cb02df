"""Numbers and texts in few bytes: every kilobyte begun of an item costs two write units."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalicelib.domain.lines import Lines
    from chalicelib.domain.ranking import Point
    from chalicelib.usecases.ports import Cutoffs

_LIST: Final = ","
_MORE: Final = 0x80
_RAW: Final = -zlib.MAX_WBITS  # deflate without header and checksum


def pack_numbers(numbers: Iterable[int]) -> bytes:
    """Whole numbers of any sign, seven bits a byte: those near zero take one byte."""
    out = bytearray()
    for number in numbers:
        rest = number * 2 if number >= 0 else -number * 2 - 1
        while rest >= _MORE:
            out.append(rest % _MORE + _MORE)
            rest //= _MORE
        out.append(rest)
    return bytes(out)


def unpack_numbers(packed: bytes) -> list[int]:
    """Read what `pack_numbers` wrote.

    Raises:
        ValueError: the last number is cut off.
    """
    numbers: list[int] = []
    value, weight = 0, 1
    for byte in packed:
        value += byte % _MORE * weight
        weight *= _MORE
        if byte < _MORE:
            numbers.append(-(value + 1) // 2 if value % 2 else value // 2)
            value, weight = 0, 1
    if weight != 1:
        raise ValueError("packed numbers are cut off")
    return numbers


def deflate(plain: bytes, dictionary: bytes = b"", level: int = 9) -> bytes:
    """Compress, with words that are expected given beforehand; a lower level takes less time."""
    packer = zlib.compressobj(level, zlib.DEFLATED, _RAW, 9, zlib.Z_DEFAULT_STRATEGY, dictionary)
    return packer.compress(plain) + packer.flush()


def inflate(packed: bytes, limit: int, dictionary: bytes = b"") -> bytes:
    """Read what `deflate` wrote with the same dictionary.

    Args:
        packed: the compressed bytes.
        limit: most bytes that may come out, so that a few bytes cannot fill the memory.
        dictionary: the one that was given to `deflate`.

    Raises:
        ValueError: the bytes are not whole, or more than `limit` come out.
    """
    reader = zlib.decompressobj(_RAW, dictionary)
    try:
        plain = reader.decompress(packed, limit)
    except zlib.error as error:
        raise ValueError("compressed bytes cannot be read") from error
    if not reader.eof or reader.unused_data:
        raise ValueError("compressed bytes are cut off or too long")
    return plain


def pack_cutoffs(cutoffs: Iterable[Point]) -> str:
    """Borders, each (score, draw), as "score:draw" texts in order."""
    return _LIST.join(f"{score}:{draw}" for score, draw in cutoffs)


def unpack_cutoffs(packed: str) -> Cutoffs:
    """Read what `pack_cutoffs` wrote."""
    pairs = (border.partition(":") for border in packed.split(_LIST) if border)
    return tuple((int(score), draw) for score, _, draw in pairs)


def pack_lines(lines: Mapping[str, Lines]) -> str:
    """Where places end, as "programme=score:draw" texts; "*" where all have one, nothing for none.

    Raises:
        ValueError: a line with a band, which no region has.
    """
    if any(line.band for line in lines.values()):
        raise ValueError("a line with a band is not stored")
    return _LIST.join(
        f"{code}={'*' if line.all_fit else pack_cutoffs([line.entry] if line.entry else [])}"
        for code, line in lines.items()
    )


def unpack_lines(packed: str) -> Mapping[str, Lines]:
    """Read what `pack_lines` wrote."""
    if not packed:
        return {}
    from chalicelib.domain.lines import Lines  # noqa: PLC0415 - few read it

    found = {}
    for code, _, line in (each.partition("=") for each in packed.split(_LIST)):
        (*entry,) = unpack_cutoffs("" if line == "*" else line)
        found[code] = Lines(entry[0] if entry else None, 0, all_fit=line == "*")
    return found
