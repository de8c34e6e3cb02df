"""The first accounts of the local staff pool, with random passwords kept beside the state."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

ACCOUNTS = {
    "petugas": ("reviewer", "supervisor", "region_admin"),
    "petugas2": ("reviewer",),  # others who are drawn for disputes (`officers`)
    "petugas3": ("reviewer",),
    "petugas4": ("reviewer",),
    "petugas5": ("reviewer",),
    "petugas6": ("supervisor",),
    "petugas7": ("supervisor",),
    "penetap": ("region_admin",),  # the second person, who adopts what another proposed
    "pendamping": ("agent",),
    "pendamping2": ("agent",),
}


def make_accounts(cognito: Any, pool: str, keep: Path) -> dict[str, str]:  # noqa: ANN401 - boto3's
    """Make the officers and an agent if they are not there.

    Args:
        cognito: client of the user pools.
        pool: id of the staff pool.
        keep: file that remembers the passwords, readable by its owner only.

    Returns:
        Passwords by user name.
    """
    known: dict[str, str] = json.loads(keep.read_text()) if keep.is_file() else {}
    for name, groups in ACCOUNTS.items():
        password = known.setdefault(name, _password())
        try:
            cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
        except cognito.exceptions.UsernameExistsException:
            continue
        cognito.admin_set_user_password(
            UserPoolId=pool, Username=name, Password=password, Permanent=True
        )
        for group in groups:
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=group)
    keep.touch(0o600)
    keep.write_text(json.dumps(known))
    return known


def subjects(cognito: Any, pool: str) -> dict[str, str]:  # noqa: ANN401 - boto3's
    """The pool's own ids of the accounts, by user name."""
    found = {}
    for name in ACCOUNTS:
        told = cognito.admin_get_user(UserPoolId=pool, Username=name)["UserAttributes"]
        found[name] = next(each["Value"] for each in told if each["Name"] == "sub")
    return found


def _password() -> str:
    """Satisfy the pool's policy: 12 or more, upper and lower case, a digit."""
    return f"Tepat-{secrets.token_urlsafe(9)}-{secrets.randbelow(90) + 10}"
