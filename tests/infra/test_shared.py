"""What pilots of an account share, what a further one costs at rest, and what the edge keeps."""

from __future__ import annotations

from typing import Any

import pytest

from infra import edge, shared, stages
from infra.cost import fixed
from infra.cost.inputs import read as read_inputs
from infra.templates import HERE, RESOURCES, of_type, read

KEYS = ("IndexKey", "SealSigningKey", "IkdKey")
AT_REST_USD = 4.00  # a month, of a further pilot
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
KEPT_FOR_TEN_SECONDS = {404, 414, 500, 501, 502, 503, 504}  # by CloudFront, whatever is asked


@pytest.fixture(scope="module")
def common() -> Any:
    return shared.template()


def test_everything_of_the_account_is_in_one_region_or_the_other(common: Any) -> None:
    """CloudFront's firewall and budgets are known in us-east-1 alone, alarms where they sound."""
    where = {name: each["Condition"] for name, each in common["Resources"].items()}
    at_the_edge = {name for name, condition in where.items() if condition != "InTheRegion"}
    assert at_the_edge - {"AlarmsByMail"} == {"WebAcl", "WebAclLogs", "WebAclLogging", "Budget"}
    assert {each["Condition"] for each in common["Outputs"].values()} == {
        "AtTheEdge",
        "InTheRegion",
    }
    assert {"Board", "Alarms", *KEYS} <= where.keys()


def test_log_groups_end_and_keys_outlive_their_stack(common: Any) -> None:
    for group in of_type(common, "AWS::Logs::LogGroup").values():
        assert 0 < group["Properties"]["RetentionInDays"] <= 365
    keys = of_type(common, "AWS::KMS::Key")
    assert keys.keys() == set(KEYS)
    assert {key["DeletionPolicy"] for key in keys.values()} == {"Retain"}


def test_only_what_was_refused_is_logged_at_the_firewall(common: Any) -> None:
    logging = common["Resources"]["WebAclLogging"]["Properties"]
    assert logging["LoggingFilter"]["DefaultBehavior"] == "DROP"
    hidden = [next(iter(field)) for field in logging["RedactedFields"]]
    assert hidden == ["QueryString", "SingleHeader", "SingleHeader"]
    acl = common["Resources"]["WebAcl"]["Properties"]
    looks = [acl, *acl["Rules"]]
    assert not any(each["VisibilityConfig"]["SampledRequestsEnabled"] for each in looks)


def test_an_address_at_one_pilot_does_not_count_at_another(common: Any) -> None:
    (rule,) = common["Resources"]["WebAcl"]["Properties"]["Rules"]
    keys = rule["Statement"]["RateBasedStatement"]["CustomKeys"]
    assert [next(iter(key)) for key in keys] == ["IP", "Header"]
    assert keys[1]["Header"]["Name"] == "host"


def test_the_account_s_budget_and_each_pilot_s_are_warned_of_before_they_are_spent(
    common: Any,
) -> None:
    pilot = of_type(read(HERE / "edge.yaml"), "AWS::Budgets::Budget")["Budget"]
    for budget in (common["Resources"]["Budget"], pilot):
        told = budget["Properties"]["NotificationsWithSubscribers"]
        at = [(n["Notification"]["NotificationType"], n["Notification"]["Threshold"]) for n in told]
        assert at == [("ACTUAL", 50), ("ACTUAL", 80), ("FORECASTED", 100)]
        assert all(n["Subscribers"] for n in told)
    (tag,) = pilot["Properties"]["Budget"]["CostFilters"]["TagKeyValue"]
    assert tag == {"Fn::Sub": "user:tepat-stage$${Stage}"}


def test_a_pilot_takes_the_shared_keys_under_its_own_names_or_has_its_own() -> None:
    """One condition parts both; the sealing key is each pilot's own either way."""
    template = read(RESOURCES)
    own = {name for name, key in of_type(template, "AWS::KMS::Key").items() if "Condition" in key}
    assert own == set(KEYS)
    assert of_type(template, "AWS::KMS::Key").keys() - own == {"OpeningKey"}
    for name in KEYS:
        for output in (f"{name}Id", f"{name}Arn"):
            condition, here, there = template["Outputs"][output]["Value"]["Fn::If"]
            assert (condition, there) == ("OwnKeys", {"Ref": f"Shared{name}Arn"})
            assert name in str(here)
    assert set(shared.SHARED_KEYS) == {f"Shared{name}Arn" for name in KEYS}
    assert set(shared.SHARED_KEYS) <= template["Parameters"].keys()
    assert template["Rules"]["AllSharedKeysOrNone"]["Assertions"]


class Stacks:
    """CloudFormation with some stacks."""

    def __init__(self, **there: dict[str, str]) -> None:
        self.there = {name.replace("_", "-"): outputs for name, outputs in there.items()}

    def client(self, _: str) -> Stacks:
        return self

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 - AWS's own
        from botocore.exceptions import ClientError

        if StackName not in self.there:
            raise ClientError({"Error": {"Message": f"{StackName} does not exist"}}, "")
        told = self.there[StackName].items()
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in told]
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": outputs}]}


