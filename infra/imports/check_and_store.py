"""Importing a list: first every family is checked and nothing written, then they are stored.

Each family goes through `usecases.register`, the claim transaction of any registration. Its key
is made of the list's name and the office's own number of the family, so that a list may be sent
again, whole or mended: what is stored meets itself.
"""

from __future__ import annotations

import csv
import time
from array import array
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from chalicelib.domain.errors import Fault, InvalidRequest, TryAgain, WrongState
from chalicelib.domain.registration import WayIn
from chalicelib.usecases import register
from infra.imports.columns import FAMILY
from infra.imports.forms import Read, Wrong, read, sentence
from infra.imports.journal import Batch, Journal
from infra.imports.rows import Rows, Told, families

if TYPE_CHECKING:
    import numpy.typing as npt

    from chalicelib.domain.application import Rules
    from infra.imports.columns import Words

ACTOR: Final = "system:bulk_import"
BATCH: Final = 200  # families between two lines of the journal
REJECTS: Final = ("baris", "kolom", "kode", "alasan")
_GOOD, _WRONG, _SHARES = 0, 1, 2
_TRIES: Final = 9  # waits of together 2 minutes
# What only a list can have wrong; all else has the words of the form.
WORDS: Final[Mapping[str, str]] = {
    "columns": "Jumlah kolom baris ini tidak sama dengan baris judul.",
    "rows_differ": "Isian keluarga ini berbeda dengan baris pertamanya.",
    "family_twice": "Nomor keluarga ini juga ada di baris {other}. Satu keluarga ditulis sekali, barisnya berurutan.",  # noqa: E501 - a sentence
    "card_twice": "Nomor KK ini juga dipakai keluarga di baris {other}.",
    "beside_unreadable": "Baris di sebelah keluarga ini tidak terbaca. Mungkin itu anggota keluarga ini.",  # noqa: E501 - a sentence
    "nik_in_two": "Ada NIK yang juga ditulis di keluarga lain. Keluarga ini tetap masuk; petugas akan memeriksanya.",  # noqa: E501 - a sentence
    "already_registered": "Keluarga ini sudah terdaftar sendiri. Data pendaftarannya tidak diubah.",
    "key_reused": "Keluarga ini sudah masuk dari daftar yang sama dengan isian lain. Yang sudah masuk tidak diubah.",  # noqa: E501 - a sentence
}


class StoppedError(Exception):
    """The tables take nothing for now; what was stored stands in the journal."""


@dataclass(frozen=True, slots=True)
class List:
    """A list of families.

    Attributes:
        source: its name, e.g. "DTSEN-2026-01".
        rules: of the day that it is of.
    """

    path: Path
    source: str
    known: Words
    rules: Rules


@dataclass
class Checked:
    """What was found in a list, before anything was written.

    Attributes:
        marks: of each family whether it is good, wrong, or shares a NIK with another.
        rows: people.
    """

    marks: bytearray = field(default_factory=bytearray)
    rows: int = 0

    @property
    def families(self) -> int:
        """Families of the list, good or not."""
        return len(self.marks)

    @property
    def wrong(self) -> int:
        """Families with faults."""
        return self.marks.count(_WRONG)

    @property
    def sharing(self) -> int:
        """Good families that name somebody whom another family names too."""
        return self.marks.count(_SHARES)


class Rejects:
    """The file of what is wrong, by line and column. It names nobody.

    Whoever mends the list has it; whoever has not need not learn from this file who is in it. So
    it may go by mail.
    """

    def __init__(self, path: Path, words: Mapping[str, str]) -> None:
        """Begin it beside its place."""
        self._path, self._words, self.count = path, {**words, **WORDS}, 0
        self._unfinished = path.with_name(f"{path.name}.unfinished")
        self._file = self._unfinished.open("w", encoding="utf-8", newline="")
        self._out = csv.writer(self._file, lineterminator="\n")
        self._out.writerow(REJECTS)

    def add(self, wrong: Wrong) -> None:
        """Write one fault."""
        reason = sentence(wrong.fault, self._words)
        self._out.writerow((wrong.line, wrong.column, wrong.fault.code, reason))
        self.count += 1

    def refuse(self, line: int, code: str) -> None:
        """Write that a whole family was not taken by the tables."""
        self.add(Wrong(line, FAMILY, Fault(code)))

    def __enter__(self) -> Self:
        """Nothing more is needed to begin it."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Put the file in its place; take an older one away when nothing is wrong.

        A command that ends otherwise leaves what there was: half a list has no rejects.
        """
        self._file.close()
        if kind is None and self.count:
            self._unfinished.replace(self._path)
            return
        self._unfinished.unlink()
        if kind is None:
            self._path.unlink(missing_ok=True)


