"""The receipts of an imported list, sealed to the office that prints the letters.

    python -m infra.imports.letters write LIST --stage banyuwangi --source DTSEN-2026-01 \
        --office office.pem --out letters.jsonl
    python -m infra.imports.letters open letters.jsonl --stage banyuwangi --key office-key.pem \
        --out letters.csv

A receipt opens a case, so those of a region lie nowhere in clear: they are sealed to the public key
of the office, which opens them where it prints. They are made anew from the list's numbers and the
stage's key, so this may be done at any time, and again. A family that has another receipt by now,
or has ended its case, gets no letter. docs/bulk.md tells the rest.
"""

from __future__ import annotations

import argparse
import csv
import hmac
import json
import os
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from getpass import getpass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from tqdm import tqdm

from chalicelib import case_wiring, wiring
from chalicelib.adapters.protection import PublicKeySealer, unlock
from chalicelib.domain import receipt
from chalicelib.domain.registration import ENDED_STATES, Ref
from infra import pilot, stages
from infra.bulk_import import refused, wire
from infra.imports.check_and_store import key_of
from infra.imports.columns import FAMILY, ListError, is_head, words
from infra.imports.rows import Rows, families, work_of

if TYPE_CHECKING:
    from chalicelib.domain.areas import Village
    from chalicelib.domain.receipt import Receipt
    from chalicelib.usecases.register import Ports

COLUMNS: Final = ("kode_desa", "desa", "rw", "rt", "alamat", "kepala_keluarga", "nomor_pendaftaran")
_READ: Final = 30  # cases in one call
_SEALED: Final = 200  # letters under one key
_ATTEMPTS: Final = range(1, 4)  # locators besides the first, as registering tries them
_SMALLEST: Final = 2_048  # bits of an office's key
_OAEP: Final = OAEP(MGF1(hashes.SHA256()), hashes.SHA256(), None)

Letter = Sequence[str]


class LettersError(ValueError):
    """The letters cannot be written or opened; one sentence says why."""


@dataclass
class Count:
    """Letters, and families of the list that get none."""

    letters: int = 0
    none: int = 0


def letters(
    listed: Iterable[Rows],
    source: str,
    ports: Ports,
    villages: Mapping[str, Village],
    count: Count,
) -> Iterator[Letter]:
    """The letters of a list, in its order.

    Args:
        listed: its families.
        source: the name that it was imported under.
        ports: of registering; nothing is written.
        villages: of the region, by code.
        count: is told what became of each family.
    """
    places = {code: village.index for code, village in villages.items()}
    rest = iter(listed)
    while some := list(islice(rest, _READ)):
        asked = [rows for rows in some if not rows.fault and _village(rows) in places]
        count.none += len(some) - len(asked)
        first = [_paper(rows, source, places, 0, ports) for rows in asked]
        good = _that_open(first, ports)
        for rows, paper in zip(asked, first, strict=True):
            holds = paper if paper in good else _another(rows, source, places, ports)
            if holds is None:
                count.none += 1
            else:
                count.letters += 1
                yield _letter(rows, holds.receipt, villages[_village(rows)])


@dataclass(frozen=True, slots=True)
class _Paper:
    """A receipt that a family of the list may have."""

    ref: Ref
    receipt: Receipt


def _paper(
    rows: Rows, source: str, places: Mapping[str, int], attempt: int, ports: Ports
) -> _Paper:
    key, village = key_of(source, rows.rows[0].cells[FAMILY]), _village(rows)
    made = receipt.derive(ports.index.mac, key, places[village], attempt)
    return _Paper(Ref(village, made.locator), made)


def _that_open(papers: Sequence[_Paper], ports: Ports) -> set[_Paper]:
    """Those whose secret opens a case that goes on."""
    cases = ports.store.load(list(dict.fromkeys(paper.ref for paper in papers)))
    good = set()
    for paper in papers:
        found = cases.get(paper.ref)
        if found is not None and found.case.state not in ENDED_STATES:
            secret = receipt.secret_mac(ports.index.mac, paper.receipt)
            if hmac.compare_digest(found.case.secret_mac, secret):
                good.add(paper)
    return good


def _another(rows: Rows, source: str, places: Mapping[str, int], ports: Ports) -> _Paper | None:
    """The receipt of a family whose first locator met another's by chance; None for no receipt."""
    tried = [_paper(rows, source, places, attempt, ports) for attempt in _ATTEMPTS]
    return next(iter(_that_open(tried, ports)), None)


def _village(rows: Rows) -> str:
    return _said_once(rows, "kode_desa").replace(".", "")


def _said_once(rows: Rows, column: str) -> str:
    """What belongs to the family may stand in any of its rows."""
    return next((row.cells[column] for row in rows.rows if row.cells[column]), "")


def _letter(rows: Rows, paper: Receipt, village: Village) -> Letter:
    heads = (row.cells["nama"] for row in rows.rows if is_head(row.cells["hubungan"]))
    place = (_said_once(rows, column) for column in ("rw", "rt", "alamat"))
    return (village.code, village.name, *place, next(heads), paper.text)


