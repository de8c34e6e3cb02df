"""A tile map of Indonesia: one square for each of the 38 provinces, about where it lies.

Squares of one size do not let the largest province look like the most important; shapes of the
coast are no help to the reader and would weigh a hundred times as much.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from modelling import charts

# Kemendagri code -> column, row, short name (codes of Kepmendagri 300.2.2-2138/2025).
TILES = {
    "11": (0, 0, "Aceh"),
    "12": (1, 1, "Sumut"),
    "14": (2, 1, "Riau"),
    "21": (3, 1, "Kepri"),
    "13": (1, 2, "Sumbar"),
    "15": (2, 2, "Jambi"),
    "19": (3, 2, "Babel"),
    "17": (1, 3, "Bengk"),
    "16": (2, 3, "Sumsel"),
    "18": (2, 4, "Lamp"),
    "36": (3, 5, "Banten"),
    "31": (4, 4, "DKI"),
    "32": (4, 5, "Jabar"),
    "33": (5, 5, "Jateng"),
    "34": (5, 6, "DIY"),
    "35": (6, 5, "Jatim"),
    "51": (7, 5, "Bali"),
    "52": (8, 5, "NTB"),
    "53": (9, 5, "NTT"),
    "61": (5, 2, "Kalbar"),
    "62": (6, 2, "Kalteng"),
    "63": (6, 3, "Kalsel"),
    "64": (7, 2, "Kaltim"),
    "65": (7, 1, "Kaltara"),
    "71": (10, 1, "Sulut"),
    "75": (9, 1, "Goron"),
    "72": (9, 2, "Sulteng"),
    "76": (8, 3, "Sulbar"),
    "74": (9, 3, "Sultra"),
    "73": (8, 4, "Sulsel"),
    "82": (11, 1, "Malut"),
    "81": (11, 3, "Maluku"),
    "96": (12, 2, "PBD"),
    "92": (13, 2, "Pabar"),
    "91": (14, 2, "Papua"),
    "94": (13, 3, "Pateng"),
    "95": (14, 3, "Papeg"),
    "93": (14, 4, "Pasel"),
}
SIDE, TOP, LEFT = 46, 16, 12
# From light to dark; words stand on them in ink or in white at 4.5 : 1 or more.
SHADES = ("#eef3f8", "#c6d8ea", "#8fb3d6", "#3f78b0", "#0b3c6f")
WHITE_FROM = 3
CLASSES = len(SHADES)


def tile_map(shares: Mapping[str, float], *, title: str, description: str) -> str:
    """The provinces, shaded by their share, each with its name and figure.

    Args:
        shares: province code -> share from 0 to 1; NaN is hidden, a province left out has none.
        title: what is shown; description: what it says, for who cannot see it.

    Returns:
        An `<svg>` element.

    Raises:
        ValueError: a code that is no province, or no figure at all.
    """
    if unknown := sorted(shares.keys() - TILES.keys()):
        raise ValueError(f"{unknown[0]} is not the code of a province")
    known = [share for share in shares.values() if not math.isnan(share)]
    if not known:
        raise ValueError("a map needs at least one figure")
    marks = charts.ticks(0.0, max(known), CLASSES + 1)
    step = marks[-1] / CLASSES
    body = []
    for code, (column, row, name) in TILES.items():
        body.append(_tile(column, row, name, shares.get(code), step))
    foot = TOP + SIDE * 7 + 20
    body += [_key(place, step, foot) for place in range(CLASSES)]
    words = "- : not told or none"
    body.append(charts.words_at(LEFT + 112 * CLASSES, foot + 14, words, anchor="start"))
    return charts.drawing(body, title, description, foot + 30)


def _tile(column: int, row: int, name: str, share: float | None, step: float) -> str:
    x, y = LEFT + column * SIDE, TOP + row * SIDE
    if share is None or math.isnan(share):
        shade, ink, dash, figure = "#fff", charts.INK, ' stroke-dasharray="3 3"', "-"
    else:
        place = min(int(share / step), CLASSES - 1)
        shade, dash, figure = SHADES[place], "", charts.percent(share).removesuffix(" %")
        ink = "#fff" if place >= WHITE_FROM else charts.INK
    return (
        f'<rect x="{x}" y="{y}" width="{SIDE - 2}" height="{SIDE - 2}" fill="{shade}" '
        f'stroke="{charts.INK}"{dash}/>'
        f'<g fill="{ink}" font-size="11" text-anchor="middle">'
        f'<text x="{x + SIDE / 2 - 1}" y="{y + 18}">{name}</text>'
        f'<text x="{x + SIDE / 2 - 1}" y="{y + 35}" font-weight="700">{figure}</text></g>'
    )


def _key(place: int, step: float, y: float) -> str:
    x = LEFT + 112 * place
    ends = f"{100 * step * place:.3g} to {100 * step * (place + 1):.3g} %"
    return (
        f'<rect x="{x}" y="{y}" width="18" height="18" fill="{SHADES[place]}" '
        f'stroke="{charts.INK}"/>' + charts.words_at(x + 24, y + 14, ends, anchor="start")
    )
