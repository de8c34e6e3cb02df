"""A pilot from its region's code alone: `python -m infra.new_pilot --region 52.71` (`make pilot`).

Writes the pilot's file with values that hold until somebody changes them, the file of the region's
villages if there is none yet, and `.chalice/config.json`. What a person has changed stays.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

import click

from infra import functions, stages
from infra.stages.form import DATA, REGENCY_DIGITS, plain_code
from modelling.whole_files import write_all

LONGEST_NAME = 20
KINDS = re.compile(r"(Kabupaten|Kota) (?:Administrasi )?(.+)")

FORM = """\
# {title}. Made by `make pilot REGION={dotted}`; what each value does: docs/region.md.
name: {name} # part of every name in AWS; lower case, 3 to 20 characters
region: "{dotted}" # the regency's code of the Ministry of Home Affairs (Kemendagri)
origin: https://bansos.{name}.example.go.id # where citizens open the site
languages: [id] # of the site

# Artefacts in force, by the SHA-256 of their file in chalicelib/data. `null` takes the one
# that the file `current` beside them names.
model: null
rules: null

contacts: # of the office that runs the pilot; at the foot of every page
  office: Dinas Sosial {title}
  phone: "0000-000000"
  hours: Senin sampai Jumat, 08.00 sampai 15.00

civil_registry:
  url: https://civil-registry.example.go.id/check # its token is a secret, never in this file
  concurrency: 5 # questions at once that it agreed to; one asks about ten families at most

ikd: null # where citizens sign in (docs/adr/0018-citizens-sign-in.md); `null` where nobody can

objection: {{ window_months: 1 }} # for how long a decision may be appealed or objected to
working_days: # the nation's holidays are known (chalicelib/data/holidays)
  weekend: [6, 7] # 1 is Monday
  holidays: {{}} # the region's own, such as 2026-12-17: Hari jadi

alarms: {{ address: alarm@{name}.example.go.id }} # hears what is broken, and the budget
budget: {{ usd_a_month: 50 }}
retention:
  log_days: 90
  recovery_days: 35 # in which tables and photos can be brought back; then erased is erased

limits:
  public: {{ rate: 50, burst: 100 }} # requests a second at the public API's gateway
  staff: {{ rate: 20, burst: 40 }}
  address_rate: 300 # requests in five minutes from one address, at the edge
