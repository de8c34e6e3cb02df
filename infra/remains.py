"""What there is of a pilot in an account, found by its name: nothing, once it was removed."""

from __future__ import annotations

from typing import Any

from infra.account import Account

# kind -> service, call, field of the answer, name in it, what stands before the pilot's name
_LISTED = {
    "function": ("lambda", "list_functions", "Functions", "FunctionName", ""),
    "API": ("apigateway", "get_rest_apis", "items", "name", ""),
    "role": ("iam", "list_roles", "Roles", "RoleName", ""),
    "rule": ("events", "list_rules", "Rules", "Name", ""),
    "log": ("logs", "describe_log_groups", "logGroups", "logGroupName", "/aws/lambda/"),
    "alarm": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", ""),
    "bucket": ("s3", "list_buckets", "Buckets", "Name", ""),
    "table": ("dynamodb", "list_tables", "TableNames", "", ""),
}


def of(account: Account, stage_name: str) -> dict[str, list[str]]:
    """Everything that carries the pilot's name, by kind."""
    mine = f"tepat-{stage_name}-"  # a pilot's name has no hyphen, so no other one begins like this
    found = {"stack": [name for name in _stacks(account) if name.startswith(mine)]}
    found |= {kind: _mine(account, kind, mine) for kind in _LISTED}
    found["queue"] = _queues(account, mine)
    found["user pool"] = [each["Name"] for each in pools(account) if each["Name"].startswith(mine)]
    return found


def names(account: Account, stage_name: str) -> list[str]:
    """Kind and name of everything that is there."""
    return [f"{kind} {name}" for kind, all_ in of(account, stage_name).items() for name in all_]


def tables(account: Account, stage_name: str) -> list[str]:
    """Names of the pilot's tables."""
    return _mine(account, "table", f"tepat-{stage_name}-")


def buckets(account: Account, stage_name: str) -> list[str]:
    """Names of the pilot's buckets."""
    return _mine(account, "bucket", f"tepat-{stage_name}-")


def pools(account: Account) -> list[dict[str, Any]]:
    """All user pools of the account."""
    client = account.client("cognito-idp")
    pages = client.get_paginator("list_user_pools").paginate(MaxResults=60)
    return [pool for page in pages for pool in page["UserPools"]]


def _mine(account: Account, kind: str, mine: str) -> list[str]:
    service, call, answer, field, before = _LISTED[kind]
    pages = account.client(service).get_paginator(call).paginate()
    there = (each[field] if field else each for page in pages for each in page.get(answer, ()))
    return sorted(name for name in there if name.startswith(before + mine))


def _stacks(account: Account) -> list[str]:
    pages = account.client("cloudformation").get_paginator("describe_stacks").paginate()
    there = (stack for page in pages for stack in page["Stacks"])
    return [each["StackName"] for each in there if each["StackStatus"] != "DELETE_COMPLETE"]


def _queues(account: Account, mine: str) -> list[str]:
    pages = account.client("sqs").get_paginator("list_queues").paginate(QueueNamePrefix=mine)
    return [url.rpartition("/")[2] for page in pages for url in page.get("QueueUrls", ())]