def write_sealed(found: Iterable[Letter], key: bytes, stage: str, source: str, out: Path) -> None:
    """Seal letters to an office's public key, as a whole file or none.

    Args:
        found: the letters.
        key: SubjectPublicKeyInfo, DER.
        stage, source: what the letters are bound to.
        out: the file; a line is a batch, and the last says that it is the last.
    """
    sealer, rest, number = PublicKeySealer(key, stage), iter(found), 0
    unfinished = out.with_name(f"{out.name}.unfinished")
    with unfinished.open("w", encoding="ascii") as lines:
        while batch := list(islice(rest, _SEALED)):
            plain = json.dumps(batch, ensure_ascii=False, separators=(",", ":")).encode()
            sealed = sealer.seal(plain, _context(source, number))
            body = {
                "k": b64encode(sealed.wrapped_key).decode(),
                "b": b64encode(sealed.blob).decode(),
            }
            lines.write(json.dumps(body) + "\n")
            number += 1
        lines.write(json.dumps({"end": number, "source": source}) + "\n")
    unfinished.replace(out)


def open_sealed(path: Path, key: RSAPrivateKey, stage: str) -> Iterator[Letter]:
    """Open letters with the office's private key.

    Raises:
        LettersError: the file is cut off or changed, of another stage or for another office; the
            last letters may have been given by then.
    """
    try:
        with path.open(encoding="ascii") as lines:
            source = _last(path)["source"]
            for number, line in enumerate(lines):
                body = json.loads(line)
                if body.get("end") == number:
                    return
                secret = key.decrypt(b64decode(body["k"]), _OAEP)
                yield from json.loads(
                    unlock(b64decode(body["b"]), secret, stage, _context(source, number))
                )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LettersError(
            f"{path.name} is cut off or changed, of another stage, or sealed to another office"
        ) from None


def _last(path: Path) -> dict[str, str]:
    """The last line of a file, which says that nothing is missing."""
    with path.open("rb") as data:
        data.seek(max(path.stat().st_size - 300, 0))
        found: dict[str, str] = json.loads(data.read().splitlines()[-1])
        return found


def _context(source: str, number: int) -> str:
    return f"letters|{source}|{number}"


def _write(options: argparse.Namespace) -> str:
    key = serialization.load_pem_public_key(options.office.read_bytes())
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST:
        raise LettersError(
            f"{options.office.name} is no public RSA key of {_SMALLEST} bits or more"
        )
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    count = Count()
    with pilot.reached(options) as local_port:
        wire(options.stage, local_port)
        _seal_all(options, der, count)
    return (
        f"{count.letters:,} letters are sealed in {options.out}; {count.none:,} families get none:"
        " not imported, ended, or with a newer receipt"
    )


def _seal_all(options: argparse.Namespace, der: bytes, count: Count) -> None:
    ports = case_wiring.register_ports()
    with tqdm(total=work_of(options.list), desc="letters", unit_scale=True, disable=None) as bar:
        listed = families(options.list, words(wiring.questions()), bar.update)
        made = letters(listed, options.source, ports, wiring.villages(), count)
        write_sealed(made, der, options.stage, options.source, options.out)


def _open(options: argparse.Namespace) -> str:
    pem = options.key.read_bytes()
    word = getpass("Passphrase of the key: ").encode() if b"ENCRYPTED" in pem else None
    key = serialization.load_pem_private_key(pem, word)
    if not isinstance(key, RSAPrivateKey):
        raise LettersError(f"{options.key.name} is no private RSA key")
    unfinished, count = options.out.with_name(f"{options.out.name}.unfinished"), 0
    try:
        mine = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(mine, "w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(COLUMNS)
            for letter in open_sealed(options.list, key, options.stage):
                out.writerow(letter)
                count += 1
        unfinished.replace(options.out)
    finally:
        unfinished.unlink(missing_ok=True)
    return f"{count:,} letters are open in {options.out}: print them, then delete that file"


def main(argv: Sequence[str] | None = None) -> int:
    """Write or open letters from the command line.

    Returns:
        0, or 1 when it could not be done, which one sentence says.
    """
    parser = argparse.ArgumentParser(
        description=__doc__,
        prog="python -m infra.imports.letters",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deeds = parser.add_subparsers(required=True)
    writing, opening = deeds.add_parser("write"), deeds.add_parser("open")
    for each, do in ((writing, _write), (opening, _open)):
        each.set_defaults(do=do)
        each.add_argument("list", type=Path, help="the list, or the sealed letters")
        each.add_argument("--stage", required=True, choices=stages.names())
        each.add_argument("--out", type=Path, required=True, help="the file to write")
    pilot.add_endpoint(writing)
    writing.add_argument("--source", required=True, help="the name it was imported under")
    writing.add_argument("--office", type=Path, required=True, help="public key, PEM")
    opening.add_argument("--key", type=Path, required=True, help="private key, PEM")
    options = parser.parse_args(argv)
    if options.out.exists():
        return refused(f"{options.out} is there already; no letters were written.")
    try:
        print(options.do(options))
    except (LettersError, ListError) as fault:
        return refused(f"{fault}; no letters were written.")
    except (OSError, ValueError, TypeError) as fault:
        return refused(
            f"No letters were written: {type(fault).__name__}: a key or file is not readable"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
