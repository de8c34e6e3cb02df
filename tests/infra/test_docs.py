"""The documents hold: their links lead somewhere, and the family of the tour is a known one."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from chalicelib.adapters.area_files import area_codes, region_villages
from chalicelib.domain import application
from infra.people.forms import families
from tests.world import CONSENT, artefact

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "example-family.json"
FAMILY = 2_236  # its place in the sandbox registry's world
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    for link in links:
        place, _, anchor = link.partition("#")
        if "://" in place or place.startswith("mailto:"):
            continue
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """Anchors of the headings, as git hosts make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", text.lower()).replace(" ", "-") for text in headings}


def test_the_family_of_the_tour_is_known_to_the_sandbox_registry() -> None:
    body = json.loads(EXAMPLE.read_text("utf-8"))
    known = next(iter(families(3510, 1, region="3510", consent=CONSENT, start=FAMILY)))
    assert body == known.form
    for sent, true in zip(body["members"], known.truth, strict=True):
        assert {name: sent[name] for name in true if name in sent} == true
    rules = application.Rules(
        on=date(2026, 11, 22),
        villages=region_villages("3510"),
        areas=area_codes(),
        artefact=artefact(),
        consent_version=CONSENT,
    )
    assert application.check(body, rules) == ([], [])
