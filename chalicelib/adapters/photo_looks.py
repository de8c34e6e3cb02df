"""How a photo looks: a hash that finds it again, how sharp it is, how bright.

Twelve lines with Pillow, instead of a package for image hashes that brings three numerical ones.
"""

from __future__ import annotations

from typing import Final

from PIL import Image, ImageFilter, ImageStat

_SIDE: Final = 640  # pixels; blur is judged at one size, whatever the camera's
_HASH: Final = (9, 8)  # columns of which neighbours are compared, and rows
_LAPLACIAN: Final = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)


def looks_of(photo: Image.Image) -> tuple[str, int, int]:
    """Hash, sharpness and brightness of a photo; see `Remade` for their units."""
    grey = photo.convert("L")
    grey.thumbnail((_SIDE, _SIDE))
    brightness = ImageStat.Stat(grey).mean[0]
    return difference_hash(grey), sharpness_of(grey), round(brightness)


def sharpness_of(grey: Image.Image) -> int:
    """Variance of the Laplacian: how much neighbours differ; 0 where there are no inner pixels."""
    width, height = grey.size
    if width <= 2 or height <= 2:  # noqa: PLR2004 - the filter leaves an edge of one as it was
        return 0
    inner = grey.filter(_LAPLACIAN).crop((1, 1, width - 1, height - 1))
    return round(ImageStat.Stat(inner).var[0])


def difference_hash(grey: Image.Image) -> str:
    """Whether each of 8 x 8 places is brighter than its neighbour on the right, 16 hex digits.

    Source: N. Krawetz, "Kind of Like That", 2013 (dHash).
    """
    width, height = _HASH
    small = grey.resize(_HASH, Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(height):
        for place in range(row * width, (row + 1) * width - 1):
            bits = bits * 2 + (small[place] > small[place + 1])
    return f"{bits:016x}"
