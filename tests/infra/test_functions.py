"""What each function of each pilot gets, as Chalice itself works it out from the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chalice.cli.factory import CLIFactory

from infra import functions, stages
from infra.build import build
from infra.functions import CONFIG, FUNCTIONS, chalice_stage, config_text
from infra.layer import REPO, BuildError, this_machine
from infra.templates import HERE

EFFECTIVE = {  # memory (MB), time (s), reserved executions, policy
    ("public", "api_handler"): (1024, 15, None, "public_api"),
    ("public", "check_identity"): (512, 30, None, "check_identity"),
    ("public", "score_household"): (512, 20, None, "score_household"),
    ("public", "release_guards"): (512, 20, None, "release_guards"),
    ("public", "carry_out"): (1024, 120, None, "carry_out"),
    ("public", "conduct_dispute"): (512, 60, None, "conduct_dispute"),
    ("public", "relay"): (512, 20, None, "relay"),
    ("public", "sweep"): (512, 60, None, "sweep"),
    ("public", "seal_day"): (1024, 300, None, "seal_day"),
    ("public", "send_visits"): (512, 300, None, "send_visits"),
    ("staff", "api_handler"): (1024, 15, None, "staff_api"),
    ("screening", "screen_evidence"): (512, 30, 4, "screen_evidence"),
}


def effective(project: Path, pilot: str) -> dict[tuple[str, str], tuple[object, ...]]:
    """What Chalice finds for each function, whatever level of the file it stands on."""
    factory = CLIFactory(str(project), environ={})
    found = {}
    for surface, given in FUNCTIONS.items():
        stage = chalice_stage(pilot, surface)
        whole = factory.create_config_obj(stage)
        for each in given:
            config = whole.scope(stage, each.name)
            assert config.environment_variables == {"TEPAT_SURFACE": surface}
            assert (config.autogen_policy, config.automatic_layer) == (False, False)
            assert (config.lambda_architecture, config.minimum_compression_size) == ("arm64", None)
            assert (config.layers, config.subnet_ids, config.xray_enabled) == (None, None, None)
            policy = str(config.iam_policy_file).removeprefix("../infra/policies/")
            found[surface, each.name] = (
                config.lambda_memory_size,
                config.lambda_timeout,
                config.reserved_concurrency,
                policy.removesuffix(".json"),
            )
            if each.name == "api_handler":
                assert config.api_gateway_stage == "live"
                assert config.api_gateway_endpoint_type == "REGIONAL"
    return found


@pytest.mark.parametrize("pilot", stages.names())
def test_every_function_of_every_pilot_gets_what_is_pinned_here(pilot: str) -> None:
    assert effective(REPO, pilot) == EFFECTIVE


def test_a_value_above_a_function_is_noticed_by_this_pin(tmp_path: Path) -> None:
    """As Chalice looks values up, one at a stage beats a function's at the top: it happened."""
    config = json.loads(CONFIG.read_text("utf-8"))
    own = config["stages"]["mataram"]["lambda_functions"].pop("relay")
    config["lambda_functions"] = {"relay": own}
    config["stages"]["mataram"]["lambda_memory_size"] = 128
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice/config.json").write_text(json.dumps(config))
    found = effective(tmp_path, "mataram")
    assert found.pop(("public", "relay")) == (128, 20, None, "relay")
    assert found == {name: told for name, told in EFFECTIVE.items() if name[1] != "relay"}


def test_chalice_s_file_is_the_one_that_is_made() -> None:
    assert CONFIG.read_text("utf-8") == config_text()
    assert functions.edited_by_hand() == ""


def test_a_file_edited_by_hand_builds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = tmp_path / "config.json"
    edited.write_text(config_text().replace('"lambda_timeout": 15', '"lambda_timeout": 29'))
    monkeypatch.setattr(functions, "CONFIG", edited)
    with pytest.raises(BuildError, match="never edited: `make pilot` writes it again"):
        build("mataram", tmp_path / "out", this_machine())
    assert not (tmp_path / "out").exists()


def test_every_function_has_a_policy_of_its_own() -> None:
    named = [each.policy for given in FUNCTIONS.values() for each in given]
    assert sorted(named) == sorted(path.stem for path in (HERE / "policies").glob("*.json"))


def test_no_function_s_name_is_cut_however_long_the_pilot_s() -> None:
    """CloudFormation cuts at 64 characters; a role writes the log of the whole name alone."""
    for surface, given in FUNCTIONS.items():
        for each in given:
            logical = "APIHandler" if each.name == "api_handler" else each.name.replace("_", "")
            longest = f"tepat-{'x' * 20}-{surface}-{logical}-{'0' * 12}"
            assert len(longest) <= 64, each.name
