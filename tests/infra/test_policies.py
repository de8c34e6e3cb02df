"""One role per function, and what none of them may do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.templates import HERE

POLICIES = sorted((HERE / "policies").glob("*.json"))
# What each function may touch; a policy that names anything else fails.
OWN = {
    "public_api": {"RegistryTableArn", "VaultTableArn", "LedgerTableArn", "OpsTableArn"}
    | {"IndexKeyArn", "IkdKeyArn", "QuarantineBucketArn"},
    "check_identity": {"RegistryTableArn", "VaultTableArn", "LedgerTableArn"}
    | {"CheckQueueArn", "OpeningKeyArn"},
    "score_household": {"RegistryTableArn", "VaultTableArn", "LedgerTableArn", "ScoreQueueArn"},
    "release_guards": {"RegistryTableArn", "VaultTableArn", "LedgerTableArn", "ReleaseQueueArn"},
    "carry_out": {"RegistryTableArn", "VaultTableArn", "LedgerTableArn", "OpsTableArn"}
    | {"AdoptionQueueArn", "SiteBucketArn"},
    "conduct_dispute": {"RegistryTableArn", "VaultTableArn", "LedgerTableArn", "DisputeQueueArn"}
    | {"IndexKeyArn", "OpsTableArn"},
    "relay": {"RegistryStreamArn", "CheckQueueArn", "ScoreQueueArn", "ReleaseQueueArn"}
    | {"AdoptionQueueArn", "DisputeQueueArn", "RelayFailuresArn"},
    "sweep": {"RegistryTableArn", "LedgerTableArn"}
    | {"CheckQueueArn", "ScoreQueueArn", "ReleaseQueueArn", "AdoptionQueueArn"}
    | {"DisputeQueueArn"},
    "seal_day": {"LedgerTableArn", "SealSigningKeyArn", "SiteBucketArn"},
    "send_visits": {"RegistryTableArn", "VaultTableArn", "LedgerTableArn", "IndexKeyArn"},
    "staff_api": {"RegistryTableArn", "VaultTableArn", "LedgerTableArn", "OpsTableArn"}
    | {"IndexKeyArn", "OpeningKeyArn", "ReleasedBucketArn"},
    "screen_evidence": {"RegistryTableArn", "LedgerTableArn", "EvidenceQueueArn"}
    | {"QuarantineBucketArn", "ReleasedBucketArn"},
}


def statements(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((HERE / f"policies/{name}.json").read_text())[
        "Statement"
    ]
    return found


def actions(name: str, resource: str = "") -> set[str]:
    return {
        action
        for statement in statements(name)
        if resource in json.dumps(statement["Resource"])
        for action in statement["Action"]
    }


def test_every_policy_belongs_to_a_function() -> None:
    config = json.loads((HERE.parent / ".chalice/config.json").read_text())
    used = {
        function["iam_policy_file"].rpartition("/")[2]
        for stage in config["stages"].values()
        for function in stage["lambda_functions"].values()
    }
    assert used == {path.name for path in POLICIES}
    assert set(OWN) == {path.stem for path in POLICIES}


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_no_wildcard_and_only_its_own_resources(path: Any) -> None:
    named = set()
    for statement in statements(path.stem):
        assert statement["Effect"] == "Allow"
        assert "NotAction" not in statement
        assert all("*" not in action for action in statement["Action"])
        resources = statement["Resource"]
        for resource in resources if isinstance(resources, list) else [resources]:
            assert resource != "*"
            text = resource.get("Ref") or resource["Fn::Sub"]
            if ":log-group:" not in text:
                named.add(text.removeprefix("${").partition("}")[0])
    assert named == OWN[path.stem]


def test_the_public_api_seals_and_cannot_open() -> None:
    assert actions("public_api", "IndexKeyArn") == {"kms:GenerateMac"}
    assert actions("public_api", "IkdKeyArn") == {"kms:Sign"}
    everything = actions("public_api")
    keys = {action for action in everything if action.startswith("kms:")}
    assert keys == {"kms:GenerateMac", "kms:Sign"}
    assert not {a for a in everything if a.startswith("sqs:")}
    assert not {a for a in everything if "Scan" in a or "Delete" in a}


def test_the_public_api_lists_nothing_but_who_looked_at_a_case() -> None:
    """By the number of the case, which only its receipt opens (POST /v1/looked)."""
    listing = [each for each in statements("public_api") if "dynamodb:Query" in each["Action"]]
    assert [(each["Action"], each["Resource"]) for each in listing] == [
        (["dynamodb:Query"], {"Fn::Sub": "${LedgerTableArn}/index/by_reference"})
    ]


def test_who_may_do_what_with_evidence() -> None:
    """Families send, one function opens, officers see copies: nobody has the next one's right."""
    every = {name: {a for a in actions(name) if a.startswith("s3:")} for name in OWN}
    assert every["public_api"] == actions("public_api", "QuarantineBucketArn") == {"s3:PutObject"}
    shown = {"s3:GetObject", "s3:DeleteObject"}  # deleted with the family that is erased
    assert every["staff_api"] == actions("staff_api", "ReleasedBucketArn") == shown
    opened = actions("screen_evidence", "QuarantineBucketArn")
    assert opened == {"s3:GetObject", "s3:DeleteObject", "s3:ListBucket"}
    copied = actions("screen_evidence", "ReleasedBucketArn")
    assert copied == {"s3:PutObject", "s3:GetObject"}
    may = {name for name, those in every.items() if those}
    publish = {"seal_day", "carry_out"}
    assert may == {"public_api", "staff_api", "screen_evidence"} | publish
    assert {action for name in publish for action in every[name]} == {"s3:PutObject"}


