"""Which modules of `chalicelib` a surface can come to, so that only those are packaged.

The domain also serves the `tepat` command (ranking, studies), whose modules no function imports;
and each surface has use cases of its own.

Every builder of `wiring.py` imports its adapters when it is called, so an import within a function
of a module counts only once something that is reached names that function. Names are compared
alone: whatever is called like it keeps it, so that the answer errs towards packaging too much.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

KEEPERS = frozenset({"cache"})
"""Decorators that add no caller; any other (a route, a queue) means a call from outside."""


def unreached(tree: Path, surface: str) -> list[Path]:
    """Find the modules of `chalicelib` that nothing comes to, from a surface's part of `app.py` on.

    What is only imported for its type (`if TYPE_CHECKING`) is not there when a function runs.

    Args:
        tree: folder that holds `app.py` and `chalicelib/`.
        surface: as `TEPAT_SURFACE` names it.

    Returns:
        Paths in the folder, in order. A package stays if anything in it does.
    """
    names: set[str] = set()
    seen: set[Path] = set()
    asleep: list[ast.FunctionDef] = []
    waiting: list[Path] = [tree / "app.py"]
    while waiting:
        awake: list[ast.stmt] = []
        for path in waiting:
            seen.add(path)
            for statement in ast.parse(path.read_text("utf-8")).body:
                sleeps = isinstance(statement, ast.FunctionDef) and _only_when_named(statement)
                (asleep if sleeps else awake).append(statement)  # type: ignore[arg-type] # as told
        found: set[Path] = set()
        while awake:
            for node in _running(awake, surface):
                names.update(_named(node))
                found.update(path for name in _imported(node) for path in _files(tree, name))
            awake = [function for function in asleep if function.name in names]
            asleep = [function for function in asleep if function.name not in names]
        waiting = sorted(found - seen)
    return sorted(set((tree / "chalicelib").rglob("*.py")) - seen)


def _only_when_named(function: ast.FunctionDef) -> bool:
    """Whether a function of a module runs only where code of ours names it."""
    return all(isinstance(d, ast.Name) and d.id in KEEPERS for d in function.decorator_list)


def _running(statements: Iterable[ast.AST], surface: str) -> Iterator[ast.AST]:
    """All nodes of some statements but those in a branch that never runs on this surface."""
    for statement in statements:
        yield statement
        children: Iterable[ast.AST] = ast.iter_child_nodes(statement)
        if isinstance(statement, ast.If):
            taken = _holds(statement.test, surface)
            if taken is not None:
                children = [statement.test, *(statement.body if taken else statement.orelse)]
        yield from _running(children, surface)


def _holds(test: ast.expr, surface: str) -> bool | None:
    """Whether a condition holds when a function runs; None where that cannot be told from here."""
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="surface")),
            ops=[ast.Eq()],
            comparators=[ast.Constant(value=str(named))],
        ):
            return named == surface
    return None


def _named(node: ast.AST) -> Iterator[str]:
    """What a node names; a text counts too, since it may be a name for `getattr`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
            yield name
        case ast.Constant(value=str(text)):
            yield text


def _imported(node: ast.AST) -> Iterator[str]:
    """Full names that a node may import: those of modules, and of what is taken from them."""
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
