"""`make rank`: what it refuses, and that it believes neither site nor ledger nor table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from chalicelib.domain import audit
from chalicelib.domain.adoption import Stage
from infra import rank
from infra.rank import RankError, There
from tests.adopting import ONE, adopted, carried_out, copy_of, crowded, example, now
from tests.fakes_adoption import FakeProposals
from tests.world import REGION, World


@pytest.mark.parametrize("text", ["PKH", "PKH=-1", "pkh=4", "PKH=4,PKH=5", "PKH=4;SEMBAKO=5"])
def test_quotas_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(RankError, match="QUOTAS="):
        rank.places_of(text)


def test_quotas_are_read_as_typed() -> None:
    assert rank.places_of("PKH=40, SEMBAKO=0") == {"PKH": 40, "SEMBAKO": 0}
    assert rank.places_of("") == {}


@pytest.mark.parametrize(
    ("region", "told"),
    [
        ("", "Which region"),
        ("99.99", "No regency"),
        ("52", "no regency's code"),
        ("31.71", "make pilot REGION=31.71"),
        ("52.71", "make run STAGE=mataram"),  # nothing listens on port 9
    ],
)
def test_a_region_that_cannot_be_closed_here_is_told(
    region: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rank.main(["--region", region, "--url", "http://127.0.0.1:9"]) == 1
    out = capsys.readouterr()
    assert told in out.err
    assert not out.out


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> World:
    """A region that was closed and adopted; its site serves what it published."""
    world = copy_of(crowded(110))
    adopted(world)
    carried_out(world)
    assert now(world).stage is Stage.CARRIED_OUT

    def get(url: str, **_: object) -> httpx.Response:
        content, _type = world.aws.files[url.removeprefix("https://site/")]
        return httpx.Response(200, content=content)

    monkeypatch.setattr(httpx, "get", get)
    return world


def there(world: World, folder: Path) -> There:
    proposals, ledger = world.proposals, world.ledger
    told = world.model.sha256, world.rules.sha256, folder
    return There(REGION, "banyuwangi", "https://site", proposals, ledger, {}, *told)


def test_what_was_closed_is_checked_and_kept_for_anybody(
    closed: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):  # a second time it is checked again, and nothing is written over
        folder = rank._checked(there(closed, tmp_path), now(closed))
    told = json.loads((folder / "manifest.json").read_bytes())
    assert told["families"] == 110
    out = capsys.readouterr().out
    assert "closed: 110 families" in out
    assert "all 110 rows agree" in out
    assert " of 20 places given" in out
    assert f"manifest: {now(closed).manifest}" in out


def _other_file(world: World) -> None:
    ((path, (content, kind)),) = world.aws.files.items()
    world.aws.files[path] = content.replace(b"110", b"111"), kind


def _other_adoption(world: World) -> None:
    (in_force,) = world.aws.adoptions
    world.aws.adopted[REGION] = replace(in_force, number=2)


def _other_commitment(world: World) -> None:
    key, event = next(
        (key, event) for key, event in world.aws.events.items() if event.act is audit.Act.COMPARED
    )
    world.aws.events[key] = replace(event, commitment=bytes(32))


def _no_event(world: World) -> None:
    key = next(key for key, event in world.aws.events.items() if event.act is audit.Act.ADOPTED)
    del world.aws.events[key]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_other_file, "is not the manifest"),
        (_other_adoption, "another came after it"),
        (_other_commitment, "does not commit"),
        (_no_event, "has no event"),
    ],
)
def test_what_does_not_agree_is_told(
    closed: World, tmp_path: Path, change: Callable[[World], None], told: str
) -> None:
    change(closed)
    with pytest.raises(RankError, match=told):
        rank._checked(there(closed, tmp_path), now(closed))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("reason", "told"), [("too_few_families", "make demo STAGE="), ("mistaken", "mistaken")]
)
def test_what_was_refused_says_what_to_do(
    closed: World, tmp_path: Path, reason: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = replace(example("3M3GAAAAAA", ONE, 1), stage=Stage.REFUSED, reason=reason)
    monkeypatch.setattr(FakeProposals, "of_region", lambda *_: [proposal])
    with pytest.raises(RankError, match=told):
        rank._wait(proposal, there(closed, tmp_path), Stage.COMPARED)
