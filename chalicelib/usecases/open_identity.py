"""Open the sealed identity of a case: as registered, with its correction if there is one."""

from __future__ import annotations

from chalicelib.domain.identity import Identity
from chalicelib.domain.sealed_identity import apply_correction, unpack
from chalicelib.usecases.ports import Loaded, Opener


def open_identity(loaded: Loaded, opener: Opener) -> Identity:
    """Open the vault items of a case.

    Raises:
        TryAgain: the key service refused for now.
        ValueError: a vault item is missing or not what was sealed.
    """
    if not loaded.vault:
        raise ValueError("the case has no vault item")
    locator = loaded.case.ref.locator
    first, *corrections = loaded.vault
    identity = unpack(opener.open(first.sealed, f"{locator}|0"))
    for number, item in enumerate(corrections, start=1):
        identity = apply_correction(identity, opener.open(item.sealed, f"{locator}|{number}"))
    return identity
