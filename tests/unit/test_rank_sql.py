"""The ranking of a closed region a second time, as one SQL: every row agrees, and lies are seen."""

from __future__ import annotations

import hmac
import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from chalicelib.domain import adoption, closing, lottery
from chalicelib.domain.adoption import Proposal, Stage
from chalicelib.domain.comparison import Part
from chalicelib.domain.registration import Ref
from modelling import closed_region, rank_check, rank_nation, rank_sql
from modelling.rank_record import RecordError
from tests.adopting import ONE, example
from tests.rank_world import done, refused
from tests.unit.made_up_villages import a_part

CODES = ("PBI_JK", "PKH", "SEMBAKO")


def closed(
    folder: Path, seed: int, spread: int, *, region: str = "3510", by_persons: bool = False
) -> Path:
    """A region of some hundred made-up families, closed and written as a folder."""
    chance = Random(f"{seed} {region}")  # noqa: S311 - a seeded population
    parts = [a_part(f"{region}01200{n}", 10 + 90 * (n % 3), chance, spread) for n in range(6)]
    parts += [Part(f"{region}021001", (), (), (), (), (), unscored=3, gone=1)]
    made = proposal(region, len(parts), {"PKH": 40 + seed, "SEMBAKO": 0, "PBI_JK": 10_000})
    gathered = closing.gather(parts)
    key = lottery.key(made.seed, gathered.population)
    told = closing.close(gathered, CODES, key, by_persons=by_persons, places=made.places)
    manifest = adoption.manifest(made, gathered, told, CODES, by_persons=by_persons)
    closed_region.write(folder, manifest, made.seed, parts)
    return folder


def proposal(region: str, villages: int, places: dict[str, int]) -> Proposal:
    made = example("ZZZZAAAAAA", ONE, 1, Stage.COMPARING)
    ref = Ref(region, made.ref.locator)
    seed = made.seed[::-1] if region == "3510" else made.seed
    commitment = lottery.commit(seed, adoption.occasion(ref))
    return replace(
        made, ref=ref, seed=seed, commitment=commitment, villages=villages, places=places
    )


@pytest.mark.parametrize("by_persons", [False, True])
@pytest.mark.parametrize(("seed", "spread"), [(1, 2), (2, 100), (3, 5_000_000)])
def test_sql_and_functions_agree_on_every_row(
    tmp_path: Path, seed: int, spread: int, *, by_persons: bool
) -> None:
    region = closed_region.read(closed(tmp_path / "x", seed, spread, by_persons=by_persons))
    agreed = rank_check.compare(region)
    assert agreed.families == region.manifest["families"] > 300
    assert (agreed.tied > 250) is (spread <= 100)
    assert agreed.held["PKH"] == (40 + seed, 40 + seed)
    assert agreed.held["SEMBAKO"] == (0, 0)
    have, places = agreed.held["PBI_JK"]
    assert 0 < have < places


LIES: dict[str, Any] = {
    "id": lambda row: "0120ZZZZZZ",
    "score": lambda row: row[1] + 1_000_000_000,
    "draw": lambda row: row[2][::-1],
    "place": lambda row: row[3] + 1,
    "decile": lambda row: row[4] + 1,
    "place of PBI_JK, which has one for each": lambda row: 10_001,
    "place of PKH": lambda row: 1_000_000,
    "place of SEMBAKO, which has none": lambda row: 0,
}
"""What SQL might say otherwise of a family, column by column."""


@pytest.mark.parametrize(("column", "lie"), list(enumerate(LIES)), ids=list(LIES))
def test_a_row_that_says_otherwise_is_seen(tmp_path: Path, column: int, lie: str) -> None:
    region = closed_region.read(closed(tmp_path / "x", 1, 100))
    rows = [list(row) for row in rank_sql.ranked(region)]
    assert rank_check.compare(region, rows).families == len(rows)
    row = next(row for row in rows[3:] if row[column] is not None)
    row[column] = LIES[lie](row)
    with pytest.raises(RecordError, match="row "):
        rank_check.compare(region, rows)


