"""Invented lists of families, and what imports them into a region in memory."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chalicelib import wiring
from chalicelib.settings import settings
from chalicelib.usecases import register
from infra.bulk_import import import_list
from infra.imports.columns import Words, words
from infra.imports.examples import example_rows
from tests.bench import bare
from tests.fakes import FakeSealer
from tests.world import DATA, REGION, World

AS_OF = date(2026, 11, 1)
SOURCE = "DTSEN-2026-11"


@pytest.fixture(autouse=True)
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment of a function of the public surface, for every test of a module."""
    settle(monkeypatch)
    yield
    settings.cache_clear()
    wiring.questions.cache_clear()


@pytest.fixture
def known() -> Words:
    return words(wiring.questions())


def settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment of a function of the public surface, with the artefacts in force."""
    current = {name: (DATA / name / "current").read_text().strip() for name in ("models", "rules")}
    settled = bare.environment("public", "key", current["models"], current["rules"])
    for name, value in settled.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    wiring.questions.cache_clear()


def ports(world: World) -> register.Ports:
    return register.Ports(
        world.clock, world.random, world.index, FakeSealer(), world.store, world.form_rules()
    )


def rows(families: int = 12) -> list[dict[str, str]]:
    empty = dict.fromkeys(words(wiring.questions()).columns, "")
    return [empty | row for row in example_rows(families, region=REGION, on=AS_OF)]


def written(path: Path, known: Words, rows: list[dict[str, str]], between: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, known.columns, restval="", delimiter=between)
        out.writeheader()
        out.writerows(rows)
    return path


def import_(path: Path, world: World, **more: Any) -> tuple[int, int, int]:
    """Families, how many are stored, and how many of them were there before."""
    checked, stored, again = import_list(path, SOURCE, AS_OF, ports=ports(world), **more)
    return checked.families, stored, again


@pytest.fixture
def world() -> World:
    return World()


def rejects(path: Path) -> list[tuple[int, str, str]]:
    with Path(f"{path}.rejects.csv").open(encoding="utf-8") as file:
        return [(int(r["baris"]), r["kolom"], r["kode"]) for r in csv.DictReader(file)]


def changed(rows: list[dict[str, str]], at: int, **cells: str) -> list[dict[str, str]]:
    return [row | cells if place == at else row for place, row in enumerate(rows)]


def as_parquet(path: Path) -> Path:
    """With dates, numbers and yes or no as Parquet has them."""
    out = path.with_suffix(".parquet")
    types = "{'nik': 'BIGINT', 'no_kk': 'BIGINT', 'rt': 'INTEGER', 'tanggal_lahir': 'DATE'}"
    duckdb.sql(
        f"COPY (FROM read_csv('{path}', types = {types}, dateformat = '%d-%m-%Y'))"
        f" TO '{out}' (FORMAT parquet)"
    )
    return out
