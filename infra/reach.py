"""Which modules of `chalicelib` a surface can come to, so that only those are packaged.

The domain also serves the `tepat` command (ranking, studies), whose modules no function imports;
and each surface has use cases of its own.

Every builder of `wiring.py` imports its adapters when it is called, so an import within a function
of a module counts only once something that is reached names that function: its own module, or
another as `wiring.store` or `from ... import store`. Where a module itself is handed on, or
something is asked for by `getattr`, nobody can tell what is meant, and all of it counts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

KEEPERS = frozenset({"cache"})
"""Decorators that add no caller; any other (a route, a queue) means a call from outside."""

EVERY = "*"
"""In place of a function's name: all functions of the module."""


def unreached(tree: Path, surface: str) -> list[Path]:
    """Find the modules of `chalicelib` that nothing comes to, from a surface's part of `app.py` on.

    What is only imported for its type (`if TYPE_CHECKING`) is not there when a function runs.

    Args:
        tree: folder that holds `app.py` and `chalicelib/`.
        surface: as `TEPAT_SURFACE` names it.

    Returns:
        Paths in the folder, in order. A package stays if anything in it does.
    """
    modules: dict[Path, _Module] = {}
    named: set[tuple[Path, str]] = set()
    waiting = {tree / "app.py"}
    while waiting:
        modules |= {path: _Module(tree, path, surface) for path in waiting}
        waiting = set()
        while awake := [(m, found) for m in modules.values() if (found := m.wake(named))]:
            for module, statements in awake:
                for node in _running(statements, surface):
                    named.update(module.named(node))
                    waiting.update(module.imported(node))
            named.update(pair for m in modules.values() for pair in m.handed_on(named))
        waiting -= modules.keys()
    return sorted(set((tree / "chalicelib").rglob("*.py")) - modules.keys())


class _Module:
    """A module that is reached, and what of it may run."""

    def __init__(self, tree: Path, path: Path, surface: str) -> None:
        self._tree = tree
        self._path = path
        statements = ast.parse(path.read_text("utf-8")).body
        functions = [each for each in statements if isinstance(each, ast.FunctionDef)]
        self._asleep = [each for each in functions if _only_when_named(each)]
        self._at_once = [each for each in statements if each not in self._asleep]
        nodes = list(_running(statements, surface))
        self._modules = dict(pair for node in nodes for pair in self._bound(node))
        self._taken_from = {  # by `wiring.store` no more than `store` is taken
            id(node.value) for node in nodes if isinstance(node, ast.Attribute)
        }

    def handed_on(self, named: set[tuple[Path, str]]) -> Iterator[tuple[Path, str]]:
        """Modules that others take from this one, as in `pages.wiring.store`."""
        for name, path in self._modules.items():
            if (self._path, name) in named:
                yield path, EVERY

    def wake(self, named: set[tuple[Path, str]]) -> list[ast.stmt]:
        """Statements that may run now and might not before."""
        woken, self._at_once = self._at_once, []
        for function in [*self._asleep]:
            if named & {(self._path, function.name), (self._path, EVERY)}:
                self._asleep.remove(function)
                woken.append(function)
        return woken

    def named(self, node: ast.AST) -> Iterator[tuple[Path, str]]:
        """Functions that a node of this module names, each with its module."""
        match node:
            case ast.Call(func=ast.Name(id="getattr")):
                yield from ((path, EVERY) for path in self._modules.values())
            case ast.Attribute(value=ast.Name(id=name), attr=taken) if name in self._modules:
                yield self._modules[name], taken
            case ast.Name(id=name) if name in self._modules:
                if id(node) not in self._taken_from:
                    yield self._modules[name], EVERY
            case ast.Name(id=name):
                yield self._path, name
            case ast.Import():
                yield from ((path, EVERY) for path in self.imported(node))
            case ast.ImportFrom(module=str(source)):
                for path in _files(self._tree, source):
                    yield from ((path, alias.name) for alias in node.names)

    def imported(self, node: ast.AST) -> Iterator[Path]:
        """Files of the modules that a node may import, or take something from."""
        match node:
            case ast.Import():
                for alias in node.names:
                    yield from _files(self._tree, alias.name)
            case ast.ImportFrom(module=str(source)):
                for alias in node.names:
                    yield from _files(self._tree, f"{source}.{alias.name}")

    def _bound(self, node: ast.AST) -> Iterator[tuple[str, Path]]:
        """Names that a node gives to modules of the tree."""
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                place = self._tree.joinpath(*node.module.split("."), f"{alias.name}.py")
                if place.is_file():
                    yield alias.asname or alias.name, place


def _only_when_named(function: ast.FunctionDef) -> bool:
    """Whether a function of a module runs only where code of ours names it."""
    return all(
        isinstance(each, ast.Name) and each.id in KEEPERS for each in function.decorator_list
    )


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


def _files(tree: Path, name: str) -> Iterator[Path]:
    """The module of a name and the packages around it, as far as they are files of the tree."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        place = tree.joinpath(*parts[:end])
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                yield path
