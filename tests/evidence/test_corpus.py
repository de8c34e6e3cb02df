"""Nothing hostile is shown to an officer or left in a copy, and nothing kills the worker.

The whole corpus goes through the real screening once, in a process of its own. Making its files
takes seconds, so only that process does, and each test is about all of them: what it fails with
names the files that are wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from chalicelib.domain.evidence import FileKind, PieceState, alike
from tests.evidence import photos
from tests.evidence.photos import CORNER, scene, turned
from tests.evidence.samples import CANARIES, CANARY, EITHER, RELEASED
from tests.evidence.screened import RULES

ROOT = Path(__file__).resolve().parents[2]
MEMORY_MIB, PROCESSOR_S = 512, 30
# Of a JPEG file by Pillow: JFIF's own head, tables, the frame, the scan (ITU-T T.81, table B.1).
WRITTEN = {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}

pytestmark = pytest.mark.xdist_group("evidence")


@cache
def ended() -> dict[str, dict[str, Any]]:
    """What became of each file."""
    return {each["name"]: each for each in screen()}


def good() -> dict[str, dict[str, Any]]:
    """What became of what families send."""
    return {name: found for name, found in ended().items() if not found["hostile"]}


def hostile() -> dict[str, dict[str, Any]]:
    """What became of what means harm."""
    return {name: found for name, found in ended().items() if found["hostile"]}


def screen(*names: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.evidence.screened", *names]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
    assert ran.returncode == 0, ran.stderr[-3_000:]
    return [json.loads(line) for line in ran.stdout.splitlines()]


def pages(name: str) -> list[bytes]:
    return [b64decode(page) for page in ended()[name]["pages"]]


def segments(photo: bytes) -> Iterator[int]:
    """The markers of a JPEG file; fails if anything stands behind its end."""
    place = 2
    while photo[place + 1] != 0xDA:
        yield photo[place + 1]
        place += 2 + int.from_bytes(photo[place + 2 : place + 4], "big")
    yield 0xDA
    assert photo[:2] == b"\xff\xd8"
    assert photo.index(b"\xff\xd9", place) == len(photo) - 2


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(hostile()) >= 60
    assert len({found["digest"] for found in hostile().values()}) == len(hostile())
    assert len(good()) >= 40


def test_what_families_send_is_released() -> None:
    kept = [name for name in good() if not pages(name) or good()[name]["said"] != RELEASED]
    assert kept == []


def test_what_is_hostile_ends_as_it_must() -> None:
    other = {
        name: (found["wanted"], found["said"], found["state"])
        for name, found in hostile().items()
        if found["wanted"] not in (found["said"], EITHER)
        or found["state"] not in (PieceState.RELEASED, PieceState.REFUSED)
        or bool(found["pages"]) != (found["state"] == PieceState.RELEASED)
    }
    assert other == {}


def test_a_copy_holds_pixels_and_nothing_else() -> None:
    looked = 0
    for name in ended():
        for page in pages(name):
            assert set(segments(page)) == WRITTEN, name
            assert not any(canary in page for canary in CANARIES), name
            shown = Image.open(BytesIO(page), formats=("JPEG",))
            shown.load()
            assert max(shown.size) <= 2400, name
            about = set(shown.info)
            assert about <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}, name
            looked += 1
    assert looked >= len(good())


def test_no_file_takes_more_than_a_function_has() -> None:
    greedy = {
        name: (found["memory_mib"], found["processor_s"])
        for name, found in ended().items()
        if found["memory_mib"] > MEMORY_MIB or found["processor_s"] > PROCESSOR_S
    }
    assert greedy == {}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_stand_upright(orientation: int) -> None:
    """The red corner is in the upper left, and the whole is the scene, whatever the phone wrote."""
    (page,) = pages(f"turned {orientation}")
    shown, upright = Image.open(BytesIO(page)), scene()
    assert shown.size == upright.size
    red, green, _ = shown.getpixel((CORNER // 2, CORNER // 2))
    assert red > 180
    assert green < 60
    apart = ImageStat.Stat(ImageChops.difference(shown, upright).convert("L")).mean[0]
    assert apart < 10
    lying = Image.open(BytesIO(turned(orientation)))
    assert CANARY in turned(orientation)
    assert (lying.size == upright.size) == (orientation < 5)


def test_one_photo_is_known_in_every_position() -> None:
    looks = [ended()[f"turned {orientation}"]["looks"] for orientation in range(1, 9)]
    bits = RULES.clusters.photo_bits
    assert all(alike(one, other, bits) for one, other in combinations(looks, 2))
    assert not alike(looks[0], ended()["jpeg of a browser"]["looks"], bits)


def test_papers_keep_their_pages() -> None:
    assert len(pages("pdf of three photos")) == 3
    (page,) = pages("pdf a letter")
    shown = Image.open(BytesIO(page)).convert("L")
    assert shown.getextrema()[0] < 128  # something is drawn


def test_a_file_is_screened_to_the_same_result_again() -> None:
    names = ["turned 6", "png see-through", "pdf of three photos", "jpeg: shaken 3", "png: a bomb"]
    again = {each["name"]: each for each in screen(*names)}
    for name in names:
        for what in ("said", "state", "pages", "looks"):
            assert again[name][what] == ended()[name][what]


@pytest.mark.prove
def test_every_file_is_screened_to_the_same_result_again() -> None:
    for each in screen():
        for what in ("said", "state", "pages", "looks"):
            assert each[what] == ended()[each["name"]][what]


def test_what_the_checks_above_look_for_is_seen() -> None:
    """A file with the canary, another segment, something behind its end: each would be told."""
    sample = dict(photos.good())["turned 6"]
    assert sample.kind is FileKind.JPEG
    assert any(canary in sample.content for canary in CANARIES)
    assert set(segments(sample.content)) - WRITTEN
    (page,) = pages("turned 6")
    with pytest.raises(AssertionError):
        list(segments(page + b"x"))
