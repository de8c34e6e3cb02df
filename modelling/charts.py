"""Static charts for reports: SVG for screen readers and for black-and-white printers too.

Every chart carries a title and a description, needs no script, no font and no file beside it, and
tells its series apart by dash and marker as well as by colour. Put `table` beside each chart.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

Format = Callable[[float], str]

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 56
LEGEND_ROW = 22
BAR_ROW = 34
NAME_WIDTH = 250
WANTED_TICKS = 6
INK, GRID = "#14202b", "#c3ccd5"
# At least 4.5 : 1 against white, and apart for the colour-blind (after Okabe and Ito, darkened).
COLOURS = ("#0b4a8f", "#a33b00", "#00614a", "#7a2e85", "#5b4a00", "#14202b")
DASHES = ("", "8 4", "2 4", "10 3 2 3", "14 5", "1 3")
MARKERS = ("circle", "square", "diamond", "triangle", "circle", "square")
STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;color:#14202b;background:#fff;margin:1rem auto;"
    "max-width:60rem;padding:0 1rem}table{border-collapse:collapse;margin:1rem 0;font-size:.9rem}"
    "caption{text-align:left;font-weight:700;padding:.3rem 0}th,td{border:1px solid #b9c7d6;"
    "padding:.25rem .5rem;text-align:right;vertical-align:top}th{background:#eef3f8}"
    "th[scope=row],td.text{text-align:left}svg{max-width:100%;height:auto}"
    ".wide{overflow-x:auto}"
)


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart.

    Attributes:
        name: for the legend.
        points: (x, y), rising in x.
        band: (low, high) of the interval at each point; empty for none.
    """

    name: str
    points: Sequence[tuple[float, float]]
    band: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, with its interval if it has one."""

    name: str
    value: float
    interval: tuple[float, float] | None = None


def percent(share: float) -> str:
    """A share as a percentage with one decimal."""
    return f"{100 * share:.1f} %"


def ticks(low: float, high: float, wanted: int = WANTED_TICKS) -> list[float]:
    """Round numbers that span low to high, about as many as wanted."""
    if not high > low:
        high = low + 1
    raw = (high - low) / max(1, wanted - 1)
    scale = 10.0 ** math.floor(math.log10(raw))
    step = scale * next(m for m in (1, 2, 2.5, 5, 10) if m * scale >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * k, 12) for k in range(first, last + 1)]


def line_chart(
    series: Sequence[Series],
    *,
    title: str,
    description: str,
    x_label: str,
    y_label: str,
    x_format: Format = str,
    y_format: Format = percent,
    level: tuple[float, str] | None = None,
    from_zero: bool = True,
) -> str:
    """Lines over a common axis, with intervals as whiskers and a level to compare with.

    Args:
        series: at least one, each with at least one point.
        title: what is shown; description: what it says, for who cannot see it.
        x_label, y_label: names of the axes with their units.
        x_format, y_format: how a value is written on its axis.
        level: (value, words) of a dashed line across, such as a target.
        from_zero: whether the upright axis must show 0, as shares and counts should.

    Returns:
        An `<svg>` element.

    Raises:
        ValueError: nothing to draw, or a value that is not finite.
    """
    xs, ys = _extent(series, level, from_zero=from_zero)
    height = HEIGHT + LEGEND_ROW * len(series)
    across = _scale(xs[0], xs[-1], LEFT, WIDTH - RIGHT)
    up = _scale(ys[0], ys[-1], HEIGHT - BOTTOM, TOP)
    body = list(_axes((xs, ys), (across, up), (x_format, y_format), (x_label, y_label)))
    if level is not None:
        y = up(level[0])
        body.append(_line(LEFT, y, WIDTH - RIGHT, y, INK, dash="4 4"))
        body.append(words_at(WIDTH - RIGHT - 4, y - 5, level[1], anchor="end"))
    for place, one in enumerate(series):
        body.extend(_drawn(one, place, across, up))
        body.extend(_legend(one.name, place, HEIGHT + LEGEND_ROW * place))
    return drawing(body, title, description, height)


def bar_chart(
    bars: Sequence[Bar],
    *,
    title: str,
    description: str,
    x_label: str,
    x_format: Format = percent,
) -> str:
    """Bars lying, one a row, with the value written at the end and intervals as whiskers.

    Args:
        bars: at least one.
        title, description, x_label, x_format: as for `line_chart`.

    Returns:
        An `<svg>` element.

    Raises:
        ValueError: nothing to draw, or a value that is not finite.
    """
    values = [v for bar in bars for v in (bar.value, *(bar.interval or ()))]
    if not bars or not all(math.isfinite(v) for v in values):
        raise ValueError("a chart needs at least one bar, and finite values")
    marks = ticks(min(0.0, *values), max(0.0, *values) or 1.0)
    across = _scale(marks[0], marks[-1], NAME_WIDTH, WIDTH - RIGHT - 60)
    foot = TOP + BAR_ROW * len(bars)
    body = []
    for mark in marks:
        body.append(_line(across(mark), TOP, across(mark), foot, GRID))
        body.append(words_at(across(mark), foot + 18, x_format(mark), anchor="middle"))
    body.append(words_at((NAME_WIDTH + WIDTH) / 2, foot + 40, x_label, anchor="middle"))
    for place, bar in enumerate(bars):
        body.extend(_bar(bar, TOP + BAR_ROW * place, across, x_format))
    return drawing(body, title, description, foot + BOTTOM)


def table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str, text: int = 1
) -> str:
    """An HTML table with the words of its first `text` columns set to the left."""
    head = "".join(
        f'<th scope="col">{escape(header)}</th>' if header else "<td></td>" for header in headers
    )
    body = "".join(
        "<tr>" + "".join(_cell(cell, place, text) for place, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide" role="region" aria-label="{escape(caption)}" tabindex="0">'
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def aligned(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table as text: columns wide enough, words left and figures right."""
    widths = [max(len(row[i]) for row in (headers, *rows)) for i in range(len(headers))]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (headers, *rows)
    ]