def test_the_screening_opens_no_identity_and_reads_no_case() -> None:
    assert not {a for a in actions("screen_evidence") if a.startswith("kms:")}
    assert actions("screen_evidence", "VaultTableArn") == set()
    for statement in statements("screen_evidence"):
        if statement["Resource"] == {"Ref": "RegistryTableArn"}:
            keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            assert set(keys) == {"D#*", "M#*", "W#*"}


def test_nobody_else_says_to_ikd_that_it_is_us() -> None:
    assert {name for name in OWN if actions(name, "IkdKeyArn")} == {"public_api"}


def test_only_two_roles_may_open() -> None:
    assert {n for n in OWN if "kms:Decrypt" in actions(n)} == {"check_identity", "staff_api"}


def test_nobody_changes_or_deletes_in_the_ledger() -> None:
    for name in OWN:
        allowed = {"GetItem", "Query", "PutItem"}
        assert actions(name, "LedgerTableArn") <= {f"dynamodb:{action}" for action in allowed}


WRITES = {
    "carry_out": [{"V#*", "P#*"}],
    "staff_api": [
        {"V#*"},
        {"P#*", "CUTS"},
        {"D#*", "M#*", "B#*", "T#*"},
        {"O#*"},
        {"W#*", "J#*"},
    ],
    "screen_evidence": [{"D#*", "M#*", "W#*"}],
    "public_api": [{"V#*", "N#*", "K#*"}, {"D#*", "M#*", "B#*"}, {"W#*"}],
    "conduct_dispute": [{"D#*", "M#*", "V#*"}],
    "send_visits": [{"W#*"}],
    "score_household": [{"V#*", "T#*"}],
    "release_guards": [{"V#*"}],
}
"""Keys that a role may write in the registry, a statement each; else: cases and guards."""


def test_only_the_sealer_writes_seals_and_only_staff_what_is_adopted() -> None:
    for name in OWN:
        for statement in statements(name):
            if "dynamodb:PutItem" not in statement["Action"]:
                continue
            condition = statement.get("Condition", {})
            if statement["Resource"] == {"Ref": "LedgerTableArn"}:
                sealing = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["SEAL"]}}
                others = {"ForAllValues:StringNotLike": {"dynamodb:LeadingKeys": ["SEAL"]}}
                assert condition == (sealing if name == "seal_day" else others)
            if statement["Resource"] == {"Ref": "RegistryTableArn"}:
                keys = set(condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])
                assert keys in WRITES.get(name, [{"V#*", "N#*", "K#*"}])


@pytest.mark.parametrize("table", ["RegistryTableArn", "OpsTableArn"])
def test_of_what_holds_many_kinds_of_things_each_role_names_those_it_may_touch(table: str) -> None:
    for name in OWN:
        for statement in statements(name):
            if statement["Resource"] == {"Ref": table}:
                keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
                assert keys, (name, statement["Sid"])
                assert all(key == "CUTS" or key.endswith("#*") for key in keys), name


def test_officers_profiles_are_read_by_those_alone_who_draw_or_keep_them() -> None:
    readers = {
        name
        for name in OWN
        for statement in statements(name)
        if '"O#*"' in json.dumps(statement.get("Condition"))
    }
    assert readers == {"conduct_dispute", "send_visits", "staff_api"}


def test_only_guards_and_erased_identity_are_ever_deleted() -> None:
    deleting = [
        (name, statement)
        for name in OWN
        for statement in statements(name)
        if "dynamodb:DeleteItem" in statement["Action"]
    ]
    for name, statement in deleting:
        if statement["Resource"] == {"Ref": "VaultTableArn"}:
            assert name == "staff_api"
        else:
            keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            assert set(keys) == {"N#*", "K#*"}
