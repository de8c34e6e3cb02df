"""Write result files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click


def write_all(texts: Mapping[Path, str]) -> None:
    """Write files whole or not at all: each under another name first, then renamed.

    Raises:
        click.ClickException: a file cannot be written; those not yet renamed are left as they were.
    """
    ready: list[tuple[str, Path]] = []
    try:
        for path, text in texts.items():
            number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            ready.append((name, path))
            with os.fdopen(number, "w", encoding="utf-8", newline="") as out:
                out.write(text)
        for name, path in ready:
            Path(name).chmod(0o644)
            Path(name).replace(path)
    except OSError as error:
        for name, _ in ready:
            Path(name).unlink(missing_ok=True)
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
