"""`tepat rank list`: the places of a region and its waiting list, from a record and its files."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from chalicelib.domain import lottery
from chalicelib.domain.selection import Family, Selection, select
from modelling.rank_record import RecordError, read_manifest
from modelling.region_files import Population, region_of

PERSONS = "persons"
HEADER = ("place", "id", "score", "draw", "size", "status")
SELECTED, KEPT, HELD_BACK, WAITING = "selected", "kept", "held_back", "waiting"


def families(folder: Path, files: tuple[Path, ...], unit: str) -> list[Family]:
    """The families of one region, with the draws of a record.

    Args:
        folder: the record, which names the files and holds the seed.
        files: all files of the region, as they were ranked.
        unit: "families", or "persons" when places are counted by persons.

    Raises:
        RecordError: files of another region, or others than the record names.
        RegionFileError: a file cannot be used.
    """
    manifest, _, seed = read_manifest(folder)
    regions = sorted({region_of(path) for path in files})
    if len(regions) > 1:
        raise RecordError(f"a list is of one region; these files are of {' and '.join(regions)}")
    population = Population(files, PERSONS if unit == PERSONS else None)
    key = lottery.key(seed, manifest["population_sha256"])
    found = []
    for part in population.first_pass():
        sizes = np.ones(len(part.ids), np.int64) if part.weights is None else part.weights
        for name, score, size in zip(
            part.ids.tolist(), part.scores.tolist(), sizes.tolist(), strict=True
        ):
            ident = name.decode()
            found.append(Family(ident, (score, lottery.draw(key, ident)), size))
    ranked = {
        each["name"]: each["sha256"]
        for each in manifest["files"]
        if region_of(Path(each["name"])) == regions[0]
    }
    if ranked != {read.name: read.sha256 for read in population.read}:
        raise RecordError(f"these are not the files of region {regions[0]} that were ranked")
    return found


def choose(
    found: list[Family], places: int, receiving: frozenset[str], band: int
) -> tuple[Selection, bytes]:
    """Give out places and make the list.

    Returns:
        The outcome, and the list as CSV in UTF-8: those with a place, then those who wait, each in
        order. `place` counts the waiting anew from 1; `kept` receive on because of the band,
        `held_back` wait because of it.

    Raises:
        RecordError: somebody receives who is not in the region.
        RankingError: the families cannot be put in order.
    """
    known = {family.id: family for family in found}
    if strangers := len(receiving - known.keys()):
        raise RecordError(f"{strangers} of those who receive are not in the region's files")
    chosen = select(found, places, receiving, band)
    kept, held_back = frozenset(chosen.kept), frozenset(chosen.held_back)
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\n")
    table.writerow(HEADER)
    lists = (
        (chosen.places.selected, kept, KEPT, SELECTED),
        (chosen.places.waiting, held_back, HELD_BACK, WAITING),
    )
    for ids, marked, mark, usual in lists:
        for place, ident in enumerate(ids, 1):
            family = known[ident]
            status = mark if ident in marked else usual
            table.writerow((place, ident, *family.point, family.size, status))
    return chosen, out.getvalue().encode()


def read_ids(path: Path) -> frozenset[str]:
    """Ids, one a line.

    Raises:
        RecordError: the file cannot be read, or a line is empty or stands twice.
    """
    ids = set[str]()
    for number, ident in enumerate(_lines(path), 1):
        if not ident or ident in ids:
            raise RecordError(f"{path.name}, line {number}: is empty or stands twice")
        ids.add(ident)
    return frozenset(ids)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, whole or not at all.

    Raises:
        RecordError: it is there already, or cannot be written.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-") as draft:
            draft.write(data)
            draft.flush()
            os.link(draft.name, path)
    except OSError as error:
        raise RecordError(f"{path}: {error.strerror}") from error


def _lines(path: Path) -> Iterator[str]:
    try:
        yield from path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"{path.name}: cannot be read") from error
