"""Export everything of a pilot to open files, or look through an export.

    python -m infra.bulk_export --stage banyuwangi --out FOLDER
    python -m infra.bulk_export --check FOLDER

Tables as gzipped lines of DynamoDB JSON, the published seals, the ledger as auditors read it, and
a manifest of counts and hashes. What is sealed leaves sealed. Whoever may open it can seal its keys
to another office besides: `--seal-to office.pem`. docs/bulk.md tells the rest.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from tqdm import tqdm

from infra import audit_export, pilot, stages, table_files
from infra.account import Account
from infra.pace import Pace
from infra.table_files import FilesError, Item, Manifest, Told, sha256_of

TABLES: Final = ("registry", "vault", "ledger", "ops")
FILES, FILES_MANIFEST = "files", "files.json"
LEDGER: Final = "audit.jsonl"
KEYS: Final = "vault-keys.jsonl.gz"
READ_UNITS: Final = 6_000
"""Half of the 12,000 read units a second that a new table on demand bears from the first one."""
_AT_ONCE: Final = 8  # questions to the key service
_BATCH: Final = 400
_SMALLEST: Final = 2_048
_OAEP: Final = OAEP(MGF1(hashes.SHA256()), hashes.SHA256(), None)


def export(
    account: Account,
    given: Mapping[str, str],
    out: Path,
    *,
    evidence: bool = False,
    seal_to: RSAPublicKey | None = None,
    units: int = READ_UNITS,
) -> Manifest:
    """Write a pilot into a folder, which is there whole or not at all.

    The tables are read one after another while the pilot goes on; for one instant of all of them
    nobody may write, or tables are given that were restored to it.

    Args:
        account: where the pilot is.
        given: outputs of its resources with the parameters of its stage.
        out: the folder; it must not be there.
        evidence: whether the clean copies of evidence go with it: photos, in clear.
        seal_to: whom the vault's keys are sealed to besides; whoever exports must be allowed to
            open them, and pays one question to the key service for each.
        units: read units a second.

    Raises:
        FilesError: the folder is there already.
    """
    if out.exists():
        raise FilesError(f"{out} is there already; nothing was written")
    folder = out.with_name(f"{out.name}.unfinished")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    s3 = account.client("s3")
    hashed = _copy(s3, given["SiteBucket"], "audit/", folder, "site")
    if evidence:
        hashed |= _copy(s3, given["ReleasedBucket"], "", folder, "released")
    with (folder / LEDGER).open("wb") as file:
        audit_export.write(account, dict(given), time.time_ns() // 1_000_000, file)
    hashed[LEDGER] = sha256_of(folder / LEDGER)
    tables = {name: given[f"{name.title()}Table"] for name in TABLES}
    about = {"stage": given["Stage"], "region": given["Region"], "sealed_to": given["OpeningKeyId"]}
    with _bar("items") as told:
        client, pace = account.client("dynamodb"), Pace(units)
        manifest = table_files.write_tables(client, tables, folder, about, pace=pace, told=told)
    if seal_to is not None:
        vault = next(each for each in manifest.tables if each.name == "vault")
        with _bar("keys") as told:
            items = table_files.items_of(folder, vault)
            opened = _opener(account.client("kms"), given["OpeningKeyId"])
            _seal_keys(items, opened, seal_to, folder / KEYS, told)
        hashed[KEYS] = sha256_of(folder / KEYS)
    text = json.dumps(hashed, indent=1, sort_keys=True) + "\n"
    (folder / FILES_MANIFEST).write_text(text, "utf-8")
    folder.replace(out)
    return manifest


def check(out: Path) -> tuple[Manifest, int]:
    """Compare every file of an export with what its manifests say.

    Returns:
        The manifest of its tables, and how many other files there are.

    Raises:
        FilesError: something is missing, cut off or changed.
    """
    with _bar("items") as told:
        manifest = table_files.check_files(out, told)
    try:
        named: dict[str, str] = json.loads((out / FILES_MANIFEST).read_bytes())
        places = {path: _inside(out, path) for path in named}
        wrong = [path for path, place in places.items() if sha256_of(place) != named[path]]
    except FilesError:
        raise
    except FileNotFoundError as error:
        raise FilesError(f"{Path(str(error.filename)).name} is missing") from None
    except (ValueError, AttributeError, TypeError):
        raise FilesError(f"{FILES_MANIFEST} is no list of files") from None
    if wrong:
        raise FilesError(f"{', '.join(sorted(wrong))} was changed or is cut off")
    return manifest, len(named)


def _copy(s3: Any, bucket: str, prefix: str, folder: Path, kind: str) -> dict[str, str]:  # noqa: ANN401 - boto3's client
    """Copy a bucket's files; gives the SHA-256 of each."""
    hashed = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", ()):
            path = f"{FILES}/{kind}/{each['Key']}"
            target = _inside(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                shutil.copyfileobj(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"], file)
            hashed[path] = sha256_of(target)
    return hashed


def _inside(folder: Path, path: str) -> Path:
    """A place in the folder, wherever a name would lead."""
    place = (folder / path).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise FilesError("a file is named outside of its folder")
    return place


def _opener(kms: Any, key_id: str) -> Callable[[bytes], bytes]:  # noqa: ANN401 - boto3's client
    def opened(wrapped: bytes) -> bytes:
        named = {"KeyId": key_id, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
        found: bytes = kms.decrypt(CiphertextBlob=wrapped, **named)["Plaintext"]
        return found

    return opened


def _seal_keys(
    items: Iterator[Item],
    opened: Callable[[bytes], bytes],
    to: RSAPublicKey,
    path: Path,
    told: Told,
) -> None:
    """Open the key of each vault item and seal it to somebody else; nothing else is opened.

    A line is {"pk", "sk", "k"}: the item, and its key under RSA-OAEP with SHA-256.
    """

    def sealed(item: Item) -> bytes:
        body = {name: item[name]["S"] for name in ("pk", "sk")}
        body["k"] = b64encode(to.encrypt(opened(item["k"]["B"]), _OAEP)).decode()
        return json.dumps(body, separators=(",", ":")).encode() + b"\n"

    with ThreadPoolExecutor(_AT_ONCE) as pool, gzip.open(path, "wb") as out:
        while some := list(islice(items, _BATCH)):
            out.writelines(pool.map(sealed, (item for item in some if "k" in item)))
            told(len(some))


@contextmanager
def _bar(what: str) -> Iterator[Told]:
    with tqdm(unit=f" {what}", unit_scale=True, disable=None) as bar:
        yield bar.update


def _key(path: Path) -> RSAPublicKey:
    found = serialization.load_pem_public_key(path.read_bytes())
    if not isinstance(found, RSAPublicKey) or found.key_size < _SMALLEST:
        raise FilesError(f"{path.name} is no public RSA key of {_SMALLEST} bits or more")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Export or check from the command line.

    Returns:
        0, or 1 when it could not be done or is not whole, which one sentence says.
    """
    parser = argparse.ArgumentParser(
        description=__doc__,
        prog="python -m infra.bulk_export",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--stage", choices=stages.names(), help="the pilot")
    pilot.add_endpoint(parser)
    parser.add_argument("--out", type=Path, help="the folder to write")
    parser.add_argument("--evidence", action="store_true", help="photos too, in clear")
    parser.add_argument("--seal-to", type=Path, metavar="KEY.pem", help="another office's key")
    parser.add_argument("--units", type=int, default=READ_UNITS, help="a second (%(default)s)")
    parser.add_argument("--check", type=Path, metavar="FOLDER", help="look through an export")
    options = parser.parse_args(argv)
    if not options.check and not (options.stage and options.out):
        parser.error("an export needs --stage and --out")
    try:
        if options.check:
            manifest, files = check(options.check)
            return _told(f"{options.check} is whole", manifest.tables, files)
        to = _key(options.seal_to) if options.seal_to else None
        with pilot.reached(options) as local_port:
            account, given = pilot.opened(options.stage, local_port)
            more = {"evidence": options.evidence, "seal_to": to, "units": options.units}
            manifest = export(account, given, options.out, **more)
    except FilesError as fault:
        print(f"{fault}.", file=sys.stderr)
        return 1
    except (OSError, ValueError, BotoCoreError, ClientError) as fault:
        print(f"Nothing was exported: {type(fault).__name__}, {fault}.", file=sys.stderr)
        return 1
    files = len(json.loads((options.out / FILES_MANIFEST).read_bytes()))
    return _told(f"{options.out}", manifest.tables, files)


def _told(what: str, tables: Iterable[table_files.TableFile], files: int) -> int:
    counts = ", ".join(f"{each.name} {each.items:,}" for each in tables)
    print(f"{what}: items of {counts}; {files:,} other files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
