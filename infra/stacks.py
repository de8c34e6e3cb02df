"""CloudFormation stacks: show what would change, do it once that is agreed, say why it failed.

Every change is a change set, in the cloud and on the local AWS alike. One that fails is rolled back
by CloudFormation, and the stack is as it was; one that nobody agrees to leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from infra.templates import Template

TEMPLATE_LIMIT = 51_200  # bytes that fit in the call; a larger template goes by S3
STACK_LIMIT = 1800  # seconds until a stack must be done
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
HASH_TAG = "tepat:content"
STAGE_TAG = "tepat-stage"  # as edge.yaml's budget names it
HOLDS_DATA = {
    "AWS::Cognito::UserPool",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
}
_NOTHING = ("didn't contain changes", "No updates are to be performed")


class StackError(RuntimeError):
    """CloudFormation refused or rolled back; the message carries its reasons."""


class NotAgreedError(StackError):
    """Nobody agreed to the changes; nothing was done."""


@dataclass(frozen=True, slots=True)
class Change:
    """One resource that a change set touches.

    Attributes:
        action: `Add`, `Modify` or `Remove`.
        name, kind: its logical name and CloudFormation type.
        replaced: whether a new one takes its place.
    """

    action: str
    name: str
    kind: str
    replaced: bool

    @property
    def loses_data(self) -> bool:
        """Whether the stack would go on without what this resource holds."""
        return self.kind in HOLDS_DATA and (self.action == "Remove" or self.replaced)


Agree = Callable[[str, Sequence[Change]], bool]
"""Is shown a stack's name and what would change in it; whether to go on."""


def deploy(
    cloudformation: Any,  # noqa: ANN401 - boto3's client
    name: str,
    template: Template,
    parameters: dict[str, str],
    template_url: str | None = None,
    *,
    agree: Agree | None = None,
) -> dict[str, str]:
    """Bring a stack to what the template says; does nothing when it is there already.

    Args:
        cloudformation: the client.
        name: name of the stack.
        template: with `CodeUri` pointing to S3.
        parameters: more than the template declares may be given; the rest is left out.
        template_url: where the template lies in S3, if it is too large for the call.
        agree: is asked before anything changes; None goes on.

    Returns:
        The stack's outputs.

    Raises:
        NotAgreedError: nobody agreed.
        StackError: the stack could not be brought there, or would lose what it holds.
    """
    body = json.dumps(template, separators=(",", ":"))
    given = {k: v for k, v in parameters.items() if k in template.get("Parameters", {})}
    digest = hashlib.sha256(json.dumps([body, sorted(given.items())]).encode()).hexdigest()
    stack = _clean_start(cloudformation, name)
    tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])} if stack else {}
    if stack and stack["StackStatus"].endswith("_COMPLETE") and tags.get(HASH_TAG) == digest:
        return outputs(stack)
    # What an update does not name stays as it is: an alarm's address is not lost by forgetting it.
    before = {one["ParameterKey"] for one in stack.get("Parameters", [])} if stack else set()
    kept = sorted((before & template.get("Parameters", {}).keys()) - given.keys())
    change_set = {"StackName": name, "ChangeSetName": f"tepat-{digest[:16]}"}
    wanted = {
        **change_set,
        "ChangeSetType": "UPDATE" if stack else "CREATE",
        "Parameters": [
            *({"ParameterKey": k, "ParameterValue": v} for k, v in given.items()),
            *({"ParameterKey": k, "UsePreviousValue": True} for k in kept),
        ],
        "Capabilities": CAPABILITIES,
        "Tags": [{"Key": key, "Value": value} for key, value in _tags(name, digest).items()],
        **({"TemplateURL": template_url} if template_url else {"TemplateBody": body}),
    }
    try:
        changes = _propose(cloudformation, wanted)
        if changes is None:
            return outputs(stack or {})
        _refuse_loss(name, changes)
        if agree and not agree(name, changes):
            raise NotAgreedError(f"nobody agreed to the changes of {name}; nothing was done")
    except StackError:
        _forget(cloudformation, change_set, new=stack is None)
        raise
    # A table that a failed first deployment made must not stand in the way of the second.
    cloudformation.execute_change_set(**change_set, RetainExceptOnCreate=True)
    return outputs(_wait(cloudformation, name))


def _tags(name: str, digest: str) -> dict[str, str]:
    """Tags of a stack and of all in it; by the pilot's name its budget knows what it pays for."""
    pilot = name.split("-")[1] if name.count("-") > 1 else "shared"
    return {"project": "tepat", STAGE_TAG: pilot, HASH_TAG: digest}


def _clean_start(cloudformation: Any, name: str) -> dict[str, Any] | None:  # noqa: ANN401 - boto3's
    """The stack, once what a deployment that never came to anything has left of it is gone."""
    stack = describe(cloudformation, name)
    if stack and stack["StackStatus"] in {"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"}:
        delete(cloudformation, name)
        return None
    return stack


