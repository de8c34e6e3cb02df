"""Every alarm has its page, every page is whole, and what it tells to type is there."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from infra.build import SURFACES
from infra.layer import REPO
from infra.templates import HERE, RESOURCES, of_type, read

PAGES = sorted((REPO / "docs" / "runbooks").glob("*.md"))
INDEX = REPO / "docs" / "operations.md"
PARTS = ["When", "What you see", "What to do", "Over when", "Tried"]


def alarms() -> dict[str, str]:
    """Names of all alarms -> what they say."""
    templates = [read(RESOURCES), *(read(HERE / f"{surface}.merge.yaml") for surface in SURFACES)]
    return {
        name: alarm["Properties"]["AlarmDescription"]
        for template in templates
        for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items()
    }


def named(page: Path) -> set[str]:
    """Alarms that a page is for."""
    line = next(x for x in page.read_text("utf-8").splitlines() if x.startswith("**Alarms**"))
    return set(re.findall(r"`(\w+Alarm)`", line))


def test_every_alarm_names_the_page_that_names_it() -> None:
    for name, says in alarms().items():
        page = REPO / says.rpartition("; ")[2]
        assert page in PAGES, f"{name}: {says}"
        assert name in named(page), f"{page.name} is not for {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_whole(page: Path) -> None:
    text = page.read_text("utf-8")
    assert named(page) <= set(alarms())
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == PARTS
    bodies = re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]
    assert all(len(body.split()) > 8 for body in bodies), "a part says nothing"
    assert len(text.splitlines()) <= 120, "one page"
    assert not re.search(
        r"\b[A-Z]+_[A-Z]+\b|TODO", re.sub(r"`[^`]*`|```.*?```", "", text, flags=re.DOTALL)
    )
    for module in re.findall(r"python -m (infra\.\w+)", text):
        assert find_spec(module), module
    for target in re.findall(r"`make (\w+)", text):
        assert re.search(rf"^{target}:", (REPO / "Makefile").read_text(), flags=re.MULTILINE), (
            target
        )


def test_the_index_leads_to_every_page_and_names_every_alarm() -> None:
    text = INDEX.read_text("utf-8")
    assert {page.name for page in PAGES} == set(re.findall(r"\(runbooks/([\w-]+\.md)", text))
    told = set(re.findall(r"`(\w+)`", text.partition("## When somebody calls")[0]))
    assert {name.removesuffix("Alarm") for name in alarms()} <= told
