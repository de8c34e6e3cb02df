"""The site as it is built, and what fills in the pages that the functions answer with."""

from __future__ import annotations

import json
from pathlib import Path

import jinja2
import pytest

from chalicelib.entrypoints import pages
from frontend.build import ANSWERS, build


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "dist"
    build("3510", out)
    return out


@pytest.fixture(scope="session")
def engine(site: Path) -> jinja2.Environment:
    return pages.environment([ANSWERS], json.loads((site / "assets.json").read_text("utf-8")))
