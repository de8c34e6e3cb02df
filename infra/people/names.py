"""Invented Indonesian-looking names, and the ways in which people write one name differently.

Given names are composed of parts, so that nobody real is meant. Ways of writing come in two
kinds: those the civil registry reads as the same name, and those it does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

_MALE_START: Final = (
    *("Tono", "Wira", "Bagas", "Jati", "Karso", "Mardi", "Parmo", "Surya", "Sutra", "Tirta"),
    *("Wono", "Yudo", "Panca", "Giri", "Harjo", "Kerta", "Lanang", "Naga", "Praba", "Sasmi"),
)
_MALE_END: Final = (
    *("raga", "dipa", "nata", "wangsa", "kusna", "ningrat", "sena", "wijana", "loka", "darma"),
    *("santana", "pradaya", "yasa", "mukti", "sunara", "buwana", "lingga", "tama"),
)
_FEMALE_START: Final = (
    *("Wulan", "Ratna", "Ning", "Lesta", "Kinan", "Sekar", "Rukmi", "Murti", "Laras", "Padma"),
    *("Tresna", "Yasmi", "Cempa", "Dewa", "Galuh", "Intan", "Jumini", "Melati", "Puspa", "Sari"),
)
_FEMALE_END: Final = (
    *("ira", "dira", "asih", "watika", "ningtya", "rasmi", "lina", "santi", "kirana", "yanti"),
    *("puspita", "wardani", "anjari", "luhita", "manika", "rahayu", "utari", "wigati"),
)
_MALE_FIRST: Final = ("Muhammad", "Ahmad", "Abdul", "I Wayan", "I Made", "Mas", "Nur")
_FEMALE_FIRST: Final = ("Siti", "Nur", "Ni Luh", "Dewi", "Sri", "Nyi", "Umi")

_WRITINGS: Final = {
    "Muhammad": ("Muh.", "Moh.", "M.", "Moch.", "Mohamad", "Mochammad", "MUHAMMAD"),
    "Abdul": ("Abd.", "abdul"),
    "Siti": ("St.", "siti"),
}
_MALE_TITLES: Final = ("H. {}", "Drs. {}", "{}, S.Pd.", "Haji {}")
_FEMALE_TITLES: Final = ("Hj. {}", "Ny. {}", "{}, S.Pd.", "Hajjah {}")
_VOWELS: Final = {"a": "i", "i": "e", "u": "o", "e": "i", "o": "u"}


def happens(rng: Random, per_thousand: int) -> bool:
    """True in so many of a thousand draws."""
    return rng.randrange(1000) < per_thousand


def invent_name(rng: Random, sex: str) -> str:
    """A name of one to six words, as the civil registry has it."""
    start, end = (_MALE_START, _MALE_END) if sex == "L" else (_FEMALE_START, _FEMALE_END)
    first = _MALE_FIRST if sex == "L" else _FEMALE_FIRST
    words = rng.choices((1, 2, 3, 5), (28, 50, 19, 3))[0]
    parts = [rng.choice(start) + rng.choice(end) for _ in range(words)]
    if words > 1 and happens(rng, 350):
        parts[0] = rng.choice(first)
    if sex == "P" and happens(rng, 20):
        parts[0] = "Nur'" + parts[0].lower()
    return " ".join(parts)


def written_otherwise(rng: Random, name: str, sex: str) -> str:
    """The same name in another hand: short forms, titles, capitals, joined words."""
    first, _, rest = name.partition(" ")
    if rest and first in _WRITINGS:
        return f"{rng.choice(_WRITINGS[first])} {rest}"
    if happens(rng, 300):
        return name.upper()
    if happens(rng, 300):
        return name.lower()
    if rest and happens(rng, 500):
        return first + rest.replace(" ", "", 1).lower()
    return rng.choice(_MALE_TITLES if sex == "L" else _FEMALE_TITLES).format(name)


def misspelt(rng: Random, name: str) -> str:
    """Another name to the registry: a changed vowel in the middle of the longest word."""
    words = name.split()
    longest = max(range(len(words)), key=lambda i: len(words[i]))
    word = words[longest]
    places = [i for i in range(2, len(word)) if word[i] in _VOWELS]
    place = rng.choice(places)
    words[longest] = word[:place] + _VOWELS[word[place]] + word[place + 1 :]
    return " ".join(words)
