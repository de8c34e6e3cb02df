"""The steps of a restore, each with what it found: back up, lose, put back, forget again, compare.

What is compared is every row: of each table the count and the digest of all rows that erasing does
not change must be those of the backup, and of those that it does change each is looked at.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chalicelib import wiring
from chalicelib.adapters import registry_items
from chalicelib.domain.registration import State
from chalicelib.usecases.open_identity import open_identity
from infra import audit_export, table_files
from infra.drill.before import patiently
from infra.replay_erasures import ACTOR as REPLAYER
from infra.replay_erasures import Replayed, erasures, replay
from infra.resources import create_tables
from infra.table_files import FilesError, Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from chalicelib.usecases.ports import Loaded
    from infra.account import Account
    from infra.drill.before import Family

_SEALS: Final = "audit/"

Tables = dict[str, str]
"""What a table is to us -> its name."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One table, before and after.

    Attributes:
        before: rows of the backup.
        after: rows of the restored table.
        kept: those of them that erasing does not change, in the backup and in the table.
        changed: rows that erasing took away or overwrote, and `added` those that it wrote.
    """

    name: str
    before: int
    after: int
    kept: tuple[Rows, Rows]
    changed: int
    added: int

    @property
    def equal(self) -> bool:
        """Whether nothing differs but what erasing changed."""
        return self.kept[0] == self.kept[1]


@dataclass
class Verdict:
    """What is wrong, in words; nothing when it is empty."""

    wrong: list[str] = field(default_factory=list)

    def hold(self, fact: bool, otherwise: str) -> None:
        """Note what is wrong unless something is a fact."""
        if not fact:
            self.wrong.append(otherwise)


def export_ledger(account: Account, given: dict[str, str], path: Path) -> int:
    """Write the ledger as it is; returns how many records."""
    with path.open("wb") as out, redirect_stderr(StringIO()):  # it counts aloud
        return audit_export.write(account, given, wiring.clock.now_ms(), out)


def collect_seals(s3: Any, bucket: str, folder: Path) -> int:  # noqa: ANN401 - boto3's client
    """Save the published seals as somebody outside does; returns how many days they seal."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in s3.list_objects_v2(Bucket=bucket, Prefix=_SEALS).get("Contents", []):
        name = each["Key"].removeprefix(_SEALS)
        if name != "latest.json":
            body = s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
            (folder / name).write_bytes(body)
    return len(list(folder.glob("*.json")))


def break_copies(client: Any, folder: Path, scratch: Path, table: str) -> list[str]:  # noqa: ANN401
    """Spoil copies of the backup in every way that is known, and try to restore them.

    Args:
        client: DynamoDB.
        folder: the backup.
        scratch: where copies may be made; is emptied again.
        table: an empty table that they are put into.

    Returns:
        How each was refused; of one that was taken, that it was.
    """
    told = []
    for what, spoil in _SPOILS.items():
        shutil.copytree(folder, scratch)
        file = next(f for f in table_files.read_manifest(scratch).tables if f.name == "vault")
        spoil(scratch / file.file)
        try:
            table_files.put_back(client, table, scratch, file)
        except FilesError as refusal:
            told.append(f"{what}: {refusal}")
        else:
            told.append(f"{what}: TAKEN")
        shutil.rmtree(scratch)
    return told


def _change_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _halve(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


_SPOILS: Final[Mapping[str, Callable[[Path], None]]] = {
    "a byte changed": _change_a_byte,
    "half a file": _halve,
    "a file missing": lambda path: path.unlink(),
}


def destroy(client: Any, tables: Tables) -> None:  # noqa: ANN401 - boto3's client
    """Delete the tables with all that is in them."""
    for table in tables.values():
        client.delete_table(TableName=table)
        client.get_waiter("table_not_exists").wait(
            TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 300}
        )


def fresh_tables(account: Account, stage: str) -> dict[str, str]:
    """Make the tables anew, empty; returns the outputs that name them and their stream."""
    return create_tables(account, stage)


