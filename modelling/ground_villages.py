"""What ground checks teach about villages: levels shrunk by how far they can be trusted.

A checked family tells how far its welfare is from its score. Families of one village err alike, so
the mean of a few of them says something of all. It is shrunk by the variances between and within
villages, both found in the checks themselves (`group_ridge`); the reading error of visits is part
of the second. Regions and the slope of the score have their own places in the fit, so that neither
a dearer year nor a choice of poor villages to visit is taken for a trait of the villages.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from modelling.csv_tables import FileError, read_csv
from modelling.evaluation import DRAWS, places, redrawn
from modelling.group_ridge import Solution, Sums, by_evidence, solve, sums

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Places = NDArray[np.int64]

NEEDED = ("hh_id", "region", "village", "score", "welfare")
FOLDS = 5
FEWEST_VILLAGES = 10
FEWEST_IN_VILLAGE = 2
SLOPE, REGION = "slope", "region"


@dataclass(frozen=True, slots=True)
class Checked:
    """Checked families.

    Attributes:
        sha256: of the file.
        ids, region, village: one a family.
        score: by the model, from the answers as found; left: log welfare as found, less the score.
    """

    name: str
    sha256: str
    ids: Sequence[str]
    region: Sequence[str]
    village: Sequence[str]
    score: Numbers
    left: Numbers


@dataclass(frozen=True, slots=True)
class Learned:
    """Levels of the villages and how far they are to be trusted.

    Attributes:
        levels: village -> log units to add to a score.
        checked: village -> families checked.
        between, within: standard deviations in log units, between villages of a region and within
            a village.
        moved, slope: mean of log welfare less score over all checks, and its rise per log unit of
            score; told, and not put into the model.
        gain: mean squared error, on checked families whose own check was held out, that the levels
            take away; low and high are its 95 % interval, error its standard error.
        before: that mean squared error without the levels.
    """

    levels: Mapping[str, float]
    checked: Mapping[str, int]
    between: float
    within: float
    moved: float
    slope: float
    before: float
    gain: float
    low: float
    high: float
    error: float

    @property
    def shown(self) -> bool:
        """Whether the levels help by more than a standard error."""
        return self.gain > self.error


def read_checked(path: Path) -> Checked:
    """Read checked families: NEEDED, as CSV.

    Raises:
        FileError: the file cannot be used; a village lies in two regions; too few to learn from.
    """
    table = read_csv(path, NEEDED)
    ids, region, village = table.keys("hh_id"), table.names("region"), table.names("village")
    score, welfare = table.numbers("score"), table.numbers("welfare", above=0)
    home: dict[str, str] = {}
    for row, name in enumerate(village):
        if home.setdefault(name, region[row]) != region[row]:
            raise FileError(
                f"{table.where(row, 'region')}: village {name} was in {home[name]} before"
            )
    several = sum(families >= FEWEST_IN_VILLAGE for families in Counter(village).values())
    if several < FEWEST_VILLAGES:
        raise FileError(
            f"{path.name}: {several} villages with {FEWEST_IN_VILLAGE} checked families or more; "
            f"{FEWEST_VILLAGES} are needed to tell villages from families"
        )
    return Checked(
        name=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        ids=ids,
        region=region,
        village=village,
        score=score,
        left=np.log(welfare) - score,
    )


def learn(checked: Checked) -> Learned:
    """Learn the levels of the villages, and judge them on checks held out."""
    design, groups = _columns(checked)
    village = places(checked.village)
    names = sorted(set(checked.village))
    plain = np.ones(len(design))

    def added(rows: Places) -> Sums:
        return sums(design[rows], checked.left[rows], plain[rows], village[rows], len(names))

    whole = added(np.arange(len(design)))
    found = by_evidence(whole, groups, villages=True)
    fold = _folds(checked.ids)
    without, with_levels = np.zeros(len(design)), np.zeros(len(design))
    for held in range(FOLDS):
        rows = np.flatnonzero(fold == held)
        if len(rows):
            seen = solve(whole.without(added(rows)), groups, found.variances)
            without[rows] = checked.left[rows] - _base(seen, design[rows])
            with_levels[rows] = without[rows] - seen.villages[village[rows]]
    gained = without**2 - with_levels**2
    drawn = [
        float(np.average(gained, weights=times))
        for times in redrawn(places(checked.region), village, DRAWS)
    ]
    low, high = np.quantile(drawn, (0.025, 0.975))
    spread = np.std(checked.score)
    return Learned(
        levels=dict(zip(names, found.villages.tolist(), strict=True)),
        checked={name: int(n) for name, n in zip(names, np.bincount(village), strict=True)},
        between=found.variances.village**0.5,
        within=found.variances.noise**0.5,
        moved=float(checked.left.mean()),
        slope=float(found.coefficients[0] / spread) if spread > 0 else 0.0,
        before=float(np.mean(without**2)),
        gain=float(gained.mean()),
        low=float(low),
        high=float(high),
        error=float(np.std(drawn, ddof=1)),
    )


def _columns(checked: Checked) -> tuple[Numbers, list[str]]:
    """The score in standard deviations, then a mark for each region."""
    spread = np.std(checked.score) or 1.0
    slope = (checked.score - checked.score.mean()) / spread
    region = places(checked.region)
    marks = (region[:, None] == np.arange(region.max() + 1)).astype(float)
    marks -= marks.mean(axis=0)
    return np.column_stack([slope, marks]), [SLOPE] + [REGION] * marks.shape[1]


def _base(found: Solution, design: Numbers) -> Numbers:
    """What is known without the village."""
    base: Numbers = found.intercept + design @ found.coefficients
    return base


def _folds(ids: Sequence[str]) -> Places:
    """The fold of each family, by the hash of its id: the same file gives the same folds."""
    order = sorted(range(len(ids)), key=lambda n: hashlib.sha256(ids[n].encode()).digest())
    fold = np.zeros(len(ids), dtype=np.int64)
    fold[order] = np.arange(len(ids)) % FOLDS
    return fold
