"""The list of ground checks of a cycle: whom to visit, why, and how likely each visit was.

The same choice as the simulation makes, on families whose welfare nobody knows. Probability and
stratum go with every visit, because `tepat monitor` needs them to estimate the errors of everybody
from the few who were visited.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from modelling import policy_visits as visiting
from modelling.csv_tables import read_csv
from modelling.policy_errors import poorest
from modelling.policy_files import PREDICTION_COLUMNS, scores_of
from modelling.policy_study import INTERVAL_SDS, Marks, Numbers, Places

NEEDED = ("region", *PREDICTION_COLUMNS)
HEADER = (
    "hh_id", "region", "decided", "why", "stratum", "probability", "p_eligible", "worth",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Register:
    """Registered families, in the order in which ties fall (by the hash of their id).

    Attributes:
        ids, region_names: texts; region: place of each family's region.
        score, spread: what is believed of welfare; NaN for a family that could not be scored.
        stake: what is at stake for each family, 1 when all are alike.
        days: since its answers were taken; 0 when fresh.
        checked: visited in this cycle already.
    """

    ids: list[str]
    region_names: list[str]
    region: Places
    score: Numbers
    spread: Numbers
    stake: Numbers
    days: Numbers
    checked: Marks


def read_register(path: Path) -> Register:
    """Read hh_id, region, score, lo, hi; stake, age_days, checked (yes or no) if they are there.

    Raises:
        FileError: the file cannot be used.
    """
    table = read_csv(path, NEEDED)
    ids = table.keys("hh_id")
    score, low, high = scores_of(table)
    plain = np.ones(len(table))
    stake = table.numbers("stake", above=0) if "stake" in table.columns else plain
    days = table.numbers("age_days", above=-1) if "age_days" in table.columns else 0 * plain
    checked = (
        table.choices("checked", {"yes": True, "no": False})
        if ("checked" in table.columns)
        else np.zeros(len(table), dtype=bool)
    )
    order = np.argsort([hashlib.sha256(name.encode()).hexdigest() for name in ids], kind="stable")
    region = table.names("region")
    names = sorted(set(region))
    known = {name: place for place, name in enumerate(names)}
    places = np.array([known[name] for name in region], dtype=np.int64)
    return Register(
        ids=[ids[row] for row in order],
        region_names=names,
        region=places[order],
        score=score[order],
        spread=((high - low) / INTERVAL_SDS)[order],
        stake=stake[order],
        days=days[order],
        checked=checked[order],
    )


def read_first(path: Path) -> frozenset[str]:
    """Read families who are visited before others: a table with hh_id.

    Raises:
        FileError: the file cannot be used.
    """
    return frozenset(read_csv(path, ["hh_id"]).keys("hh_id"))


def worklist(
    register: Register,
    *,
    quota: float,
    budget: int,
    random_share: float,
    seed: str,
    first: frozenset[str] = frozenset(),
) -> tuple[str, str]:
    """Choose the ground checks of a cycle.

    Args:
        register: the families.
        quota: share of each region's families that are listed.
        budget: visits.
        random_share: of them, drawn at random.
        seed: kept and published, so that anybody can draw the same families again.
        first: ids of families who come before others among the visits by risk.

    Returns:
        The list as CSV with HEADER, by region and then in no telling order, and a summary.
    """
    scored = ~np.isnan(register.score)
    score, spread = (np.where(scored, part, 0.0) for part in (register.score, register.spread))
    ones = np.ones(len(register.ids))
    listed = poorest(score, ones, register.region, quota, scored)
    line = visiting.expected_lines(score, spread, 1.0 * scored, register.region, quota)
    line = line[register.region]
    p = visiting.p_under(score, spread, line)
    next_in, last_in = visiting.edges(p, score, register.region, listed, scored & ~listed)
    gained = visiting.gain(
        score,
        spread,
        line,
        noise=0.0,
        chosen=listed,
        next_in=next_in[register.region],
        last_in=last_in[register.region],
    )
    gained = np.where(scored, gained, 0.0)
    worth = gained * register.stake * visiting.staleness(register.days)
    worth = np.where(scored, worth, np.inf)  # what cannot be scored is looked at first
    digest = hashlib.sha256(seed.encode()).digest()
    before = np.array([name in first for name in register.ids])
    highest = worth[scored].max(initial=0.0) + 1.0
    visits = visiting.choose(
        worth + np.where(before, highest, 0.0),
        ones,
        budget,
        random_share=random_share,
        candidates=~register.checked,
        stratum=register.region,
        rng=np.random.default_rng(int.from_bytes(digest, "big")),
    )
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(HEADER)
    rows = np.flatnonzero(visits.visited)
    for row in rows[np.argsort(register.region[rows], kind="stable")]:
        region = register.region_names[register.region[row]]
        by_risk = "first" if before[row] else "risk"
        why = by_risk if visits.by_risk[row] else "random"
        known = [f"{p[row]:.4f}", f"{worth[row]:.4f}"] if scored[row] else ["", ""]
        chance = f"{visits.probability[row]:.9g}"
        now = "in" if listed[row] else "out"
        table.writerow([register.ids[row], region, now, why, f"{region}/{why}", chance, *known])
    return out.getvalue(), _summary(register, visits, gained, before)


def _summary(register: Register, visits: visiting.Visits, gained: Numbers, before: Marks) -> str:
    by_region = Counter(register.region_names[place] for place in register.region[visits.visited])
    chosen, families = visits.visited.sum(), len(register.ids)
    put_right = gained[visits.visited].sum()
    risk, drawn = visits.by_risk.sum(), visits.at_random.sum()
    lines = [
        f"{chosen:,} of {families:,} families to visit: {risk:,} by risk, {drawn:,} at random",
        *_told_first(visits, before),
        f"perfect visits would put about {put_right:,.0f} families right",
        "(a little fewer: visits take some of each other's worth)",
        *(f"  {name}: {number:,}" for name, number in sorted(by_region.items())),
    ]
    return "\n".join(lines)


def _told_first(visits: visiting.Visits, before: Marks) -> list[str]:
    if not before.any():
        return []
    return [f"{(visits.by_risk & before).sum():,} of the {before.sum():,} who come before others"]
