"""Whom a breach touched, and the letters that must go out, without opening anybody's identity.

    python -m infra.breach --stage banyuwangi --from 2026-11-21T08:00 --to 2026-11-21T17:00 \
        --actor staff:ab12 --noticed 2026-11-22T09:30 --out breach/

It reads the ledger, in which every look of staff stands with its case, and names families by the
first ten letters of their receipts. `--family NUMBER` turns it round: who saw the one family whose
data turned up somewhere. Times are those of the region. `--ledger FILE` reads an export
instead of the tables; `--copied` takes everybody who was registered then, for when tables or a
backup were copied. UU 27/2022 art. 46: written notice within 3 x 24 hours, to the families and to
the authority; the clock is counted from when it was noticed.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from chalicelib.adapters.area_files import village_at
from chalicelib.adapters.ledger_table import LedgerTable
from chalicelib.domain.areas import Village
from chalicelib.domain.audit import DAY_MS, day_after, day_of, event_record
from chalicelib.domain.receipt import village_index
from chalicelib.settings import Settings
from infra import breach_letters, pilot, stages

TERM: Final = timedelta(hours=3 * 24)
_PEOPLE: Final = ("staff:", "agent:")
_MS: Final = 1000
_SHOWN: Final = 5  # of those with most

Record = Mapping[str, Any]
"""A line of an export of the ledger (docs/audit.md)."""


class BreachError(ValueError):
    """What was asked cannot be answered; the message says why."""


@dataclass
class Touched:
    """A family whose data somebody saw.

    Attributes:
        actors: who, and how often each.
        reasons: that were given, or what was done.
        first, last: ms UTC.
    """

    first: int
    last: int
    actors: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def times(self) -> int:
        """How often it was seen."""
        return self.actors.total()


@dataclass(frozen=True, slots=True)
class Window:
    """What is looked for.

    Attributes:
        since, until: ms UTC, both included.
        actor: "staff:<sub>" or "agent:<sub>"; "" for everybody of staff.
    """

    since: int
    until: int
    actor: str = ""

    def holds(self, record: Record) -> bool:
        """Whether a record is of that time and of those people."""
        who = str(record.get("actor", ""))
        mine = who == self.actor if self.actor else who.startswith(_PEOPLE)
        return mine and self.since <= record["at"] <= self.until


def seen_by(records: Iterable[Record], window: Window) -> dict[str, Touched]:
    """Families that somebody looked at or changed in a time, by locator.

    Args:
        records: of the ledger, in any order.
        window: who and when.
    """
    found: dict[str, Touched] = {}
    for record in records:
        kind = record["type"]
        if kind not in ("read", "event") or not window.holds(record):
            continue
        locator = record["ref"] if kind == "read" else record["chain"]
        why = record.get("reason") if kind == "read" else record["act"]
        one = found.setdefault(locator, Touched(record["at"], record["at"]))
        one.first, one.last = min(one.first, record["at"]), max(one.last, record["at"])
        one.actors[record["actor"]] += 1
        one.reasons[why or kind] += 1
    return found


def stood_in_tables(records: Iterable[Record], window: Window) -> dict[str, Touched]:
    """Families whose identity was in the tables at some time of a window.

    Args:
        records: the whole ledger from its first day.
        window: when the tables were copied.
    """
    came: dict[str, int] = {}
    erased: dict[str, int] = {}
    for record in records:
        if record["type"] == "event" and record["act"] in ("received", "proposed"):
            came[record["chain"]] = record["at"]
        elif record["type"] == "event" and record["act"] == "erased":
            erased[record["chain"]] = record["at"]
    return {
        locator: Touched(window.since, window.until, Counter(["copy"]), Counter(["copied"]))
        for locator, at in came.items()
        if at <= window.until and erased.get(locator, window.since) >= window.since
    }


def from_file(path: Path) -> Iterator[Record]:
    """Records of an export.

    Raises:
        BreachError: it is none, or is cut off: it might lack a read.
    """
    kind = ""
    try:
        with path.open("rb") as lines:
            for line in lines:
                record = json.loads(line)
                kind = record["type"]
                yield record
    except OSError as error:
        raise BreachError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise BreachError(f"{path} is no export of the ledger") from None
    if kind != "end":
        raise BreachError(f"{path} is cut off: its last record is missing")


def from_table(ledger: LedgerTable, window: Window) -> Iterator[Record]:
    """Records of the days of a window, as they stand."""
    day = day_of(window.since)
    while day <= day_of(window.until):
        yield from map(event_record, ledger.day_events(day))
        day = day_after(day)


def moment(text: str, zone: timezone) -> int:
    """A time in the region's zone, or with an offset of its own, in ms UTC.

    Raises:
        BreachError: it is no time.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BreachError(f"{text} is no time; write it like 2026-11-21T08:00") from None
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * _MS)


def zone_of(region: str) -> timezone:
    """The region's time, as the functions reckon it."""
    blank = dict.fromkeys((each.name for each in fields(Settings)), "")
    return timezone(timedelta(hours=Settings(**blank | {"region": region}).hours_east))


