"""`tepat rank`: deciles, quotas and lists from region files, with a lottery that can be proven."""

from __future__ import annotations

import csv
import os
import re
import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chalicelib.domain import lottery
from chalicelib.domain.ranking import RankingError
from modelling import rank_record
from modelling.rank_record import NATION, WEIGHTS, RecordError, Rule
from modelling.region_files import Population, RegionFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)

_PLACES = re.compile(r"[0-9]{1,18}", re.ASCII)

files = click.argument("files", nargs=-1, required=True, type=_FILE)
seed_option = click.option(
    "--seed", "seed_path", required=True, type=_FILE, help="The seed, as `commit` wrote it."
)
commitment_option = click.option(
    "--commitment",
    "commitment_path",
    required=True,
    type=_FILE,
    help="The commitment, as it was published.",
)


@click.group(name="rank")
def command() -> None:
    """Rank families: deciles, quotas and waiting lists, the same on every machine.

    Families are ordered by score, the poorest first. Equal scores are parted by a lottery whose
    seed nobody could choose afterwards:

    \b
      tepat rank commit   before the families are frozen: draw a seed, publish its commitment
      tepat rank cut      afterwards: find the cut-offs, reveal the seed
      tepat rank list     who has a place in a region, and who waits in which order
      tepat rank verify   for anybody: make it all again from the region files, and compare
      tepat rank check-sql    the same for a region that functions closed, by SQL
      tepat rank nation       the nation's deciles from regions that were closed one by one

    Region files are REGION.csv or REGION.npy (parts: REGION-2.npy) with the columns id, score and,
    where asked for, persons or weight: whole numbers. docs/ranking.md has the rules.
    """  # noqa: D301 - click needs the \b character itself


@command.command()
@click.option("--occasion", required=True, help='What for, such as "banyuwangi 2026-4".')
@click.option("--seed", "seed_path", required=True, type=_NEW_FILE, help="File to keep secret.")
@click.option("--out", required=True, type=_NEW_FILE, help="File to publish.")
def commit(occasion: str, seed_path: Path, out: Path) -> None:
    """Draw a seed and write the commitment to it; run this before the families are frozen.

    The seed's file is for its keeper alone. Lost, it cannot be drawn again: another seed needs
    another commitment, published anew, and the old one stays on record as not opened.

    \b
    Example:
      $ tepat rank commit --occasion "banyuwangi 2026-4" --seed seed.txt --out commitment.json
    """  # noqa: D301
    seed = secrets.token_bytes(lottery.SEED_BYTES)
    with _told():
        try:
            commitment = rank_record.Commitment(occasion, lottery.commit(seed, occasion))
        except ValueError as error:
            raise RecordError(str(error)) from error
        _write_new(seed_path, seed.hex().encode() + b"\n", 0o600)
        try:
            _write_new(out, commitment.encode(), 0o644)
        except RecordError:
            seed_path.unlink()
            raise
    click.echo(f"{commitment.sha256}  {occasion}")
    click.echo(f"Publish {out}; keep {seed_path} until the list is made.", err=True)


@command.command()
@files
@seed_option
@commitment_option
@click.option(
    "--by",
    type=click.Choice(list(WEIGHTS)),
    default="families",
    show_default=True,
    help="What a tenth is a tenth of; `weight` is a survey weight in whole units.",
)
@click.option(
    "--within",
    multiple=True,
    type=click.Choice(["region", NATION]),
    default=["region"],
    show_default=True,
    help="Where deciles are made; may be given twice.",
)
@click.option(
    "--quotas", type=_FILE, help="Table of places (region,places): where each region's list ends."
)
@click.option(
    "--places",
    type=click.IntRange(min=0),
    help="Places shared out among all regions by their families, persons or weight (see --by).",
)
@click.option("--out", required=True, type=_FOLDER, help="New folder of the record.")
def cut(
    files: tuple[Path, ...],
    *,
    seed_path: Path,
    commitment_path: Path,
    by: str,
    within: tuple[str, ...],
    quotas: Path | None,
    places: int | None,
    out: Path,
) -> None:
    """Find the cut-offs of deciles and quotas, exactly, and write the record of the ranking.

    Files are read twice, some rows at a time: memory does not grow with the nation. The record is
    a folder with `cutoffs.json` (for each area nine cut-offs, each the score and the draw of the
    last family of its decile, and the last family of the quota) and `manifest.json` (files and
    their hashes, the rule, the commitment and the seed that opens it).

    A place that a region has no family for is not moved to another region; `given` tells it.

    \b
    Exit status: 0 done, 1 something is wrong (one message; nothing is written), 2 wrong use.

    \b
    Example:
      $ tepat rank cut population/*.npy --by persons --within region --within nation \\
            --seed seed.txt --commitment commitment.json --out ranking-2026-4
    """  # noqa: D301
    if quotas and places is not None:
        raise click.UsageError("give --quotas or --places, not both")
    with _told():
        if out.exists():
            raise RecordError(f"{out}: is there already; a record is never written over")
        rule = Rule(by, "region" in within, NATION in within, places, _quotas(quotas))
        population = Population(files, WEIGHTS[by])
        with _progress(population):
            record = rank_record.make(
                population, rule, _seed(seed_path), rank_record.read_commitment(commitment_path)
            )
        rank_record.write(record, out)
    count = sum(read.families for read in population.read)
    click.echo(f"{count:,} families of {len(files)} files ranked; population {population.sha256}")
    click.echo(f"wrote {out / rank_record.CUTOFFS} and {out / rank_record.MANIFEST}")


