"""Villages of made-up families, as a closing ranks them."""

from __future__ import annotations

from random import Random

from chalicelib.domain.comparison import Part


def a_part(village: str, families: int, chance: Random, spread: int) -> Part:
    """A village of made-up families; the smaller the spread, the more equal scores."""
    letters = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
    ids = sorted({village[-4:] + "".join(chance.choices(letters, k=6)) for _ in range(families)})
    rows = sorted((chance.randint(-spread, spread), each) for each in ids)
    kinds = [
        (chance.randint(1, 7), chance.randint(0, 7), "".join(chance.choices("0345a", k=3)))
        for _ in rows
    ]
    sizes, held, limits = zip(*kinds, strict=True) if kinds else ((),) * 3
    scores, ids = zip(*rows, strict=True) if rows else ((),) * 2  # type: ignore[assignment]
    return Part(village, tuple(ids), scores, sizes, held, limits)  # type: ignore[arg-type]
