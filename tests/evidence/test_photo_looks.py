"""One photo sent twice is known again, another is not; a blurred or dark one is told."""

from __future__ import annotations

from io import BytesIO
from itertools import combinations

import pytest
from PIL import Image, ImageEnhance, ImageFilter

from chalicelib.adapters.photo_looks import looks_of
from chalicelib.domain.evidence import alike
from tests.evidence.photos import saved, scene
from tests.evidence.screened import LIMITS, RULES

BITS = RULES.clusters.photo_bits
SEEDS = range(24)


def again(photo: Image.Image, quality: int) -> Image.Image:
    return Image.open(BytesIO(saved(photo, quality=quality)))


CHANGES = {
    "saved again": lambda photo: again(photo, 30),
    "half as large": lambda photo: photo.resize((photo.width // 2, photo.height // 2)),
    "twice as large": lambda photo: photo.resize((photo.width * 2, photo.height * 2)),
    "brighter": lambda photo: ImageEnhance.Brightness(photo).enhance(1.15),
    "with less colour": lambda photo: ImageEnhance.Color(photo).enhance(0.2),
    "a little blurred": lambda photo: photo.filter(ImageFilter.GaussianBlur(1)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_photo_is_known_again(change: str) -> None:
    known = 0
    for seed in SEEDS:
        photo = scene(seed)
        known += alike(looks_of(photo)[0], looks_of(CHANGES[change](photo))[0], BITS)
    assert known >= len(SEEDS) * 0.95


def test_two_photos_are_two() -> None:
    looks = [looks_of(scene(seed))[0] for seed in SEEDS]
    assert not any(alike(one, other, BITS) for one, other in combinations(looks, 2))


def test_what_is_plain_is_like_nothing() -> None:
    for shade in (0, 128, 255):
        wall = looks_of(Image.new("RGB", (640, 480), (shade,) * 3))[0]
        assert not alike(wall, wall, 64)


def test_a_photo_is_sharp_until_it_is_blurred() -> None:
    for seed in SEEDS:
        photo = scene(seed, (640, 480))
        assert looks_of(photo)[1] >= LIMITS.blur_below
        assert looks_of(photo.filter(ImageFilter.GaussianBlur(4)))[1] < LIMITS.blur_below


def test_size_does_not_make_a_photo_blurred() -> None:
    small = scene(1, (640, 480))
    large = small.resize((3_200, 2_400), Image.Resampling.LANCZOS)
    assert looks_of(large)[1] * 4 > looks_of(small)[1]


def test_the_night_is_dark() -> None:
    photo = scene()
    assert looks_of(photo)[2] >= LIMITS.dark_below
    assert looks_of(ImageEnhance.Brightness(photo).enhance(0.1))[2] < LIMITS.dark_below


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (1, 900), (9, 8)])
def test_a_photo_of_any_size_has_looks(size: tuple[int, int]) -> None:
    looks, sharpness, _ = looks_of(Image.new("RGB", size))
    assert len(looks) == 16
    assert sharpness == 0
