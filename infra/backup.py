"""A pilot's tables as files, and back into empty tables.

    python -m infra.backup write --stage banyuwangi FOLDER
    python -m infra.backup check FOLDER
    python -m infra.backup restore --stage banyuwangi FOLDER

The files hold what the tables hold: sealed identities, with their wrapped keys. Keep them where
only a restore reaches them, and end them after as many days as families were promised. After a
restore erasures must be replayed before anything reads it: docs/runbooks/restore.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tqdm import tqdm

from infra import pilot, table_files
from infra.table_files import FilesError, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TABLES: Final = ("registry", "vault", "ledger", "ops")


def names(given: Mapping[str, str]) -> dict[str, str]:
    """Names of a pilot's tables, by what they are to us."""
    return {name: given[f"{name.title()}Table"] for name in TABLES}


def write(
    client: Any,  # noqa: ANN401 - boto3's stubs know services by literal names only
    given: Mapping[str, str],
    folder: Path,
    told: Callable[[int], object] | None = None,
) -> Manifest:
    """Write all tables into a new folder, and read the files through.

    Args:
        client: DynamoDB.
        given: outputs of the pilot's resources and parameters of its stage.

    Raises:
        FilesError: the folder is there, or the files are not what was read.
    """
    if folder.exists():
        raise FilesError(f"{folder} is there already; name a folder that is not")
    folder.mkdir(parents=True)
    about = {"stage": given["Stage"], "region": given["Region"]}
    table_files.write_tables(client, names(given), folder, about, told=_whole(told))
    return table_files.check_files(folder)


def restore(
    client: Any,  # noqa: ANN401 - as in write
    given: Mapping[str, str],
    folder: Path,
    told: Callable[[int], object] | None = None,
) -> Manifest:
    """Put a backup into a pilot's empty tables, once every file is known to be whole.

    Raises:
        FilesError: it is another pilot's, a file is not whole, or a table not empty; then nothing
            was written into that table or a later one.
    """
    manifest = table_files.check_files(folder)
    wanted = {"stage": given["Stage"], "region": given["Region"]}
    if dict(manifest.about) != wanted:
        raise FilesError(f"{folder} is of {manifest.about.get('stage')}, not of {wanted['stage']}")
    tables = names(given)
    missing = tables.keys() - {file.name for file in manifest.tables}
    if missing:
        raise FilesError(f"{folder} lacks the table {', '.join(sorted(missing))}")
    for file in manifest.tables:
        table_files.put_back(client, tables[file.name], folder, file, told=_whole(told))
    return manifest


def _whole(told: Callable[[int], object] | None) -> Callable[[int], None]:
    def tell(more: int) -> None:
        if told:
            told(more)

    return tell


def main() -> None:
    """Run from the command line; a fault is told in words."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        prog="python -m infra.backup",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deeds = parser.add_subparsers(dest="deed", required=True)
    for deed in ("write", "check", "restore"):
        one = deeds.add_parser(deed)
        if deed != "check":
            pilot.add_arguments(one)
        one.add_argument("folder", type=Path)
    options = parser.parse_args()
    try:
        with tqdm(unit=" rows", leave=False, dynamic_ncols=True) as bar:
            if options.deed == "check":
                manifest = table_files.check_files(options.folder, _whole(bar.update))
            else:
                account, given = pilot.opened(options.stage, options.local)
                way = write if options.deed == "write" else restore
                manifest = way(account.client("dynamodb"), given, options.folder, bar.update)
    except FilesError as error:
        sys.exit(str(error))
    for file in manifest.tables:
        print(f"{file.name:<9}{file.items:>12,} rows  {file.digest[:16]}")
    if options.deed == "restore":
        print("Next, before anything reads these tables: python -m infra.replay_erasures")


if __name__ == "__main__":
    main()
