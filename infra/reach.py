"""Which modules of `chalicelib` the functions can come to, so that only those are packaged.

The domain also serves the `tepat` command (ranking, studies), whose modules no function imports.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def unreached(tree: Path) -> list[Path]:
    """Find the modules of `chalicelib` that nothing imports, from `app.py` on.

    Imports within functions count, and so do those that only name a type.

    Args:
        tree: folder that holds `app.py` and `chalicelib/`.

    Returns:
        Paths in the folder, in order. A package stays if anything in it does.
    """
    start = tree / "app.py"
    seen, waiting = {start}, [start]
    while waiting:
        for name in _imports(waiting.pop()):
            for path in _files(tree, name):
                if path not in seen:
                    seen.add(path)
                    waiting.append(path)
    return sorted(set((tree / "chalicelib").rglob("*.py")) - seen)


def _imports(path: Path) -> Iterator[str]:
    """Full names that a module may import: those of modules, and of what is taken from them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(tree: Path, name: str) -> Iterator[Path]:
    """The module of a name and the packages around it, as far as they are files of the tree."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        place = tree.joinpath(*parts[:end])
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                yield path
