"""Tables as files and back: gzipped lines of DynamoDB JSON, and a manifest of counts and hashes.

A line is `{"Item": {...}}`, as DynamoDB's own export writes it, so that its import reads it too
(Amazon DynamoDB Developer Guide, "DynamoDB table export output format"). Both ways are streamed.
Besides the file's SHA-256 the manifest has a digest of what the rows are, whatever their order:
the sum of the items' SHA-256 modulo 2^256. By it a table is compared with a file, and with
another table, without sorting either.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import time
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from infra.pace import Pace, write_units

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
_IN_A_BATCH: Final = 25  # BatchWriteItem
_SPACE: Final = 1 << 256
_TRIES: Final = 12

Item = Mapping[str, Mapping[str, Any]]
Told = Callable[[int], None]
"""Is told how many more items are done."""


class FilesError(ValueError):
    """Files or a table are not what the manifest says, or cannot be written to; it says which."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a table holds: how many items, and the digest of their contents (hex)."""

    items: int
    digest: str


@dataclass(frozen=True, slots=True)
class TableFile:
    """One table in a manifest.

    Attributes:
        name: what it is to us: "registry", "vault", "ledger" or "ops".
        table: its name where it was read.
        file: name beside the manifest.
        items, digest: its rows (`Rows`).
        size, sha256: of the file's bytes.
    """

    name: str
    table: str
    file: str
    items: int
    digest: str
    size: int
    sha256: str

    @property
    def rows(self) -> Rows:
        """What the table held."""
        return Rows(self.items, self.digest)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a folder of table files holds.

    Attributes:
        about: what it is an export of, such as stage and region; plain JSON values.
        begun, ended: when its first table was begun and its last one read, ms UTC. What was
            written between them may be in one table and not in another.
    """

    about: Mapping[str, Any]
    begun: int
    ended: int
    tables: tuple[TableFile, ...]


class _Sum:
    """Counts items and adds up their hashes."""

    def __init__(self) -> None:
        self.items, self._total = 0, 0

    def add(self, line: bytes) -> None:
        self.items += 1
        self._total += int.from_bytes(hashlib.sha256(line).digest(), "big")

    @property
    def rows(self) -> Rows:
        return Rows(self.items, f"{self._total % _SPACE:064x}")


def write_tables(
    client: Any,  # noqa: ANN401 - boto3's stubs know services by literal names only
    tables: Mapping[str, str],
    folder: Path,
    about: Mapping[str, Any],
    *,
    pace: Pace | None = None,
    told: Told | None = None,
) -> Manifest:
    """Write every item of some tables into a folder, and a manifest at the very end.

    A folder without a manifest is an export that did not end.

    Args:
        client: DynamoDB.
        tables: what a table is to us -> its name there.
        folder: is there, and holds no export yet.
        about: what the manifest says of the export.
        pace: of read units.

    Raises:
        FilesError: the folder holds an export.
    """
    if (folder / MANIFEST).exists():
        raise FilesError(f"{folder} holds an export already; nothing was written")
    begun = _now()
    written = tuple(
        _write_table(_scanned(client, table, pace or Pace(0), told), name, table, folder)
        for name, table in tables.items()
    )
    manifest = Manifest(about, begun, _now(), written)
    body = {"format": FORMAT, **asdict(manifest)}
    unfinished = folder / f"{MANIFEST}.unfinished"
    unfinished.write_text(json.dumps(body, indent=1, sort_keys=True) + "\n", "utf-8")
    unfinished.replace(folder / MANIFEST)
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Read what `write_tables` wrote last.

    Raises:
        FilesError: it is not there, or is none of ours.
    """
    try:
        body = json.loads((folder / MANIFEST).read_bytes())
        if body.pop("format") != FORMAT:
            raise FilesError(f"{folder / MANIFEST} is of another format than {FORMAT}")
        files = tuple(TableFile(**each) for each in body.pop("tables"))
        return Manifest(**body, tables=files)
    except FileNotFoundError:
        raise FilesError(
            f"{folder} has no {MANIFEST}: no export, or one that did not end"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, FilesError):
            raise
        raise FilesError(f"{folder / MANIFEST} is no manifest of an export") from None


def check_files(folder: Path, told: Told | None = None) -> Manifest:
    """Read every file through, and compare bytes, count and contents with the manifest.

    Raises:
        FilesError: one of them is missing, cut off or changed.
    """
    manifest = read_manifest(folder)
    for each in manifest.tables:
        for _ in _lines(folder, each, told or _nobody):
            pass
    return manifest


def items_of(folder: Path, file: TableFile, told: Told | None = None) -> Iterator[Item]:
    """The items of a file, which is compared with its manifest once the last has been read.

    Raises:
        FilesError: the file is missing, cut off or changed.
    """
    return map(_item, _lines(folder, file, told or _nobody))


