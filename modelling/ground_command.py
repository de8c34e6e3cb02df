"""`tepat model ground`: a successor of a model with what ground checks teach about villages."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modelling.whole_files import write_all

if TYPE_CHECKING:
    from modelling.ground_villages import Checked, Learned

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
CODE, LABEL = "ground_checks", "Desa atau kelurahan, menurut pemeriksaan lapangan"
ONE = 1_000_000


class CannotGround(ValueError):  # noqa: N818 - reads as the verdict it is
    """The model cannot have levels of villages; the text says why."""


@click.command(name="ground")
@click.argument("model", type=FILE)
@click.argument("checks", type=FILE)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the successor, named by its hash.",
)
@click.option("--version", required=True, help="Of the successor.")
@click.option(
    "--from", "effective_from", required=True, help="Day from which it may be used, YYYY-MM-DD."
)
def command(*, model: Path, checks: Path, out: Path, version: str, effective_from: str) -> None:
    r"""Learn from CHECKS how far whole villages lie from their scores; write a successor of MODEL.

    CHECKS is a CSV, a row for each checked family:

    \b
    hh_id, region, village    as in the register or survey
    score                     by MODEL from the answers as found, in log units
    welfare                   as the visit found it, in the unit of MODEL

    Each village has its mean shrunk to its region by the variances within and between villages; a
    village that nobody checked has nothing. The levels are judged on checks held out, and nothing
    is written unless they help by more than their standard error. Nobody has approved a model by
    writing it: its `approver` is empty.

    Checks of later cycles: give those of all cycles, and the model that has no such levels yet.
    """
    from chalicelib.domain.pmt import ArtefactError, load_artefact
    from modelling.csv_tables import FileError
    from modelling.ground_villages import learn, read_checked
    from modelling.survey_artefact import encode

    before = model.read_bytes()
    try:
        load_artefact(before, model.name.removesuffix(".json"))
        checked = read_checked(checks)
        document = json.loads(before)
        read = village_read(document, checked)
        learned = learn(checked)
        click.echo("\n".join(_told(learned)))
        _must_help(learned)
        name = hashlib.sha256(before).hexdigest()
        document |= {"version": version, "effective_from": effective_from, "approver": None}
        document["training"]["ground_checks"] = _origin(name, checked, learned)
        _add(document, read, learned.levels)
        data = encode(document)
        sha256 = hashlib.sha256(data).hexdigest()
        load_artefact(data, sha256)
    except (ArtefactError, FileError, CannotGround) as error:
        raise click.ClickException(str(error)) from error
    out.mkdir(parents=True, exist_ok=True)
    write_all({out / f"{sha256}.json": data.decode()})
    click.echo(f"wrote {out / sha256}.json, the successor of {name[:12]}")


def village_read(document: Mapping[str, Any], checked: Checked) -> dict[str, Any]:
    """Where a score takes the village from: the register's code, or the column of a file.

    Args:
        document: the artefact.
        checked: the checked families.

    Raises:
        CannotGround: no model of log welfare, one that has such levels, or villages without codes.
    """
    if document["target"]["kind"] != "log":
        raise CannotGround("a score card speaks of points; levels are of the logarithm of welfare")
    if any(feature["code"] == CODE for feature in document["features"]):
        told = document["training"].get("ground_checks", {}).get("successor_of", "its predecessor")
        raise CannotGround(
            f"the model has levels from ground checks already; start from {told} with all checks"
        )
    if any(read["from"] in ("column", "village") for read in document["reads"].values()):
        from modelling.survey_spec import read_spec

        spec = read_spec("the artefact's spec", str(document.get("spec", "")))
        return {"from": "column", "column": spec.columns.cluster, "codes": []}
    from modelling.survey_inputs import VILLAGE_DIGITS

    for name in checked.village:
        if not re.fullmatch(rf"[0-9]{{{VILLAGE_DIGITS}}}", name, re.ASCII):
            raise CannotGround(
                f"{checked.name}: village {name[:30]!r} is not a code of {VILLAGE_DIGITS} digits"
            )
    return {"from": "area", "digits": VILLAGE_DIGITS}


def _must_help(learned: Learned) -> None:
    if not learned.shown:
        raise CannotGround(
            "the levels are not shown to help by more than their standard error; "
            "no model is written"
        )


def _add(document: dict[str, Any], read: dict[str, Any], levels: Mapping[str, float]) -> None:
    reads = document["reads"]
    same = [name for name, definition in reads.items() if definition == read]
    name = same[0] if same else CODE
    reads[name] = read
    points = {village: round(ONE * level) for village, level in levels.items()}
    term = {"read": name, "kind": "levels", "points": points, "default": 0}
    document["features"].append(
        {"code": CODE, "label": LABEL, "mean": 0, "missing": 0, "terms": [term]}
    )


def _origin(name: str, checked: Checked, learned: Learned) -> dict[str, object]:
    return {
        "successor_of": name,
        "checks_sha256": checked.sha256,
        "families": len(checked.ids),
        "villages": len(learned.levels),
        "sd_between_villages": round(ONE * learned.between),
        "sd_within_villages": round(ONE * learned.within),
        "mean_squared_error_before": round(ONE * learned.before),
        "mean_squared_error_taken_away": round(ONE * learned.gain),
        "taken_away_95": [round(ONE * learned.low), round(ONE * learned.high)],
    }


def _told(learned: Learned) -> list[str]:
    families = sum(learned.checked.values())
    trust = learned.between**2 / (learned.between**2 + learned.within**2)
    level = (
        f"welfare less score: {learned.moved:+.3f} on average, {learned.slope:+.3f} more for each "
        "log unit of score; not put into the model, a level needs a survey"
    )
    spread = (
        f"standard deviations: {learned.between:.3f} between villages of a region, "
        f"{learned.within:.3f} within; one check moves its village by {trust:.2f} of its surprise"
    )
    gain = (
        f"squared error of checks held out: {learned.before:.4f} without levels, less "
        f"{learned.gain:.4f} with them (95 % {learned.low:.4f} to {learned.high:.4f})"
    )
    counted = f"{families:,} checked families in {len(learned.levels):,} villages"
    return [counted, level, spread, gain]
