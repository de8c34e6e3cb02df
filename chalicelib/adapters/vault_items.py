"""A sealed identity as an item of the vault table, within 1,024 bytes for a family of six."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from chalicelib.adapters.dynamo import Item, Value, data, text
from chalicelib.usecases.ports import Sealed, VaultItem

REGISTERED: Final = "0"
CORRECTED: Final = "1"

_MARK: Final = b"\n"
_LIST: Final = ","


def vault_pk(locator: str) -> str:
    """Partition of a case in the vault: its identity as registered, and the one correction."""
    return f"R#{locator}"


def to_item(locator: str, order: str, vault: VaultItem) -> Item:
    """A vault item; `order` is `REGISTERED` or `CORRECTED`."""
    item: dict[str, Value] = {
        "pk": vault_pk(locator),
        "sk": order,
        "b": vault.sealed.blob,
        "k": vault.sealed.wrapped_key,
        "s": vault.salt,
        "g": pack_guards(vault.guards),
    }
    if vault.wanted:
        item["w"] = pack_guards(vault.wanted)
    return item


def from_item(item: Item) -> tuple[str, VaultItem]:
    """The locator and the vault item that `to_item` wrote.

    Raises:
        TypeError, ValueError: the item is none of ours.
    """
    sealed = Sealed(data(item, "b"), data(item, "k"))
    wanted = unpack_guards(data(item, "w")) if "w" in item else ()
    vault = VaultItem(sealed, data(item, "s"), unpack_guards(data(item, "g")), wanted)
    return text(item, "pk").removeprefix("R#"), vault


def pack_guards(guards: tuple[str, ...]) -> bytes:
    """Guards "kind#version#digest" as a list of what stands before the digest, then the digests.

    Raises:
        ValueError: a guard of another form.
    """
    parts = [guard.rpartition("#") for guard in guards]
    heads = list(dict.fromkeys(head for head, _, _ in parts))
    packed = _LIST.join(heads).encode() + _MARK
    for head, _, digest in parts:
        raw = urlsafe_b64decode(digest + "=" * (-len(digest) % 4))
        packed += bytes([heads.index(head), len(raw)]) + raw
    if unpack_guards(packed) != guards:
        raise ValueError("a guard is kind#version#digest")
    return packed


def unpack_guards(packed: bytes) -> tuple[str, ...]:
    """Read what `pack_guards` wrote."""
    names, _, rest = packed.partition(_MARK)
    heads = names.decode().split(_LIST)
    guards: list[str] = []
    while rest:
        end = 2 + rest[1]
        digest = urlsafe_b64encode(rest[2:end]).decode().rstrip("=")
        guards.append(f"{heads[rest[0]]}#{digest}")
        rest = rest[end:]
    return tuple(guards)