@command.command(name="list")
@click.argument("record", type=_FOLDER)
@files
@click.option("--places", required=True, type=click.IntRange(min=0), help="Places there are.")
@click.option(
    "--unit",
    type=click.Choice(["families", "persons"]),
    default="families",
    show_default=True,
    help="What a place is for.",
)
@click.option("--receiving", type=_FILE, help="Ids of those who have a place now, one a line.")
@click.option(
    "--band",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Points by which those who receive may stand above the line of those who enter.",
)
@click.option("--out", required=True, type=_NEW_FILE, help="New file of the list (CSV).")
def list_(
    record: Path,
    files: tuple[Path, ...],
    *,
    places: int,
    unit: str,
    receiving: Path | None,
    band: int,
    out: Path,
) -> None:
    """Give out a region's places and write its list: who has one, who waits, in which order.

    The poorest come first and nobody is passed over: giving stops at the first family that does
    not fit. With --receiving and --band a family that receives loses its place only to families
    poorer by more than the band; the list marks who is `kept` and who is `held_back` by it. Only
    families that the programme may take belong in the files: eligibility is decided before.

    The list names families by their id. Keep it as safe as the region files.

    \b
    Exit status: 0 done, 1 something is wrong (one message; nothing is written), 2 wrong use.

    \b
    Example:
      $ tepat rank list ranking-2026-4 population/3510.npy --places 40000 \\
            --receiving now.txt --band 150000 --out list-3510.csv
    """  # noqa: D301
    from modelling import rank_list

    with _told():
        now = rank_list.read_ids(receiving) if receiving else frozenset()
        found = rank_list.families(record, files, unit)
        chosen, table = rank_list.choose(found, places, now, band)
        rank_list.write_new(out, table)
    have, wait = chosen.places.selected, chosen.places.waiting
    click.echo(
        f"{len(have):,} families have a place, {len(wait):,} wait, {chosen.places.free:,} free"
    )
    if now:
        click.echo(
            f"{len(chosen.leaving):,} lose their place; the band keeps {len(chosen.kept):,} "
            f"and holds back {len(chosen.held_back):,}"
        )
    click.echo(f"wrote {out}")


@command.command()
@click.argument("record", type=_FOLDER)
@files
@commitment_option
def verify(record: Path, files: tuple[Path, ...], commitment_path: Path) -> None:
    """Prove a record: make it again from the region files and compare every byte.

    Give the commitment as it was published before, not as the record states it: that the record
    opens the commitment of then is what shows that nobody chose the seed afterwards.

    \b
    Exit status: 0 proven, 1 not (one message), 2 wrong use.

    \b
    Example:
      $ tepat rank verify ranking-2026-4 population/*.npy --commitment commitment.json
    """  # noqa: D301
    with _told():
        population = Population(files)
        with _progress(population):
            commitment = rank_record.read_commitment(commitment_path)
            manifest = rank_record.prove(record, commitment, population)
    count = sum(read.families for read in population.read)
    click.echo(f"Proven: {count:,} families, {manifest['occasion']}; nothing differs.")


