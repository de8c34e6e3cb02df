"""A pilot's file: what it may say, every fault of one at once, and where each value goes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from chalicelib.domain.sanggah_rules import load_sanggah
from chalicelib.domain.working_days import load_holidays
from frontend.content import Pilot, load
from infra import region_data, stages
from infra.build import leave_regions_out
from infra.region_data import with_days, with_window, write_region_data
from infra.stages import form
from infra.stages.form import DATA, LOG_DAYS, checked
from infra.templates import HERE, RESOURCES, filled, read

FILE = (HERE / "stages/banyuwangi.yaml").read_text("utf-8")


def changed(**values: Any) -> str:
    """The text of a file in which values stand at dotted places, with `__` for a dot."""
    stage = yaml.safe_load(FILE)
    for place, value in values.items():
        *above, last = place.split("__")
        at = stage
        for name in above:
            at = at[name]
        if value is None:
            del at[last]
        else:
            at[last] = value
    return yaml.safe_dump(stage)


def test_all_files_that_are_there_can_be_used() -> None:
    assert {"ambon", "banyuwangi", "lomboktimur", "mataram"} <= set(stages.names())
    regions = {name: stages.read(name)["region"] for name in stages.names()}
    assert regions["banyuwangi"] == "3510"
    assert (regions["ambon"], regions["mataram"], regions["lomboktimur"]) == (
        "8171",
        "5271",
        "5203",
    )
    assert len({stages.read(name)["origin"] for name in stages.names()}) == len(regions)


def test_a_region_is_the_same_with_and_without_dots() -> None:
    stage, faults = checked(changed(region="3510"))
    assert faults == []
    assert stage == checked(FILE)[0]


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"name": "Mataram"}, "name: 'Mataram' has not the form"),
    ({"name": "lombok-timur"}, "name: 'lombok-timur' has not the form"),
    ({"name": "lawsuits"}, "name: has 'aws' in it"),
    ({"region": 35.1}, "region: must stand in quotes"),
    ({"region": "35.99"}, "region: 35.99 is no regency or city in the list of areas"),
    ({"region": "35"}, "region: 35 is no regency"),
    ({"region": "35-10"}, "region: must be a code such as 35.10 or 3510"),
    ({"region": "35.78"}, "`make pilot REGION=3578` makes it"),
    ({"origin": "http://bansos.example.go.id"}, "origin: "),
    ({"origin": "https://bansos.example.go.id/"}, "origin: "),
    ({"languages": ["jv"]}, "languages.0: no words in 'jv'"),
    ({"languages": ["id", "id"]}, "languages: must not be more than 1; there are 2"),
    ({"languages": []}, "languages: must not be fewer than 1"),
    ({"model": "0" * 64}, "model: chalicelib/data/models has no"),
    ({"rules": "current"}, "rules: 'current' has not the form"),
    ({"contacts__phone": "ask us"}, "contacts.phone: "),
    ({"contacts__office": ""}, "contacts.office: "),
    ({"civil_registry__concurrency": 1}, "civil_registry.concurrency: must be 2 or more"),
    ({"civil_registry__concurrency": "5"}, "civil_registry.concurrency: must be a whole number"),
    ({"civil_registry__url": "http://registry"}, "civil_registry.url: "),
    ({"ikd__algorithm": "HS256"}, "ikd.algorithm: must be 'RS256', 'PS256' or 'ES256'"),
    ({"ikd__issuer": "https://ikd.example.go.id/"}, "ikd.issuer: "),
    ({"objection__window_months": 0}, "objection.window_months: must be 1 or more"),
    ({"working_days__weekend": [7, 6]}, "working_days.weekend: must name each day once"),
    ({"working_days__weekend": [8]}, "working_days.weekend.0: must be 7 or less"),
    ({"working_days__holidays": {"soon": "x"}}, "working_days.holidays.soon"),
    ({"alarms__address": "nobody"}, "alarms.address: 'nobody' has not the form"),
    ({"budget__usd_a_month": 0}, "budget.usd_a_month: must be 1 or more"),
    ({"budget__usd_a_month": "50"}, "budget.usd_a_month: "),
    ({"budget__usd_a_month": float("nan")}, "budget.usd_a_month: "),
    ({"retention__log_days": 91}, "retention.log_days: must be one of 1, 3, 5"),
    ({"retention__recovery_days": 36}, "retention.recovery_days: must be 35 or less"),
    ({"limits__staff__rate": 0}, "limits.staff.rate: must be 1 or more"),
    ({"limits__address_rate": 10}, "limits.address_rate: must be 100 or more"),
    ({"limits": None}, "limits: is missing"),
    ({"title": "Banyuwangi"}, "title: is no value of a pilot's file"),
    ({"contacts": "Dinas Sosial"}, "contacts: must hold names and values"),
]


@pytest.mark.parametrize(("values", "said"), FAULTS, ids=lambda each: str(each)[:40])
def test_a_fault_is_told_by_its_place(values: dict[str, Any], said: str) -> None:
    stage, faults = checked(changed(**values))
    assert stage == {}
    (fault,) = faults
    assert fault.startswith(said) or said in fault


def test_a_holiday_of_a_year_that_nobody_knows_is_a_fault() -> None:
    text = FILE.replace("holidays: {}", "holidays: { 2035-12-18: Hari jadi }")
    assert checked(text)[1] == [
        "working_days.holidays.2035-12-18: nothing is known of 2035: `tepat holidays 2035`"
    ]


def test_all_faults_are_told_at_once_and_the_file_is_named() -> None:
    text = changed(budget__usd_a_month=0, region="35.99", alarms=None, colour="red")
    with pytest.raises(stages.StageError) as caught:
        stages.said_by("banyuwangi", text)
    first, *others = str(caught.value).splitlines()
    assert first == "infra/stages/banyuwangi.yaml cannot be used:"
    assert [fault.split(":")[0].strip() for fault in others] == [
        "region",
        "alarms",
        "budget.usd_a_month",
        "colour",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("- a\n", "it is empty, or no list of names"),
        (FILE + "\nname: other\n", "line 2: name stands twice"),
        (FILE.replace("rate: 50,", "rate: 50, rate: 51,"), "rate stands twice"),
        (FILE.replace('"35.10"', '"35.10'), "line "),
        (FILE[: FILE.index("ikd:")], "is missing"),
    ],
)
def test_half_a_file_and_a_value_that_stands_twice_are_refused(text: str, said: str) -> None:
    with pytest.raises(stages.StageError, match=said):
        stages.said_by("banyuwangi", text)


def test_a_file_that_calls_itself_otherwise_is_refused() -> None:
    with pytest.raises(stages.StageError, match="is called mataram, and calls itself banyuwangi"):
        stages.said_by("mataram", FILE)
    with pytest.raises(stages.StageError, match="no pilot 'atlantis' in infra/stages; there are: "):
        stages.read("atlantis")


# --- where each value goes ---------------------------------------------------------------------


def test_a_window_of_its_own_is_the_region_s_choice(tmp_path: Path) -> None:
    rules = (DATA / "sanggah/default.json").read_bytes()
    assert with_window(rules, load_sanggah(rules).periods[-1].window_months) == rules
    own = load_sanggah(with_window(rules, 3))
    assert [period.window_months for period in own.periods] == [3]
    assert own.periods[0].standing["window_months"] == "chosen"
    assert own.periods[0].standing["same_village"] == "reported"


def test_a_region_with_dated_rules_of_its_own_says_the_window_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sanggah").mkdir()
    for part in ("areas", "words", "holidays", "models", "rules"):
        (tmp_path / part).symlink_to(DATA / part)
    rules = with_window((DATA / "sanggah/default.json").read_bytes(), 2)
    (tmp_path / "sanggah/3510.json").write_bytes(rules)
    monkeypatch.setattr(form, "DATA", tmp_path)
    assert checked(FILE)[1] == [
        "objection.window_months: chalicelib/data/sanggah/3510.json says 2 at last"
    ]
    assert checked(changed(objection__window_months=2))[1] == []


def test_a_region_s_own_holidays_and_weekend_are_days_off(tmp_path: Path) -> None:
    stage, faults = checked(
        FILE.replace("holidays: {}", "holidays: { 2026-12-18: Hari jadi }").replace(
            "weekend: [6, 7]", "weekend: [7]"
        )
    )
    assert faults == []
    for part in ("holidays", "sanggah"):
        (tmp_path / part).mkdir()
        for path in (DATA / part).glob("*.json"):
            (tmp_path / part / path.name).write_bytes(path.read_bytes())
    write_region_data(tmp_path, stage)
    years = load_holidays(path.read_bytes() for path in (tmp_path / "holidays").glob("*.json"))
    plain = load_holidays(path.read_bytes() for path in (DATA / "holidays").glob("*.json"))
    assert {year: found.weekend for year, found in years.items()} == {key: {7} for key in years}
    (added,) = years[2026].holidays - plain[2026].holidays
    assert added.isoformat() == "2026-12-18"
    assert years[2027].holidays == plain[2027].holidays
    sanggah = (tmp_path / "sanggah/default.json").read_bytes()
    assert sanggah == (DATA / "sanggah/default.json").read_bytes()


def test_a_pilot_that_says_what_everybody_does_carries_everybody_s_data() -> None:
    for path in (DATA / "holidays").glob("*.json"):
        assert with_days(path.read_bytes(), [6, 7], {}) == path.read_bytes()


def test_a_surface_that_reads_no_holidays_gets_none(tmp_path: Path) -> None:
    write_region_data(tmp_path, checked(FILE)[0])
    assert list(tmp_path.iterdir()) == []
    assert region_data.WINDOW == "window_months"


def test_the_office_stands_at_the_foot_of_the_pages_and_in_the_pilot_s_language() -> None:
    told = checked(FILE)[0]["contacts"]
    content = load("3510", Pilot(**told))
    assert content.words["site"]["contact"] == (
        "Dinas Sosial Kabupaten Banyuwangi: telepon 0333-000000,"
        " Senin sampai Jumat, 08.00 sampai 15.00."
    )
    assert load("3510").words["site"]["contact"] == ""
    assert content.language == "id"
    assert "setelah 7 hari" in str(load("3510", Pilot(recovery_days=7)).words["data"])


def test_numbers_go_into_templates_as_numbers() -> None:
    stage = checked(FILE)[0]
    for surface in ("public", "staff", "screening"):
        merged = json.dumps(filled(read(HERE / f"{surface}.merge.yaml"), stage))
        assert "Fn::Pilot" not in merged
        assert '"RetentionInDays": 90' in merged
    with pytest.raises(KeyError):
        filled({"Fn::Pilot": "retention.hours"}, stage)


def test_alarms_reach_the_pilot_s_own_address_and_only_its_own_alarms() -> None:
    given = stages.parameters(checked(FILE)[0])
    assert given["AlarmAddress"] == "alarm@banyuwangi.example.go.id"
    heard = read(RESOURCES)["Resources"]["AlarmsByMail"]["Properties"]
    assert heard["Endpoint"] == {"Ref": "AlarmAddress"}
    assert heard["FilterPolicyScope"] == "MessageBody"
    # No pilot's name has a hyphen, so no prefix is the beginning of another pilot's.
    assert heard["FilterPolicy"] == {"AlarmName": [{"prefix": {"Fn::Sub": "tepat-${Stage}-"}}]}


def test_what_nobody_has_filled_in_yet_is_named() -> None:
    places = ["origin", "contacts.phone", "civil_registry.url"]
    assert stages.unfilled(stages.read("mataram")) == [*places, "alarms.address"]
    text = FILE.replace(".example.go.id", ".banyuwangikab.go.id")
    text = text.replace("0333-000000", "0333-424242")
    assert stages.unfilled(checked(text)[0]) == []


def test_only_the_own_region_s_villages_are_carried(tmp_path: Path) -> None:
    for name in ("3510", "5271", "national", "retired"):
        (tmp_path / f"{name}.json").touch()
    leave_regions_out(tmp_path, "5271")
    assert {path.stem for path in tmp_path.iterdir()} == {"5271", "national", "retired"}


def test_log_days_are_those_that_cloudwatch_takes() -> None:
    import botocore.session

    model = botocore.session.get_session().get_service_model("logs")
    told = model.shape_for("Days").documentation.partition("</p>")[0]
    assert tuple(map(int, re.findall(r"[0-9]+", told))) == LOG_DAYS