def _propose(cloudformation: Any, wanted: dict[str, Any]) -> list[Change] | None:  # noqa: ANN401
    """Make a change set; gives what it would change, or None when that is nothing."""
    named = {key: wanted[key] for key in ("StackName", "ChangeSetName")}
    try:
        cloudformation.delete_change_set(**named)  # one that an interrupted run left
    except ClientError as error:
        if not ("NotFound" in str(error) or "does not exist" in str(error)):
            raise StackError(f"stack {wanted['StackName']}: {error}") from error
    try:
        cloudformation.create_change_set(**wanted)
    except ClientError as error:
        raise StackError(f"stack {wanted['StackName']}: {error}") from error
    end, pause = time.monotonic() + STACK_LIMIT, 0.1
    while (told := cloudformation.describe_change_set(**named))["Status"] != "CREATE_COMPLETE":
        if told["Status"] == "FAILED":
            reason = told.get("StatusReason", "")
            if any(words in reason for words in _NOTHING):
                cloudformation.delete_change_set(**named)
                return None
            raise StackError(f"stack {wanted['StackName']}: {reason}")
        if time.monotonic() > end:
            raise StackError(f"stack {wanted['StackName']}: its change set is not made")
        time.sleep(pause)
        pause = min(pause * 1.5, 5)
    found = list(told["Changes"])
    while more := told.get("NextToken"):
        told = cloudformation.describe_change_set(**named, NextToken=more)
        found += told["Changes"]
    return [_change(each["ResourceChange"]) for each in found]


def _change(told: dict[str, Any]) -> Change:
    replaced = told.get("Replacement") == "True"
    return Change(told["Action"], told["LogicalResourceId"], told["ResourceType"], replaced)


def _refuse_loss(name: str, changes: Sequence[Change]) -> None:
    lost = sorted(f"{each.name} ({each.kind})" for each in changes if each.loses_data)
    if lost:
        raise StackError(
            f"stack {name} would go on without what these hold: {', '.join(lost)}.\n"
            "Nothing was done. A deployment never replaces them; docs/deploy.md says what to do."
        )


def _forget(cloudformation: Any, change_set: dict[str, str], *, new: bool) -> None:  # noqa: ANN401
    """Delete a change set, and the empty stack that a first one makes."""
    try:
        cloudformation.delete_change_set(**change_set)
        if new and describe(cloudformation, change_set["StackName"]):
            delete(cloudformation, change_set["StackName"])
    except ClientError:
        return  # the reason for which it is forgotten says more


def delete(cloudformation: Any, name: str) -> None:  # noqa: ANN401 - boto3's client
    """Delete a stack and wait until it is gone; one that is not there is gone.

    Raises:
        StackError: something of it could not be deleted.
    """
    stack = describe(cloudformation, name)
    if stack is None:
        return
    cloudformation.delete_stack(StackName=name)
    end, pause = time.monotonic() + STACK_LIMIT, 0.2
    while (stack := describe(cloudformation, name)) is not None:
        if stack["StackStatus"] == "DELETE_FAILED" or time.monotonic() > end:
            raise StackError(f"stack {name} is not gone\n{_reasons(cloudformation, name)}")
        time.sleep(pause)
        pause = min(pause * 1.5, 10)


def describe(cloudformation: Any, name: str) -> dict[str, Any] | None:  # noqa: ANN401 - boto3's
    """Return a stack, or None when there is none of that name."""
    try:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if stack["StackStatus"] == "DELETE_COMPLETE" else stack


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    """Return a stack's outputs by name."""
    return {entry["OutputKey"]: entry["OutputValue"] for entry in stack.get("Outputs", [])}


def _wait(cloudformation: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 - boto3's client
    end, pause = time.monotonic() + STACK_LIMIT, 0.2
    while time.monotonic() < end:
        stack = describe(cloudformation, name)
        status = stack["StackStatus"] if stack else "DELETED"
        if stack and status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            return stack
        ended = not status.endswith("_IN_PROGRESS") and "ROLLBACK" in status
        if ended or status.endswith("_FAILED") or status == "DELETED":
            back = "; it is as it was before" if status == "UPDATE_ROLLBACK_COMPLETE" else ""
            raise StackError(f"stack {name}: {status}{back}\n{_reasons(cloudformation, name)}")
        time.sleep(pause)
        pause = min(pause * 1.5, 10)
    raise StackError(f"stack {name} was not done in {STACK_LIMIT // 60} minutes")


def _reasons(cloudformation: Any, name: str) -> str:  # noqa: ANN401 - boto3's client
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(
        f"  {event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in events
        if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason")
    )
