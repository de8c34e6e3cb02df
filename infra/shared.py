"""Deploy what all pilots of an account share: `make shared`, once, before the first pilot.

Firewall and budget go to us-east-1; topic, keys and dashboard to Jakarta. A pilot's deployment
finds them by their stack's name. Never run against an account yet; the templates are linted.
"""

from __future__ import annotations

import argparse
import json
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import dashboard, stacks, stages
from infra.account import Account
from infra.build import REGION
from infra.deploy import ask, show
from infra.templates import HERE, Template, read

STACK = "tepat-shared"
EDGE_REGION = "us-east-1"
SHARED_KEYS = ("SharedIndexKeyArn", "SharedSealSigningKeyArn", "SharedIkdKeyArn")


def template() -> Template:
    """Return shared.yaml with the dashboard, which follows from the pilots' templates."""
    made = read(HERE / "shared.yaml")
    board = dashboard.template(dashboard.watched(), stages.names())["Resources"]["Board"]
    made["Resources"]["Board"] = board | {"Condition": "InTheRegion"}
    return made


def parameters(address: str, usd: int) -> dict[str, str]:
    """Parameters of shared.yaml; the firewall's rate is the most that a pilot's file names.

    Args:
        address: who hears all alarms and of the budget; "" for nobody.
        usd: the account's budget of a month.
    """
    rate = max(stages.read(name)["limits"]["address_rate"] for name in stages.names())
    return {"AlarmAddress": address, "BudgetUsd": str(usd), "AddressRate": str(rate)}


def given_to(account: Account, stage_name: str, *, own_keys: bool = False) -> dict[str, str]:
    """What a pilot takes of what is shared.

    Keys are taken by a pilot that is deployed for the first time and never afterwards: digests and
    receipts hang on the key that they were made with.

    Args:
        own_keys: whether the pilot is to have keys of its own beside an account's shared ones.

    Returns:
        Parameters of resources.yaml and of the apps; none where nothing is shared.
    """
    cloudformation = account.client("cloudformation")
    stack = stacks.describe(cloudformation, STACK)
    found = stacks.outputs(stack) if stack else {}
    there = stacks.describe(cloudformation, f"tepat-{stage_name}-resources")
    if own_keys or there is not None:
        return {name: value for name, value in found.items() if name not in SHARED_KEYS}
    return found


def main() -> None:
    """Deploy both stacks."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m infra.shared")
    parser.add_argument("--alarm-address", default="", help="e-mail; kept if left out")
    parser.add_argument("--budget", type=int, default=500, help="USD a month (500)")
    parser.add_argument("--yes", action="store_true", help="show what changes, and do not ask")
    parser.add_argument("--print", action="store_true", help="only print the template")
    given = parser.parse_args()
    if given.print:
        print(json.dumps(template(), indent=1))
        return
    if given.budget < 1:
        sys.exit("The budget must be 1 USD a month or more.")
    chosen = parameters(given.alarm_address, given.budget)
    if not given.alarm_address:
        del chosen["AlarmAddress"]
    try:
        for region in (REGION, EDGE_REGION):
            client = boto3.client("cloudformation", region_name=region)
            agree = show if given.yes else ask
            made = stacks.deploy(client, STACK, template(), chosen, agree=agree)
            print(f"{region}: {', '.join(f'{name} {value}' for name, value in made.items())}")
    except stacks.StackError as error:
        sys.exit(f"The deployment stopped: {error}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The deployment stopped, AWS does not answer as it should: {error}")
    print("Next: make deploy STAGE=...")


if __name__ == "__main__":
    main()
