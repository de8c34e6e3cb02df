"""Export a pilot's ledger for auditors, as JSON lines on standard output.

    python -m infra.audit_export --stage banyuwangi > ledger.jsonl
    tepat audit verify ledger.jsonl

The export shows the ledger as it stood some minutes ago, so that every function that was writing
then has ended; nobody has to stop. Its format is in docs/audit.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import BinaryIO

from chalicelib.adapters.ledger_table import LedgerTable
from chalicelib.adapters.registry_table import RegistryTable
from chalicelib.domain.audit import day_after, day_of
from chalicelib.usecases.export_ledger import Ports, export_ledger
from infra import pilot
from infra.account import Account

LONGEST_RUN_MIN = 15  # no function lives longer
UNSEALED_DAYS = 31  # looked at when nothing is sealed yet
_RECORDS_A_TICK = 10_000


def write(account: Account, given: dict[str, str], until: int, out: BinaryIO) -> int:
    """Write an export.

    Args:
        account: where the tables are.
        given: outputs of the pilot's resources, and `Region`, its Kemendagri code.
        until: the instant that is shown, ms UTC.
        out: where to.

    Returns:
        How many records were written.
    """
    client = account.client("dynamodb")
    tables = pilot.tables(given)
    ports = Ports(
        given["Region"], LedgerTable(client, tables.ledger), RegistryTable(client, tables)
    )
    count = 0
    since = day_after(day_of(until), -UNSEALED_DAYS)
    for count, line in enumerate(export_ledger(until, ports, since=since), start=1):
        out.write(line)
        if count % _RECORDS_A_TICK == 0:
            print(f"\r{count:,} records", end="", file=sys.stderr, flush=True)
    return count


def main() -> None:
    """Export from the account of the caller's AWS settings, or from the local AWS."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        prog="python -m infra.audit_export",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    pilot.add_arguments(parser)
    parser.add_argument(
        "--minutes-ago",
        type=int,
        default=LONGEST_RUN_MIN,
        help="the instant to show; 0 when nothing is being written (default %(default)s)",
    )
    options = parser.parse_args()
    account, given = pilot.opened(options.stage, options.local)
    until = time.time_ns() // 1_000_000 - options.minutes_ago * 60_000
    count = write(account, given, until, sys.stdout.buffer)
    print(f"\r{count:,} records", file=sys.stderr)


if __name__ == "__main__":
    main()
