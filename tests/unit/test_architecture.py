"""The arrows between the rooms: who may import whom (architecture, Rooms and arrows)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("app", "entrypoints", "wiring", "usecases", "adapters", "domain", "settings", "telemetry")
MAY_IMPORT = {
    "app": {"entrypoints", "settings"},
    "entrypoints": {"entrypoints", "wiring", "usecases", "domain", "settings", "telemetry"},
    "wiring": {"adapters", "usecases", "domain", "settings", "telemetry"},
    "telemetry": {"domain", "usecases"},
    "usecases": {"usecases", "domain"},
    "adapters": {"adapters", "domain", "usecases"},
    "domain": {"domain"},
    "settings": set(),
}
OUTSIDE = {
    "chalice": {"app", "entrypoints"},
    "pydantic": {"entrypoints"},
    "boto3": set(),
    "botocore": {"adapters"},
    "aws_lambda_powertools": {"telemetry"},
    "jinja2": {"entrypoints"},
    "cryptography": {"adapters"},
}
IMPURE = {"time", "random", "secrets", "os", "socket", "pathlib", "uuid", "logging", "io"}


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return "app" if parts == ("app",) else parts[1]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules() -> list[Path]:
    found = [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))]
    return [path for path in found if path.parent != ROOT / "chalicelib" or path.stem in ROOMS]


def broken_arrows(path: Path) -> list[str]:
    room = room_of(path)
    broken = []
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "chalicelib" and len(parts) > 1 and parts[1] in ROOMS:
            if parts[1] not in MAY_IMPORT[room]:
                broken.append(f"{room} -> {name}")
            ports = parts[1] == "usecases" and len(parts) > 2
            if (
                room in {"adapters", "telemetry"}
                and ports
                and parts[2] not in {"ports", "seal_day"}
            ):
                broken.append(f"{room} -> {name}")
        elif parts[0] in OUTSIDE and room not in OUTSIDE[parts[0]]:
            broken.append(f"{room} -> {name}")
        elif room == "domain" and parts[0] in IMPURE:
            broken.append(f"domain -> {name}")
    return broken


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_arrows_hold(path: Path) -> None:
    assert broken_arrows(path) == []


def test_only_app_imports_entrypoints() -> None:
    tools = [*(ROOT / "infra").rglob("*.py"), *(ROOT / "modelling").rglob("*.py")]
    entries = [p for p in tools if any(n.startswith("chalicelib.entrypoints") for n in imports(p))]
    assert [p.name for p in entries if p.parts[-2] != "local_aws"] == []


def test_a_broken_arrow_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = tmp_path / "chalicelib" / "domain" / "bad.py"
    bad.parent.mkdir(parents=True)
    bad.write_text("import time\nimport botocore\nfrom chalicelib.adapters import aws\n")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    assert len(broken_arrows(bad)) >= 3


@pytest.mark.parametrize("path", sorted((ROOT / "chalicelib" / "domain").glob("*.py")))
def test_no_floats_in_the_domain(path: Path) -> None:
    """Decisions rest on whole numbers: no float literal and no true division of our own."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            pytest.fail(f"a float in {path.name}:{node.lineno}")
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            pytest.fail(f"a division that gives a float in {path.name}:{node.lineno}")
