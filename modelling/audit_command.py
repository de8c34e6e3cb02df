"""`tepat audit`: verify an export of the ledger, and prove single events, as an outsider."""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from modelling.audit_proof import check_proof, make_proof
from modelling.audit_records import (
    BadRecordError,
    Record,
    check_seal,
    day_of,
    number,
    parse_line,
    parse_record,
    text,
)
from modelling.audit_verify import Report, shown, verify

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_LINE = 10_000  # a longer one is no record, and is read in pieces
_LINES_A_TICK = 5_000
_COUNTED = ("event", "read", "head", "seal")


class CannotRunError(click.ClickException):
    """The command could not do its work; that is no verdict on the ledger."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Check the ledger from outside, with none of the code that writes it.

    The ledger holds every change of a registration and every look that staff took at one, and no
    personal data. `verify` finds what was altered, dropped, put in or moved; `proof` shows that
    one event is under the day's public seal; `check-proof` checks that. How records, chains and
    seals are made is in docs/audit.md, so that anyone can write this program again.
    """


@command.command("verify")
@click.argument("export", type=click.File("rb"))
@click.option(
    "--seals",
    type=click.Path(exists=True, path_type=Path),
    metavar="DIR|FILE",
    help="Seals as published under audit/ on the region's site: a folder of <yyyy-mm-dd>.json"
    " files or one of them. The export must agree with each.",
)
@click.option(
    "--public-key",
    "key_files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    metavar="PEM",
    help="Public key that the region signs with, from a source you trust. Give it once for each"
    " key the region has used. Without it the keys in the seals are believed.",
)
def verify_export(export: BinaryIO, seals: Path | None, key_files: tuple[Path, ...]) -> None:
    """Verify EXPORT, a file of JSON lines ("-" reads standard input).

    \b
    It checks, in one pass over the file:
      - every record is whole and its hash fits its content;
      - every chain is complete from 1, each record following the one before it;
      - every sealed day holds exactly the records that were sealed;
      - the seals follow each other day by day, and their signatures are right;
      - since the last seal, every chain ends where the registry says it ends.

    The first 20 faults are told in words with their line. Collect the published seals and the
    public key yourself and give them: an export alone cannot prove that it was not made up whole.

    \b
    Exit code: 0 nothing wrong, 1 something is wrong, 2 the command could not be run.

    \b
    Examples:
      tepat audit verify ledger.jsonl --seals seals/ --public-key region.pem
      zcat ledger.jsonl.gz | tepat audit verify -
    """  # noqa: D301 - \b is click's mark for lines to keep
    published = _published(seals) if seals else None
    keys = frozenset(_fingerprint(path) for path in key_files) or None
    report = verify(_read(export), published=published, keys=keys)
    _show(report)
    if not report.sound:
        sys.exit(1)


@command.command("proof")
@click.argument("export", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--chain",
    required=True,
    help="Locator of the registration (the first ten letters of its receipt),"
    " or of a read `<actor>#<yyyymmdd>`.",
)
@click.option("--seq", required=True, type=click.IntRange(min=1), help="Number in the chain.")
def proof(export: Path, chain: str, seq: int) -> None:
    """Print the proof that one event of EXPORT is under its day's seal.

    The proof is one JSON record of less than a kilobyte. It shows nothing of other events, and is
    checked with the public seal alone (`tepat audit check-proof`).
    """
    with export.open("rb") as lines:
        found = _matching(lines, f'"chain":"{chain}"', f'"seq":{seq},', '"prev":')
        event = next(found, None)
    if event is None:
        raise CannotRunError("the export has no such event")
    day = day_of(number(event, "at"))
    seal, leaves = None, []
    with export.open("rb") as lines:
        for record in _matching(lines):
            if record["type"] == "seal" and record["day"] == day:
                seal = record
            elif record["type"] in ("event", "read") and day_of(number(record, "at")) == day:
                leaves.append(bytes.fromhex(text(record, "hash")))
    if seal is None:
        raise CannotRunError(f"the day of the event ({day}) has no seal yet")
    made = make_proof(seal, leaves, leaves.index(bytes.fromhex(text(event, "hash"))))
    wrong = check_proof(made, seal)
    if wrong:
        raise CannotRunError(f"the export does not fit its seal ({wrong}): verify it first")
    click.echo(json.dumps(made, separators=(",", ":")))


