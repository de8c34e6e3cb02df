"""After a restore, erase again every family that had been erased since the restored instant.

    python -m infra.replay_erasures --stage banyuwangi before.jsonl

`before.jsonl` is the ledger as it was before the restore (`python -m infra.audit_export`). Nothing
may read the restored tables before this command has ended well: until then they hold families
that were promised to be forgotten. It may be run again at any time, and then finds nothing to do.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib import wiring
from chalicelib.adapters import aws, dynamo, registry_items, vault_items
from chalicelib.adapters.area_files import village_at
from chalicelib.adapters.dispute_table import DisputeTable
from chalicelib.adapters.ground_check_table import GroundCheckTable
from chalicelib.adapters.registry_table import RegistryTable
from chalicelib.adapters.released_copies import ReleasedCopies
from chalicelib.domain.receipt import village_index
from chalicelib.domain.registration import Ref, State
from chalicelib.usecases import forget_checks
from chalicelib.usecases.erase import Ports, erase, is_left
from infra import pilot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalicelib.usecases.evidence_ports import Copies
    from chalicelib.usecases.ports import Loaded

ACTOR = "system:replay_erasures"


class ExportError(ValueError):
    """The export cannot be trusted to name every erasure."""


@dataclass
class Replayed:
    """What was done, in cases.

    Attributes:
        erased: were back, and are erased again.
        cleaned: were erased, but what the vault held of them was back.
        nothing: were as they should be.
        unknown: were registered after the restored instant, so nothing of them came back.
    """

    erased: int = 0
    cleaned: int = 0
    nothing: int = 0
    unknown: int = 0


def erasures(lines: Iterable[bytes]) -> dict[str, str]:
    """Locators of the families that were erased, with the reason of each.

    Args:
        lines: an export of the ledger.

    Raises:
        ExportError: the export is cut off or holds something else than records.
    """
    found: dict[str, str] = {}
    kind = ""
    for line in lines:
        try:
            record = json.loads(line)
            kind = record["type"]
            if kind == "event" and record["act"] == "erased":
                found[record["chain"]] = record["reason"]
        except (ValueError, KeyError, TypeError) as error:
            raise ExportError("not an export of the ledger") from error
    if kind != "end":
        raise ExportError("the export is cut off: its last record is missing")
    return found


def replay(
    wanted: Mapping[str, str], region: str, store: RegistryTable, copies: Copies
) -> Replayed:
    """Erase all that were erased, and prove that nothing of them is left.

    Args:
        wanted: as `erasures` reads it.
        region: Kemendagri code of the pilot's region.
        store: the restored tables.
        copies: of evidence that families brought.

    Raises:
        TryAgain: AWS refused for now; run it again.
        RuntimeError: something of an erased family is still there.
    """
    done = Replayed()
    disputes = DisputeTable(store.client, store.tables)
    checks = GroundCheckTable(store.client, store.tables)
    ports = Ports(wiring.clock, wiring.random, store, lambda: disputes, copies, checks)
    for locator, reason in sorted(wanted.items()):
        village = village_at(region, village_index(locator))
        if village is None:
            raise ExportError("a locator of another region")
        ref = Ref(village.code, locator)
        found = store.load([ref]).get(ref)
        if found is None:
            done.unknown += 1
        elif found.case.state is not State.ERASED:
            done.erased += 1
        elif found.vault or _said(found, disputes, checks):
            done.cleaned += 1
        else:
            done.nothing += 1
        if found is not None:
            erase(ref, ACTOR, reason, ports)
            _clean(found, store)
            left = store.load([ref])[ref]
            back = left.vault or _said(left, disputes, checks)
            if back or left.case.state is not State.ERASED:
                raise RuntimeError("something of an erased family is still there")
    return done


def _said(found: Loaded, disputes: DisputeTable, checks: GroundCheckTable) -> bool:
    """Whether disputes and visits still hold something that a family wrote or showed."""
    village = found.case.ref.village
    opened = (disputes.read(Ref(village, locator)) for locator in found.case.disputes)
    visited = (checks.read(check.ref) for check in checks.about(found.case.ref))
    return any(each is not None and is_left(each) for each in opened) or any(
        each is not None and forget_checks.is_left(each) for each in visited
    )


def _clean(found: Loaded, store: RegistryTable) -> None:
    """Delete what a restore of one table alone brings back: vault items, and guards of the case."""
    locator = found.case.ref.locator
    for order in (vault_items.REGISTERED, vault_items.CORRECTED):
        key = dynamo.key(vault_items.vault_pk(locator), order)
        with aws.passing_told():
            store.client.delete_item(TableName=store.tables.vault, Key=key)
    for guard in found.guards:
        try:
            with aws.passing_told():
                store.client.delete_item(
                    TableName=store.tables.registry,
                    Key=dynamo.key(guard, registry_items.GUARD_SK),
                    ConditionExpression="l = :l",
                    ExpressionAttributeValues=dynamo.encode({":l": locator}),
                )
        except ClientError as error:
            dynamo.refused_item(error)  # gone, or another family's by now


def main() -> None:
    """Replay in the account of the caller's AWS settings, or in the local AWS."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        prog="python -m infra.replay_erasures",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    pilot.add_arguments(parser)
    parser.add_argument("export", type=Path, nargs="+", help="the ledger from before the restore")
    options = parser.parse_args()
    account, given = pilot.opened(options.stage, options.local)
    store = RegistryTable(account.client("dynamodb"), pilot.tables(given))
    wanted: dict[str, str] = {}
    for path in options.export:
        with path.open("rb") as lines:
            wanted |= erasures(lines)
    copies = ReleasedCopies(lambda: account.client("s3"), given["ReleasedBucket"])
    done = replay(wanted, given["Region"], store, copies)
    print(
        f"{len(wanted)} erasures in the ledger: {done.erased} erased again, {done.cleaned} cleaned,"
        f" {done.nothing} as they should be, {done.unknown} never came back"
    )


if __name__ == "__main__":
    main()
