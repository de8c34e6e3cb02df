"""A stack changes by a change set that somebody agreed to, and never loses what it holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra import stacks

TEMPLATE = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, "Parameters": {"Stage": {}}}
QUEUE = ("Add", "Queue", "AWS::SQS::Queue", None)


class CloudFormation:
    """One stack and one change set; what they come to is set by the test."""

    def __init__(self, *changes: tuple[str, str, str, str | None], status: str = "") -> None:
        self.status = status
        self.becomes = ["UPDATE_COMPLETE" if status else "CREATE_COMPLETE"]
        self.changes = changes
        self.refused = ""
        self.calls: list[str] = []
        self.wanted: dict[str, Any] = {}
        self.tags: list[dict[str, str]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**given: Any) -> Any:
            if not name.startswith("describe"):
                self.calls.append(name)
            return getattr(self, f"on_{name}")(**given)

        return call

    def on_describe_stacks(self, **_: Any) -> Any:
        if len(self.becomes) > 1 and "_IN_PROGRESS" in self.status:
            self.status = self.becomes.pop(0)
        elif "_IN_PROGRESS" in self.status and self.status != "REVIEW_IN_PROGRESS":
            self.status = self.becomes[0]
        if not self.status:
            raise ClientError(
                {"Error": {"Code": "ValidationError", "Message": "Stack does not exist"}}, ""
            )
        outputs = [{"OutputKey": "Name", "OutputValue": "value"}]
        return {"Stacks": [{"StackStatus": self.status, "Outputs": outputs, "Tags": self.tags}]}

    def on_describe_stack_events(self, **_: Any) -> Any:
        event = {"ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "no such thing"}
        return {"StackEvents": [event | {"LogicalResourceId": "Queue"}]}

    def on_create_change_set(self, **given: Any) -> None:
        self.wanted = given
        if given["ChangeSetType"] == "CREATE":
            assert not self.status
            self.status = "REVIEW_IN_PROGRESS"

    def on_describe_change_set(self, **given: Any) -> Any:
        if self.refused:
            return {"Status": "FAILED", "StatusReason": self.refused}
        found = [
            {"ResourceChange": {"Action": a, "LogicalResourceId": n, "ResourceType": t}
             | ({"Replacement": r} if r else {})}
            for a, n, t, r in self.changes
        ]  # fmt: skip
        pages = {"": {"Changes": found[:1], "NextToken": "2"}, "2": {"Changes": found[1:]}}
        return {"Status": "CREATE_COMPLETE", **pages[given.get("NextToken", "")]}

    def on_delete_change_set(self, **_: Any) -> None:
        return None

    def on_execute_change_set(self, **given: Any) -> None:
        assert given["RetainExceptOnCreate"]
        self.status = "UPDATE_IN_PROGRESS"
        self.tags = self.wanted["Tags"]

    def on_delete_stack(self, **_: Any) -> None:
        self.status = ""


def deploy(there: CloudFormation, **more: Any) -> dict[str, str]:
    return stacks.deploy(there, "tepat-x-public", TEMPLATE, {"Stage": "x", "Other": "y"}, **more)


def test_what_would_change_is_shown_then_done_once() -> None:
    there = CloudFormation(QUEUE, ("Modify", "Api", "AWS::ApiGateway::RestApi", "False"))
    shown: list[tuple[str, list[stacks.Change]]] = []

    def agree(name: str, changes: Any) -> bool:
        shown.append((name, list(changes)))
        return True

    assert deploy(there, agree=agree) == {"Name": "value"}
    assert [(name, [each.name for each in all_]) for name, all_ in shown] == [
        ("tepat-x-public", ["Queue", "Api"])
    ]
    assert [p["ParameterKey"] for p in there.wanted["Parameters"]] == ["Stage"]
    assert there.calls == ["delete_change_set", "create_change_set", "execute_change_set"]
    deploy(there, agree=agree)
    assert len(shown) == 1  # it is there already
    assert there.calls[3:] == []


@pytest.mark.parametrize("before", ["", "UPDATE_COMPLETE"])
def test_what_nobody_agrees_to_leaves_nothing_behind(before: str) -> None:
    there = CloudFormation(QUEUE, status=before)
    with pytest.raises(stacks.NotAgreedError):
        deploy(there, agree=lambda *_: False)
    assert "execute_change_set" not in there.calls
    assert there.calls[-1] == ("delete_change_set" if before else "delete_stack")
    assert there.status == before


@pytest.mark.parametrize(
    "change",
    [
        ("Remove", "RegistryTable", "AWS::DynamoDB::Table", None),
        ("Modify", "OpeningKey", "AWS::KMS::Key", "True"),
        ("Modify", "StaffPool", "AWS::Cognito::UserPool", "True"),
        ("Remove", "ReleasedBucket", "AWS::S3::Bucket", None),
    ],
)
def test_what_holds_data_is_never_replaced_whoever_agrees(change: Any) -> None:
    there = CloudFormation(QUEUE, change, status="UPDATE_COMPLETE")
    with pytest.raises(stacks.StackError, match=change[1]):
        deploy(there, agree=lambda *_: True)
    assert "execute_change_set" not in there.calls


def test_a_table_may_be_changed_in_its_place() -> None:
    change = ("Modify", "RegistryTable", "AWS::DynamoDB::Table", "False")
    assert deploy(CloudFormation(change, status="UPDATE_COMPLETE"))


def test_no_change_is_no_fault_and_any_other_refusal_is_told() -> None:
    there = CloudFormation(status="UPDATE_COMPLETE")
    there.refused = "The submitted information didn't contain changes. Submit different information"
    assert deploy(there) == {"Name": "value"}
    there.refused = "Template error: no such parameter"
    with pytest.raises(stacks.StackError, match="no such parameter"):
        deploy(there)
    assert "execute_change_set" not in there.calls


def test_a_failure_is_told_when_all_is_rolled_back() -> None:
    there = CloudFormation(QUEUE, status="UPDATE_COMPLETE")
    there.becomes = ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"]
    with pytest.raises(stacks.StackError, match=r"(?s)as it was before.*Queue: no such thing"):
        deploy(there)
    assert there.status == "UPDATE_ROLLBACK_COMPLETE"


@pytest.mark.parametrize("left", ["REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"])
def test_what_a_first_try_left_is_no_hindrance(left: str) -> None:
    there = CloudFormation(QUEUE, status=left)
    there.becomes = ["CREATE_COMPLETE"]
    assert deploy(there)
    assert there.calls[0] == "delete_stack"
    assert there.wanted["ChangeSetType"] == "CREATE"
