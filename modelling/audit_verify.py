"""Re-check an export of the ledger, line by line, with no code of the writer.

What it finds: any record that was altered, dropped, put in, moved or repeated; a sealed day that
differs from its seal; a seal that is missing, unsigned, signed by another key or not the one that
was published; and, since the last seal, a tail that was cut or added to, by the heads of the
registry. Memory grows with the registrations of the region, not with their events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from modelling.audit_records import (
    LAST_MS,
    NOTHING,
    BadRecordError,
    Record,
    Tree,
    check_seal,
    day_of,
    end_of,
    first_prev,
    hash_of,
    next_day,
    number,
    parse_line,
    place_of,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHOWN: Final = 20
SEALING_LAG_MS: Final = 26 * 3_600_000  # a day is sealed an hour after it ends, by a daily run

_ORDER: Final = {"seal": 0, "event": 1, "read": 1, "head": 2, "end": 3}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the line of the export (0 for the whole), and what in words."""

    line: int
    what: str

    def __str__(self) -> str:
        """As it is shown."""
        return f"line {self.line}: {self.what}" if self.line else self.what


@dataclass(slots=True)
class Report:
    """What a verification found.

    Attributes:
        problems: the first twenty; `found` counts all of them.
        notices: what an auditor should know although it proves nothing wrong.
        counts: records by type.
        keys: SHA-256 (hex) of the keys that signed.
        first_day: first sealed day, yyyymmdd; "" when none is sealed.
        last_day: last sealed day.
        unsealed: events and reads after the last seal.
    """

    problems: list[Problem] = field(default_factory=list)
    found: int = 0
    notices: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_ORDER, 0))
    keys: list[str] = field(default_factory=list)
    region: str = ""
    first_day: str = ""
    last_day: str = ""
    unsealed: int = 0

    @property
    def sound(self) -> bool:
        """True when nothing is wrong."""
        return self.found == 0

    def add(self, line: int, what: str) -> None:
        """Note a problem; beyond the first twenty it is only counted."""
        self.found += 1
        if self.found <= SHOWN:
            self.problems.append(Problem(line, what))


def verify(
    lines: Iterable[bytes],
    *,
    published: Mapping[str, Record] | None = None,
    keys: frozenset[str] | None = None,
) -> Report:
    """Verify an export.

    Args:
        lines: its lines, in order.
        published: seals as they were published, by day; the export must hold the same ones.
        keys: SHA-256 (hex) of the public keys that may sign; None trusts the keys in the seals.

    Returns:
        What was found. Nothing in the export can make this function fail.
    """
    verifier = _Verifier(published or {}, keys)
    for line_number, line in enumerate(lines, start=1):
        verifier.take(line_number, line)
    return verifier.finish()


@dataclass(frozen=True, slots=True)
class _Link:
    """The last record of a chain so far."""

    seq: int
    at: int
    hash: bytes