FOUND = {"AlarmTopic": "arn:topic"} | {name: f"arn:{name}" for name in shared.SHARED_KEYS}


def test_keys_are_taken_at_the_first_deployment_and_never_changed_afterwards() -> None:
    first: Any = Stacks(tepat_shared=FOUND)
    assert shared.given_to(first, "mataram") == FOUND
    assert shared.given_to(first, "mataram", own_keys=True) == {"AlarmTopic": "arn:topic"}
    later: Any = Stacks(tepat_shared=FOUND, tepat_mataram_resources={})
    assert shared.given_to(later, "mataram") == {"AlarmTopic": "arn:topic"}
    nothing: Any = Stacks()
    assert shared.given_to(nothing, "mataram") == {}


def test_the_firewall_s_rate_is_the_most_that_a_pilot_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rates = {"ambon": 200, "mataram": 900}
    monkeypatch.setattr(stages, "names", lambda: list(rates))
    monkeypatch.setattr(stages, "read", lambda name: {"limits": {"address_rate": rates[name]}})
    assert shared.parameters("", 500)["AddressRate"] == "900"


def test_a_further_pilot_at_rest_costs_at_most_four_dollars() -> None:
    """Its own key and its alarms; firewall, other keys, topic and dashboard are the account's.

    What empty queues cost is no charge of the month but requests: Lambda asks each of them day and
    night. It comes on top, and docs/deploy.md says so.
    """
    usd, found = read_inputs().prices, fixed._counted(fixed.TEMPLATES)
    month = {name: found[name] / fixed.MONTHS for name in found if name != "metric_mo"}
    assert month.keys() == {"alarm_mo", "kms_key_mo"}
    assert month["kms_key_mo"] == 1
    charged = sum(count * usd[name] for name, count in month.items())
    assert charged <= AT_REST_USD
    assert round(charged, 2) == 3.50  # docs/deploy.md
    polls = 30 * 86_400 / 20 * 5 * fixed.queues() * usd["sqs_request"]
    assert round(polls, 2) == 1.56  # docs/deploy.md
    own = dict(fixed._counted(fixed.SHARED))
    assert own == {"kms_key_mo": 36, "waf_acl_mo": 12, "waf_rule_mo": 12}


def behaviours() -> list[dict[str, Any]]:
    resources = read(HERE / "edge.yaml")["Resources"]
    found: list[dict[str, Any]] = resources["Distribution"]["Properties"]["DistributionConfig"][
        "CacheBehaviors"
    ]
    return found


def test_nothing_that_an_api_answers_is_kept_at_the_edge() -> None:
    apis = [each for each in behaviours() if each["TargetOriginId"] != "site"]
    assert {each["PathPattern"] for each in apis} == {"/v1/*", "/staff*"}
    for each in apis:
        assert each["CachePolicyId"] == CACHING_DISABLED
        assert each["ViewerProtocolPolicy"] == "https-only"
        assert "ResponseHeadersPolicyId" in each
    config = read(HERE / "edge.yaml")["Resources"]["Distribution"]["Properties"]
    kept = {
        each["ErrorCode"]: each["ErrorCachingMinTTL"]
        for each in config["DistributionConfig"]["CustomErrorResponses"]
    }
    assert kept.keys() >= KEPT_FOR_TEN_SECONDS
    assert set(kept.values()) == {0}
    assert all(len(each) == 2 for each in config["DistributionConfig"]["CustomErrorResponses"])


def test_the_edge_is_given_all_it_asks_for_and_nothing_else() -> None:
    made = {
        "QuarantineBucket": "q",
        "ReleasedBucket": "r",
        "SiteBucket": "s",
        "WebAclArn": "arn:acl",
        "PublicApi": "a1",
        "StaffApi": "b2",
    }
    given = edge.parameters(stages.read("mataram"), made, "arn:certificate")
    assert given.keys() == read(HERE / "edge.yaml")["Parameters"].keys()
    assert given["Domain"] == "bansos.mataram.example.go.id"
    assert given["UploadUrl"] == "https://q.s3.ap-southeast-3.amazonaws.com"
    assert given["StaffApi"] == "b2.execute-api.ap-southeast-3.amazonaws.com"
    assert "/daftar/" in given["Pages"].split(",")
    assert "/404.html" not in given["Pages"]


def test_a_pilot_s_budget_and_address_come_from_its_file() -> None:
    given = edge.parameters(
        stages.read("mataram"),
        dict.fromkeys(("QuarantineBucket", "ReleasedBucket", "SiteBucket", "WebAclArn"), "x")
        | {"PublicApi": "a", "StaffApi": "b"},
        "arn",
    )
    file = stages.read("mataram")
    assert given["BudgetUsd"] == str(file["budget"]["usd_a_month"])
    assert given["AlarmAddress"] == file["alarms"]["address"]
