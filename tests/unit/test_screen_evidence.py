"""What becomes of an upload: released once, refused with a reason, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pytest

from chalicelib.domain import evidence
from chalicelib.domain.errors import TryAgain
from chalicelib.domain.evidence import FileKind, Piece, PieceState, Remade, Unfit, Why
from chalicelib.domain.registration import Ref
from chalicelib.usecases import screen_evidence as screening
from chalicelib.usecases.screen_evidence import Ports, screen_evidence
from tests.fakes_evidence import GOOD, FakeFiles, FakeImages, FakePieces, FakeScanner
from tests.fakes_memory import FakeAws
from tests.unit.granted_photo import JPEG, LIMITS, OWNER, PIECE

T = TypeVar("T")
KEY = evidence.upload_key(OWNER, PIECE.id)
PAGE = evidence.page_key(OWNER, PIECE.id, 1)


@dataclass
class Screen:
    """One piece that was granted, and its upload."""

    aws: FakeAws = field(default_factory=FakeAws)
    scanner: FakeScanner = field(default_factory=FakeScanner)
    images: FakeImages = field(default_factory=FakeImages)

    def __post_init__(self) -> None:
        self.files = FakeFiles(self.aws, quarantine={KEY: JPEG})
        self.pieces = FakePieces(self.aws, {(OWNER, PIECE.id): PIECE})

    @property
    def piece(self) -> Piece:
        return self.pieces.kept[OWNER, PIECE.id]

    @piece.setter
    def piece(self, piece: Piece) -> None:
        self.pieces.kept[OWNER, PIECE.id] = piece

    def take(self, received: int = 1, key: str = KEY) -> str:
        ports = Ports(self.files, self.pieces, self.scanner, self.images, LIMITS)
        return screen_evidence(key, received, ports)

    def take_until_dead(self) -> list[str]:
        """Deliver the message three times, or until it is done; what each delivery came to."""
        said = []
        for received in (1, 2, 3):
            try:
                said.append(self.take(received))
            except (RuntimeError, TryAgain, Killed) as error:
                said.append(type(error).__name__)
            else:
                break
        return said


class Killed(BaseException):
    """The process is gone: nothing catches this."""


def test_a_good_photo_is_released_and_the_upload_deleted() -> None:
    screen = Screen()
    assert screen.take() == screening.RELEASED
    assert screen.piece == replace(
        PIECE, state=PieceState.RELEASED, tries=1, pages=1, looks=GOOD.looks
    )
    assert screen.files.released == {PAGE: GOOD.pages[0]}
    assert not screen.files.quarantine
    assert screen.aws.calls == [
        *("GetItem", "GetObject", "TransactWriteItems"),
        *("PutObject", "TransactWriteItems", "DeleteObject"),
    ]


def test_every_page_of_a_paper_is_released() -> None:
    screen = Screen(images=FakeImages(replace(GOOD, pages=(b"one", b"two"))))
    screen.take()
    assert screen.piece.pages == 2
    assert screen.files.released == {
        evidence.page_key(OWNER, PIECE.id, 1): b"one",
        evidence.page_key(OWNER, PIECE.id, 2): b"two",
    }


def test_a_dark_photo_is_released_and_its_sender_told() -> None:
    screen = Screen(images=FakeImages(replace(GOOD, brightness=3)))
    screen.take()
    assert (screen.piece.state, screen.piece.why) == (PieceState.RELEASED, Why.DARK)


REFUSED = {
    Why.TOO_LARGE: Screen,
    Why.WRONG_TYPE: Screen,
    Why.VIRUS: lambda: Screen(scanner=FakeScanner(Unfit(Why.VIRUS))),
    Why.NO_SCANNER: lambda: Screen(scanner=FakeScanner(Unfit(Why.NO_SCANNER))),
    Why.BROKEN: lambda: Screen(images=FakeImages(fails=[Unfit(Why.BROKEN)])),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_refused_is_not_released_and_is_deleted(why: Why) -> None:
    screen = REFUSED[why]()
    if why is Why.TOO_LARGE:
        screen.files.quarantine[KEY] = JPEG + bytes(PIECE.size)
    if why is Why.WRONG_TYPE:
        screen.files.quarantine[KEY] = b"<html>"
    assert screen.take() == why
    assert (screen.piece.state, screen.piece.why) == (PieceState.REFUSED, why)
    assert not screen.files.released
    assert not screen.files.quarantine


def test_what_does_not_pass_the_scanner_is_not_opened() -> None:
    for why in (Why.VIRUS, Why.NO_SCANNER):
        screen = Screen(scanner=FakeScanner(Unfit(why)))
        screen.take()
        assert screen.images.opened == 0


@pytest.mark.parametrize("key", ["x", f"{KEY}/1.jpg", "3510152004/ABCDEFGH23/IMG_1.jpg"])
def test_a_key_that_we_never_grant_changes_nothing(key: str) -> None:
    screen = Screen()
    screen.files.quarantine[key] = JPEG
    assert screen.take(key=key) == screening.UNKNOWN
    assert screen.piece == PIECE
    assert screen.files.quarantine == {KEY: JPEG}
    assert not screen.files.released


@pytest.mark.parametrize(
    "owner", [Ref("3510152004", "ABCDEFGH24"), Ref("5203012001", "ABCDEFGH23")]
)
def test_a_piece_of_another_owner_changes_nothing(owner: Ref) -> None:
    screen = Screen()
    foreign = evidence.upload_key(owner, PIECE.id)
    screen.files.quarantine[foreign] = JPEG
    assert screen.take(key=foreign) == screening.UNKNOWN
    assert screen.pieces.kept == {(OWNER, PIECE.id): PIECE}
    assert screen.files.quarantine == {KEY: JPEG}
    assert not screen.files.released


def test_a_second_use_of_a_grant_changes_nothing() -> None:
    screen = Screen()
    screen.take()
    before, released = screen.piece, dict(screen.files.released)
    screen.files.quarantine[KEY] = JPEG + b" another photo"
    screen.images.remade = replace(GOOD, pages=(b"another page",), looks="f0f0f0f0f0f0f0f0")
    assert screen.take() == screening.SETTLED
    assert (screen.piece, screen.files.released) == (before, released)
    assert not screen.files.quarantine


def test_a_message_that_comes_twice_changes_nothing_twice() -> None:
    screen = Screen()
    screen.take()
    before = screen.piece
    assert screen.take(received=2) == screening.SETTLED
    assert screen.piece == before
    assert screen.images.opened == 1


def test_an_upload_that_is_gone_changes_nothing() -> None:
    screen = Screen()
    screen.files.quarantine.clear()
    assert screen.take() == screening.GONE
    assert screen.piece == PIECE


def test_two_uploads_screened_at_a_time_are_never_mixed() -> None:
    """Copies of one and the hash of another would show officers what nobody compared."""
    screen = Screen()
    screen.files.released[PAGE] = b"the page of an upload that is being screened elsewhere"
    with pytest.raises(TryAgain):
        screen.take()
    assert not screen.piece.settled


def test_a_screening_that_breaks_once_is_tried_again() -> None:
    screen = Screen(images=FakeImages(fails=[RuntimeError()]))
    assert screen.take_until_dead() == ["RuntimeError", screening.RELEASED]


def test_what_breaks_the_screening_each_time_is_refused_at_the_third() -> None:
    screen = Screen(images=FakeImages(fails=[RuntimeError()] * 9))
    assert screen.take_until_dead() == ["RuntimeError", "RuntimeError", Why.GAVE_UP]
    assert (screen.piece.state, screen.piece.why) == (PieceState.REFUSED, Why.GAVE_UP)
    assert not screen.files.released
    assert not screen.files.quarantine


def test_what_kills_the_worker_is_not_opened_a_third_time() -> None:
    screen = Screen(images=FakeImages(fails=[Killed(), Killed(), Killed()]))
    assert screen.take_until_dead() == ["Killed", "Killed", Why.GAVE_UP]
    assert screen.images.opened == 2
    assert screen.piece.state is PieceState.REFUSED
    assert not screen.files.released


def test_a_scanner_that_breaks_each_time_releases_nothing() -> None:
    screen = Screen(scanner=FakeScanner(RuntimeError()))
    assert screen.take_until_dead()[-1] == Why.GAVE_UP
    assert screen.images.opened == 0
    assert not screen.files.released


def test_an_error_before_anything_is_opened_does_not_count_as_a_try() -> None:
    screen = Screen()
    refusing = screen.files.fetch

    def fetch(key: str, most: int) -> bytes | None:
        screen.files.fetch = refusing  # type: ignore[method-assign]  # the next time it is there
        raise TryAgain

    for received in (1, 2):
        screen.files.fetch = fetch  # type: ignore[method-assign]  # storage is busy
        with pytest.raises(TryAgain):
            screen.take(received)
    assert screen.piece.tries == 0
    assert screen.take(received=3) == screening.RELEASED


@pytest.mark.parametrize("dies_at", range(6))
def test_a_worker_that_dies_at_any_call_leaves_no_half(dies_at: int) -> None:
    """Before or after each of the six calls: the next delivery ends it, and as if none had died."""
    for after in (False, True):
        screen = Screen(aws=DyingAws(dies_at, after=after))
        with pytest.raises(Killed):
            screen.take()
        assert (screen.piece.state is PieceState.RELEASED) <= (PAGE in screen.files.released)
        said = screen.take(received=2)
        assert said in (screening.RELEASED, screening.SETTLED)
        assert screen.piece.state is PieceState.RELEASED
        assert screen.files.released == {PAGE: GOOD.pages[0]}
        assert not screen.files.quarantine


class DyingAws(FakeAws):
    """Ends the process before or after its n-th call, once."""

    def __init__(self, at: int, *, after: bool) -> None:
        super().__init__()
        self.at, self.after = at, after

    def call(self, name: str, do: Callable[[], T]) -> T:
        dies = len(self.calls) == self.at
        if dies and not self.after:
            self.calls.append(name)
            raise Killed
        answer = super().call(name, do)
        if dies:
            raise Killed
        return answer


def test_the_hash_and_the_kind_are_of_the_piece() -> None:
    asked: list[FileKind] = []

    class Images(FakeImages):
        def remake(self, content: bytes, kind: FileKind) -> Remade:
            asked.append(kind)
            return super().remake(content, kind)

    screen = Screen(images=Images())
    screen.piece = replace(PIECE, kind=FileKind.PNG)
    screen.files.quarantine[KEY] = evidence.BEGINNINGS[FileKind.PNG]
    assert screen.take() == screening.RELEASED
    assert asked == [FileKind.PNG]
