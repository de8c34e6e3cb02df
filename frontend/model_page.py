"""The page that tells what the model in use is and how often it is wrong (`/model/`).

The figures are those of the report that `tepat model fit` wrote beside the model, which lies in
`frontend/model/`. A report of another model than the one in use stops the build.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frontend.content import MODELS, ROOT, ContentError

REPORT = ROOT / "model"
WIDEST = 158  # units; a drawing is 160 wide
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Bar:
    """One share with its 95 % interval, in words and as places in the drawing.

    Attributes:
        name, value, interval: as they are read.
        width, low, high: ends of the bar and of its interval.
    """

    name: str
    value: str
    interval: str
    width: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ModelPage:
    """What the page shows.

    Attributes:
        errors, groups: bars of the two charts.
        told: figures that stand in sentences, by the name of their gap.
        files: name under `/model/` -> bytes: the whole report and the model itself.
        style: the report's own style sheet, which a page may not carry within itself.
    """

    errors: list[Bar]
    groups: list[Bar]
    told: Mapping[str, str]
    files: Mapping[str, bytes]
    style: str


def load_page(words: Mapping[str, Any], report: Path = REPORT, models: Path = MODELS) -> ModelPage:
    """Read the report of the model in use.

    Args:
        words: the page's words; `error_names` and `group_names` name what the charts show.
        report: folder with report.json and report.html.
        models: folder of the models.

    Raises:
        ContentError: the report is of another model, or speaks of a group that has no words.
    """
    sha256 = (models / "current").read_text("ascii").strip()
    document = json.loads((report / "report.json").read_text("utf-8"))
    if document["about"]["model_sha256"] != sha256:
        raise ContentError(f"{report}: the report is not of the model in use, {sha256[:12]}")
    html = (report / "report.html").read_text("utf-8")
    style = STYLE.search(html)
    if style is None or sha256 not in html:
        raise ContentError(f"{report / 'report.html'}: not the page of that report")
    quota = document["quota_in_each_region"]
    figures = {
        "exclusion": quota["exclusion_at_40"],
        "inclusion": quota["inclusion_at_40"],
        "severe": document["severe_misses_at_40"],
    }
    groups = {part["name"]: part["exclusion"] for part in document["by_group"]}
    if odd := sorted(groups.keys() ^ words["group_names"].keys()):
        raise ContentError(f"words.model.group_names: no match for {', '.join(odd)}")
    return ModelPage(
        errors=_bars({words["error_names"][name]: one for name, one in figures.items()}),
        groups=_bars({words["group_names"][name]: one for name, one in groups.items()}),
        told={
            "families": f"{document['families']:,}".replace(",", "."),
            "villages": str(document["villages"]),
            "covers": _percent(document["interval_covers"]),
            "r2": f"{100 * document['r2']:.0f}",
        },
        files={
            "laporan.json": (report / "report.json").read_bytes(),
            "laporan.html": html.encode(),
            "rumus.json": (models / f"{sha256}.json").read_bytes(),
        },
        style=style.group(1),
    )


def with_style_sheet(html: bytes, href: str, integrity: str) -> bytes:
    """The report with its style in a file of its own: the site's rules allow none within a page."""
    link = f'<link rel="stylesheet" href="{href}" integrity="{integrity}">'
    return STYLE.sub(link, html.decode(), count=1).encode()


def _bars(figures: Mapping[str, Mapping[str, float]]) -> list[Bar]:
    scale = WIDEST / max(one["high"] for one in figures.values())
    return [
        Bar(
            name,
            _percent(one["value"]),
            f"{_percent(one['low'])} sampai {_percent(one['high'])}",
            *(round(scale * one[end], 1) for end in ("value", "low", "high")),
        )
        for name, one in figures.items()
    ]


def _percent(share: float) -> str:
    """A share as Indonesian writes it."""
    return f"{100 * share:.1f} %".replace(".", ",")
