"""The committed area files: whole, made by the command that says so, and numbered for good."""

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from chalicelib.adapters import area_files
from chalicelib.adapters.area_files import (
    AREAS,
    area_codes,
    region_districts,
    region_villages,
    village_at,
)
from chalicelib.domain.areas import AreaCodes
from modelling.areas_command import command

PILOTS = {"3510": (25, 28, 189), "8171": (5, 20, 30), "5271": (6, 50, 0), "5203": (21, 15, 239)}


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """All files but the retired codes, made anew from the package."""
    out = tmp_path_factory.mktemp("areas")
    wanted = [path.stem for path in AREAS.glob("[0-9]*.json")]
    options = [option for regency in wanted for option in ("--regency", regency)]
    result = CliRunner().invoke(command, ["build", "--out", str(out), *options])
    assert result.exit_code == 0, result.output
    return out, result.output


def test_the_files_are_what_the_command_makes(rebuilt: tuple[Path, str]) -> None:
    out, said = rebuilt
    made = {path.name: path.read_bytes() for path in out.iterdir()}
    committed = {path.name: path.read_bytes() for path in AREAS.iterdir()}
    committed.pop("retired.json")
    assert made == committed
    assert said.startswith("38 provinces, 514 regencies, 7285 districts, 83762 villages")


def test_counts_of_the_country() -> None:
    assert Counter(len(code) for code in area_codes().live) == {2: 38, 4: 514, 6: 7285}
    assert json.loads((AREAS / "national.json").read_text())["villages"] == 83_762


def test_counts_of_the_retired_codes() -> None:
    retired = area_codes().retired
    assert Counter(len(code) for code in retired) == {4: 26, 6: 594}
    districts = [code for code in retired if len(code) == 6]
    assert Counter(code[:2] for code in districts) == {"91": 462, "92": 132}
    assert {code[:4] for code in districts} == {code for code in retired if len(code) == 4}
    assert not retired.keys() & area_codes().live.keys()
    said = json.loads((AREAS / "retired.json").read_text())
    assert all(said[key] for key in ("about", "lists", "origin", "licence"))


def test_every_code_lies_in_one_that_is_listed() -> None:
    codes = area_codes()
    assert all(code[:-2] in codes.live for code in codes.live if len(code) > 2)
    assert all(code[:2] in codes.live for code in codes.retired)
    names = [*codes.live.values(), *codes.retired.values()]
    assert all(name == " ".join(name.split()) for name in names)
    assert all(names)


def test_names_by_level() -> None:
    codes = area_codes()
    assert codes.province("35") == "Jawa Timur"
    assert codes.regency("3510") == "Kabupaten Banyuwangi"
    assert codes.district("351015") == "Glagah"
    assert codes.province("3510") is None
    assert codes.regency("35") is None
    assert codes.district("3510") is None
    assert codes.regency("9101") is None
    assert codes.name("9101") == "Kabupaten Merauke"
    assert codes.name("9301") == "Kabupaten Merauke"
    assert codes.name("5401") is None


def test_a_retired_code_that_is_given_out_again_is_live() -> None:
    codes = AreaCodes(live={"9101": "New"}, retired={"9101": "Old", "9102": "Gone"})
    assert not codes.is_retired("9101")
    assert codes.name("9101") == "New"
    assert codes.is_retired("9102")
    assert not codes.is_retired("9103")


@pytest.mark.parametrize("regency", PILOTS)
def test_regions_that_are_served(regency: str) -> None:
    districts, kelurahan, desa = PILOTS[regency]
    villages = region_villages(regency)
    assert len(region_districts(regency)) == districts
    assert (
        Counter(code[6] == "1" for code in villages)
        == Counter({True: kelurahan, False: desa}) - Counter()
    )
    for code, village in villages.items():
        assert code == village.code
        assert village.district == region_districts(regency)[code[:6]]
        assert village.district == area_codes().district(code[:6])
        assert village_at(regency, village.index) == village
    indexes = [village.index for village in villages.values()]
    assert indexes == list(range(indexes[0], indexes[0] + len(indexes)))


def test_the_numbers_that_receipts_carry_stay() -> None:
    kemiren, lateng = region_villages("3510")["3510152004"], region_villages("3510")["3510161014"]
    assert (kemiren.name, kemiren.district, kemiren.index) == ("Kemiren", "Glagah", 43_244)
    assert (lateng.name, lateng.index) == ("Lateng", 43_264)
    assert village_at("3510", 0) is None
    assert village_at("3510", 83_761) is None


@pytest.mark.parametrize("regency", ["3578", "", "35", "../a", "national", "3510\n", "\u0663510"])
def test_a_region_that_is_not_served(regency: str) -> None:
    with pytest.raises(LookupError, match="no area file"):
        region_villages(regency)
    with pytest.raises(LookupError):
        region_districts(regency)
    with pytest.raises(LookupError):
        village_at(regency, 1)


def test_what_is_shared_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        area_codes().live["35"] = "x"
    with pytest.raises(TypeError):
        region_villages("3510")["3510152004"] = None


def test_files_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    area_codes()
    region_villages("3510")
    monkeypatch.setattr(area_files, "_read", None)
    assert area_codes().province("35")
    assert region_villages("3510")


def test_the_files_are_light() -> None:
    assert sum(path.stat().st_size for path in AREAS.iterdir()) < 250_000


def test_a_list_that_would_move_the_numbers_is_refused(tmp_path: Path) -> None:
    other = '{"village_order_sha256": "another list"}'
    (tmp_path / "national.json").write_text(other)
    result = CliRunner().invoke(command, ["build", "--out", str(tmp_path)])
    assert result.exit_code == 1
    assert "receipts" in result.output
    assert [path.read_text() for path in tmp_path.iterdir()] == [other]


@pytest.mark.parametrize("regency", ["35", "3599"])
def test_only_a_regency_can_be_cut(regency: str, tmp_path: Path) -> None:
    arguments = ["build", "--out", str(tmp_path / "new"), "--regency", regency]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("kemiren", "35.10.15.2004\tKemiren, Glagah, Kabupaten Banyuwangi, Jawa Timur"),
        ("KABUPATEN BANYUWANGI", "35.10\tKabupaten Banyuwangi, Jawa Timur"),
        ("35.10.15", "35.10.15\tGlagah, Kabupaten Banyuwangi, Jawa Timur"),
        ("3510152004", "35.10.15.2004\tKemiren, Glagah, Kabupaten Banyuwangi, Jawa Timur"),
        ("9101", "91.01\tKabupaten Merauke, Papua\tretired"),
    ],
)
def test_find(text: str, line: str) -> None:
    result = CliRunner().invoke(command, ["find", text])
    assert result.exit_code == 0
    assert any(found.startswith(line) for found in result.output.splitlines())


@pytest.mark.parametrize(("text", "status"), [("no such place", 1), ("999999", 1), ("  ", 2)])
def test_find_nothing(text: str, status: int) -> None:
    assert CliRunner().invoke(command, ["find", text]).exit_code == status