class _Seen:
    """What has to be there once in a list, and where it was; 16 bytes each.

    Kept as numbers of 64 bits: a NIK and a family card are such, all else is hashed to one. Two of
    360,000 meet by chance in one list of 280 million.
    """

    def __init__(self) -> None:
        self._what, self._where = array("Q"), array("Q")

    def add(self, what: int, where: int, *, really: bool = True) -> None:
        if really:
            self._what.append(what)
            self._where.append(where)

    def repeated(self) -> Iterator[tuple[int, int]]:
        """(where, where the same was first) of all that is there again, in the list's order."""
        what, where = np.frombuffer(self._what, np.uint64), np.frombuffer(self._where, np.uint64)
        order = np.argsort(what, kind="stable")
        same = np.zeros(len(order), bool)
        same[1:] = what[order][1:] == what[order][:-1]
        begun = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
        pairs: npt.NDArray[np.uint64] = np.column_stack((where[order], where[order[begun]]))[same]
        for here, first in pairs[np.argsort(pairs[:, 0], kind="stable")]:
            yield int(here), int(first)


def check(of: List, rejects: Rejects, told: Told | None = None) -> Checked:
    """Read a list through and find every fault of every family; nothing is written but rejects.

    Raises:
        ListError: the file is no list, or only half of one.
    """
    found, lines = Checked(), array("Q")
    ids, cards, people = _Seen(), _Seen(), _Seen()
    unread, beside = False, -1
    for number, rows in enumerate(families(of.path, of.known, told)):
        family = read(rows, of.source, of.known, of.rules)
        found.rows += len(rows.rows)
        found.marks.append(_WRONG if family.faults else _GOOD)
        lines.append(family.line)
        for fault in family.faults:
            rejects.add(fault)
        # A row that cannot be read may be somebody of the family before or behind it.
        whose = number if family.id else number - 1
        if (unread or not family.id) and whose > beside:
            beside = whose
            wrong = Wrong(lines[whose], FAMILY, Fault("beside_unreadable"))
            _leave_out(whose, wrong, found, rejects)
        unread = not family.id
        ids.add(_number(family.id), number, really=bool(family.id))
        cards.add(family.card, number, really=bool(family.card))
        for nik in family.numbers:
            people.add(nik, number)
    for seen, code, column in ((ids, "family_twice", FAMILY), (cards, "card_twice", "no_kk")):
        for pair in seen.repeated():
            for one, other in (pair, pair[::-1]):
                wrong = Wrong(lines[one], column, Fault(code, params={"other": lines[other]}))
                _leave_out(one, wrong, found, rejects)
    for one in (one for pair in people.repeated() if pair[0] != pair[1] for one in pair):
        if found.marks[one] == _GOOD:
            found.marks[one] = _SHARES
            rejects.add(Wrong(lines[one], "nik", Fault("nik_in_two")))
    return found


def _leave_out(number: int, wrong: Wrong, found: Checked, rejects: Rejects) -> None:
    """Leave a family out that may lack somebody: nobody is imported by half."""
    found.marks[number] = _WRONG
    rejects.add(wrong)


def store(
    of: List,
    checked: Checked,
    ports: register.Ports,
    journal: Journal,
    *,
    workers: int = 1,
    told: Told | None = None,
) -> None:
    """Store the good families of a list that the journal does not have yet.

    Args:
        checked: as `check` found it, of the same file.
        ports: with the rules of the list.
        workers: transactions under way at once; families that share a NIK go one after another
            in the list's order, so that the first of them holds it.
        told: is told how many more families are done with.

    Raises:
        StoppedError: the tables take nothing for now.
        ListError: as `check`.
    """
    numbered = enumerate(families(of.path, of.known))
    if told:
        told(journal.until)
    rest = islice(numbered, journal.until, None)
    with ThreadPoolExecutor(workers) as pool:
        while some := list(islice(rest, BATCH)):
            begun = ports.clock.now_ms()

            def one(rows: Rows, begun: int = begun) -> tuple[str, int]:
                family = read(rows, of.source, of.known, None)
                return _store_one(family, of, ports, begun), family.line

            alone = [rows for number, rows in some if checked.marks[number] == _SHARES]
            apart = [rows for number, rows in some if checked.marks[number] == _GOOD]
            became = [*pool.map(one, apart), *map(one, alone)]
            codes = [code for code, _ in became]
            refused = tuple((line, code) for code, line in became if code not in ("", "again"))
            until = some[-1][0] + 1
            journal.add(Batch(until, codes.count(""), codes.count("again"), refused))
            if told:
                told(len(some))


def key_of(source: str, family: str) -> str:
    """The idempotency key of a family of a list."""
    return urlsafe_b64encode(sha256(f"import|{source}|{family}".encode()).digest()).decode()[:43]


def _store_one(family: Read, of: List, ports: register.Ports, begun: int) -> str:
    """Store a family; gives "", "again" for one that was there, or the code of why not."""
    command = register.Register(key_of(of.source, family.id), family.form, WayIn.IMPORT, ACTOR)
    for attempt in range(_TRIES):
        try:
            accepted = register.register(command, ports)
        except TryAgain:
            time.sleep(0.25 * 2**attempt)
        except (InvalidRequest, WrongState) as refusal:
            return refusal.faults[0].code
        else:
            return "again" if accepted.at < begun else ""
    raise StoppedError


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
