"""`tepat model fit-score`: fit any survey and score another file, with no spec made by hand."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelling.whole_files import write_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelling.survey_fit import Fitted
    from modelling.survey_scoring import Row
    from modelling.survey_table import Table

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(name="fit-score")
@click.option("--train", required=True, type=FILE, help="The survey to learn from, with welfare.")
@click.option("--test", required=True, type=FILE, help="The families to score; welfare not needed.")
@click.option("--meta", required=True, type=FILE, help="JSON: which columns are what.")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="CSV to write."
)
@click.option(
    "--spec", "spec_path", type=FILE, help="YAML spec; without it one is made and printed."
)
@click.option(
    "--artefact",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write the model to as well, named by its hash.",
)
@click.option(
    "--challenger",
    "flags",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also learn gradient boosting; write here about whom the two disagree.",
)
@click.option(
    "--unweighted", is_flag=True, help="The survey has no weights: each family counts once."
)
def command(
    *,
    train: Path,
    test: Path,
    meta: Path,
    out: Path,
    spec_path: Path | None,
    folder: Path | None,
    flags: Path | None,
    unweighted: bool,
) -> None:
    r"""Fit on one file, score another, write hh_id,score,lo,hi.

    Tables are CSV, CSV.gz or Parquet with the columns hh_id, region, cluster (the village), weight,
    hhsize and, to learn from, welfare. META names the other columns that may be used:

    \b
        {"numeric": ["rooms", "urban"], "categorical": ["toilet"], "log_target": true,
         "groups": {"rural": "urban==0"}}

    `score` is the predicted logarithm of welfare (welfare itself where log_target is false): higher
    is better off. `lo` and `hi` are the ends of a 90 % interval. The spec is made from the columns
    the same way for every country, and printed; villages of both files give village means.

    --challenger writes the families whom gradient boosting puts on the other side of a quota of
    40 % in their region, those furthest apart first: `tepat policy visits --first` takes them.

    A fault of a file is told with its row and column, and then nothing is written.
    """
    from chalicelib.domain.pmt import ArtefactError
    from modelling.survey_artefact import Called, build
    from modelling.survey_automatic import automatic
    from modelling.survey_fit import fit
    from modelling.survey_judge import accuracy
    from modelling.survey_made import prepared
    from modelling.survey_scoring import as_csv, inputs_of, load, score_table
    from modelling.survey_spec import check_columns, read_spec, to_yaml
    from modelling.survey_table import Columns, SurveyFaultsError, read_description, read_table

    columns = replace(Columns(), weight=None) if unweighted else Columns()
    try:
        described = read_description(meta)
        surveyed = learned = read_table(train, described, columns)
        scored = read_table(test, described, columns, score_only=True)
        _say_of(learned)
        if spec_path:
            spec = read_spec(spec_path.name, spec_path.read_text(encoding="utf-8"))
            learned = prepared(learned, spec.made, spec.like)
            check_columns(spec_path.name, spec, learned)
        else:
            spec = automatic(learned, described, columns)
        click.echo(to_yaml(spec))
        click.echo(f"fitting {learned.name}")
        fitted = fit(learned, spec, click.echo)
        judged = accuracy(fitted, learned)
        for line in judged.lines:
            click.echo(f"  {line}")
        name = learned.name[:120]
        called = Called("survey", "1", name, "2000-01-01", judged.figures, judged.card)
        data = build(fitted, learned, described, called)
        sha256 = hashlib.sha256(data).hexdigest()
        artefact, spec = load(data, sha256)
        rows = score_table(artefact, inputs_of(data, spec, scored, surveyed))
    except (SurveyFaultsError, ArtefactError) as error:
        raise click.ClickException(str(error)) from error
    texts = {out: as_csv(scored.ids, rows)}
    if flags:
        texts |= _flagged(flags, fitted, scored, surveyed, rows)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        texts[folder / f"{sha256}.json"] = data.decode()
    write_all(texts)
    if folder:
        click.echo(f"wrote {folder / sha256}.json")
    unknown = sum(row.score is None for row in rows)
    click.echo(f"wrote {out}: {len(rows) - unknown:,} families scored by model {sha256[:12]}")
    if unknown:
        click.echo(f"  {unknown:,} could not be scored; their cells are empty")


def _say_of(table: Table) -> None:
    """What is worth knowing before a fit, though it does not stop it."""
    regions, villages = len(set(table.region)), len(set(table.cluster))
    click.echo(f"{table.name}: {len(table):,} families, {villages:,} villages, {regions} regions")
    if regions == 1:
        click.echo("  one region: no region has a level of its own")
    used = len(table.numbers) + len(table.codes)
    if used * 10 > len(table):
        click.echo(f"  {used} columns for {len(table)} families: coefficients will shrink much")


def _flagged(
    path: Path, fitted: Fitted, scored: Table, surveyed: Table, rows: Sequence[Row]
) -> dict[Path, str]:
    """The families about whom a challenger disagrees, unless it has too few to learn from."""
    import numpy as np

    from modelling import challenger, disagreement
    from modelling.challenger_report import too_few
    from modelling.survey_inputs import values
    from modelling.survey_made import prepared

    if words := too_few(len(surveyed)):
        click.echo(f"  {words}; {path.name} is not written")
        return {}
    spec = fitted.spec
    both = [prepared(table, spec.made) for table in (scored, surveyed)]
    rival = challenger.scores(fitted, values(fitted.reads, spec.columns, *both))
    score = np.array([np.nan if row.score is None else row.score for row in rows])
    found = disagreement.flagged(score, rival, scored.region, scored.weight)
    click.echo(f"  the challenger disagrees about {len(found.rows):,} families: {path}")
    return {path: disagreement.as_csv(found, scored.ids, scored.region, score, rival)}
