"""The nation's deciles from regions that were closed one by one.

Nothing is ranked again: regions keep their lotteries, a family's point in the nation is the one it
has at home, and two passes over the regions' tables find the points that part the nation in ten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from modelling import closed_region, two_pass
from modelling.closed_region import Region
from modelling.rank_record import NATION, RecordError, canonical
from modelling.two_pass import Histogram, Part

FORMAT = "tepat-nation/1"


def deciles(folders: Sequence[Path], by: str) -> dict[str, Any]:
    """Find the nation's nine borders, exactly.

    Args:
        folders: closed regions; each is proven before it counts.
        by: "families" or "persons": what a tenth is a tenth of.

    Returns:
        The document: regions with the hashes of their manifests, families, weight, deciles.

    Raises:
        RecordError: a region is not what its manifest says, comes twice, or was scored by another
            model than the first: its scores cannot stand in one order with the others.
    """
    regions: dict[str, Region] = {}
    for folder in folders:
        region = closed_region.read(folder)
        if region.name in regions:
            raise RecordError(f"{folder}: region {region.name} is given twice")
        regions[region.name] = region
    models = {region.manifest["model"] for region in regions.values()}
    if len(models) != 1:
        raise RecordError("these regions were not scored by one model; their scores are unlike")

    def parts() -> Iterator[Part]:
        for region in regions.values():
            yield from _parts(region, weighted=by == "persons")

    nation = Histogram()
    for histogram in two_pass.count(parts).values():
        nation.join(histogram)
    keys = {name: region.key for name, region in regions.items()}
    areas = {NATION: (nation, two_pass.decile_targets(nation))}
    found = two_pass.find(parts, areas, keys, lambda _area, _region: True)
    return {
        "format": FORMAT,
        "by": by,
        "model": models.pop(),
        "regions": {name: closed_region.sha256(region) for name, region in sorted(regions.items())},
        "families": int(nation.families.sum()),
        "weight": int(nation.weight.sum()),
        "deciles": found[NATION],
    }


def write(document: dict[str, Any], path: Path) -> None:
    """Write the document in its one form.

    Raises:
        RecordError: the file is there already.
    """
    try:
        with path.open("xb") as file:
            file.write(canonical(document))
    except OSError as error:
        raise RecordError(f"{path}: {error.strerror}") from error


def _parts(region: Region, *, weighted: bool) -> Iterator[Part]:
    import duckdb

    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT id, score, persons FROM read_parquet(?)", [str(region.families)]
        )
        while some := rows.fetchmany(200_000):
            ids, scores, persons = zip(*some, strict=True)
            yield Part(
                region.name,
                np.array([each.encode() for each in ids]),
                np.array(scores, dtype=np.int64),
                np.array(persons, dtype=np.int64) if weighted else None,
            )
