"""Tags of a name: enough to find a family in its village, and nothing that gives the name back.

A neighbour knows a name and a place, never a NIK, and no list of names exists anywhere. Each word
of the name becomes three bytes of a keyed digest with the village in it; whoever knows the same
words and has the key finds the family, and the tags of two villages do not compare.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from chalicelib.domain.receipt import Mac

TAG: Final = 3
MOST_WORDS: Final = 6
_WORD: Final = re.compile(r"[a-z]{2,}")
# Courtesies, titles and the many spellings of one first name: one person writes them, and another
# leaves them out.
_LEFT_OUT: Final = frozenset(
    (
        *("bapak", "bpk", "pak", "ibu", "bu", "sdr", "sdri", "tn", "ny", "nyonya", "tuan"),
        *("almarhum", "alm", "haji", "hj", "kh", "ustad", "ustadz", "bin", "binti"),
        *("muhammad", "mohammad", "muhamad", "mohamad", "mochamad", "moch", "moh", "muh", "md"),
    )
)


def words_of(name: str) -> tuple[str, ...]:
    """The words that count of a name, sorted, each once: no titles, marks, initials or doubles.

    A name of such words alone keeps them.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = set(_WORD.findall(plain.replace("'", "")))
    return tuple(sorted(words - _LEFT_OUT or words))[:MOST_WORDS]


def tags_of(mac: Mac, village: str, name: str) -> bytes:
    """Three bytes for each word of a name, in the order of the words.

    Args:
        village: 10 digits.
        name: as typed.
    """
    return b"".join(mac("name", f"{village}|{word}".encode())[:TAG] for word in words_of(name))


def words_shared(given: bytes, kept: bytes) -> int:
    """How many of the given words a kept name has."""
    return len(_split(given) & _split(kept))


def is_whole(given: bytes, kept: bytes) -> bool:
    """Whether a kept name has all the given words, of which there is at least one."""
    return bool(given) and _split(given) <= _split(kept)


def _split(tags: bytes) -> frozenset[bytes]:
    return frozenset(tags[start : start + TAG] for start in range(0, len(tags), TAG))
