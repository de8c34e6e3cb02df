"""The ports of evidence in memory; every call of AWS goes through `FakeAws.call`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.domain.errors import Fault, TryAgain
from chalicelib.domain.evidence import FileKind, Piece, Remade
from chalicelib.domain.registration import Ref
from chalicelib.usecases.evidence_ports import Grant
from tests.fakes_memory import FakeAws
from tests.fakes_refusals import check_path

GOOD = Remade((b"\xff\xd8\xff page",), "00ff00ff00ff00ff", sharpness=500, brightness=120)


@dataclass
class FakeFiles:
    """The two buckets of evidence: key -> content."""

    aws: FakeAws = field(default_factory=FakeAws)
    quarantine: dict[str, bytes] = field(default_factory=dict)
    released: dict[str, bytes] = field(default_factory=dict)

    def fetch(self, key: str, most: int) -> bytes | None:
        def read() -> bytes | None:
            check_path(key)
            found = self.quarantine.get(key)
            return None if found is None else found[: most + 1]

        return self.aws.call("GetObject", read)

    def release(self, key: str, page: bytes) -> None:
        def write() -> bytes:
            check_path(key)
            return self.released.setdefault(key, page)

        if self.aws.call("PutObject", write) != page:
            raise TryAgain(Fault("busy"))

    def remove(self, key: str) -> None:
        def delete() -> None:
            check_path(key)
            self.quarantine.pop(key, None)

        self.aws.call("DeleteObject", delete)


@dataclass
class FakeCopies:
    """Clean copies, to those who forget them."""

    aws: FakeAws = field(default_factory=FakeAws)

    def erase(self, keys: Sequence[str]) -> None:
        def delete() -> None:
            for key in keys:
                check_path(key)
                self.aws.released.pop(key, None)

        self.aws.call("DeleteObjects", delete)


class FakeGrants:
    """Signs nothing; what was asked for stands in the form."""

    def grant(self, key: str, kind: FileKind, size: int, *, after: str = "") -> Grant:
        fields = {"key": key, "Content-Type": kind.media_type, "size": str(size), "after": after}
        return Grant("https://quarantine.example/", fields)

    def link(self, key: str, name: str) -> str:
        return f"https://released.example/{key}?name={name}"


@dataclass
class FakePieces:
    """Pieces by owner and id."""

    aws: FakeAws = field(default_factory=FakeAws)
    kept: dict[tuple[Ref, str], Piece] = field(default_factory=dict)

    def load(self, owner: Ref, piece: str) -> Piece | None:
        return self.aws.call("GetItem", lambda: self.kept.get((owner, piece)))

    def settle(self, owner: Ref, piece: Piece) -> bool:
        def write() -> bool:
            stored = self.kept.get((owner, piece.id))
            if stored is None or (stored.settled and stored != piece):
                return False
            self.kept[owner, piece.id] = piece
            return True

        return self.aws.call("TransactWriteItems", write)


@dataclass
class FakeScanner:
    """Finds what it is told to find."""

    finds: Exception | None = None

    def scan(self, content: bytes) -> None:
        del content
        if self.finds:
            raise self.finds


@dataclass
class FakeImages:
    """Makes the copies that it is told to make; `fails` is raised instead while there are some."""

    remade: Remade = GOOD
    fails: list[BaseException] = field(default_factory=list)
    opened: int = 0

    def remake(self, content: bytes, kind: FileKind) -> Remade:
        del content, kind
        self.opened += 1
        if self.fails:
            raise self.fails.pop(0)
        return self.remade
