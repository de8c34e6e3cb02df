"""What is known of a piece of evidence before anything opens it, and when two photos are alike."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chalicelib.domain import evidence
from chalicelib.domain.evidence import FileKind, Piece, PieceState, Remade, Unfit, Why
from tests.unit.granted_photo import JPEG, LIMITS, OWNER, PIECE
from tests.world import DATA

GOOD = Remade((b"",), "00ff00ff00ff00ff", sharpness=500, brightness=120)


def test_a_key_tells_its_owner_and_piece() -> None:
    key = evidence.upload_key(OWNER, PIECE.id)
    assert key == f"3510152004/ABCDEFGH23/{PIECE.id}"
    assert evidence.read_key(key) == (OWNER, PIECE.id)
    assert evidence.page_key(OWNER, PIECE.id, 3) == f"{key}/3.jpg"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "3510152004/ABCDEFGH23",
        f"351015200/ABCDEFGH23/{PIECE.id}",
        f"３５１０152004/ABCDEFGH23/{PIECE.id}",  # digits of another script
        f"3510152004/ABCDEFGH21/{PIECE.id}",  # 1 is no letter of a locator
        f"3510152004/ABCDEFGH23/{PIECE.id.upper()}",
        f"3510152004/ABCDEFGH23/{PIECE.id}\n",
        f"3510152004/ABCDEFGH23/{PIECE.id}/1.jpg",
        f"../3510152004/ABCDEFGH23/{PIECE.id}",
    ],
)
def test_another_key_is_nobodys(key: str) -> None:
    assert evidence.read_key(key) is None


def test_a_file_is_what_its_first_bytes_say() -> None:
    assert evidence.kind_of(JPEG) is FileKind.JPEG
    assert evidence.kind_of(b"\x89PNG\r\n\x1a\n....") is FileKind.PNG
    assert evidence.kind_of(b"%PDF-1.7") is FileKind.PDF
    for other in (b"", b"GIF89a", b"<svg", b"\n%PDF-1.7", b"PK\x03\x04", b"RIFF....WEBP"):
        assert evidence.kind_of(other) is None


def test_media_types_are_those_of_http() -> None:
    assert [kind.media_type for kind in FileKind] == ["image/jpeg", "image/png", "application/pdf"]


def why(content: bytes, piece: Piece) -> Why | None:
    try:
        evidence.check(content, piece, LIMITS)
    except Unfit as unfit:
        return unfit.why
    return None


def test_a_file_is_as_large_and_of_the_kind_that_was_granted() -> None:
    assert why(JPEG, PIECE) is None
    assert why(JPEG, replace(PIECE, size=4)) is None
    assert why(JPEG, replace(PIECE, size=3)) is Why.TOO_LARGE
    assert why(JPEG, replace(PIECE, kind=FileKind.PNG)) is Why.WRONG_TYPE
    assert why(b"", PIECE) is Why.WRONG_TYPE
    greedy = replace(
        PIECE, size=LIMITS.bytes + 100
    )  # a grant never says so; the limit holds all the same
    assert why(JPEG + bytes(LIMITS.bytes), greedy) is Why.TOO_LARGE


def test_a_verdict_says_why_wherever_it_is_printed() -> None:
    assert str(Unfit(Why.VIRUS)) == "evidence_virus"


def test_a_sender_is_told_of_a_photo_that_cannot_be_seen_well() -> None:
    assert evidence.advice(GOOD, LIMITS) == ""
    assert evidence.advice(replace(GOOD, sharpness=LIMITS.blur_below), LIMITS) == ""
    assert evidence.advice(replace(GOOD, sharpness=LIMITS.blur_below - 1), LIMITS) == Why.BLURRED
    assert evidence.advice(replace(GOOD, brightness=LIMITS.dark_below), LIMITS) == ""
    night = replace(GOOD, brightness=LIMITS.dark_below - 1, sharpness=0)
    assert evidence.advice(night, LIMITS) == Why.DARK


def test_photos_are_alike_when_few_bits_differ() -> None:
    one, other = "00ff00ff00ff00ff", "00ff00ff00ff00f0"
    assert evidence.alike(one, one, 0)
    assert evidence.alike(one, other, 4)
    assert not evidence.alike(one, other, 3)


@pytest.mark.parametrize(
    "plain",
    ["", "0000000000000000", "ffffffffffffffff", "000000000000000f", "fffffffffffffff0"],
)
def test_a_plain_photo_is_like_none(plain: str) -> None:
    """Two photos of a wall are not one photo."""
    assert not evidence.alike(plain, plain, 64)


def test_screening_ends_in_one_of_two_states() -> None:
    settled = {state for state in PieceState if replace(PIECE, state=state).settled}
    assert settled == {PieceState.RELEASED, PieceState.REFUSED}


def test_every_verdict_has_words_for_its_sender() -> None:
    words = json.loads((DATA / "words/faults.id.json").read_bytes())
    assert not [why for why in Why if not words.get(why)]
