"""Every sample by name: what must be released, and what must never be released unclean."""

from __future__ import annotations

from functools import cache

from tests.evidence import hostile_photos, papers, photos
from tests.evidence.samples import Sample


@cache
def good() -> dict[str, Sample]:
    """Photos and papers as families send them, and odd ones that are no harm."""
    return dict((*photos.good(), *papers.good()))


@cache
def hostile() -> dict[str, Sample]:
    """Files that mean harm or are broken."""
    return dict((*hostile_photos.hostile(), *papers.hostile()))