def _changed(folder: Path, name: str, change: Any) -> None:
    told = json.loads((folder / name).read_bytes())
    change(told)
    (folder / name).write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("opening.json", lambda told: told.update(seed="ab" * 32), "does not open"),
        ("opening.json", lambda told: told["left_out"].clear(), "closed region"),
        ("opening.json", lambda told: told.pop("seed"), "not a closed region"),
        ("manifest.json", lambda told: told["cutoffs"][3].reverse(), "other borders"),
        ("manifest.json", lambda told: told["quotas"]["PKH"].update(last=[1, "a"]), "other bord"),
        ("manifest.json", lambda told: told.update(format="x"), "not of format"),
        (
            "manifest.json",
            lambda told: told["programmes"].append("x, (SELECT 1) AS y"),
            "a code that is none",
        ),
        ("manifest.json", lambda told: told.update(families=1), "not that of its villages"),
        (
            "manifest.json",
            lambda told: told["villages"].update({"3510012001": "ab" * 32}),
            "village 3510012001 is not the one",
        ),
    ],
)
def test_a_folder_that_was_altered_is_refused(
    tmp_path: Path, name: str, change: Any, why: str
) -> None:
    folder = closed(tmp_path / "x", 1, 100)
    _changed(folder, name, change)
    assert why in refused("check-sql", folder)


def test_families_that_are_missing_or_no_table_are_refused(tmp_path: Path) -> None:
    folder = closed(tmp_path / "x", 1, 100)
    with pytest.raises(RecordError, match="never written over"):
        closed_region.write(folder, b"", bytes(32), [])
    (folder / closed_region.FAMILIES).write_bytes(b"PAR1 and no more")
    assert "is no table of families" in refused("check-sql", folder)
    (folder / closed_region.FAMILIES).unlink()
    assert "is not there" in refused("check-sql", folder)


def test_the_command_tells_what_agreed_and_prints_the_sql(tmp_path: Path) -> None:
    folder = closed(tmp_path / "x", 1, 2)
    told = done("check-sql", folder)
    region = closed_region.read(folder)
    assert f"{region.manifest['families']} families" in told
    assert "every row agrees" in told
    text = done("check-sql", folder, "--sql")
    assert text.strip() == rank_sql.query(region.manifest, region.key)


def test_the_sql_says_the_same_of_the_known_example_of_hmac() -> None:
    """RFC 4231, test case 2, and a key as long as a block."""
    with rank_sql.opened() as connection:
        for secret, text, told in (
            (b"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"),
            (bytes(range(64)), "3510", ""),
        ):
            asked = (
                f"SELECT lower(to_hex(hmac_sha256(to_utf8('{text}'), from_hex('{secret.hex()}'))))"
            )
            (found,) = connection.execute(asked).fetchone() or ("",)
            assert found == hmac.digest(secret, text.encode(), "sha256").hex()
            assert found.startswith(told)


@pytest.mark.parametrize("by", ["families", "persons"])
@pytest.mark.parametrize("spread", [2, 100, 5_000_000])
def test_the_nations_deciles_are_those_of_one_sort_of_all(
    tmp_path: Path, by: str, spread: int
) -> None:
    """Each family with the point that it has at home: its score, and its region's draw."""
    folders = [closed(tmp_path / code, 1, spread, region=code) for code in ("3510", "5271", "8171")]
    found = rank_nation.deciles(folders, by)
    rows = []
    for folder in folders:
        region = closed_region.read(folder)
        families = duckdb.read_parquet(str(region.families))
        for each, score, persons in families.select("id", "score", "persons").fetchall():
            point = score, lottery.draw(region.key, each)
            rows.append((point, persons if by == "persons" else 1))
    rows.sort()
    total, before, lasts = sum(weight for _, weight in rows), 0, dict[int, tuple[int, str]]()
    for point, weight in rows:
        lasts[before * 10 // total] = point
        before += weight
    assert found["deciles"] == [lasts[tenth] for tenth in range(9)]
    assert (found["families"], found["weight"]) == (len(rows), total)
    assert found["regions"].keys() == {"3510", "5271", "8171"}


def test_regions_that_cannot_stand_in_one_order_are_refused(tmp_path: Path) -> None:
    one, other = closed(tmp_path / "a", 1, 100), closed(tmp_path / "b", 1, 100, region="5271")
    out = tmp_path / "nation.json"
    assert "is given twice" in refused("nation", one, one)
    assert "wrote" in done("nation", one, other, "--out", out)
    assert json.loads(out.read_bytes())["format"] == rank_nation.FORMAT
    assert "File exists" in refused("nation", one, other, "--out", out)
    _changed(other, "manifest.json", lambda told: told.update(model="ab" * 32))
    assert "not scored by one model" in refused("nation", one, other)
    (other / closed_region.MANIFEST).unlink()
    assert "No such file" in refused("nation", one, other)