def places(found: Iterable[str], region: str) -> dict[str, Village]:
    """Village of each locator of a registration; others (disputes, visits) have none."""
    known = {locator: village_at(region, village_index(locator)) for locator in found}
    return {locator: village for locator, village in known.items() if village}


def main() -> None:
    """Tell, and write the letters; a fault is told in words."""
    try:
        _run(_options())
    except BreachError as error:
        sys.exit(str(error))


def _run(options: argparse.Namespace) -> None:
    stage = stages.read(options.stage)
    zone = zone_of(stage["region"])
    window = Window(moment(options.since, zone), moment(options.until, zone), options.actor)
    if window.until < window.since:
        raise BreachError("the window ends before it begins")
    noticed = moment(options.noticed, zone) if options.noticed else _now()
    if options.out and options.out.exists():
        raise BreachError(f"{options.out} is there already; name a folder that is not")
    if options.copied and not options.ledger:
        raise BreachError("--copied needs the whole ledger: give an export with --ledger")
    if options.ledger:
        records = from_file(options.ledger)
    else:
        account, given = pilot.opened(options.stage, options.local)
        tables = pilot.tables(given)
        records = from_table(LedgerTable(account.client("dynamodb"), tables.ledger), window)
    found = (stood_in_tables if options.copied else seen_by)(records, window)
    if options.family:
        number = options.family.replace("-", "").upper()
        found = {locator: one for locator, one in found.items() if locator == number}
    villages = places(found, stage["region"])
    families = {locator: found[locator] for locator in sorted(villages)}
    _tell(families, villages, len(found) - len(families), window)
    breach = breach_letters.Breach(noticed, noticed + int(TERM.total_seconds()) * _MS, zone)
    left = (breach.deadline - _now()) / 3_600_000
    print(f"Noticed {breach.when(noticed)}. Notice is due by {breach.when(breach.deadline)},")
    print(f"in {left:.1f} hours." if left > 0 else f"{-left:.1f} HOURS AGO.")
    if options.out and not families:
        raise BreachError("Nobody was touched, so no letters were written.")
    if options.out:
        write_all(options.out, families, villages, stage, breach, copied=options.copied)
        print(f"{options.out}: whom.csv, and letters that somebody completes where it says [...]")


def write_all(
    out: Path,
    families: Mapping[str, Touched],
    villages: Mapping[str, Village],
    stage: stages.Stage,
    breach: breach_letters.Breach,
    *,
    copied: bool = False,
) -> None:
    """Write the list and the letters into a new folder, as a whole or not at all."""
    unfinished = out.with_name(f"{out.name}.unfinished")
    unfinished.mkdir(parents=True)
    with (unfinished / "whom.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("number", "village", "name", "times", "first", "last", "actors", "reasons"))
        for locator, one in families.items():
            place = villages[locator]
            span = breach.when(one.first), breach.when(one.last)
            told = " ".join(sorted(one.actors)), " ".join(sorted(one.reasons))
            rows.writerow((locator, place.code, place.name, one.times, *span, *told))
    spans = {locator: (one.first, one.last, one.times) for locator, one in families.items()}
    for name, text in breach_letters.letters(spans, villages, stage, breach, copied=copied):
        (unfinished / name).write_text(text, "utf-8")
    unfinished.replace(out)


def _tell(
    families: Mapping[str, Touched], villages: Mapping[str, Village], others: int, window: Window
) -> None:
    days = (window.until - window.since) / DAY_MS
    times = sum(one.times for one in families.values())
    where = len({village.code for village in villages.values()})
    print(f"{len(families):,} families in {where:,} villages,", end=" ")
    print(f"seen {times:,} times in {days:.1f} days.")
    print("Nobody's identity was opened to tell this.")
    actors = Counter[str]()
    for one in families.values():
        actors.update(one.actors)
    for actor, count in actors.most_common(_SHOWN):
        print(f"  {actor:<46}{count:>8,} times")
    most = Counter(village.name for village in villages.values()).most_common(_SHOWN)
    print(f"  in {', '.join(f'{name} ({count:,})' for name, count in most) or 'no village'}")
    if others:
        print(f"  and {others:,} appeals, visits, profiles and the like, by their own numbers")


def _now() -> int:
    return int(datetime.now(UTC).timestamp() * _MS)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        prog="python -m infra.breach",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    pilot.add_arguments(parser)
    parser.add_argument("--from", dest="since", required=True, help="like 2026-11-21T08:00")
    parser.add_argument("--to", dest="until", required=True)
    parser.add_argument("--actor", default="", help="staff:<sub> or agent:<sub>; all if left out")
    parser.add_argument("--family", default="", help="only who saw this one; its number")
    parser.add_argument("--noticed", default="", help="when it was noticed; now if left out")
    parser.add_argument("--ledger", type=Path, help="an export instead of the tables")
    parser.add_argument("--copied", action="store_true", help="the tables themselves were copied")
    parser.add_argument("--out", type=Path, help="new folder for the list and the letters")
    return parser.parse_args()


if __name__ == "__main__":
    main()
