"""What AWS refuses whatever is stored: items too large, keys empty or too long, numbers too long.

A fake that took them would let the simulation prove something about writes that never happen. What
is plainly small is let through at once, since the simulation makes millions of writes; all else is
encoded as the adapters do it and measured by AWS's own size rules.
Source: Amazon DynamoDB Developer Guide, "Service, account, and table quotas"; Amazon S3 User
Guide, "Naming objects"; AWS KMS API Reference, Sign.
"""

from __future__ import annotations

from collections.abc import Sequence

from botocore.exceptions import ClientError

from chalicelib.adapters import dynamo, ledger_items, registry_items, vault_items
from chalicelib.domain.audit import Event
from chalicelib.domain.registration import Registration
from chalicelib.usecases.ports import VaultItem
from infra.units import item_size

MAX_ACTIONS = 100
MAX_ITEM = 400 * 1024
MAX_KEY = {"pk": 2048, "sk": 1024, "wk": 2048, "due": 1024, "ref": 2048, "of": 2048}
MAX_DIGITS = 38
MAX_OBJECT_KEY = 1024

_PLAIN_NAME = 100  # bytes
_PLAIN_BLOB = 10_000
_PLAIN_NUMBER = 10**15
_PLAIN_LIST = 40


def refused(call: str, why: str) -> ClientError:
    """The error of a request that AWS does not take, as an adapter meets it."""
    return ClientError({"Error": {"Code": "ValidationException", "Message": why}}, call)


def check_key(call: str, **key: str) -> None:
    """Key attributes, of a table or an index, are not empty and not too long."""
    for name, text in key.items():
        if not 1 <= len(text.encode()) <= MAX_KEY[name]:
            raise refused(call, f"{name} is empty or too long")


def check_numbers(call: str, *numbers: int) -> None:
    """A number has at most 38 digits between its first and its last that is not 0."""
    for number in numbers:
        if len(str(abs(number)).rstrip("0")) > MAX_DIGITS:
            raise refused(call, "a number has more than 38 digits")


def check_write(
    case: Registration, event: Event, vault: VaultItem | None, guards: Sequence[str], actions: int
) -> None:
    """A transaction of the store of cases.

    Args:
        actions: how many there are besides the guards'.

    Raises:
        ClientError: AWS refuses it.
        ValueError: it cannot be encoded.
    """
    call = "TransactWriteItems"
    if actions + len(guards) > MAX_ACTIONS:
        raise refused(call, "a transaction has at most 100 actions")
    if len(set(guards)) != len(guards):
        raise refused(call, "one item is named twice")
    for guard in guards:
        check_key(call, pk=guard)
    if not _plain(case):
        check_item(call, registry_items.to_item(case))
    check_event(call, event)
    if vault is not None and not _plain_vault(vault, case.ref.locator):
        check_item(call, vault_items.to_item(case.ref.locator, vault_items.REGISTERED, vault))


def check_event(call: str, event: Event) -> None:
    """An event of the ledger, as a change or as a read."""
    names = (event.chain, event.actor, event.ref or "-", event.reason or "", event.act)
    plain = event.model is None and event.rules is None and event.seq < _PLAIN_NUMBER
    if not (plain and all(map(_plain_name, names)) and event.ref != ""):
        check_item(call, ledger_items.event_to_item(event))


def check_batch(keys: Sequence[tuple[str, str]]) -> None:
    """The keys that a batch reads of one table: at least one, none twice, none empty."""
    if not keys or len(set(keys)) != len(keys):
        raise refused("BatchGetItem", "a batch names no key, or one twice")
    for pk, sk in keys:
        check_key("BatchGetItem", pk=pk, sk=sk)


def check_path(path: str) -> None:
    """The key of an object."""
    if not 1 <= len(path.encode()) <= MAX_OBJECT_KEY:
        raise refused("PutObject", "the key of an object is empty or too long")


def check_item(call: str, item: dynamo.Item) -> None:
    keys = {name: value for name, value in item.items() if name in MAX_KEY}
    check_key(call, **{name: value for name, value in keys.items() if isinstance(value, str)})
    check_numbers(call, *(value for value in item.values() if isinstance(value, int)))
    if not _plain_item(item) and item_size(dynamo.encode(item)) > MAX_ITEM:
        raise refused(call, "an item has more than 400 KB")


def _plain_item(item: dynamo.Item) -> bool:
    """Whether an item is of plain values only, and far from too large."""
    size = 0
    for value in item.values():
        if type(value) is str or type(value) is bytes:
            size += len(value)
        elif type(value) is not int:
            return False
    return size <= _PLAIN_BLOB


def _plain(case: Registration) -> bool:
    """Whether nothing of a case can be refused, told without encoding it."""
    household = case.household
    return (
        _plain_name(case.ref.village)
        and _plain_name(case.ref.locator)
        and _plain_name(case.consent)
        and case.version < _PLAIN_NUMBER
        and len(case.concerns) <= _PLAIN_LIST
        and all(code and "," not in code and _plain_name(code) for code in case.concerns)
        and len(case.steps) <= _PLAIN_LIST
        and (case.scored is None or abs(case.scored.score) < _PLAIN_NUMBER)
        and (household is None or household.village == case.ref.village)
    )


def _plain_vault(vault: VaultItem, locator: str) -> bool:
    sealed = vault.sealed
    return (
        _plain_name(locator)
        and len(sealed.blob) + len(sealed.wrapped_key) + len(vault.salt) < _PLAIN_BLOB
        and len(vault.guards) <= _PLAIN_LIST
        and all(guard.count("#") >= 2 and _plain_name(guard) for guard in vault.guards)
    )


def _plain_name(name: str) -> bool:
    return len(name) <= _PLAIN_NAME
