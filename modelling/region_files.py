"""Region files: the frozen population, one file or more a region, read in parts and hashed.

    3510.npy, 3510-2.npy    a structured array: id (bytes), score (integer), persons, weight
    3510.csv                the same as a table in UTF-8 with a header

The region is the file's name up to the first hyphen or point. `persons` and `weight` are needed
only where the ranking asks for them; other columns are not looked at. Every fault is told with its
file, row and column. Rows are counted from 1, in a table after the header.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from modelling.two_pass import Part

if TYPE_CHECKING:
    from pathlib import Path

    from modelling.two_pass import Ids, Numbers

CHUNK = 500_000  # rows in memory at a time
WIDEST = 40  # characters of an id
_HEADERS: dict[tuple[int, int], Callable[[BinaryIO], Any]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_ASCII = 128
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_ID = re.compile(r"[!-~]{1,40}", re.ASCII)
_MIX = np.array(  # odd, so that multiplying loses nothing; digits of the golden ratio and of pi
    [
        0x9E3779B97F4A7C15,
        0x243F6A8885A308D3,
        0x13198A2E03707345,
        0xA4093822299F31D1,
        0x82EFA98EC4E6C89,
    ],
    dtype=np.uint64,
)


class RegionFileError(ValueError):
    """A region file cannot be used; the text names file, row and column."""


@dataclass(frozen=True, slots=True)
class Read:
    """What one file was.

    Attributes:
        name: of the file, without its folder.
        sha256: of its bytes.
        families: rows.
    """

    name: str
    sha256: str
    families: int


@dataclass(slots=True)
class Population:
    """Region files that can be read again and again.

    Attributes:
        paths: of the files, in the order in which they are read.
        weight: column that weighs families, or None.
        read: what the files were, once the first pass is over.
        moved: is told the rows of each part, for a progress bar.
    """

    paths: Sequence[Path]
    weight: str | None = None
    read: list[Read] = field(default_factory=list)
    moved: Callable[[int], None] = lambda _rows: None

    def __post_init__(self) -> None:
        """Order the files, so that the parts of a region stand together."""
        self.paths = sorted(self.paths, key=lambda path: (region_of(path), path.name))
        names = [path.name for path in self.paths]
        if twice := {name for name in names if names.count(name) > 1}:
            raise RegionFileError(f"{min(twice)} is given twice")

    @property
    def sha256(self) -> str:
        """The hash of the population: of the names and hashes of all its files."""
        lines = [f"{read.sha256}  {read.name}\n" for read in self.read]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def first_pass(self) -> Iterator[Part]:
        """The parts, while files are hashed and their ids compared.

        Raises:
            RegionFileError: a file cannot be read, is empty or wrong, or an id stands twice in
                its region.
        """
        self.read = []
        met: list[Numbers] = []
        for place, path in enumerate(self.paths):
            digest, families = hashlib.sha256(), 0
            for part in _parts(path, self.weight, digest.update):
                met.append(_mixed(part.ids))
                families += len(part.ids)
                yield part
                self.moved(len(part.ids))
            if not families:
                raise RegionFileError(f"{path.name}: there is no family in it")
            self.read.append(Read(path.name, digest.hexdigest(), families))
            after = self.paths[place + 1 : place + 2]
            if not after or region_of(after[0]) != region_of(path):
                self._refuse_twins(region_of(path), np.concatenate(met))
                met = []

    def second_pass(self) -> Iterator[Part]:
        """The parts again."""
        for path in self.paths:
            for part in _parts(path, self.weight, lambda _read: None):
                yield part
                self.moved(len(part.ids))

    def _refuse_twins(self, region: str, mixed: Numbers) -> None:
        """Look closer when two ids of a region may be the same: their mixtures are."""
        mixed.sort()
        twins = mixed[1:][mixed[1:] == mixed[:-1]]
        if not len(twins):
            return
        where: dict[bytes, str] = {}
        for path in (path for path in self.paths if region_of(path) == region):
            row = 0
            for part in _parts(path, self.weight, lambda _read: None):
                for at in np.flatnonzero(np.isin(_mixed(part.ids), twins)).tolist():
                    name = bytes(part.ids[at])
                    here = f"{path.name}, row {row + at + 1}"
                    if name in where:
                        raise RegionFileError(f"{here}, column id: the same as in {where[name]}")
                    where[name] = here
                row += len(part.ids)


def region_of(path: Path) -> str:
    """The region a file belongs to: its name up to the first hyphen or point."""
    return re.split(r"[-.]", path.name, maxsplit=1)[0]


def _parts(path: Path, weight: str | None, saw: Callable[[bytes], object]) -> Iterator[Part]:
    """The parts of a file; `saw` is given each byte of it, in order."""
    readers = {".npy": _arrays, ".csv": _tables}
    if path.suffix not in readers or not region_of(path):
        raise RegionFileError(f"{path.name}: a region file is named REGION.npy or REGION.csv")
    try:
        with path.open("rb") as file:
            row = 0
            for ids, scores, weights in readers[path.suffix](file, path.name, weight, saw):
                if weights is not None and len(weights) and weights.min() < 1:
                    at = row + int(np.argmax(weights < 1)) + 1
                    raise RegionFileError(
                        f"{path.name}, row {at}, column {weight}: must be 1 or more"
                    )
                yield Part(region_of(path), ids, scores, weights)
                row += len(ids)
    except OSError as error:
        raise RegionFileError(f"{path.name}: {error.strerror or error}") from error


Columns = tuple["Ids", "Numbers", "Numbers | None"]


def _arrays(
    file: BinaryIO, name: str, weight: str | None, saw: Callable[[bytes], object]
) -> Iterator[Columns]:
    try:
        version = np.lib.format.read_magic(file)
        header = _HEADERS[version](file)
        shape, _, dtype = header
    except (ValueError, KeyError) as error:
        raise RegionFileError(f"{name}: is not a file of numpy, version 1 or 2") from error
    _check_fields(name, dtype, weight)
    begun = file.tell()
    file.seek(0)
    saw(file.read(begun))
    row, rows = 0, shape[0] if len(shape) == 1 else -1
    while data := file.read(CHUNK * dtype.itemsize):
        saw(data)
        if len(data) % dtype.itemsize:
            row += len(data) // dtype.itemsize
            break
        found = np.frombuffer(data, dtype=dtype)
        ids = np.ascontiguousarray(found["id"])
        signs = ids.view(np.uint8).reshape(len(ids), -1)
        if not (signs[:, 0].all() and ids.tobytes().isascii()):
            at = row + int(np.argmin((signs[:, 0] > 0) & (signs < _ASCII).all(axis=1))) + 1
            raise RegionFileError(f"{name}, row {at}, column id: must be ASCII and not empty")
        row += len(found)
        weights = found[weight].astype(np.int64) if weight else None
        yield ids, found["score"].astype(np.int64), weights
    if row != rows:
        raise RegionFileError(f"{name}: its header says {rows} rows, it has {row} whole ones")


def _check_fields(name: str, dtype: Any, weight: str | None) -> None:  # noqa: ANN401 - numpy's dtype of fields
    fields = dtype.fields or {}
    for column in ("id", "score", *([weight] if weight else [])):
        if column not in fields:
            raise RegionFileError(f"{name}: has no column {column}")
        kind, size = fields[column][0].kind, fields[column][0].itemsize
        if column == "id" and (kind != "S" or size > WIDEST):
            raise RegionFileError(f"{name}, column id: must be bytes, at most {WIDEST}")
        if column != "id" and (kind not in "iu" or not np.can_cast(fields[column][0], np.int64)):
            raise RegionFileError(f"{name}, column {column}: must be whole numbers of 64 bits")


def _tables(
    file: BinaryIO, name: str, weight: str | None, saw: Callable[[bytes], object]
) -> Iterator[Columns]:
    lines = _lines(file, name, saw)
    rows = csv.reader(lines, strict=True)
    try:
        header = next(rows, [])
        wanted = ["id", "score", *([weight] if weight else [])]
        for column in wanted:
            if header.count(column) != 1:
                raise RegionFileError(f"{name}: must have one column {column} in its header")
        places = [header.index(column) for column in wanted]
        kept: list[list[str]] = []
        row = 0
        for row, cells in enumerate(rows, 1):
            if len(cells) != len(header):
                raise RegionFileError(
                    f"{name}, row {row}: has {len(cells)} columns, the header {len(header)}"
                )
            kept.append([cells[place] for place in places])
            if len(kept) == CHUNK:
                yield _columns(name, row - len(kept), wanted, kept)
                kept = []
        if kept:
            yield _columns(name, row - len(kept), wanted, kept)
    except csv.Error as error:
        raise RegionFileError(f"{name}, line {rows.line_num}: {error}") from error


def _lines(file: BinaryIO, name: str, saw: Callable[[bytes], object]) -> Iterator[str]:
    for number, line in enumerate(file, 1):
        saw(line)
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise RegionFileError(f"{name}, line {number}: is not UTF-8") from error


def _columns(name: str, before: int, wanted: list[str], kept: list[list[str]]) -> Columns:
    """The cells of some rows as arrays, after each has been looked at."""
    for row, cells in enumerate(kept, before + 1):
        if not _ID.fullmatch(cells[0]):
            raise RegionFileError(
                f"{name}, row {row}, column id: must be 1 to {WIDEST} signs of ASCII, no blanks"
            )
        for column, cell in zip(wanted[1:], cells[1:], strict=True):
            if not _WHOLE.fullmatch(cell) or not -(2**63) <= int(cell) < 2**63:
                raise RegionFileError(
                    f"{name}, row {row}, column {column}: must be a whole number of 64 bits"
                )
    ids = np.array([cells[0] for cells in kept], dtype=np.bytes_)
    numbers = [np.array([int(cells[i]) for cells in kept], np.int64) for i in range(1, len(wanted))]
    return ids, numbers[0], numbers[1] if len(numbers) > 1 else None


def _mixed(ids: Ids) -> Numbers:
    """64 bits of each id: equal for equal ids, hardly ever for others, whatever their width."""
    width = -(-ids.dtype.itemsize // 8)
    words = ids.astype(f"S{8 * width}").view(np.uint64).reshape(-1, width)
    mixed = words @ _MIX[:width]
    return (mixed ^ (mixed >> np.uint64(29))).view(np.int64)
