"""The arrows between the rooms: who may import whom (architecture, Rooms and arrows).

`python -m tests.static.arrows` looks at every module that is deployed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
FEWEST = 80  # modules; fewer were looked at: the check itself is broken
PORTS = tuple(
    f"{part}_wiring"
    for part in ("case", "dispute", "check", "report", "staff", "review", "screening", "sign_in")
)
ROOMS = (
    *("app", "entrypoints", *PORTS, "wiring", "usecases", "adapters", "domain"),
    *("settings", "telemetry"),
)
MAY_IMPORT = {
    "app": {"entrypoints", "settings"},
    "entrypoints": {
        *("entrypoints", *PORTS, "wiring", "usecases", "domain", "settings", "telemetry"),
    },
    "wiring": {"adapters", "usecases", "domain", "settings", "telemetry"},
    **{each: {*PORTS, "wiring", "adapters", "usecases", "domain", "settings"} for each in PORTS},
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
    "PIL": {"adapters"},
    "pypdf": {"adapters"},
    "pypdfium2": {"adapters"},
}
IMPURE = {"time", "random", "secrets", "os", "socket", "pathlib", "uuid", "logging", "io"}


def room_of(path: Path, root: Path) -> str:
    """The room that a module is in."""
    parts = path.relative_to(root).with_suffix("").parts
    return "app" if parts == ("app",) else parts[1]


def imports(path: Path) -> Iterator[str]:
    """Every name that a module imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(root: Path = REPO) -> list[Path]:
    """The modules that arrows are for."""
    found = [root / "app.py", *sorted((root / "chalicelib").rglob("*.py"))]
    return [path for path in found if path.parent != root / "chalicelib" or path.stem in ROOMS]


def broken_arrows(path: Path, root: Path = REPO) -> list[str]:
    """What a module imports and may not: `room -> name`."""
    room = room_of(path, root)
    broken: list[str] = []
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "chalicelib" and len(parts) > 1 and parts[1] in ROOMS:
            if parts[1] not in MAY_IMPORT[room]:
                broken.append(f"{room} -> {name}")
            ports = parts[1] == "usecases" and len(parts) > 2
            if (
                room in {"adapters", "telemetry"}
                and ports
                and not (parts[2] == "seal_day" or parts[2].endswith("ports"))
            ):
                broken.append(f"{room} -> {name}")
        elif parts[0] in OUTSIDE and room not in OUTSIDE[parts[0]]:
            broken.append(f"{room} -> {name}")
        elif room == "domain" and parts[0] in IMPURE:
            broken.append(f"domain -> {name}")
    return broken


def main() -> int:
    """Tell which arrows are broken."""
    found = modules()
    broken = [(path, arrow) for path in found for arrow in broken_arrows(path)]
    for path, arrow in broken:
        print(f"{path.relative_to(REPO)}: {arrow}")  # noqa: T201 - a program
    print(f"arrows: {len(found)} modules looked at")  # noqa: T201
    return 1 if broken or len(found) < FEWEST else 0


if __name__ == "__main__":
    sys.exit(main())
