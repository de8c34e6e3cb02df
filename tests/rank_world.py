"""Region files of invented families, and the command run on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from click.testing import CliRunner, Result

from modelling.cli import main

OCCASION = "banyuwangi 2026-4"
DTYPE = [("id", "S10"), ("score", "<i8"), ("persons", "u1")]


def tepat(*words: object) -> Result:
    return CliRunner().invoke(main, ["rank", *map(str, words)])


def done(*words: object) -> str:
    result = tepat(*words)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: object) -> str:
    """The one message of a command that fails, without a traceback."""
    result = tepat(*words)
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    lines = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1
    return lines[0].removeprefix("Error: ")


def people(region: str, count: int, seed: int = 1) -> list[tuple[str, int, int]]:
    """Families with many equal scores."""
    rng = np.random.default_rng([seed, int(region)])
    scores = rng.integers(8_000_000, 8_000_040, count).tolist()
    return [(f"{region}{row:06}", score, 1 + row % 7) for row, score in enumerate(scores)]


def write_csv(path: Path, rows: list[tuple[str, int, int]]) -> Path:
    lines = ["id,score,persons", *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_npy(path: Path, rows: list[tuple[str, int, int]]) -> Path:
    np.save(path, np.array([(i.encode(), s, p) for i, s, p in rows], dtype=DTYPE))
    return path


def frozen(tmp_path: Path) -> Path:
    """A commitment with its seed, and two regions: one in two files, one as a table."""
    done(
        *("commit", "--occasion", OCCASION),
        *("--seed", tmp_path / "seed.txt", "--out", tmp_path / "commitment.json"),
    )
    many = people("3510", 300)
    write_npy(tmp_path / "3510.npy", many[:200])
    write_npy(tmp_path / "3510-2.npy", many[200:])
    write_csv(tmp_path / "3509.csv", people("3509", 90))
    return tmp_path


def region_paths(world: Path) -> list[Path]:
    return [world / "3510.npy", world / "3509.csv", world / "3510-2.npy"]


def keys(world: Path) -> tuple[object, ...]:
    return ("--seed", world / "seed.txt", "--commitment", world / "commitment.json")
