"""The arrows between the rooms: who may import whom (architecture, Rooms and arrows)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.static.arrows import REPO, broken_arrows, imports, modules

HOUSE = ("chalicelib", "frontend", "infra", "modelling", "tests")
MOST_LINES = 400  # of a file (CONTRIBUTING, rule 8)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(REPO)))
def test_the_arrows_hold(path: Path) -> None:
    assert broken_arrows(path) == []


def test_only_app_imports_entrypoints() -> None:
    tools = [*(REPO / "infra").rglob("*.py"), *(REPO / "modelling").rglob("*.py")]
    entries = [p for p in tools if any(n.startswith("chalicelib.entrypoints") for n in imports(p))]
    # A list of families is a way in: it is read by the form's own schema.
    assert [p.name for p in entries if p.parts[-2] != "local_aws"] == ["forms.py"]


def test_a_broken_arrow_is_seen(tmp_path: Path) -> None:
    bad = tmp_path / "chalicelib" / "domain" / "bad.py"
    bad.parent.mkdir(parents=True)
    bad.write_text("import time\nimport botocore\nfrom chalicelib.adapters import aws\n")
    assert len(broken_arrows(bad, tmp_path)) >= 3


@pytest.mark.parametrize("path", sorted((REPO / "chalicelib" / "domain").glob("*.py")))
def test_no_floats_in_the_domain(path: Path) -> None:
    """Decisions rest on whole numbers: no float literal and no true division of our own."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            pytest.fail(f"a float in {path.name}:{node.lineno}")
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            pytest.fail(f"a division that gives a float in {path.name}:{node.lineno}")


def test_tests_lend_each_other_nothing() -> None:
    """What two of them share stands in a module named by what it is."""
    files = list((REPO / "tests").rglob("*.py"))
    assert len(files) >= 400
    lenders = [n for path in files for n in imports(path) if re.search(r"(^|\.)test_", n)]
    assert lenders == []


def test_every_file_can_be_read_at_a_sitting() -> None:
    files = [REPO / "app.py", *(path for room in HOUSE for path in (REPO / room).rglob("*.py"))]
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in files}
    assert len(lines) >= 600
    assert [str(path) for path, count in lines.items() if count > MOST_LINES] == []
