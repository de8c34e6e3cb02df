"""Invented surveys whose truth is known: how well the score does, and how villages differ."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

from modelling import policy_study
from modelling.policy_study import INTERVAL_SDS, Study


def invented(
    seed: int = 1,
    *,
    villages: int = 40,
    size: int = 20,
    regions: int = 4,
    score_sd: float = 0.5,
    village_sd: float = 0.0,
    own_sd: float = 0.4,
    weights: tuple[float, float] = (1.0, 1.0),
    persons: bool = False,
) -> Study:
    """Welfare is score + a village's effect + a family's own, all normal."""
    return policy_study.make(
        **columns(
            seed,
            villages=villages,
            size=size,
            regions=regions,
            score_sd=score_sd,
            village_sd=village_sd,
            own_sd=own_sd,
            weights=weights,
            persons=persons,
        )
    )


def columns(
    seed: int,
    *,
    villages: int,
    size: int,
    regions: int,
    score_sd: float,
    village_sd: float,
    own_sd: float,
    weights: tuple[float, float],
    persons: bool,
) -> dict:
    rng = np.random.default_rng(seed)
    n = villages * size
    village = np.repeat(np.arange(villages), size)
    score = 8 + score_sd * rng.standard_normal(n)
    left = village_sd * rng.standard_normal(villages)[village] + own_sd * rng.standard_normal(n)
    half = INTERVAL_SDS / 2 * np.hypot(village_sd, own_sd)
    return {
        "ids": [f"h{i:05}" for i in range(n)],
        "region": [f"R{v % regions}" for v in village],
        "village": [f"V{v:03}" for v in village],
        "weight": rng.uniform(*weights, n),
        "persons": rng.integers(1, 8, n).astype(float) if persons else None,
        "welfare": score + left,
        "score": score,
        "low": score - half,
        "high": score + half,
    }


def saved(folder: Path, seed: int = 1, villages: int = 24, size: int = 10) -> list[str]:
    """Write a survey, its description and its predictions; the options that name them."""
    made = columns(
        seed,
        villages=villages,
        size=size,
        regions=2,
        score_sd=0.5,
        village_sd=0.2,
        own_sd=0.3,
        weights=(1.0, 3.0),
        persons=True,
    )
    survey, meta, predictions = (folder / n for n in ("survey.csv", "survey.json", "scores.csv"))
    parts = ("ids", "region", "village", "weight", "persons", "welfare", "score", "low", "high")
    with survey.open("w", newline="") as file, predictions.open("w", newline="") as scores:
        families, guessed = csv.writer(file), csv.writer(scores)
        families.writerow(["hh_id", "region", "cluster", "weight", "hhsize", "welfare"])
        guessed.writerow(["hh_id", "score", "lo", "hi"])
        for row in zip(*(made[part] for part in parts), strict=True):
            families.writerow([*row[:5], np.exp(row[5])])
            guessed.writerow([row[0], *row[6:]])
    meta.write_text(json.dumps({"log_target": True, "numeric": [], "categorical": []}))
    return [
        *("--survey", str(survey)),
        *("--meta", str(meta)),
        *("--predictions", str(predictions)),
    ]