"""


class NoPilotError(ValueError):
    """No pilot can be made of what was asked for; the message says why and what to do."""


@cache
def regencies() -> dict[str, str]:
    """Return code -> name of every regency and city."""
    listed = json.loads((DATA / "areas/national.json").read_text("utf-8"))["areas"]
    return {code: name for code, name in listed.items() if len(code) == REGENCY_DIGITS}


def regency(text: str) -> str:
    """Return the code of a regency, four digits.

    Args:
        text: the code as it was typed, with or without dots.

    Raises:
        NoPilotError: there is no such regency.
    """
    try:
        code = plain_code(text.strip())
    except ValueError as error:
        raise NoPilotError(f"REGION={text} {error}.") from error
    if code in regencies():
        return code
    if len(code) == REGENCY_DIGITS:
        what = f"no regency or city has the code {text}"
    else:
        what = f"{text} is no regency's code: that has four digits, such as 52.71"
    raise NoPilotError(f"{what[0].upper()}{what[1:]}. `.venv/bin/tepat areas find NAME` finds one.")


def name_of(code: str) -> str:
    """Return a pilot's name from its regency's: unlike every other's, and one that AWS takes.

    A city whose name a regency has too gets `kota` before it. What is too long loses letters at
    the end of its first word, since the last one tells it from its neighbours.

    Args:
        code: four digits of a regency.
    """
    first, *rest = words = _words(regencies()[code])
    kind = KINDS.fullmatch(regencies()[code])
    if _bearers()["".join(words)] > 1 and kind and kind[1] == "Kota":
        first, rest = "kota", [first, *rest]
    kept = LONGEST_NAME - sum(map(len, rest))
    return first[: max(kept, 0)] + "".join(rest)


@cache
def _bearers() -> Counter[str]:
    return Counter("".join(_words(name)) for name in regencies().values())


def _words(name: str) -> list[str]:
    kind = KINDS.fullmatch(name)
    plain = (kind[2] if kind else name).lower()
    return re.sub(r"[^a-z ]", "", plain).split()


def pilot_text(code: str, name: str) -> str:
    """Return the file of a pilot that nobody has changed yet.

    Args:
        code: four digits of its regency.
        name: of the pilot.
    """
    dotted = f"{code[:2]}.{code[2:]}"
    return FORM.format(name=name, dotted=dotted, title=regencies()[code])


def make(code: str, name: str) -> list[Path]:
    """Write what a pilot needs: its file, its villages, Chalice's file.

    Args:
        code: four digits of its regency.
        name: of the pilot.

    Returns:
        What was written; nothing when all was there.

    Raises:
        NoPilotError: its file is there and says otherwise, or the region has another.
        infra.stages.StageError: another pilot's file cannot be used.
    """
    path, text = stages.HERE / f"{name}.yaml", pilot_text(code, name)
    for other in stages.names():
        if other != name and stages.read(other)["region"] == code:
            raise NoPilotError(f"{regencies()[code]} has a pilot: infra/stages/{other}.yaml.")
    if path.is_file() and path.read_text("utf-8") != text:
        raise NoPilotError(
            f"infra/stages/{name}.yaml is there and says something else: nothing was changed. "
            "Go on with that file, or remove it to begin anew."
        )
    written = [] if (villages := _villages(code)).is_file() else [_cut(code, villages)]
    try:
        stages.said_by(name, text)
    except stages.StageError:
        for made in written:
            made.unlink()
        raise
    if not path.is_file():
        write_all({path: text})
        written.append(path)
    return written + write_config()


def write_config() -> list[Path]:
    """Write `.chalice/config.json` anew; returns it if it said something else before."""
    if not functions.edited_by_hand():
        return []
    write_all({functions.CONFIG: functions.config_text()})
    return [functions.CONFIG]


def _villages(code: str) -> Path:
    return DATA / "areas" / f"{code}.json"


def _cut(code: str, target: Path) -> Path:
    """Cut the region's villages out of the national list, beside the ones that are there."""
    from modelling.areas_command import command  # the package with the list, for building only

    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(DATA / "areas/national.json", folder)  # by it moved villages are noticed
        command.main(["build", "--regency", code, "--out", folder], standalone_mode=False)
        shutil.move(Path(folder) / target.name, target)
    target.chmod(0o644)
    return target


def _here(path: Path) -> str:
    return path.relative_to(functions.CONFIG.parent.parent).as_posix()


def _show_pilots(written: list[Path]) -> None:
    for name in stages.names():
        code = stages.read(name)["region"]
        print(f"  {name:<{LONGEST_NAME}} {code[:2]}.{code[2:]}  {regencies()[code]}")
    if written:
        print(f"Written again: {_here(functions.CONFIG)}")
    print("\nNext: make pilot REGION=52.71 for another region, or make package STAGE=...")


def main() -> None:
    """Make a pilot from the command line; without a region tell which there are."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m infra.new_pilot")
    parser.add_argument("--region", default="", help="the regency's code, such as 52.71")
    given = parser.parse_args()
    try:
        if not given.region:
            _show_pilots(write_config())
            return
        code = regency(given.region)
        name = name_of(code)
        written = make(code, name)
    except (NoPilotError, stages.StageError) as error:
        sys.exit(f"No pilot was made. {error}")
    except click.ClickException as error:
        sys.exit(f"No pilot was made: {error.format_message()}")
    for path in written:
        print(f"  wrote {_here(path)}")
    if not written:
        print(f"  infra/stages/{name}.yaml is there, as this command writes it.")
    print(f"\n{regencies()[code]} is the pilot {name}.")
    print(f"Next: read infra/stages/{name}.yaml and change what is yours (docs/region.md);")
    print(f"      make run STAGE={name} tries it here, make package STAGE={name} builds it.")


if __name__ == "__main__":
    main()
