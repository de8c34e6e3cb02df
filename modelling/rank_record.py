"""The record of a ranking: what was committed to, what was ranked, and every cut-off; with a proof.

A record is a folder of two canonical JSON files, `manifest.json` and `cutoffs.json`. From it and
the region files anybody makes the same bytes again; docs/ranking.md describes the fields.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from chalicelib.domain import lottery
from chalicelib.domain.ranking import Point, apportion
from modelling import two_pass
from modelling.region_files import Population
from modelling.two_pass import Histogram, Target

FORMAT = "tepat-ranking/1"
COMMITMENT_FORMAT = "tepat-lottery/1"
NATION = "nation"
MANIFEST, CUTOFFS = "manifest.json", "cutoffs.json"
WEIGHTS = {"families": None, "persons": "persons", "weight": "weight"}


class RecordError(ValueError):
    """A record or a commitment cannot be made, read or proven; the text says why."""


@dataclass(frozen=True, slots=True)
class Commitment:
    """What was published before the population was frozen."""

    occasion: str
    sha256: str

    def encode(self) -> bytes:
        """As the file that is published."""
        return canonical(
            {"format": COMMITMENT_FORMAT, "occasion": self.occasion, "commitment": self.sha256}
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """How the population is divided.

    Attributes:
        by: "families", "persons" or "weight": what a tenth is a tenth of.
        region, nation: where deciles are made.
        shared: places shared out among the regions by largest remainder, or None.
        quotas: region -> places of its own; empty when none are given or they are shared.
    """

    by: str
    region: bool
    nation: bool
    shared: int | None
    quotas: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Record:
    """A ranking: the two files, byte for byte."""

    manifest: bytes
    cutoffs: bytes


def canonical(document: object) -> bytes:
    """JSON with sorted keys and no blanks, so that the same content has the same hash."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return (text + "\n").encode()


def read_commitment(path: Path) -> Commitment:
    """Read a published commitment.

    Raises:
        RecordError: it cannot be read or is not one.
    """
    found = _json(path)
    occasion, sha256 = found.get("occasion"), found.get("commitment")
    if found.get("format") != COMMITMENT_FORMAT or not isinstance(occasion, str):
        raise RecordError(f"{path.name}: is not a commitment of format {COMMITMENT_FORMAT}")
    if not isinstance(sha256, str) or not _is_hash(sha256):
        raise RecordError(f"{path.name}: its commitment is not a SHA-256 in hexadecimal")
    return Commitment(occasion, sha256)


def make(population: Population, rule: Rule, seed: bytes, commitment: Commitment) -> Record:
    """Rank a population.

    Args:
        population: region files; read twice.
        rule: how it is divided.
        seed: of the lottery, revealed by the record.
        commitment: that the seed was committed to.

    Raises:
        RecordError: the seed is another one, or the rule names a region that is not there.
        RegionFileError: a region file cannot be used.
        RankingError: the files changed between the passes.
    """
    if not lottery.opens(commitment.sha256, seed, commitment.occasion):
        raise RecordError("the seed is not the one that was committed to for this occasion")
    regions = two_pass.count(population.first_pass)
    if NATION in regions:
        raise RecordError(f"no region may be called {NATION}")
    places = _places(rule, regions)
    asked: dict[str, tuple[Histogram, Sequence[Target]]] = {}
    for region, histogram in regions.items():
        targets = two_pass.decile_targets(histogram) if rule.region else []
        if given := min(places.get(region, 0), int(histogram.families.sum())):
            targets = [*targets, two_pass.quota_target(given)]
        if targets:
            asked[region] = (histogram, targets)
    if rule.nation:
        nation = Histogram()
        for histogram in regions.values():
            nation.join(histogram)
        asked[NATION] = (nation, two_pass.decile_targets(nation))
    key = lottery.key(seed, population.sha256)
    found = two_pass.find(population.second_pass, asked, key, _covers)
    areas = {
        name: _area(histogram, found[name], places.get(name))
        for name, (histogram, _) in asked.items()
    }
    for region in places.keys() - asked.keys():  # a quota of 0 and no deciles: nothing was sought
        areas[region] = _area(regions[region], [], places[region])
    cutoffs = canonical({"format": FORMAT, "areas": areas})
    return Record(_manifest(population, rule, seed, commitment, cutoffs), cutoffs)


def write(record: Record, folder: Path) -> None:
    """Write a record as a new folder, whole or not at all.

    Raises:
        RecordError: the folder is there already, or cannot be made.
    """
    if folder.exists():
        raise RecordError(f"{folder}: is there already; a record is never written over")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            (draft / MANIFEST).write_bytes(record.manifest)
            (draft / CUTOFFS).write_bytes(record.cutoffs)
            draft.chmod(0o755)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise RecordError(f"{folder}: {error.strerror or error}") from error