class _Verifier:
    """Takes the records in file order: seals, events and reads by day, heads, end."""

    def __init__(self, published: Mapping[str, Record], keys: frozenset[str] | None) -> None:
        self._report = Report()
        self._published = published
        self._keys = keys
        self._stage = 0
        self._seals: dict[str, Record] = {}
        self._last_seal: Record | None = None
        self._only_published: dict[str, str | None] = {}  # day -> how it differs from the export
        self._open_seals: list[str] = []  # days of the seals to come, the next one last
        self._chains: dict[str, _Link] = {}
        self._reads: dict[str, _Link] = {}  # of the day at hand, and of all days without a seal
        self._place = ("", 0, "")
        self._day = ""
        self._tree = Tree()
        self._newest = 0
        self._head_chain = ""
        self._read_heads = False
        self._end: Record | None = None

    def take(self, line_number: int, line: bytes) -> None:
        """Check the next line of the export."""
        try:
            record = parse_line(line)
        except BadRecordError as fault:
            self._report.add(line_number, str(fault))
            return
        kind = text(record, "type")
        self._report.counts[kind] += 1
        stage = _ORDER[kind]
        if self._end is not None:
            self._report.add(line_number, f"a {kind} record after the end record")
        elif stage < self._stage:
            self._report.add(line_number, f"a {kind} record where only later kinds may stand")
        while self._stage < stage:
            self._stage += 1
            self._enter(self._stage)
        if kind == "seal":
            self._take_seal(line_number, record)
        elif kind == "head":
            self._take_head(line_number, record)
        elif kind == "end":
            self._end = record
        else:
            self._take_event(line_number, line, record)

    def _enter(self, stage: int) -> None:
        if stage == _ORDER["event"]:
            self._take_published()
            self._open_seals = sorted(self._seals, reverse=True)
        elif stage == _ORDER["head"]:
            self._close_days(before="99999999")

    # Seals

    def _take_seal(self, line_number: int, seal: Record) -> None:
        day, report = text(seal, "day"), self._report
        name = f"seal of {shown(day)}"
        last = self._last_seal
        if last is None:
            report.region, report.first_day = text(seal, "region"), day
            follows, due = first_prev("seal", report.region), day
        else:
            follows, due = text(last, "hash"), next_day(text(last, "day"))
        if day < due:
            report.add(line_number, f"{name}: it is out of order or there twice")
            return
        if day > due:
            report.add(line_number, f"{name}: the seal of {shown(due)} before it is missing")
        if seal["region"] != report.region:
            report.add(line_number, f"{name}: it is of another region")
        if seal["prev"] != follows:
            report.add(line_number, f"{name}: it does not follow the seal before it")
        for wrong in check_seal(seal):
            report.add(line_number, f"{name}: {wrong}")
        key = text(seal, "key")
        if key not in report.keys:
            report.keys.append(key)
        if self._keys is not None and key not in self._keys:
            report.add(line_number, f"{name}: it is signed by a key that is not the given one")
        public = self._published.get(day)
        if public is not None and public != seal:
            report.add(line_number, f"{name}: it is not the one that was published")
        self._seals[day] = self._last_seal = seal
        report.last_day = day

    def _take_published(self) -> None:
        """Go on with the published seals that come after those of the export."""
        day = next_day(self._report.last_day) if self._seals else min(self._published, default="")
        while day in self._published and day not in self._seals:
            self._take_seal(0, self._published[day])
            self._only_published[day] = None
            day = next_day(day)

    def _close_days(self, before: str) -> None:
        """Compare every sealed day up to a day with its seal: nothing of it can come any more."""
        while self._open_seals and self._open_seals[-1] < before:
            day = self._open_seals.pop()
            seal = self._seals[day]
            here = self._day == day
            count, root = (self._tree.count, self._tree.root()) if here else (0, NOTHING)
            if count != seal["count"]:
                what = f"{shown(day)}: its seal counts {seal['count']} records, here are {count}"
            elif root != seal["root"]:
                what = (
                    f"{shown(day)}: the records do not fit the seal: one was altered, moved or"
                    " exchanged after the day was sealed"
                )
            else:
                continue
            if day in self._only_published:
                self._only_published[day] = what  # told if the export claims to hold the whole day
            else:
                self._report.add(0, what)

    # Events and reads

    def _take_event(self, line_number: int, line: bytes, event: Record) -> None:
        day = day_of(number(event, "at"))
        name = f"{event['type']} {event['seq']} of {event['chain']} ({shown(day)})"
        if day > self._day:
            self._begin_day(day)
        place = place_of(event, day)
        if place <= self._place:
            what = "it is there twice" if place == self._place else "it is not in its place"
            self._report.add(line_number, f"{name}: {what}")
        else:
            self._place = place
        self._tree.add(bytes.fromhex(text(event, "hash")))
        self._newest = max(self._newest, number(event, "at"))
        if not self._seals or day > self._report.last_day:
            self._report.unsealed += 1
        elif day not in self._seals:
            self._report.add(line_number, f"{name}: no seal covers its day")
        if hash_of(line, event) != event["hash"]:
            self._report.add(
                line_number, f"{name}: its hash does not fit its content: the record was altered"
            )
        self._follow(line_number, event, name, day)

    def _begin_day(self, day: str) -> None:
        self._close_days(before=day)
        if self._day in self._seals and self._day not in self._only_published:
            self._reads.clear()
        self._day = day
        self._tree = Tree()

    def _follow(self, line_number: int, event: Record, name: str, day: str) -> None:
        """Check a record against the one before it in its chain."""
        chain, seq, at = text(event, "chain"), number(event, "seq"), number(event, "at")
        chains = self._chains
        if event["type"] == "read":
            chains = self._reads
            if chain != f"{event['actor']}#{day}":
                self._report.add(line_number, f"{name}: its chain is of another reader or day")
        last = chains.get(chain)
        last_seq = last.seq if last else 0
        if seq > last_seq + 1:
            gap = f"{last_seq + 1}" if seq == last_seq + 2 else f"{last_seq + 1} to {seq - 1}"
            self._report.add(line_number, f"{name}: number {gap} of the chain is missing before it")
        elif seq <= last_seq:
            self._report.add(line_number, f"{name}: the chain has reached {last_seq} before it")
        elif event["prev"] != (last.hash.hex() if last else first_prev("chain", chain)):
            self._report.add(
                line_number, f"{name}: it does not follow the record before it in its chain"
            )
        elif event["prev_at"] != (last.at if last else 0) or at < number(event, "prev_at"):
            self._report.add(line_number, f"{name}: its times do not follow the record before it")
        chains[chain] = _Link(seq, at, bytes.fromhex(text(event, "hash")))

    # Heads, and the end

    def _take_head(self, line_number: int, head: Record) -> None:
        chain, report = text(head, "chain"), self._report
        if chain <= self._head_chain:
            report.add(line_number, f"head of {chain}: it is out of order or there twice")
        self._head_chain = max(chain, self._head_chain)
        of_reads = "#" in chain
        self._read_heads = self._read_heads or of_reads
        last = (self._reads if of_reads else self._chains).pop(chain, None)
        if last is None:
            report.add(line_number, f"head of {chain}: none of its {head['seq']} records is here")
        elif number(head, "seq") > last.seq:
            what = f"its tail is cut: it ends at {last.seq}, the registry stands at {head['seq']}"
            report.add(line_number, f"head of {chain}: {what}")
        elif number(head, "seq") < last.seq:
            what = f"it goes on to {last.seq}, the registry stands at {head['seq']}"
            report.add(line_number, f"head of {chain}: records were added: {what}")
        elif (head["hash"], head["at"]) != (last.hash.hex(), last.at):
            what = f"record {last.seq} is not the one that the registry knows"
            report.add(line_number, f"head of {chain}: {what}")

    def finish(self) -> Report:
        """Check what can only be said when all was seen."""
        while self._stage < _ORDER["end"]:
            self._stage += 1
            self._enter(self._stage)
        for chain in self._chains:
            self._report.add(0, f"chain {chain}: it has records, and no head in the registry")
        self._finish_reads()
        self._finish_seals()
        self._finish_end()
        self._finish_published()
        return self._report

    def _finish_reads(self) -> None:
        tail = [chain for chain in self._reads if chain.partition("#")[2] not in self._seals]
        if self._read_heads:
            for chain in tail:
                self._report.add(0, f"chain {chain}: it has reads, and no head in the registry")
        elif tail:
            self._report.notices.append(
                "Reads after the last seal have no head: that their last ones were not dropped"
                " shows from their day's seal on."
            )

    def _finish_seals(self) -> None:
        report = self._report
        if not self._seals:
            report.notices.append("No day is sealed yet: only the registry's heads prove the end.")
        if self._seals and self._keys is None:
            report.notices.append(
                "The seals were checked with the keys that they carry. Give --public-key to check"
                " that these are the region's keys."
            )

    def _finish_end(self) -> None:
        report, end = self._report, self._end
        if end is None:
            report.add(0, "the export is cut: it has no end record")
            return
        for kind in ("seal", "event", "read", "head"):
            stated, here = end[f"{kind}s"], report.counts[kind]
            if stated != here:
                report.add(0, f"the end record counts {stated} {kind} records, here are {here}")
        report.region = report.region or text(end, "region")
        if end["region"] != report.region:
            report.add(0, "the end record is of another region than the seals")
        until = number(end, "until")
        if self._newest >= until:
            report.add(0, "there are records from after the instant of the export")
        settled = day_of(max(0, until - SEALING_LAG_MS))
        if self._seals and next_day(report.last_day) < settled:
            report.notices.append(
                f"The last seal is of {shown(report.last_day)}: sealing is late, or seals were"
                " left out. Compare with the published ones (--seals)."
            )

    def _finish_published(self) -> None:
        """Tell of published seals that the export should hold, and of days that contradict them."""
        until = number(self._end, "until") if self._end else LAST_MS
        exported = self._seals.keys() - self._only_published.keys()
        for day in sorted(self._published.keys() - exported):
            ended = end_of(day)
            differs = self._only_published.get(day)
            if differs and ended <= until:
                self._report.add(0, differs)
            if ended + SEALING_LAG_MS <= until or day < max(exported, default=""):
                what = "it was published, and is not in the export"
                self._report.add(0, f"seal of {shown(day)}: {what}")


def shown(day: str) -> str:
    """A day as people read it, yyyy-mm-dd."""
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"