@command.command("check-proof")
@click.argument("proof_file", type=click.File("rb"), metavar="PROOF")
@click.option(
    "--seal",
    "seal_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The day's published seal, audit/<yyyy-mm-dd>.json.",
)
@click.option(
    "--public-key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="PEM",
    help="Public key that the region signs with; without it the key in the seal is believed.",
)
def check_proof_file(proof_file: BinaryIO, seal_file: Path, key_file: Path | None) -> None:
    """Check PROOF ("-" reads standard input) against the day's published seal."""
    try:
        made, seal = parse_record(proof_file.read()), parse_record(seal_file.read_bytes())
    except BadRecordError as fault:
        raise CannotRunError(f"a file is not what it should be: {fault}") from None
    if made["type"] != "proof" or seal["type"] != "seal":
        raise click.UsageError("PROOF must be a proof, and --seal a seal")
    wrong = check_seal(seal)
    if key_file and _fingerprint(key_file) != seal["key"]:
        wrong.append("it is signed by another key than the given one")
    wrong = [f"the seal is not good: {each}" for each in wrong]
    unproved = check_proof(made, seal)
    if unproved:
        wrong.append(unproved)
    for each in wrong:
        click.echo(f"Not proved: {each}.")
    if wrong:
        sys.exit(1)
    click.echo(f"Proved: the event {made['hash']} is under the seal of {seal['day']}.")


def _published(path: Path) -> dict[str, Record]:
    """Read published seals by day.

    Raises:
        CannotRunError: a file is no seal, two differ for one day, or there is none.
    """
    seals: dict[str, Record] = {}
    for file in sorted(path.glob("*.json")) if path.is_dir() else [path]:
        try:
            seal = parse_record(file.read_bytes())
        except BadRecordError as fault:
            raise CannotRunError(f"{file}: {fault}") from None
        if seal["type"] != "seal":
            raise CannotRunError(f"{file}: it is not a seal")
        if seals.setdefault(text(seal, "day"), seal) != seal:
            raise CannotRunError(f"{file}: there is another seal of the same day")
    if not seals:
        raise CannotRunError(f"{path}: there is no seal in it")
    return seals


def _fingerprint(path: Path) -> str:
    """SHA-256 (hex) of a public key, as seals name it."""
    from cryptography.hazmat.primitives import serialization

    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except ValueError:
        raise CannotRunError(f"{path}: it is not a public key in PEM form") from None
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return sha256(key.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def _read(export: BinaryIO) -> Iterator[bytes]:
    """Lines of the export, with the progress on standard error."""
    size = export.seek(0, 2) if export.seekable() else 0
    if size:
        export.seek(0)
    with click.progressbar(length=size, label="Verifying", file=sys.stderr) as bar:
        read = 0
        for count, line in enumerate(_lines(export), start=1):
            yield line
            read += len(line)
            if count % _LINES_A_TICK == 0:
                bar.update(read)
                read = 0
        bar.update(read)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(_LONGEST_LINE):
        yield line


def _matching(file: BinaryIO, *needles: str) -> Iterator[Record]:
    """Records of the export whose line holds all the given texts.

    Raises:
        CannotRunError: such a line is no record.
    """
    wanted = [needle.encode() for needle in needles]
    for line in _lines(file):
        if all(needle in line for needle in wanted):
            try:
                yield parse_line(line)
            except BadRecordError as fault:
                raise CannotRunError(f"the export has a bad record: {fault}") from None


def _show(report: Report) -> None:
    """Say what was found, worst first."""
    for problem in report.problems:
        click.echo(str(problem))
    if report.found > len(report.problems):
        click.echo(f"... and {report.found - len(report.problems):,} more.")
    counted = ", ".join(f"{report.counts[kind]:,} {kind}s" for kind in _COUNTED)
    days = f"{shown(report.first_day)} to {shown(report.last_day)}" if report.keys else "no day"
    click.echo(f"Region {report.region or 'unknown'}: {counted}; sealed: {days}.")
    click.echo(f"After the last seal: {report.unsealed:,} records.")
    for key in report.keys:
        click.echo(f"Signed with key {key}.")
    for notice in report.notices:
        click.echo(f"Note: {notice}")
    if report.sound:
        click.echo("Sound: every record is whole and in its place, and none is missing.")
    else:
        click.echo(f"NOT SOUND: {report.found:,} faults.")
