"""The pilots: one YAML file each, read into parameters of the stacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DATA = HERE.parent.parent / "chalicelib" / "data"

Stage = dict[str, Any]


class StageError(ValueError):
    """A stage file is missing or says something that cannot be."""


def names() -> list[str]:
    """Return the names of all pilots."""
    return sorted(path.stem for path in HERE.glob("*.yaml"))


def read(name: str) -> Stage:
    """Read a pilot's file.

    Args:
        name: the pilot, e.g. `banyuwangi`.

    Returns:
        What it says (`infra.stages.form`); the region's code without dots.

    Raises:
        StageError: there is no such file, or something is wrong with it: all of it is told.
    """
    path = HERE / f"{name}.yaml"
    if not path.is_file():
        raise StageError(f"no pilot {name!r} in infra/stages; there are: {', '.join(names())}")
    return said_by(name, path.read_text("utf-8"))


def said_by(name: str, text: str) -> Stage:
    """Return what the text of a pilot's file says.

    Args:
        name: of the file, without its ending.

    Raises:
        StageError: something is wrong with it.
    """
    from infra.stages.form import checked  # pydantic, which who only asks for names does without

    stage, faults = checked(text)
    if stage and stage["name"] != name:
        faults = [f"name: the file is called {name}, and calls itself {stage['name']}"]
    if faults:
        told = "\n".join(f"  {fault}" for fault in faults)
        raise StageError(f"infra/stages/{name}.yaml cannot be used:\n{told}")
    return stage


def parameters(stage: Stage) -> dict[str, str]:
    """Return what the pilot's file decides, as parameters of the app templates."""
    ikd = stage["ikd"] or {"issuer": "", "client_id": "", "algorithm": "RS256"}
    return {
        "Stage": stage["name"],
        "Region": stage["region"],
        "SiteOrigin": stage["origin"],
        "Model": artefact("models", stage["model"]),
        "Rules": artefact("rules", stage["rules"]),
        "CivilRegistryUrl": stage["civil_registry"]["url"],
        "IkdIssuer": ikd["issuer"],
        "IkdClientId": ikd["client_id"],
        "IkdAlgorithm": ikd["algorithm"],
        "AlarmAddress": stage["alarms"]["address"],
        "BudgetUsd": str(stage["budget"]["usd_a_month"]),
        "RecoveryDays": str(stage["retention"]["recovery_days"]),
    }


def unfilled(stage: Stage) -> list[str]:
    """Return the places of a pilot's file that still say what `make pilot` wrote for want of facts.

    Nothing of it holds back a build or a run here; an account it does.
    """
    found = []
    for name, value in stage.items():
        parts = value if isinstance(value, dict) else {"": value}
        for part, said in parts.items():
            if isinstance(said, str) and (".example." in said or said.endswith("000000")):
                found.append(f"{name}.{part}".rstrip("."))
    return found


def artefact(folder: str, named: str | None) -> str:
    """Return the hash of the artefact in force.

    Args:
        folder: `models` or `rules` under chalicelib/data; files are named by their SHA-256.
        named: the hash that the pilot's file names, or None for the one that `current` names.

    Raises:
        StageError: the artefact is not there.
    """
    current = DATA / folder / "current"
    wanted = named or (current.read_text("ascii").strip() if current.is_file() else "")
    if not (DATA / folder / f"{wanted}.json").is_file():
        raise StageError(f"chalicelib/data/{folder} has no artefact {wanted or 'called current'}")
    return wanted
