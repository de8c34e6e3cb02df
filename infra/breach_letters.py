"""Letters after a breach, in plain Indonesian: to each family, to the authority, to everybody.

They name a family by the number on its receipt. What only people know stands in brackets, and a
person signs; the texts are in infra/letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from string import Template
from typing import Final

from chalicelib.adapters.area_files import area_codes
from chalicelib.domain.areas import Village
from infra.stages import Stage

TEXTS: Final = Path(__file__).parent / "letters"
MONTHS: Final = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
PAGE: Final = "\f"
_GROUPS: Final = ((0, 4), (4, 8), (8, 10))
_ZONES: Final = {7: "WIB", 8: "WITA", 9: "WIT"}
_SEEN: Final = "Data keluarga Anda dilihat oleh orang yang tidak berhak."
_COPIED: Final = "Data keluarga Anda disalin oleh orang yang tidak berhak."

Span = tuple[int, int, int]
"""First and last time, ms UTC, and how often."""


@dataclass(frozen=True, slots=True)
class Breach:
    """The clock of a breach.

    Attributes:
        noticed, deadline: ms UTC.
        zone: of the region.
    """

    noticed: int
    deadline: int
    zone: timezone

    def when(self, at: int) -> str:
        """A time as people read it: "21 November 2026 pukul 08.15 WIB"."""
        here = datetime.fromtimestamp(at / 1000, self.zone)
        east = (here.utcoffset() or timedelta()).seconds // 3600
        day = f"{here.day} {MONTHS[here.month - 1]} {here.year}"
        return f"{day} pukul {here:%H.%M} {_ZONES[east]}"


def letters(
    families: Mapping[str, Span],
    villages: Mapping[str, Village],
    stage: Stage,
    breach: Breach,
    *,
    copied: bool = False,
) -> Iterator[tuple[str, str]]:
    """File names and texts.

    Args:
        families: whom it touched, by locator.
        villages: of each of them.
        stage: the pilot's file, for the office's address.
        breach: when it was noticed.
        copied: whether tables were copied, and not looked at one by one.
    """
    contact = dict(stage["contacts"])
    shared = contact | {
        "noticed": breach.when(breach.noticed),
        "deadline": breach.when(breach.deadline),
        "happened": _COPIED if copied else _SEEN,
        "families": f"{len(families):,}".replace(",", "."),
        "villages": str(len({village.code for village in villages.values()})),
        "region": area_codes().live[stage["region"]],
    }
    each = Template((TEXTS / "keluarga.txt").read_text("utf-8"))
    pages = [
        each.substitute(
            shared
            | {
                "number": "-".join(locator[a:b] for a, b in _GROUPS),
                "village": villages[locator].name,
                "first": breach.when(first),
                "last": breach.when(last),
                "times": str(times),
            }
        )
        for locator, (first, last, times) in families.items()
    ]
    yield "surat-keluarga.txt", PAGE.join(pages)
    if families:
        span = {
            "first": breach.when(min(first for first, _, _ in families.values())),
            "last": breach.when(max(last for _, last, _ in families.values())),
        }
        for name, file in (("lembaga", "surat-lembaga"), ("pengumuman", "pengumuman")):
            text = Template((TEXTS / f"{name}.txt").read_text("utf-8"))
            yield f"{file}.txt", text.substitute(shared | span)
