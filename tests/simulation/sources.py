"""Which sources a schedule runs: a million schedules are worth something for exactly these."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

from tests.simulation.region import in_force

ROOT = Path(__file__).parent.parent.parent
BEGIN = "tests.simulation.schedule"
LAZY = "chalicelib.wiring"
"""What this imports inside its functions is built for AWS; a schedule takes one pure function."""


def code_digest() -> str:
    """SHA-256 of every source that a schedule runs, and of the model and rules it decides by."""
    digest = hashlib.sha256()
    for source in sources():
        digest.update(source.read_bytes())
    for artefact in in_force():
        digest.update(artefact.sha256.encode())
    return digest.hexdigest()


def sources() -> list[Path]:
    """The files, in order: the simulator and all of ours that it imports, by what they import."""
    found: dict[str, Path] = {}
    waiting = [BEGIN]
    while waiting:
        name = waiting.pop()
        source = _file(name)
        if name in found or source is None:
            continue
        found[name] = source
        waiting += _imports(ast.parse(source.read_bytes()), lazy=name != LAZY)
    return sorted(found.values())


def _file(name: str) -> Path | None:
    path = ROOT / Path(*name.split("."))
    for source in (path.with_suffix(".py"), path / "__init__.py"):
        if source.is_file():
            return source
    return None


def _imports(tree: ast.AST, *, lazy: bool) -> Iterator[str]:
    """Names that a module imports, and those that may be modules of a package that it names."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif (lazy or not isinstance(node, ast.FunctionDef)) and not _for_types_only(node):
            yield from _imports(node, lazy=lazy)


def _for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
