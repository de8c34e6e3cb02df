"""Typed settings from the environment; a function does not start when one it needs is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache

_WITA = frozenset({"51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"})
_WIT = frozenset({"81", "82", "91", "92", "93", "94", "95", "96"})


class SettingsError(RuntimeError):
    """The environment lacks settings; all of them are named."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a deployed function is told. All surfaces need all of these.

    Attributes:
        region: Kemendagri code of the regency, four digits.
        sealing_key: base64 of the public half of the opening key (DER SubjectPublicKeyInfo).
        model, rules: SHA-256 (hex) of the artefacts in force.
        trusted_proxy: where the caller's address is read: "peer" (the gateway's own view),
            "forwarded" (one trusted front before the gateway), "cloudfront".
    """

    stage: str
    surface: str
    region: str
    registry_table: str
    vault_table: str
    ledger_table: str
    ops_table: str
    sealing_key: str
    opening_key_id: str
    index_key_id: str
    model: str
    rules: str
    trusted_proxy: str

    @property
    def hours_east(self) -> int:
        """Hours from UTC: Indonesia has three zones and no summer time (Keppres 41/1987)."""
        province = self.region[:2]
        return 9 if province in _WIT else 8 if province in _WITA else 7


def load(environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: some are missing or empty.
    """
    names = {field.name: f"TEPAT_{field.name.upper()}" for field in fields(Settings)}
    missing = sorted(name for name in names.values() if not environment.get(name))
    if missing:
        raise SettingsError(f"missing settings: {', '.join(missing)}")
    return Settings(**{field: environment[name] for field, name in names.items()})


@cache
def settings() -> Settings:
    """The settings of this process."""
    return load(os.environ)


def needed(name: str) -> str:
    """A setting that only some functions need.

    Raises:
        SettingsError: it is missing or empty.
    """
    value = os.environ.get(name)
    if not value:
        raise SettingsError(f"missing settings: {name}")
    return value


def surface() -> str:
    """Which blueprints this app carries. Read before the other settings."""
    found = os.environ.get("TEPAT_SURFACE", "")
    if found not in ("public", "staff", "screening"):
        raise SettingsError("TEPAT_SURFACE must be public, staff or screening")
    return found
