"""A list of disputes as a file to work with: numbers, steps, days and codes, and nobody in it.

It leaves the system, so it is written down before it goes: who, when, how many, under a number of
its own, in the chain of what a member of staff looked at on that day. The number stands in the
file's name, in its first line and in every row, so that a copy tells where it came from.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_letters, digits
from typing import Final

from chalicelib.domain import audit, receipt
from chalicelib.domain.errors import Fault, TooMany
from chalicelib.usecases import show_status
from chalicelib.usecases.list_disputes import DisputeList, Waiting
from chalicelib.usecases.ports import BlindIndex, Clock, Limits, Randomness, ReadLedger
from chalicelib.usecases.read_case import record_read
from chalicelib.usecases.show_queue import Ports as WordPorts
from chalicelib.usecases.show_queue import days_since

PLACE: Final = 809_997
"""Stands in an export's number where a case has the place of its village: no case has it."""

COLUMNS: Final = (
    "nomor", "jenis", "langkah", "alasan", "desa", "tingkat", "petugas", "batas", "lewat_hari",
    "umur_hari", "diajukan", "tanda", "ekspor",
)  # fmt: skip
PER_DAY: Final = 20  # files that one officer may take in a UTC day
_KEPT_MS: Final = 2 * audit.DAY_MS
_KEY: Final = 16
_SHOWN: Final = 8  # letters of an account's id
_IN_NAMES: Final = frozenset(ascii_letters + digits)
# Excel and the like calculate a cell that begins so, also where the sign is a full-width one.
_CALCULATED: Final = tuple("=+-@|%\uff1d\uff0b\uff0d\uff20")
# A program that takes another sign for the border of cells would begin a new one there.
_BORDERS: Final = frozenset(',;|"')


@dataclass(frozen=True, slots=True)
class Ports:
    """What exporting needs.

    Attributes:
        words: for days in the region's own time.
    """

    clock: Clock
    random: Randomness
    index: BlindIndex
    ledger: ReadLedger
    limits: Limits
    words: WordPorts
    region: str


@dataclass(frozen=True, slots=True)
class Export:
    """A file as it goes out.

    Attributes:
        number: of the export, shaped like a case's.
        name: of the file.
        text: rows that end as RFC 4180 says, cells parted by semicolons: where a comma parts the
            decimals, as in Indonesia, spreadsheets take nothing else for a border.
    """

    number: str
    name: str
    text: str


def export(listed: DisputeList, actor: str, ports: Ports) -> Export:
    """Write the export to the ledger, then make its file of what a list has found.

    Args:
        actor: "staff:<subject>".

    Raises:
        TooMany: the officer has taken as many as may be taken today.
        TryAgain: the ledger or the counter refused for now; nothing went out.
    """
    now = ports.clock.now_ms()
    right = f"export#{ports.region}#{actor}#{audit.day_of(now)}"
    if not ports.limits.take(right, PER_DAY, now + _KEPT_MS):
        raise TooMany(Fault("export_too_often", params={"most": PER_DAY}))
    own_key = ports.random.take(_KEY).hex()
    number = receipt.derive(ports.index.mac, f"export|{own_key}", PLACE).locator
    record_read(
        number,
        actor,
        f"export_{len(listed.found)}",
        clock=ports.clock,
        random=ports.random,
        ledger=ports.ledger,
    )
    told = io.StringIO()
    # All cells are quoted, so that none of them is read as a number or a date either.
    sheet = csv.writer(told, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    sheet.writerow([_mark(number, actor, now, listed, ports)])
    sheet.writerow(COLUMNS)
    for waiting in listed.found:
        sheet.writerow([cell(each) for each in (*_row(waiting, now, ports), number)])
    day = ports.words.dispute.terms.calendar.day(now)
    who = "".join(letter for letter in _short(actor.partition(":")[2]) if letter in _IN_NAMES)
    return Export(
        number, f"sanggah-{ports.region}-{day:%Y%m%d}-{number}-{who}.csv", told.getvalue()
    )


def cell(text: str) -> str:
    """A text that no spreadsheet calculates, however it parts the cells.

    Source: OWASP, "CSV injection".
    """
    sound = (" " if c in _BORDERS or not c.isprintable() else c for c in text)
    plain = "".join(sound).strip()
    return f"'{plain}" if plain.startswith(_CALCULATED) else plain


def _mark(number: str, actor: str, now: int, listed: DisputeList, ports: Ports) -> str:
    at = show_status.moment(now, ports.words.dispute.status)
    who = actor.partition(":")[2]
    all_of_them = "" if not listed.more else " (bukan semua: hanya yang paling dulu)"
    return cell(f"Ekspor {number} oleh akun {who} {at}: {len(listed.found)} sanggah{all_of_them}")


def _short(subject: str) -> str:
    return subject[:_SHOWN]


def _row(waiting: Waiting, now: int, ports: Ports) -> Sequence[str]:
    there, words = waiting.there, ports.words
    day = words.dispute.terms.calendar.day
    last = waiting.ends - 1  # a term's end is the first instant of the day after
    return (
        there.ref.locator,
        there.kind.value,
        there.stage.value,
        there.reason,
        there.ref.village,
        str(there.level),
        _short(there.officer),
        day(last).isoformat(),
        str(days_since(last, now, words) if waiting.late else 0),
        str(days_since(there.steps[0].at, now, words)),
        day(there.steps[0].at).isoformat(),
        " ".join(there.concerns),
    )
