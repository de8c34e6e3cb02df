"""What AWS allows a deployed function: its own role is tried, by a function that has it too."""

from __future__ import annotations

import json
import secrets
import zipfile
from io import BytesIO
from typing import Any

from infra.account import Account

PROBE = """
import json, os, botocore.session
def handler(event, context):
    print("probe")
    session = botocore.session.get_session()
    answers = {}
    for name, (service, action, arguments) in event.items():
        if action == "decrypt":
            arguments["CiphertextBlob"] = b"0" * 256
        try:
            answer = getattr(session.create_client(service), action)(**arguments)
            answers[name] = answer if action.startswith("generate_presigned") else "done"
        except Exception as error:
            answers[name] = str(getattr(error, "response", {}).get("Error", {}).get("Code", error))
    return answers
"""


def asked_as(account: Account, function: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Make calls with the role of a function.

    Args:
        function: its physical name.
        wanted: name -> service, call, arguments.

    Returns:
        Name -> "done", a signed form, or the code of AWS's refusal.
    """
    functions = account.client("lambda")
    role = functions.get_function_configuration(FunctionName=function)["Role"]
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("probe.py", PROBE)
    name = f"probe-{secrets.token_hex(4)}"
    functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="probe.handler",
        Code={"ZipFile": archive.getvalue()},
        Timeout=60,
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(wanted))
    functions.delete_function(FunctionName=name)
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    return told
