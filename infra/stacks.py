"""CloudFormation stacks: create or update, wait, and say why one failed."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from botocore.exceptions import ClientError

from infra.templates import Template

TEMPLATE_LIMIT = 51_200  # bytes that fit in the call; a larger template goes by S3
STACK_LIMIT = 1800  # seconds until a stack must be done
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
HASH_TAG = "tepat:content"


class StackError(RuntimeError):
    """CloudFormation refused or rolled back; the message carries its reasons."""


def deploy(
    cloudformation: Any,  # noqa: ANN401 - boto3's client
    name: str,
    template: Template,
    parameters: dict[str, str],
    template_url: str | None = None,
) -> dict[str, str]:
    """Bring a stack to what the template says; does nothing when it is there already.

    Args:
        cloudformation: the client.
        name: name of the stack.
        template: with `CodeUri` pointing to S3.
        parameters: more than the template declares may be given; the rest is left out.
        template_url: where the template lies in S3, if it is too large for the call.

    Returns:
        The stack's outputs.

    Raises:
        StackError: the stack could not be brought there.
    """
    body = json.dumps(template, separators=(",", ":"))
    given = {k: v for k, v in parameters.items() if k in template.get("Parameters", {})}
    digest = hashlib.sha256(json.dumps([body, sorted(given.items())]).encode()).hexdigest()
    stack = describe(cloudformation, name)
    tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])} if stack else {}
    if stack and stack["StackStatus"].endswith("_COMPLETE") and tags.get(HASH_TAG) == digest:
        return outputs(stack)
    # What an update does not name stays as it is: an alarm's address is not lost by forgetting it.
    before = {one["ParameterKey"] for one in stack.get("Parameters", [])} if stack else set()
    kept = sorted((before & template.get("Parameters", {}).keys()) - given.keys())
    wanted = {
        "StackName": name,
        "Parameters": [
            *({"ParameterKey": k, "ParameterValue": v} for k, v in given.items()),
            *({"ParameterKey": k, "UsePreviousValue": True} for k in kept),
        ],
        "Capabilities": CAPABILITIES,
        "Tags": [{"Key": "project", "Value": "tepat"}, {"Key": HASH_TAG, "Value": digest}],
        **({"TemplateURL": template_url} if template_url else {"TemplateBody": body}),
    }
    try:
        (cloudformation.update_stack if stack else cloudformation.create_stack)(**wanted)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise StackError(f"stack {name}: {error}") from error
    return outputs(_wait(cloudformation, name))


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
        if "ROLLBACK" in status or "FAILED" in status or status == "DELETED":
            raise StackError(f"stack {name}: {status}\n{_reasons(cloudformation, name)}")
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