def prove(folder: Path, commitment: Commitment, population: Population) -> Mapping[str, Any]:
    """Make a record again and compare, byte for byte.

    Args:
        folder: the published record.
        commitment: as it was published beforehand, from another place than the record.
        population: the region files; those named in the record, and no other.

    Returns:
        The manifest.

    Raises:
        RecordError: something differs; the text says what.
        RegionFileError, RankingError: the region files cannot be used.
    """
    manifest, rule, seed = read_manifest(folder)
    if (manifest["occasion"], manifest["commitment"]) != (commitment.occasion, commitment.sha256):
        raise RecordError("the record names another commitment than the one published")
    population.weight = WEIGHTS[rule.by]
    again = make(population, rule, seed, commitment)
    stated = {each["name"]: each["sha256"] for each in manifest["files"]}
    here = {each.name: each.sha256 for each in population.read}
    for name in sorted(stated.keys() | here.keys()):
        if stated.get(name) != here.get(name):
            _tell_difference(name, stated, here)
    if again.cutoffs != _bytes(folder / CUTOFFS):
        raise RecordError(f"{CUTOFFS}: these families and this lottery give other cut-offs")
    if again.manifest != _bytes(folder / MANIFEST):
        raise RecordError(f"{MANIFEST}: these families and this lottery give another manifest")
    return manifest


def read_manifest(folder: Path) -> tuple[Mapping[str, Any], Rule, bytes]:
    """Read a record's manifest: as it is, its rule, and its seed.

    Raises:
        RecordError: it cannot be read or is not whole.
    """
    manifest = _json(folder / MANIFEST)
    if manifest.get("format") != FORMAT:
        raise RecordError(f"{MANIFEST}: is not of format {FORMAT}")
    for name, fits in _FIELDS.items():
        if name not in manifest or not fits(manifest[name]):
            raise RecordError(f"{MANIFEST}, {name}: is missing or not what it should be")
    within = manifest["within"]
    rule = Rule(
        manifest["by"],
        region="region" in within,
        nation=NATION in within,
        shared=manifest["shared"],
        quotas=manifest["quotas"],
    )
    return manifest, rule, bytes.fromhex(manifest["seed"])


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{64}", value, re.ASCII))


def _is_places(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_file(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("name"), str)
        and _is_hash(value.get("sha256"))
    )


_FIELDS: Mapping[str, Callable[[Any], bool]] = {
    "occasion": lambda value: isinstance(value, str),
    "commitment": _is_hash,
    "seed": _is_hash,
    "population_sha256": _is_hash,
    "files": lambda value: isinstance(value, list) and all(map(_is_file, value)),
    "by": lambda value: isinstance(value, str) and value in WEIGHTS,
    "within": lambda value: isinstance(value, list),
    "shared": lambda value: value is None or _is_places(value),
    "quotas": lambda value: isinstance(value, dict) and all(map(_is_places, value.values())),
}
"""What a manifest must hold to be made again; the comparison of bytes does the rest."""


def _manifest(
    population: Population, rule: Rule, seed: bytes, commitment: Commitment, cutoffs: bytes
) -> bytes:
    files = [
        {"name": read.name, "sha256": read.sha256, "families": read.families}
        for read in population.read
    ]
    within = [*(["region"] if rule.region else []), *([NATION] if rule.nation else [])]
    return canonical(
        {
            "format": FORMAT,
            "occasion": commitment.occasion,
            "commitment": commitment.sha256,
            "seed": seed.hex(),
            "population_sha256": population.sha256,
            "files": files,
            "by": rule.by,
            "within": within,
            "shared": rule.shared,
            "quotas": dict(rule.quotas),
            "cutoffs_sha256": hashlib.sha256(cutoffs).hexdigest(),
        }
    )


def _places(rule: Rule, regions: Mapping[str, Histogram]) -> Mapping[str, int]:
    if strangers := sorted(rule.quotas.keys() - regions.keys()):
        raise RecordError(f"there is a quota for {strangers[0]}, but no file of that region")
    if rule.shared is None:
        return rule.quotas
    return apportion(rule.shared, {name: int(h.weight.sum()) for name, h in regions.items()})


def _area(histogram: Histogram, points: Sequence[Point], places: int | None) -> dict[str, Any]:
    families = int(histogram.families.sum())
    area: dict[str, Any] = {"families": families, "weight": int(histogram.weight.sum())}
    given = min(places or 0, families)
    if places is not None:
        last = points[-1] if given else None
        area["quota"] = {"places": places, "given": given, "last": last}
    if deciles := points[: len(points) - bool(given)]:
        area["deciles"] = deciles
    return area


def _covers(area: str, region: str) -> bool:
    return area in {region, NATION}


def _tell_difference(name: str, stated: Mapping[str, str], here: Mapping[str, str]) -> NoReturn:
    if name not in here:
        raise RecordError(f"{name}: the record names it, but it was not given")
    if name not in stated:
        raise RecordError(f"{name}: the record does not name it")
    raise RecordError(f"{name}: is not the file that was ranked: its hash is another")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecordError(f"{path.name}: {error.strerror}") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_bytes(path))
    except ValueError as error:
        raise RecordError(f"{path.name}: is not JSON in UTF-8") from error
    if not isinstance(found, dict):
        raise RecordError(f"{path.name}: is not an object")
    return found
