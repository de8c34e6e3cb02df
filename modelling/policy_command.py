"""`tepat policy`: what a whole policy brings, and whom to visit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from modelling.policy_assumptions import Assumptions
from modelling.stated_settings import options
from modelling.whole_files import write_all

SHARES = "0,0.05,0.1,0.15,0.2,0.3"

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_new = click.Path(dir_okay=False, path_type=Path)


@click.group(name="policy")
def command() -> None:
    """Try a whole policy on a survey, and choose whom to visit."""


@command.command()
@click.option(
    "--survey",
    required=True,
    type=_file,
    help="Table (.csv, .csv.gz, .parquet): families with known welfare.",
)
@click.option("--meta", required=True, type=_file, help="JSON that describes the survey.")
@click.option("--predictions", type=_file, help="Table: hh_id, score, lo, hi.")
@click.option("--model", type=_file, help="Or an artefact, which then scores the survey.")
@click.option(
    "--unit",
    type=click.Choice(["families", "persons"]),
    default="families",
    show_default=True,
    help="What quotas and errors count.",
)
@click.option(
    "--checks",
    default=SHARES,
    show_default=True,
    help="Ground checks to try, as shares of registered families, rising.",
)
@click.option(
    "--draws",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Plays on the survey itself, for the figures.",
)
@click.option(
    "--replicates",
    type=click.IntRange(2),
    default=200,
    show_default=True,
    help="Plays on drawn villages, for the intervals.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="The same seed gives the same figures.",
)
@click.option("--json", "json_file", type=_new, help="Write everything here as JSON.")
@click.option("--csv", "csv_file", type=_new, help="Write the curves here as CSV.")
@click.option("--html", "html_file", type=_new, help="Write charts and tables here, as one page.")
@options(Assumptions)
def simulate(  # noqa: PLR0917 - click passes them by name
    survey: Path,
    meta: Path,
    predictions: Path | None,
    model: Path | None,
    unit: str,
    checks: str,
    draws: int,
    replicates: int,
    seed: int,
    json_file: Path | None,
    csv_file: Path | None,
    html_file: Path | None,
    **assumed: Any,  # noqa: ANN401 - one float for each assumption
) -> None:
    """Reckon what registration, register matching, appeals, objections and ground checks bring.

    Every family of the survey gets a prediction from a model that has not seen it; its welfare is
    known, so that errors can be counted. Assumptions are options; all are printed with their
    sources. Figures go to standard output, progress to standard error.

    \b
    --survey       columns hh_id, region, cluster (village), weight, hhsize, welfare; others are
                   not read
    --meta         JSON object; "log_target": false says that welfare is on the scale of the score
                   already, otherwise its logarithm is taken
    --model        an artefact that `tepat model fit-score --artefact` wrote, learned from other
                   families; or
    --predictions  hh_id, score (higher is better off), lo, hi (a 90 % interval); a row a family;
                   all three empty where a family could not be scored

    \b
    Exit status: 0 done, 1 a file or an assumption cannot be used, 2 wrong use.
    """  # noqa: D301 - click needs the \b character itself
    from modelling import policy_files, policy_report, policy_simulation
    from modelling.csv_tables import FileError

    if (predictions is None) == (model is None):
        raise click.UsageError("give --predictions or --model")
    given = Assumptions(**assumed)
    if faults := list(given.faults()):
        raise click.ClickException("; ".join(faults))
    shares = _shares(checks)
    try:
        study = policy_files.read_study(
            survey, meta, predictions=predictions, model=model, persons=unit == "persons"
        )
    except FileError as error:
        raise click.ClickException(str(error)) from error
    result = policy_simulation.simulate(
        study,
        given,
        shares=shares,
        draws=draws,
        replicates=replicates,
        seed=seed,
        say=lambda words: click.echo(words, err=True),
    )
    told = policy_report.Told(
        survey=survey.name,
        predictions=(predictions or model or survey).name,
        families=len(study),
        regions=len(study.region_names),
        villages=int(study.village.max()) + 1,
        unscored=int((~study.scored).sum()),
        covered=study.covered,
        unit=unit,
        draws=draws,
        replicates=replicates,
        seed=seed,
    )
    wanted: dict[Path | None, Callable[[], str]] = {
        json_file: lambda: policy_report.as_json(told, given, result),
        csv_file: lambda: policy_report.as_csv(given, result),
        html_file: lambda: policy_report.as_html(told, given, result),
    }
    write_all({path: made() for path, made in wanted.items() if path is not None})
    click.echo(policy_report.as_text(told, given, result), nl=False)


@command.command()
@click.option("--scores", required=True, type=_file, help="Registered families with their scores.")
@click.option("--budget", required=True, type=click.IntRange(1), help="Visits.")
@click.option("--seed", required=True, help="Any text; publish it, so that the draw can be redone.")
@click.option(
    "--quota",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.4,
    show_default=True,
    help="Share of families listed in each region.",
)
@click.option(
    "--random-share",
    type=click.FloatRange(0, 1),
    default=0.15,
    show_default=True,
    help="Share of visits drawn at random (10 to 20 % serve well).",
)
@click.option("--first", type=_file, help="Families to visit before others: a column hh_id.")
@click.option("--out", required=True, type=_new, help="Write the visits here, as CSV.")
def visits(  # noqa: PLR0917 - click passes them by name
    scores: Path,
    budget: int,
    seed: str,
    quota: float,
    random_share: float,
    first: Path | None,
    out: Path,
) -> None:
    """Choose whom to visit: where a visit should put most families right, and some at random.

    \b
    --scores  hh_id, region, score (higher is better off), lo, hi (a 90 % interval); and, if they
              are there, stake (what is at stake, 1 for all alike), age_days (since the answers
              were taken) and checked (yes or no, in this cycle; not visited again)
    --first   hh_id: such as those about whom `tepat model fit-score --challenger` disagrees; they
              come before others, in order of worth, while visits by risk last
    --out     hh_id, region, decided (in or out, by score alone), why (first, risk or random),
              stratum, probability (keep both for `tepat monitor`), p_eligible, worth

    Do not hand p_eligible and worth to whoever visits: they should look with their own eyes.
    """  # noqa: D301 - click needs the \b character itself
    from modelling.csv_tables import FileError
    from modelling.policy_worklist import read_first, read_register, worklist

    try:
        register = read_register(scores)
        before = read_first(first) if first else frozenset[str]()
    except FileError as error:
        raise click.ClickException(str(error)) from error
    rows, summary = worklist(
        register, quota=quota, budget=budget, random_share=random_share, seed=seed, first=before
    )
    write_all({out: rows})
    click.echo(summary)


def _shares(text: str) -> list[float]:
    """The shares of `--checks`, from nothing on and rising."""
    try:
        shares = [float(part) for part in text.split(",")]
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not a list of shares", param_hint="--checks"
        ) from None
    if shares != sorted(set(shares)) or not all(0 <= share <= 1 for share in shares):
        raise click.BadParameter("shares must rise, from 0 to 1", param_hint="--checks")
    return shares if shares[0] == 0 else [0.0, *shares]
