"""Find and read artefact files: a model's file is named by its own content hash."""

from __future__ import annotations

from pathlib import Path

from chalicelib.domain import pmt

MODELS = Path(__file__).resolve().parent.parent / "chalicelib" / "data" / "models"
CURRENT = "current"


def current(folder: Path = MODELS) -> str:
    """The hash of the artefact in use."""
    return (folder / CURRENT).read_text(encoding="ascii").strip()


def read(sha256: str, folder: Path = MODELS) -> pmt.Artefact:
    """Load an artefact by its hash.

    Raises:
        OSError: no such file.
        pmt.ArtefactError: it must not be used.
    """
    return pmt.load_artefact((folder / f"{sha256}.json").read_bytes(), sha256)
