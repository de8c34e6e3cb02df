"""A closed region as a folder: what was published of it, what was revealed, and its families.

    manifest.json     as the region's site publishes it; its SHA-256 is in the ledger
    opening.json      the lottery's seed, revealed by the adoption, and what was left out by village
    families.parquet  columns village, id, score, persons, held, limits: no identity

`read` believes nothing: the families must have the hashes that the manifest names, the seed must
open its commitment, and closing them again must give its borders and quotas.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.domain import adoption, audit, closing, lottery
from chalicelib.domain.comparison import Part
from modelling.rank_record import RecordError

if TYPE_CHECKING:
    import duckdb

MANIFEST, OPENING, FAMILIES = "manifest.json", "opening.json", "families.parquet"
_CODE = re.compile("[A-Z][A-Z0-9_]{0,29}")
_COLUMNS = "village VARCHAR, id VARCHAR, score BIGINT, persons BIGINT, held BIGINT, limits VARCHAR"


@dataclass(frozen=True, slots=True)
class Region:
    """A closed region whose folder was proven.

    Attributes:
        manifest: what was published.
        key: of its lottery.
        folder: where its families are.
    """

    manifest: Mapping[str, Any]
    key: bytes
    folder: Path

    @property
    def families(self) -> Path:
        """The file of its families."""
        return self.folder / FAMILIES

    @property
    def name(self) -> str:
        """The region's code."""
        return str(self.manifest["region"])


def write(folder: Path, manifest: bytes, seed: bytes, parts: Iterable[Part]) -> None:
    """Write a closed region.

    Args:
        folder: new.
        manifest: as it was published.
        seed: of the lottery, once it is revealed.
        parts: of the villages, as they were merged.

    Raises:
        RecordError: the folder is there already.
    """
    import duckdb
    import numpy as np

    if folder.exists():
        raise RecordError(f"{folder}: is there already; a closed region is never written over")
    folder.mkdir(parents=True)
    left_out = {}
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE families ({_COLUMNS})")
        for part in parts:
            left_out[part.village] = [part.unscored, part.gone]
            if not part.ids:
                continue
            columns = {
                "village": np.array([part.village] * len(part.ids), dtype=object),
                "id": np.array(part.ids, dtype=object),
                "score": np.array(part.scores, dtype=np.int64),
                "persons": np.array(part.sizes, dtype=np.int64),
                "held": np.array(part.held, dtype=np.int64),
                "limits": np.array(part.limits, dtype=object),
            }
            connection.register("part", columns)
            connection.execute("INSERT INTO families SELECT * FROM part")
        connection.table("families").order("village, score, id").write_parquet(
            str(folder / FAMILIES), compression="zstd"
        )
    opening = {"seed": seed.hex(), "left_out": left_out}
    (folder / OPENING).write_bytes(audit.canonical(opening))
    (folder / MANIFEST).write_bytes(manifest)


def read(folder: Path) -> Region:
    """Read and prove a closed region.

    Raises:
        RecordError: a file is missing or wrong, or says something else than the others.
    """
    told, opening = _json(folder / MANIFEST), _json(folder / OPENING)
    if told.get("format") != adoption.MANIFEST:
        raise RecordError(f"{MANIFEST}: is not of format {adoption.MANIFEST}")
    try:
        # They become names in SQL, and a folder may come from anybody.
        if not all(_CODE.fullmatch(code) for code in told["programmes"]):
            raise RecordError(f"{MANIFEST}: a programme has a code that is none")
        seed = bytes.fromhex(opening["seed"])
        if not lottery.opens(told["commitment"], seed, told["occasion"]):
            raise RecordError(f"{OPENING}: the seed does not open the commitment of the manifest")
        gathered = closing.gather(_parts(folder / FAMILIES, opening["left_out"]))
        _same(told, gathered)
        key = lottery.key(seed, gathered.population)
        closed = closing.close(
            gathered,
            told["programmes"],
            key,
            by_persons=told["by"] == "persons",
            places={code: quota["places"] for code, quota in told["quotas"].items()},
        )
        found = json.loads(json.dumps([closed.cutoffs, [q.last for q in closed.quotas.values()]]))
        if found != [told["cutoffs"], [told["quotas"][code]["last"] for code in closed.quotas]]:
            raise RecordError(f"{MANIFEST}: these families and this lottery give other borders")
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError(f"{folder}: is not a closed region: {error}") from error
    return Region(told, key, folder)


def sha256(region: Region) -> str:
    """Name of its manifest, as the ledger has it."""
    return hashlib.sha256((region.folder / MANIFEST).read_bytes()).hexdigest()


def _same(told: Mapping[str, Any], gathered: closing.Gathered) -> None:
    """Refuse families that are not those of the manifest, and say in which village."""
    stated = told["villages"]
    for village in sorted(stated.keys() | gathered.villages.keys()):
        if stated.get(village) != gathered.villages.get(village):
            raise RecordError(f"{FAMILIES}: village {village} is not the one that was closed")
    if (told["population"], told["families"]) != (gathered.population, len(gathered.scores)):
        raise RecordError(f"{MANIFEST}: its population is not that of its villages")


def _parts(families: Path, left_out: Mapping[str, list[int]]) -> Iterator[Part]:
    import duckdb

    if not families.is_file():
        raise RecordError(f"{families}: is not there")
    with duckdb.connect() as connection:
        try:
            rows = connection.execute(
                "SELECT village, id, score, persons, held, limits FROM read_parquet(?) "
                "ORDER BY village, score, id",
                [str(families)],
            )
        except duckdb.Error as error:
            raise RecordError(f"{families.name}: is no table of families") from error
        yield from _by_village(rows, left_out)


def _by_village(
    rows: duckdb.DuckDBPyConnection, left_out: Mapping[str, list[int]]
) -> Iterator[Part]:
    columns: dict[str, list[tuple[Any, ...]]] = {village: [] for village in sorted(left_out)}
    while some := rows.fetchmany(100_000):
        for village, *row in some:
            columns.setdefault(village, []).append(tuple(row))
    for village, own in columns.items():
        ids, scores, sizes, held, limits = zip(*own, strict=True) if own else ((),) * 5
        yield Part(village, ids, scores, sizes, held, limits, *left_out[village])


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise RecordError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise RecordError(f"{path.name}: is not JSON in UTF-8") from error
    if not isinstance(found, dict):
        raise RecordError(f"{path.name}: is not an object")
    return found
