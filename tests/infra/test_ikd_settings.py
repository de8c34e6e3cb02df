"""Where citizens sign in is a stage's own matter: what its file says, and who is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from infra import local_sandboxes, stages
from infra.resources import environment
from infra.templates import HERE, read

NAMES = {"TEPAT_IKD_ISSUER", "TEPAT_IKD_CLIENT_ID", "TEPAT_IKD_ALGORITHM", "TEPAT_IKD_KEY_ID"}


@pytest.fixture
def public() -> dict[str, Any]:
    return read(HERE / "public.merge.yaml")


def test_a_stage_names_its_ikd_over_a_safe_connection() -> None:
    for name in stages.names():
        stage = stages.read(name)
        if stage["ikd"] is None:
            continue
        given = stages.parameters(stage)
        assert given["IkdIssuer"].startswith("https://")
        assert not given["IkdIssuer"].endswith("/")
        assert given["IkdClientId"]


def test_a_stage_may_have_none() -> None:
    given = stages.parameters(stages.read("banyuwangi") | {"ikd": None})
    assert (given["IkdIssuer"], given["IkdClientId"], given["IkdAlgorithm"]) == ("", "", "RS256")


def test_only_algorithms_that_are_verified_may_be_set(public: dict[str, Any]) -> None:
    allowed = public["Parameters"]["IkdAlgorithm"]["AllowedValues"]
    assert allowed == ["RS256", "PS256", "ES256"]
    assert local_sandboxes.ikd_settings(4588)["IkdAlgorithm"] in allowed


def test_no_worker_is_told_where_citizens_sign_in(public: dict[str, Any]) -> None:
    for name, resource in public["Resources"].items():
        told = resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
        assert (set(told) >= NAMES) == (name == "APIHandler"), name
    everybody = public["Globals"]["Function"]["Environment"]["Variables"]
    assert not {name for name in everybody if "IKD" in name}


def test_the_public_api_of_a_stage_without_ikd_has_an_empty_issuer(public: dict[str, Any]) -> None:
    filled = dict.fromkeys(
        {name for each in ("public", "staff", "screening") for name in _parameters(each)}, "x"
    )
    given = filled | stages.parameters(stages.read("banyuwangi") | {"ikd": None})
    assert environment(given)["TEPAT_IKD_ISSUER"] == ""


def _parameters(surface: str) -> dict[str, Any]:
    path = HERE / f"{surface}.merge.yaml"
    found: dict[str, Any] = read(path)["Parameters"] if path.is_file() else {}
    return found
