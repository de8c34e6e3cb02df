"""Import a region's list of families, one row a person: CSV, gzipped CSV or Parquet.

    python -m infra.bulk_import --stage banyuwangi --source DTSEN-2026-01 --as-of 2026-01-23 LIST
    python -m infra.bulk_import --template LIST

Everything is checked first, and nothing is written before all of it was read. A process that was
ended goes on where it stopped when the same command is given again. docs/bulk.md tells the rest.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import sys
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from tqdm import tqdm

from chalicelib import case_wiring, wiring
from chalicelib.domain.errors import TryAgain
from chalicelib.domain.rule_set import in_force
from chalicelib.settings import settings
from infra import pilot, stages
from infra.build import REGION
from infra.imports.check_and_store import Checked, List, Rejects, StoppedError, check, store
from infra.imports.columns import ListError, words
from infra.imports.examples import write_example
from infra.imports.forms import basis
from infra.imports.journal import JournalError, opened
from infra.imports.rows import Told, work_of
from infra.pace import Pace, write_units
from infra.table_files import sha256_of

if TYPE_CHECKING:
    from chalicelib.usecases.register import Ports
    from infra.imports.columns import Words

TABLES = ("registry", "vault", "ledger", "ops")
UNITS = 2_000
"""Write units a second: half of the 4,000 that a new table on demand bears from its first second
(Amazon DynamoDB Developer Guide, "on-demand throughput"), so that citizens have the other half."""
WORKERS = 4
MOST_WORKERS = 8  # of the ten connections that a client keeps
LEFT_OUT = 3  # exit status: imported, and some families left out
_GO_ON = " Give the same command again to go on."
_SOURCE = re.compile(r"[A-Za-z0-9.-]{3,24}", re.ASCII)


def wire(stage: str, local_port: int | None) -> None:
    """Let this process's wiring be that of a deployed pilot, as its functions have it.

    Ends the command in one sentence when the pilot is not there.
    """
    account, given = pilot.opened(stage, local_port)
    public = account.client("kms").get_public_key(KeyId=given["OpeningKeyId"])["PublicKey"]
    named = {f"TEPAT_{name.upper()}_TABLE": given[f"{name.title()}Table"] for name in TABLES}
    os.environ |= named | {
        "TEPAT_STAGE": stage,
        "TEPAT_SURFACE": "public",
        "TEPAT_REGION": given["Region"],
        "TEPAT_SEALING_KEY": b64encode(public).decode(),
        "TEPAT_OPENING_KEY_ID": given["OpeningKeyId"],
        "TEPAT_INDEX_KEY_ID": given["IndexKeyId"],
        "TEPAT_MODEL": given["Model"],
        "TEPAT_RULES": given["Rules"],
        "TEPAT_TRUSTED_PROXY": "peer",
        "AWS_DEFAULT_REGION": REGION,
    }
    if local_port:
        os.environ |= {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{local_port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",  # the local AWS asks for none
        }
    settings.cache_clear()


def paced(client: Any, pace: Pace) -> None:  # noqa: ANN401 - botocore's own
    """Let a client of DynamoDB send no more units a second than the pace allows."""

    def wait(params: dict[str, Any], **_more: object) -> None:
        puts = [action["Put"]["Item"] for action in params["TransactItems"]]
        pace.spend(sum(write_units(item, transaction=True) for item in puts))

    client.meta.events.register("provide-client-params.dynamodb.TransactWriteItems", wait)


def import_list(
    path: Path,
    source: str,
    as_of: date,
    *,
    ports: Ports,
    expected: int | None = None,
    leave_out: bool = False,
    only_check: bool = False,
    workers: int = WORKERS,
) -> tuple[Checked, int, int]:
    """Check a list and store its families.

    Args:
        path: the list; its journal and its rejects stand beside it.
        source: name of the list.
        as_of: day that it is of.
        ports: of registering, with today's rules.
        expected: how many families the office says that it has.
        leave_out: whether the good families are stored though others have faults.
        only_check: whether nothing is stored at all.
        workers: transactions under way at once.

    Returns:
        What was found, and how many families are stored and how many of them were there before.

    Raises:
        ListError, JournalError: with one sentence each, and nothing was stored.
        StoppedError: the tables take no more for now.
    """
    of = _list(path, source, as_of, ports)
    stage = settings().stage
    about = {
        "sha256": sha256_of(path),
        "stage": stage,
        "source": source,
        "as_of": as_of.isoformat(),
        "leave_out": leave_out,
    }
    kept = _version(path)
    with Rejects(path.with_name(f"{path.name}.rejects.csv"), wiring.fault_words()) as rejects:
        with _progress("checking", work_of(path)) as told:
            checked = check(of, rejects, told)
        if expected is not None and checked.families != expected:
            raise ListError(f"it has {checked.families:,} families, and {expected:,} were expected")
        if only_check or (checked.wrong and not leave_out):
            return checked, 0, 0
        with opened(path.with_name(f"{path.name}.{stage}.journal"), about) as journal:
            if _version(path) != kept:
                raise ListError("it was changed while it was read")
            here = replace(ports, rules=of.rules)
            with _progress("importing", checked.families) as told:
                store(of, checked, here, journal, workers=workers, told=told)
            for line, code in journal.told:
                rejects.refuse(line, code)
            return checked, journal.stored + journal.again, journal.again


def _version(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino


def _list(path: Path, source: str, as_of: date, ports: Ports) -> List:
    if not _SOURCE.fullmatch(source):
        raise ListError("the source is named by 3 to 24 letters, digits, dots or hyphens")
    if as_of > ports.rules.on:
        raise ListError(f"a list of {as_of} is of a day that has not come yet")
    rules = wiring.rule_set(settings().rules)
    if rules is None or not in_force(rules, as_of.replace(day=1)):
        raise ListError(f"no programme has rules for {as_of:%Y-%m}: nobody could be decided")
    on_its_day = replace(ports.rules, on=as_of, consent_version=basis(source))
    return List(path, source, words(wiring.questions()), on_its_day)


@contextmanager
def _progress(what: str, work: int) -> Iterator[Told]:
    """A bar for people; nothing where the output goes to a file."""
    with tqdm(total=work, desc=what, unit_scale=True, disable=None) as bar:
        yield bar.update


def main(argv: Sequence[str] | None = None) -> int:
    """Import from the command line.

    Returns:
        0; 3 when families were left out; 1 when the command could not do its work, which one
        sentence says.
    """
    options = _options(argv)
    path: Path = options.list
    try:
        if options.template:
            return _template(path)
        if options.example:
            return _example(path, options)
        done = _import(options)
    except (ListError, JournalError) as fault:
        said = f"{path.name}: {fault}. Nothing was imported."
    except OSError as fault:
        said = f"{path.name or 'FILE='}: {fault.strerror or fault}. Nothing was imported."
    except (BotoCoreError, ClientError) as fault:
        said = f"AWS does not answer as it should ({type(fault).__name__}).{_GO_ON}"
    except (StoppedError, TryAgain):
        said = f"The tables take no more for now.{_GO_ON}"
    else:
        return _tell(path, *done, only_check=options.check)
    return refused(said)


def _import(options: argparse.Namespace) -> tuple[Checked, int, int]:
    with options.list.open("rb"), pilot.reached(options) as local_port:  # no file: told at once
        wire(options.stage, local_port)
        paced(wiring.client("dynamodb"), Pace(options.units))
        return import_list(
            options.list,
            options.source,
            options.as_of,
            ports=case_wiring.register_ports(),
            expected=options.expect,
            leave_out=options.leave_out,
            only_check=options.check,
            workers=options.workers,
        )


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        prog="python -m infra.bulk_import",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("list", type=Path, help="the list: .csv, .csv.gz or .parquet")
    parser.add_argument("--stage", choices=stages.names(), help="the pilot")
    pilot.add_endpoint(parser)
    parser.add_argument("--source", help="what the list is, e.g. DTSEN-2026-01; families read it")
    parser.add_argument("--as-of", type=_day, metavar="DAY", help="the day it is of: 2026-01-23")
    parser.add_argument("--check", action="store_true", help="find all faults, import nothing")
    parser.add_argument("--leave-out", action="store_true", help="import all without faults")
    parser.add_argument("--expect", type=int, metavar="N", help="refuse a list of other than N")
    parser.add_argument("--units", type=_count, default=UNITS, help="a second (%(default)s)")
    parser.add_argument(
        "--workers", type=int, choices=range(1, MOST_WORKERS + 1), default=WORKERS, metavar="N"
    )
    parser.add_argument("--template", action="store_true", help="write an empty list instead")
    parser.add_argument("--example", type=_count, metavar="N", help="write N invented families")
    options = parser.parse_args(argv)
    if not options.list.name:
        parser.error("no list was named (make import FILE=...)")
    lacking = [n for n in ("stage", "source", "as_of") if not getattr(options, n)]
    if lacking and not (options.template or options.example):
        named = ", ".join(f"--{name.replace('_', '-')}" for name in lacking)
        parser.error(f"an import needs {named} too")
    return options


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def _tell(path: Path, checked: Checked, stored: int, again: int, *, only_check: bool) -> int:
    about = f"{checked.families:,} families, {checked.rows:,} people"
    rejects = f"{path.name}.rejects.csv (line, column, code, reason)"
    if only_check or (checked.wrong and not stored):
        print(f"{about}: {checked.wrong:,} families have faults; nothing was imported.")
        if checked.wrong:
            print(f"Every fault is in {rejects}. Mend the list, or import the others: --leave-out")
        return 1 if checked.wrong else 0
    out = checked.families - stored
    print(f"{about}: {stored:,} families are imported ({again:,} were before), {out:,} left out.")
    if checked.sharing:
        print(f"{checked.sharing:,} of them name somebody twice, and go to an officer.")
    if out or checked.sharing:
        print(f"Which ones and why is in {rejects}.")
    print("Next: the civil registry is asked about each; receipts: python -m infra.imports.letters")
    return LEFT_OUT if out else 0


def _known() -> Words:
    """The columns of the model that a stage without one of its own has in force."""
    raw = (wiring.DATA / "models" / f"{stages.artefact('models', None)}.json").read_bytes()
    return words(json.loads(raw)["questions"])


def _template(path: Path) -> int:
    if path.exists():
        return refused(f"{path} is there already; nothing was written.")
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerow(_known().columns)
    print(f"{path}: a header of {len(_known().columns)} columns; docs/bulk.md says what they hold")
    return 0


def _example(path: Path, options: argparse.Namespace) -> int:
    if path.exists():
        return refused(f"{path} is there already; nothing was written.")
    region = stages.read(options.stage)["region"] if options.stage else "3510"
    written = write_example(path, _known(), options.example, region=region)
    print(f"{path}: {options.example:,} invented families, {written:,} people of region {region}")
    return 0


def refused(sentence: str) -> int:
    """Say why nothing was done; what a command ends with then."""
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