def forget_again(before: Path, region: str) -> Replayed:
    """Erase again whom the ledger from before the restore calls erased."""
    with before.open("rb") as lines:
        wanted = erasures(lines)
    return replay(wanted, region, wiring.store(), wiring.copies())


def compare(
    client: Any,  # noqa: ANN401 - boto3's client
    tables: Tables,
    folder: Path,
    gone: Iterable[str],
) -> list[Compared]:
    """Compare every row with the backup.

    Args:
        client: DynamoDB.
        tables: restored, with the erasures replayed.
        folder: the backup.
        gone: locators of the families that were erased after it.
    """
    erased = frozenset(gone)
    found = []
    for file in table_files.read_manifest(folder).tables:
        before, of_before = _apart(table_files.items_of(folder, file), erased, file.name)
        after, of_after = _apart(table_files.items_in(client, tables[file.name]), erased, file.name)
        found.append(
            Compared(
                file.name,
                before.items + of_before,
                after.items + of_after,
                (before, after),
                of_before,
                of_after if file.name == "ledger" else max(0, of_after - of_before),
            )
        )
    return found


def _apart(items: Iterable[Any], erased: frozenset[str], table: str) -> tuple[Rows, int]:
    """Rows that erasing leaves alone, and how many there are of the others."""
    others = 0

    def left() -> Iterable[Any]:
        nonlocal others
        for item in items:
            if is_changed(item, erased, table):
                others += 1
            else:
                yield item

    return table_files.rows_in(left()), others


def is_changed(item: Mapping[str, Any], erased: frozenset[str], table: str) -> bool:
    """Whether erasing a family takes this row away, overwrites it or writes it."""
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    if table == "vault":
        return pk.removeprefix("R#") in erased
    if table == "registry":
        holder = item["l"]["S"] if sk == registry_items.GUARD_SK else sk.removeprefix("R#")
        return holder in erased
    return table == "ledger" and item.get("actor", {}).get("S") == REPLAYER


def are_forgotten(gone: Sequence[Family], guards: Mapping[str, Sequence[str]]) -> list[str]:
    """What is left of erased families: of each that is not wholly forgotten, what it is.

    Args:
        gone: were erased after the backup.
        guards: what each of them held before, by locator.
    """
    left = []
    for family in gone:
        found = _loaded(family)
        if found.case.state is not State.ERASED or found.case.household is not None:
            left.append(f"{family.ref.locator}: its case")
        if found.vault:
            left.append(f"{family.ref.locator}: its sealed identity")
        for guard in guards[family.ref.locator]:
            holder = wiring.store().holder(guard)
            if holder is not None and holder.ref == family.ref:
                left.append(f"{family.ref.locator}: a guard of its numbers")
    return left


def guards_of(families: Sequence[Family]) -> dict[str, tuple[str, ...]]:
    """The guards that families hold, by locator."""
    return {family.ref.locator: tuple(_loaded(family).guards) for family in families}


def _loaded(family: Family) -> Loaded:
    return patiently(partial(wiring.store().load, [family.ref]))[family.ref]


def can_be_opened(stay: Sequence[Family]) -> list[str]:
    """Families whose sealed identity does not open to the numbers that they sent."""
    unlike = []
    for family in stay:
        found = _loaded(family)
        people = open_identity(found, wiring.opener()).people
        if {person.nik for person in people if person.nik} != family.niks:
            unlike.append(family.ref.locator)
    return unlike


def verify_ledger(export: Path, seals: Path, key: Path) -> tuple[bool, str]:
    """What `tepat audit verify` says of an export; True when nothing is wrong."""
    tepat = Path(sys.executable).with_name("tepat")
    ran = subprocess.run(
        [tepat, "audit", "verify", export, "--seals", seals, "--public-key", key],
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode == 0, (ran.stdout or ran.stderr).strip()


def save_key(der: bytes, path: Path) -> None:
    """Save the public key that seals are signed with, as auditors are given it."""
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_der_public_key,
    )

    key = load_der_public_key(der)
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
