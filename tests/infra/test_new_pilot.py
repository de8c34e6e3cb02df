"""`make pilot`: a pilot from its region's code, and what it refuses to do."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra import functions, new_pilot, stages
from infra.layer import REPO
from infra.new_pilot import NoPilotError, make, name_of, pilot_text, regencies, regency
from infra.stages import form
from infra.stages.form import DATA, IN_NO_NAME


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the pilots that are there, in which files may be written."""
    for name in stages.names():
        shutil.copy(stages.HERE / f"{name}.yaml", tmp_path)
    data = tmp_path / "data"
    for part in ("areas", "holidays", "models", "rules", "sanggah", "words"):
        shutil.copytree(DATA / part, data / part)
    config = tmp_path / ".chalice/config.json"
    config.parent.mkdir()
    shutil.copy(functions.CONFIG, config)
    monkeypatch.setattr(stages, "HERE", tmp_path)
    monkeypatch.setattr(functions, "CONFIG", config)
    for module in (new_pilot, form):
        monkeypatch.setattr(module, "DATA", data)
    return tmp_path


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_region_that_has_no_villages_yet_gets_a_whole_pilot(here: Path) -> None:
    code = regency("35.78")
    written = make(code, name_of(code))
    assert [path.relative_to(here).as_posix() for path in written] == [
        "data/areas/3578.json",
        "surabaya.yaml",
        ".chalice/config.json",
    ]
    stage = stages.read("surabaya")
    assert stage["region"] == "3578"
    assert stage["contacts"]["office"] == "Dinas Sosial Kota Surabaya"
    assert '"3578"' in (here / "data/areas/3578.json").read_text()
    told = functions.CONFIG.read_text()
    assert {f'"surabaya{end}": {{' in told for end in ("", "-staff", "-screening")} == {True}
    assert make(code, "surabaya") == []


def test_what_a_person_changed_stays(here: Path) -> None:
    path = here / "mataram.yaml"
    path.write_text(path.read_text().replace("usd_a_month: 50", "usd_a_month: 75"))
    before = everything(here)
    with pytest.raises(NoPilotError, match="says something else: nothing was changed"):
        make("5271", "mataram")
    assert everything(here) == before


def test_a_region_has_one_pilot(here: Path) -> None:
    before = everything(here)
    with pytest.raises(NoPilotError, match=r"Kota Mataram has a pilot: infra/stages/mataram.yaml"):
        make("5271", "cakranegara")
    assert everything(here) == before


def test_where_the_file_would_be_wrong_nothing_is_left(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_pilot, "FORM", new_pilot.FORM.replace("usd_a_month: 50", "usd: 0"))
    before = everything(here)
    with pytest.raises(stages.StageError, match=r"budget.usd_a_month: is missing"):
        make("3578", "surabaya")
    assert everything(here) == before


def test_a_file_of_chalice_that_was_edited_is_made_again(here: Path) -> None:
    functions.CONFIG.write_text("{}")
    assert functions.edited_by_hand().startswith(".chalice/config.json is not what")
    assert new_pilot.write_config() == [functions.CONFIG]
    assert functions.edited_by_hand() == ""
    assert new_pilot.write_config() == []


def test_the_pilots_that_nobody_changed_are_what_this_command_writes() -> None:
    for code, name in (("5271", "mataram"), ("8171", "ambon"), ("5203", "lomboktimur")):
        assert name_of(code) == name
        assert (stages.HERE / f"{name}.yaml").read_text("utf-8") == pilot_text(code, name)


def test_every_regency_has_a_name_that_aws_takes_and_no_other_has() -> None:
    names = {code: name_of(code) for code in regencies()}
    assert len(names) == len(set(names.values())) == 514
    for name in names.values():
        assert re.fullmatch(r"[a-z][a-z0-9]{2,19}", name), name
        assert not any(word in name for word in IN_NO_NAME), name
    assert (names["3273"], names["3204"]) == ("kotabandung", "bandung")
    assert (names["7109"], names["7108"]) == ("siautagulandangbiaro", "bolaanmongondowutara")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("52.99", "No regency or city has the code 52.99"),
        ("52", "52 is no regency's code: that has four digits"),
        ("52.71.01", "52.71.01 is no regency's code"),
        ("mataram", "REGION=mataram must be a code such as 35.10 or 3510"),
        ("5271; rm", "REGION=5271; rm must be a code"),
    ],
)
def test_an_unknown_region_is_refused_in_words(typed: str, said: str) -> None:
    with pytest.raises(NoPilotError, match=re.escape(said)):
        regency(typed)
    assert regency("52.71") == regency(" 5271 ") == "5271"


def test_the_command_says_what_it_did_and_what_comes_next() -> None:
    done = run("--region", "52.71")
    assert done.returncode == 0
    assert "infra/stages/mataram.yaml is there, as this command writes it." in done.stdout
    assert "Next: " in done.stdout
    listed = run("--region", "")
    assert "mataram              52.71  Kota Mataram" in listed.stdout
    refused = run("--region", "52.99")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("No pilot was made. No regency or city has the code 52.99.")


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra.new_pilot", *options]
    return subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