def page(title: str, parts: Sequence[str], *, language: str = "en") -> str:
    """A whole HTML document from parts that are HTML already."""
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{''.join(parts)}</main></body></html>\n"
    )


def _cell(words: str, place: int, text: int) -> str:
    if place == 0:
        return f'<th scope="row">{escape(words)}</th>'
    return f"<td{' class=text' if place < text else ''}>{escape(words)}</td>"


def _extent(
    series: Sequence[Series], level: tuple[float, str] | None, *, from_zero: bool
) -> tuple[list[float], list[float]]:
    xs = [x for one in series for x, _ in one.points]
    ys = [y for one in series for _, y in one.points]
    ys += [y for one in series for pair in one.band for y in pair]
    ys += [level[0]] if level is not None else []
    if not xs or not all(math.isfinite(v) for v in (*xs, *ys)):
        raise ValueError("a chart needs at least one point, and finite values")
    return ticks(min(xs), max(xs)), ticks(min(0.0, *ys) if from_zero else min(ys), max(ys))


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    def place(value: float) -> float:
        return round(start + (end - start) * (value - low) / (high - low), 2)

    return place


def _axes(
    marks: tuple[Sequence[float], Sequence[float]],
    scales: tuple[Callable[[float], float], Callable[[float], float]],
    formats: tuple[Format, Format],
    labels: tuple[str, str],
) -> Iterator[str]:
    (xs, ys), (across, up) = marks, scales
    for y in ys:
        yield _line(LEFT, up(y), WIDTH - RIGHT, up(y), GRID)
        yield words_at(LEFT - 8, up(y) + 4, formats[1](y), anchor="end")
    for x in xs:
        yield _line(across(x), HEIGHT - BOTTOM, across(x), HEIGHT - BOTTOM + 5, INK)
        yield words_at(across(x), HEIGHT - BOTTOM + 20, formats[0](x), anchor="middle")
    yield _line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, INK)
    yield words_at((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 42, labels[0], anchor="middle")
    yield words_at(LEFT - 60, TOP - 18, labels[1], anchor="start")


def _drawn(
    one: Series, place: int, across: Callable[[float], float], up: Callable[[float], float]
) -> Iterator[str]:
    colour, dash = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
    for (x0, y0), (x1, y1) in pairwise(one.points):
        yield _line(across(x0), up(y0), across(x1), up(y1), colour, dash=dash, width=2)
    for (x, _), (low, high) in zip(one.points, one.band, strict=bool(one.band)):
        yield _line(across(x), up(low), across(x), up(high), colour, width=1)
    for x, y in one.points:
        yield _marker(across(x), up(y), place)


def _legend(name: str, place: int, y: float) -> Iterator[str]:
    colour, dash = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
    yield _line(LEFT, y, LEFT + 46, y, colour, dash=dash, width=2)
    yield _marker(LEFT + 23, y, place)
    yield words_at(LEFT + 56, y + 4, name, anchor="start")


def _bar(bar: Bar, y: float, across: Callable[[float], float], written: Format) -> Iterator[str]:
    zero, end = across(0.0), across(bar.value)
    yield (
        f'<rect x="{min(zero, end)}" y="{y + 6}" width="{round(abs(end - zero), 2)}" height="18" '
        f'fill="{COLOURS[0]}"/>'
    )
    yield words_at(NAME_WIDTH - 8, y + 20, bar.name, anchor="end")
    right = max(zero, end)
    if bar.interval is not None:
        low, high = (across(v) for v in bar.interval)
        for width, colour in ((4, "#fff"), (1.5, INK)):  # seen on the bar and beside it
            yield _line(low, y + 15, high, y + 15, colour, width=width)
        right = max(right, high)
    yield words_at(right + 6, y + 20, written(bar.value), anchor="start")


def _marker(x: float, y: float, place: int) -> str:
    colour = COLOURS[place % len(COLOURS)]
    shape = MARKERS[place % len(MARKERS)]
    if shape == "circle":
        return f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>'
    corners = {
        "square": ((-4, -4), (4, -4), (4, 4), (-4, 4)),
        "diamond": ((0, -5), (5, 0), (0, 5), (-5, 0)),
        "triangle": ((0, -5), (5, 4), (-5, 4)),
    }[shape]
    points = " ".join(f"{round(x + dx, 2)},{round(y + dy, 2)}" for dx, dy in corners)
    return f'<polygon points="{points}" fill="{colour}"/>'


def _line(
    x0: float, y0: float, x1: float, y1: float, colour: str, *, dash: str = "", width: float = 1
) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" stroke="{colour}" '
        f'stroke-width="{width}"{dashed}/>'
    )


def words_at(x: float, y: float, words: str, *, anchor: str) -> str:
    """Words at a place; `anchor` is start, middle or end."""
    return f'<text x="{x}" y="{round(y, 2)}" text-anchor="{anchor}">{escape(words)}</text>'


def drawing(body: Sequence[str], title: str, description: str, height: float) -> str:
    """An `<svg>` element with its title and description, for who cannot see it."""
    mark = hashlib.sha256("\n".join((title, description, *body)).encode()).hexdigest()[:12]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="t{mark} d{mark}" width="{WIDTH}" height="{height}" '
        f'font-family="system-ui,sans-serif" font-size="13" fill="{INK}">'
        f'<title id="t{mark}">{escape(title)}</title>'
        f'<desc id="d{mark}">{escape(description)}</desc>'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>{"".join(body)}</svg>'
    )
