"""Screens the corpus, all of it real but storage: `python -m tests.evidence.screened [NAME ...]`.

A process of its own, so that what its children used is the corpus's and nobody else's. It prints a
line of JSON for each file. Processor time is limited as it is when deployed; other time is not,
since a busy machine is no fault of a file.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
from base64 import b64encode
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from chalicelib.adapters import image_remaking, virus_scan
from chalicelib.adapters.image_remaking import ImageRemaker
from chalicelib.adapters.virus_scan import ClamScan
from chalicelib.domain import evidence
from chalicelib.domain.evidence import Piece
from chalicelib.domain.registration import Ref
from chalicelib.domain.sanggah_rules import load_sanggah
from chalicelib.usecases.screen_evidence import Ports, screen_evidence
from tests.evidence import corpus
from tests.evidence.samples import Sample
from tests.fakes_evidence import FakeFiles, FakePieces

DATA = Path(__file__).resolve().parents[2] / "chalicelib/data"
RULES = load_sanggah((DATA / "sanggah/default.json").read_bytes()).on(date(2026, 11, 22))
LIMITS = RULES.evidence
SCANNER = ClamScan("clamscan", str(DATA / "screening"), replace(virus_scan.CAGE, patience_s=300))
IMAGES = ImageRemaker(LIMITS.pixels, LIMITS.pages, replace(image_remaking.CAGE, patience_s=300))
OWNER = Ref("3510152004", "ABCDEFGH23")


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a file.

    Attributes:
        wanted: what must become of it, as `Sample.ends`; `hostile` if it means harm or is broken.
        digest: of what was sent.
        said: the code, of the last delivery if more were needed.
        tries: deliveries.
        pages: base64 of the copies that are in the released bucket.
        processor_s: of all children; `memory_mib` the most that any child had used by then.
    """

    wanted: str
    hostile: bool
    digest: str
    said: str
    tries: int
    state: str
    pages: list[str]
    looks: str
    processor_s: float
    memory_mib: int


def screened(sample: Sample, hostile: bool) -> Ended:
    """Deliver a file's message until it is done."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    digest = hashlib.sha256(sample.content).hexdigest()
    piece = Piece(digest[:32], sample.kind, LIMITS.bytes)
    key = evidence.upload_key(OWNER, piece.id)
    files, pieces = FakeFiles(quarantine={key: sample.content}), FakePieces()
    pieces.kept[OWNER, piece.id] = piece
    ports = Ports(files, pieces, SCANNER, IMAGES, LIMITS)
    for received in range(1, 4):
        try:
            said = screen_evidence(key, received, ports)
            break
        except RuntimeError:
            continue
    assert not files.quarantine
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    ended = pieces.kept[OWNER, piece.id]
    pages = [b64encode(page).decode() for page in files.released.values()]
    memory = after.ru_maxrss // 1024
    about = sample.ends, hostile, digest, said, received, ended.state
    return Ended(*about, pages, ended.looks, round(used, 2), memory)


def main(names: list[str]) -> None:
    good, hostile = corpus.good(), corpus.hostile()
    assert not set(good) & set(hostile)
    for name in names or [*good, *hostile]:
        ended = screened((good | hostile)[name], name in hostile)
        print(json.dumps({"name": name, **asdict(ended)}), flush=True)  # noqa: T201 - a program


if __name__ == "__main__":
    main(sys.argv[1:])