@command.command(name="check-sql")
@click.argument("folder", type=_FOLDER)
@click.option("--sql", "only", is_flag=True, help="Print the SQL, for Athena, and do nothing more.")
def check_sql(folder: Path, *, only: bool) -> None:
    """Prove a closed region, and rank it a second time by SQL: every row must agree.

    FOLDER holds manifest.json, opening.json and families.parquet, as `make rank` writes them. The
    families must be those whose hashes the manifest names, the seed must open the commitment, and
    closing them again must give its borders. Then one SQL ranks them anew, with its own draws;
    order, decile and places of each family are compared.

    \b
    Exit status: 0 all agree, 1 not (one message: the first row), 2 wrong use.

    \b
    Example:
      $ tepat rank check-sql .local/ranking/5271-1
    """  # noqa: D301
    from modelling import closed_region, rank_check, rank_sql

    with _told():
        region = closed_region.read(folder)
        if only:
            click.echo(rank_sql.query(region.manifest, region.key))
            return
        agreed = rank_check.compare(region)
    click.echo(
        f"Region {region.name}: {agreed.families} families, {agreed.tied} of them with equal "
        f"scores; manifest {closed_region.sha256(region)}"
    )
    for code, (have, places) in agreed.held.items():
        click.echo(f"  {code}: {have} have one of {places} places")
    click.echo("SQL and functions: every row agrees in order, draw, decile and place.")


@command.command()
@click.argument("folders", nargs=-1, required=True, type=_FOLDER)
@click.option(
    "--by",
    type=click.Choice(["families", "persons"]),
    default="persons",
    show_default=True,
    help="What a tenth is a tenth of.",
)
@click.option("--out", type=_NEW_FILE, help="New file of the result (JSON).")
def nation(folders: tuple[Path, ...], *, by: str, out: Path | None) -> None:
    """Find the nation's deciles from regions that were closed one by one.

    Each FOLDER is a closed region, as `make rank` writes it, and is proven before it counts. A
    family keeps the draw of its region, so no region has to be ranked again.

    \b
    Exit status: 0 done, 1 something is wrong (one message; nothing is written), 2 wrong use.

    \b
    Example:
      $ tepat rank nation closed/* --by persons --out nation.json
    """  # noqa: D301
    from modelling import rank_nation

    with _told():
        found = rank_nation.deciles(folders, by)
        if out is not None:
            rank_nation.write(found, out)
    click.echo(f"{len(found['regions'])} regions, {found['families']:,} families, by {by}")
    for decile, (score, drawn) in enumerate(found["deciles"], 1):
        click.echo(f"  decile {decile:2} ends at {score:>11,}  draw {drawn}")
    if out is not None:
        click.echo(f"wrote {out}")


@contextmanager
def _told() -> Iterator[None]:
    """One clear message in place of a traceback, for what is wrong with files or numbers."""
    try:
        yield
    except (RecordError, RegionFileError, RankingError) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _progress(population: Population) -> Iterator[None]:
    """A bar on a terminal; silence in a pipe."""
    from tqdm import tqdm

    with tqdm(unit=" families", unit_scale=True, disable=None) as bar:
        population.moved = bar.update
        yield


def _seed(path: Path) -> bytes:
    try:
        seed = bytes.fromhex(path.read_text("ascii"))
    except ValueError as error:
        raise RecordError(f"{path.name}: is not a seed in hexadecimal") from error
    if len(seed) != lottery.SEED_BYTES:
        raise RecordError(f"{path.name}: a seed is {lottery.SEED_BYTES} bytes")
    return seed


def _quotas(path: Path | None) -> dict[str, int]:
    if path is None:
        return {}
    places: dict[str, int] = {}
    for row, cells in enumerate(_table(path, ("region", "places")), 1):
        number = cells["places"]
        if not _PLACES.fullmatch(number):
            raise RecordError(f"{path.name}, row {row}, column places: must be a whole number")
        if cells["region"] in places:
            raise RecordError(f"{path.name}, row {row}, column region: stands twice")
        places[cells["region"]] = int(number)
    if not places:
        raise RecordError(f"{path.name}: there is no region in it")
    return places


def _table(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if tuple(rows.fieldnames or ()) != columns:
                raise RecordError(f"{path.name}: its header must be {','.join(columns)}")
            for row, cells in enumerate(rows, 1):
                if None in cells or None in cells.values():
                    raise RecordError(f"{path.name}, row {row}: must have {len(columns)} columns")
                yield cells
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RecordError(f"{path.name}: cannot be read: {error}") from error


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        raise RecordError(f"{path}: {error.strerror}") from error