def put_back(
    client: Any,  # noqa: ANN401 - as in write_tables
    table: str,
    folder: Path,
    file: TableFile,
    *,
    again: bool = False,
    pace: Pace | None = None,
    told: Told | None = None,
) -> None:
    """Write a file into an empty table, and compare what is in it then.

    Args:
        client: DynamoDB.
        table: its name, which need not be the one it was read from.
        again: whether a try that broke off is repeated, so that the table need not be empty; what
            it held besides is found by the comparison.
        pace: of write units.

    Raises:
        FilesError: the table is not empty; the file is not whole, and then nothing was written;
            or the table does not hold what the file does.
    """
    told, pace = told or _nobody, pace or Pace(0)
    for _ in _lines(folder, file, _nobody):
        pass  # half a file is found before anything is written
    if not again and client.scan(TableName=table, Limit=1, ConsistentRead=True)["Items"]:
        raise FilesError(f"the table {table} is not empty; nothing was written")
    items = items_of(folder, file)
    while batch := list(islice(items, _IN_A_BATCH)):
        pace.spend(sum(write_units(item, transaction=False) for item in batch))
        _put(client, table, batch)
        told(len(batch))
    found = rows_of(client, table)
    if found != file.rows:
        raise FilesError(
            f"the table {table} holds {found.items} items and {file.file} has {file.items},"
            " or one of them differs"
        )


def rows_of(
    client: Any,  # noqa: ANN401 - as in write_tables
    table: str,
    *,
    pace: Pace | None = None,
    told: Told | None = None,
) -> Rows:
    """Read a table through, and tell what it holds."""
    total = _Sum()
    for line in _scanned(client, table, pace or Pace(0), told):
        total.add(line)
    return total.rows


def rows_in(items: Iterable[Item]) -> Rows:
    """What some items are, whatever their order, as a manifest has it of a table's."""
    total = _Sum()
    for item in items:
        total.add(_line(item))
    return total.rows


def items_in(client: Any, table: str) -> Iterator[Item]:  # noqa: ANN401 - as in write_tables
    """Every item of a table, page by page, as last written."""
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return (item for page in pages for item in page["Items"])


def _write_table(lines: Iterator[bytes], name: str, table: str, folder: Path) -> TableFile:
    path, total = folder / f"{name}.jsonl.gz", _Sum()
    with path.open("wb") as raw:
        hashed = _Hashed(raw)
        with gzip.GzipFile("", "wb", 6, hashed, mtime=0) as out:
            for line in lines:
                total.add(line)
                out.write(line)
        sha256, size = hashed.sha256.hexdigest(), raw.tell()
    return TableFile(name, table, path.name, total.items, total.rows.digest, size, sha256)


class _Hashed:
    """A file whose bytes are hashed as they are written."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self.sha256 = out, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        return self._out.write(data)

    def flush(self) -> None:
        self._out.flush()


def _scanned(
    client: Any,  # noqa: ANN401 - as in write_tables
    table: str,
    pace: Pace,
    told: Told | None,
) -> Iterator[bytes]:
    """Every item of a table as a line, page by page, as last written."""
    pages = client.get_paginator("scan").paginate(
        TableName=table, ConsistentRead=True, ReturnConsumedCapacity="TOTAL"
    )
    for page in pages:
        pace.spend(page.get("ConsumedCapacity", {}).get("CapacityUnits", 0))
        yield from map(_line, page["Items"])
        if told:
            told(len(page["Items"]))


def _lines(folder: Path, file: TableFile, told: Told) -> Iterator[bytes]:
    """The lines of a file, compared with its manifest after the last.

    The name comes from the manifest, so it may name nothing outside of the folder.
    """
    path, total = folder / Path(file.file).name, _Sum()
    try:
        if sha256_of(path) != file.sha256:
            raise FilesError(f"{file.file} is cut off or was changed: its SHA-256 is another")
        with gzip.open(path) as lines:
            for line in lines:
                total.add(line)
                told(1)
                yield line
    except FileNotFoundError:
        raise FilesError(f"{file.file} is missing beside its manifest") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise FilesError(f"{file.file} is no whole gzip file") from None
    if total.rows != file.rows:
        raise FilesError(f"{file.file} has {total.items} items, its manifest says {file.items}")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file (hex)."""
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _put(client: Any, table: str, batch: Iterable[Item]) -> None:  # noqa: ANN401
    """Put up to 25 items; what AWS leaves over comes again, later each time."""
    left = {table: [{"PutRequest": {"Item": item}} for item in batch]}
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(min(0.05 * 2**attempt, 5))
        left = client.batch_write_item(RequestItems=left).get("UnprocessedItems") or {}
        if not left:
            return
    raise FilesError(f"the table {table} takes no more items for now; run it again")


def _line(item: Item) -> bytes:
    body = json.dumps({"Item": item}, default=_as_text, sort_keys=True, separators=(",", ":"))
    return body.encode() + b"\n"


def _as_text(value: object) -> object:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} in an item")


def _item(line: bytes) -> Item:
    return {name: _read(value) for name, value in json.loads(line)["Item"].items()}


def _read(value: Mapping[str, Any]) -> dict[str, Any]:
    ((kind, held),) = value.items()
    if kind == "M":
        return {kind: {name: _read(each) for name, each in held.items()}}
    if kind == "L":
        return {kind: [_read(each) for each in held]}
    if kind == "B":
        return {kind: b64decode(held)}
    return {kind: [b64decode(each) for each in held] if kind == "BS" else held}


def _now() -> int:
    return time.time_ns() // 1_000_000


def _nobody(_items: int) -> None:
    """Nobody is told."""
