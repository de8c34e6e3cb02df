"""Invented surveys with a known truth, for everything that fits, judges or scores one."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from modelling.evaluation import Judging

TOILETS = ("none", "pit", "flush")
ROOFS = ("thatch", "tin", "tile")

Numbers = np.ndarray[Any, Any]


def invented(
    families: int = 1500,
    villages: int = 75,
    regions: int = 5,
    seed: int = 1,
    *,
    village_sd: float = 0.2,
    noise_sd: float = 0.35,
) -> list[dict[str, Any]]:
    """Families whose log welfare is a known sum, a village effect and noise.

    The truth: rooms per head and toilet raise it, size lowers it by logarithm, the head's schooling
    counts more in town, small households vary more. `luck` has nothing to do with it.
    """
    draw = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    town = draw.random(villages) < 0.4
    level = draw.normal(0, village_sd, villages)
    rich = draw.normal(0, 1, villages)
    for place in range(families):
        village = place % villages
        size = int(1 + draw.poisson(3.5))
        rooms = int(1 + draw.poisson(1.5 + 0.4 * max(rich[village], -1)))
        years = int(np.clip(draw.normal(7 + 2 * rich[village] + 2 * town[village], 3), 0, 18))
        toilet = TOILETS[int(np.clip(draw.normal(1 + 0.5 * rich[village], 0.8), 0, 2))]
        age = int(np.clip(draw.normal(46, 14), 16, 98))
        spread = noise_sd * (1.5 if size <= 2 else 1.0)
        log = (
            8.0
            - 0.45 * np.log(size)
            + 0.12 * np.sqrt(rooms)
            + (0.05 if town[village] else 0.02) * years
            + 0.15 * TOILETS.index(toilet)
            + 0.1 * rich[village]
            + level[village]
            + 0.05 * (village % regions)
            + draw.normal(0, spread)
        )
        rows.append(
            {
                "hh_id": f"h{seed}-{place:05d}",
                "region": f"R{village % regions}",
                "cluster": f"v{seed}-{village:03d}",
                "weight": round(float(draw.uniform(0.5, 1.5)), 3),
                "hhsize": size,
                "welfare": round(float(np.exp(log)), 2),
                "rooms": "" if draw.random() < 0.03 else rooms,
                "years": years,
                "head_age": age,
                "head_female": int(draw.random() < 0.15),
                "urban": int(town[village]),
                "luck": round(float(draw.normal()), 3),
                "toilet": "" if draw.random() < 0.02 else toilet,
                "roof": ROOFS[int(draw.integers(3))],
            }
        )
    return rows


DESCRIPTION: dict[str, Any] = {
    "survey": "an invented survey",
    "country": "nowhere",
    "source": "tests",
    "licence": "none needed",
    "currency": "coins per head and month",
    "log_target": True,
    "numeric": ["rooms", "years", "head_age", "head_female", "urban", "luck"],
    "categorical": ["toilet", "roof"],
    "groups": {
        "female-headed": "head_female==1",
        "elderly head": "head_age>=60",
        "rural": "urban==0",
        "one or two members": "hhsize<=2",
    },
}


def write_table(path: Path, rows: list[dict[str, Any]], without: tuple[str, ...] = ()) -> Path:
    """Write rows as CSV, without some of the columns."""
    names = [name for name in rows[0] if name not in without] if rows else ["hh_id"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_description(path: Path, **changes: object) -> Path:
    """Write the description, with changes."""
    path.write_text(json.dumps({**DESCRIPTION, **changes}), encoding="utf-8")
    return path


def judging(target: Numbers, score: Numbers, **changes: Any) -> Judging:
    rows = len(target)
    return Judging(
        **{
            "target": target,
            "score": score,
            "low": None,
            "high": None,
            "weight": np.ones(rows),
            "region": ["R"] * rows,
            "village": [f"v{i % 10}" for i in range(rows)],
            "groups": {},
            **changes,
        }
    )
